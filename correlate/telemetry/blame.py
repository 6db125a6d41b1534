"""From calibrated nats per family to one figure an entity: kinds are added, views of one thing are not.

Knows:   a matrix entity × family of nats, and who calls whom.
Ignores: where nats come from, time, incidents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from correlate.parameters import Parameters
from correlate.scene import Floats, Int64s
from correlate.telemetry.roles import (
    CALLS,
    CPU,
    EDGE_ERRORS,
    EDGE_IN_CLIENT,
    EDGE_IN_SERVER,
    EDGE_OUT_CLIENT,
    EDGE_OUT_SERVER,
    ERRORS,
    IO,
    LATENCY,
    LOG_SEQUENCE,
    LOG_SHARE,
    MEMORY,
    NETWORK,
    OTHER,
)  # fmt: skip

GROUPS: Final = (
    (CPU,), (MEMORY,), (IO, NETWORK), (OTHER,),
    (ERRORS, EDGE_ERRORS), (EDGE_IN_CLIENT, EDGE_IN_SERVER, LATENCY, EDGE_OUT_CLIENT, EDGE_OUT_SERVER), (LOG_SHARE,), (LOG_SEQUENCE,), (CALLS,),
)  # fmt: skip
"""Correlated views of one thing form a group; its strongest view speaks for it."""
RESOURCES: Final = 4
"""The first groups: they explain an outage but are none."""
RESOURCE_FAMILIES: Final = [family for families in GROUPS[:RESOURCES] for family in families]
_ALONE: Final = 0.5
"""Share of the cap that a resource other than the processor has when detecting: memory and disks move by themselves."""
_TOP: Final = 3
"""Groups that are added: a fault shows in its resource, its symptom and its logs; more would reward whoever has most telemetry."""
_PRICE: Final = np.log(len(GROUPS) / np.arange(_TOP, 0, -1))
"""What the third, second and strongest group pay for having been chosen: by chance alone the k-th of n is as high as ln(n / k)."""
_SPREADING: Final = (ERRORS, EDGE_ERRORS, LOG_SHARE, LOG_SEQUENCE, CALLS, LATENCY)
"""Families that a callee's trouble causes in its callers: they fail with it and wait for it."""
_FELT: Final = (LATENCY, EDGE_IN_CLIENT, EDGE_IN_SERVER, ERRORS, EDGE_ERRORS)
"""Families in which a caller feels its callee's trouble."""
NOTICED: Final = -np.log(0.1)
"""Below the nats of one moment in ten nothing is there to be explained."""
_HOPS: Final = 4
"""How far errors are followed along calls."""


@dataclass(slots=True)
class Links:
    """Pairs of entities, sorted by the first."""

    begins: Int64s
    """Distinct first entities."""
    starts: Int64s
    """Where the pairs of each begin."""
    ends: Int64s
    """Second entity of each pair."""

    def most(self, values: Floats, size: int) -> tuple[Floats, Int64s]:
        """For each entity the greatest value among its seconds (0 without any), and how many seconds it has."""
        most, many = np.zeros(size), np.zeros(size, np.int64)
        if len(self.ends):
            most[self.begins] = np.maximum.reduceat(values[self.ends], self.starts)
            many[self.begins] = np.diff(np.append(self.starts, len(self.ends)))
        return most, many


def links(pairs: Mapping[int, set[int]]) -> Links:
    """Pairs (first, second) as arrays; nobody is linked to itself."""
    flat = sorted((first, second) for first, seconds in pairs.items() for second in seconds if first != second)
    firsts, ends = np.array([first for first, _ in flat], np.int64), np.array([second for _, second in flat], np.int64)
    begins, starts = np.unique(firsts, return_index=True)
    return Links(begins, starts, ends)


def reachable(calls: Mapping[int, set[int]]) -> dict[int, set[int]]:
    """Everybody that each entity depends on, within four calls."""
    found: dict[int, set[int]] = {}
    for first in sorted(calls):
        reached: set[int] = set()
        fringe = {first}
        for _ in range(_HOPS):
            fringe = {callee for caller in fringe for callee in calls.get(caller, ())} - reached - {first}
            reached |= fringe
        found[first] = reached
    return found


def discounted(nats: Floats, below: Links, parameters: Parameters) -> Floats:
    """Nats after a caller's errors and logs have lost a share of what its strongest callee, at any depth, shows.  Its calls lose all of it:
    whom it asks next, how often again or no more hangs on the answers it gets."""
    evidence = nats[:, _SPREADING].max(axis=1)
    strongest, _ = below.most(evidence, len(nats))
    explained = np.maximum(0.0, strongest - NOTICED)
    share = np.where(np.array(_SPREADING) == CALLS, 1.0, parameters.hop_share)
    rest = nats.copy()
    rest[:, _SPREADING] = np.maximum(0.0, nats[:, _SPREADING] - explained[:, None] * share)
    return rest


def totals(nats: Floats, parameters: Parameters, detecting: bool) -> Floats:
    """One figure an entity: MAX inside a group, SUM of the three strongest groups less their price, resources capped.  When detecting,
    resources are one group: a batch job moves processor, disks and network together, and nobody is woken by it."""
    grouped = np.stack([nats[:, families].max(axis=1) for families in GROUPS], axis=1)
    cap = np.full(RESOURCES, parameters.resource_cap)
    if detecting:
        cap[1:] *= _ALONE
    grouped[:, :RESOURCES] = np.minimum(grouped[:, :RESOURCES], cap)
    if detecting:
        grouped[:, 0] = grouped[:, :RESOURCES].max(axis=1)
        grouped[:, 1:RESOURCES] = 0.0
    strongest: Floats = np.sort(grouped, axis=1)[:, -_TOP:]
    return np.asarray(np.maximum(0.0, strongest - _PRICE).sum(axis=1))


def corroborated(total: Floats, nats: Floats, callers: Links) -> Floats:
    """Totals with what direct callers feel added, less the logarithm of their number: whose trouble is felt is in trouble."""
    felt, many = callers.most(nats[:, _FELT].max(axis=1), len(nats))
    support = np.maximum(0.0, felt - np.log(np.maximum(many, 1)))
    return np.where(total >= NOTICED, total + support, total)
