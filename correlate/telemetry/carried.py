"""What a component feels and its callees account for, measured in the metric's own unit.

Knows:   a caller waits for its callees and fails with them: where the same metric of a callee departs by as many seconds, or by as large
         a share of requests, nothing is left that the caller would have to answer for.
Ignores: how surprising any of it is (surprise.py), and what nats add up to (blame.py).

Nats say how unusual a departure is, and a busy entry is usually the calmest series of all; seconds and shares do not grow on the way up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from correlate.scene import Floats, Int64s
from correlate.telemetry.blame import NOTICED, Links
from correlate.telemetry.roles import ERRORS, LATENCY

if TYPE_CHECKING:
    from correlate.telemetry.assembly import Evidence
    from correlate.telemetry.telemetry import Telemetry

_LEAST: Final = 1e-12
"""No metric departs by less."""
COMPARED: Final = (LATENCY, ERRORS)
"""Families that a component measures of its own answers."""


def remainders(owner: Int64s, family: Int64s, metric: Int64s, size: Floats, nats: Floats, below: Links, shape: Sequence[int]) -> Floats:
    """Entity × family: the share of each cell's evidence that no callee accounts for; 1 where there is nothing to compare.

    One row a series: whose it is, its family, which metric (equal for the same metric of other components), by how much it departs in the
    metric's unit, and its nats (NaN where unknown).  A series keeps the share of its departure that the greatest departure of the same
    metric below it leaves; a cell keeps what its best remaining series has of the best there was."""
    told = np.nonzero((np.nan_to_num(nats) > NOTICED) & np.isin(family, COMPARED) & (size > _LEAST))[0]
    before, after = np.zeros(shape), np.zeros(shape)
    for each in np.unique(metric[told]).tolist():
        mine = told[metric[told] == each]
        sizes = np.zeros(shape[0])
        np.maximum.at(sizes, owner[mine], size[mine])
        strongest, _ = below.most(sizes, len(sizes))
        left = np.maximum(0.0, 1.0 - strongest[owner[mine]] / size[mine])
        np.maximum.at(before, (owner[mine], family[mine]), nats[mine])
        np.maximum.at(after, (owner[mine], family[mine]), nats[mine] * left)
    return np.where(before > 0, after / np.maximum(before, 1e-9), 1.0)


def left_of(evidence: Evidence, telemetry: Telemetry) -> Floats:
    """Entity × family: the share of a span's evidence that no callee accounts for."""
    series = np.arange(len(evidence.nats))
    size = np.nan_to_num(np.abs(evidence.deviation)) * telemetry.series.scale(series)
    registry, below = telemetry.registry, telemetry.registry.links()[0]
    metric = telemetry.series.peers[series]
    return remainders(registry.owner[series], registry.family[series], metric, size, evidence.nats, below, evidence.raw.shape)
