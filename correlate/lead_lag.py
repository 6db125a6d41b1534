"""Whether one series follows another: rank correlation over lags (C14).

Knows:   two series of one incident, how far their clocks may be apart, and what correlation chance alone gives.
Ignores: who they belong to and whether one could reach the other: in an outage everything moves, so this alone links nothing.

Source: Spearman's rank correlation; a step, a spike and a ramp of the same shape correlate alike, whatever their units.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from correlate.scene import Floats, Int64s, Series
from correlate.traffic import bucket_means
from correlate.units import MINUTE_NS

LAG_MOST_NS: Final = 2 * MINUTE_NS
"""How long a failure may take from one component to the next: queues fill and timeouts run out within two minutes."""

SAMPLES_FEW: Final = 12
"""Common buckets below which any two series look alike at some lag."""

TELLING_NATS: Final = 4.0
"""Against chance, the number of lags tried included: one pair in fifty."""


@dataclass(frozen=True, slots=True)
class Lead:
    lag_ns: int
    """How much later the second series moves; negative within what clocks cannot tell apart."""
    correlation: float


def lead(first: Series, second: Series, tolerance_ns: int) -> Lead | None:
    """How the second follows the first; None where it does not, leads it, or too little is known."""
    step_ns = max(first.step_ns, second.step_ns, 1)
    start_ns = max(int(first.times_ns[0]), int(second.times_ns[0])) if len(first.times_ns) and len(second.times_ns) else 0
    count = (min(int(first.times_ns[-1]), int(second.times_ns[-1])) - start_ns) // step_ns + 1 if start_ns else 0
    if count < SAMPLES_FEW:
        return None
    x, y = (bucket_means(one.times_ns, one.values, start_ns, step_ns, count) for one in (first, second))
    most = min(LAG_MOST_NS // step_ns, count - SAMPLES_FEW)
    lags = np.arange(-most, most + 1)
    found, many = correlations(x, y, lags)
    if np.isnan(found).all():
        return None
    best = max(range(len(lags)), key=lambda index: (-1.0 if np.isnan(found[index]) else abs(found[index]), -abs(int(lags[index]))))
    strength = min(abs(float(found[best])), 0.999)
    nats = -0.5 * (many[best] - 2) * np.log1p(-(strength**2)) - np.log(len(lags))
    if nats < TELLING_NATS or int(lags[best]) * step_ns < -max(tolerance_ns, step_ns):
        return None
    return Lead(int(lags[best]) * step_ns, float(found[best]))


def correlations(x: Floats, y: Floats, lags: Int64s | Iterable[int]) -> tuple[Floats, Int64s]:
    """Spearman's correlation of x[t] with y[t + lag], and of how many pairs, for each lag.

    x, y: shape (n,), NaN where there is no sample.  NaN for fewer than `SAMPLES_FEW` pairs and where either side is constant.
    """
    found, many = [], []
    for lag in lags:
        before, after = (x[: len(x) - lag], y[lag:]) if lag >= 0 else (x[-lag:], y[: len(y) + lag])
        both = ~np.isnan(before) & ~np.isnan(after)
        found.append(_correlation(ranks(before[both]), ranks(after[both])) if both.sum() >= SAMPLES_FEW else np.nan)
        many.append(int(both.sum()))
    return np.array(found), np.array(many, dtype=np.int64)


def ranks(values: Floats) -> Floats:
    """Ranks from 0; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[place], dtype=np.float64)


def _correlation(one: Floats, other: Floats) -> float:
    one, other = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / spread if spread > 0 else float("nan")
