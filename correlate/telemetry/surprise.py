"""How surprising a window of samples is: the deviation that persists, and its nats; kernels on whole matrices.

Knows:   arrays of samples, levels and scales, one row a series.
Ignores: which series they are.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from correlate.scene import Floats, Int64s

MOST_FREEDOM: Final = 4.0
"""Degrees of freedom of the Student-t tail: telemetry's tails are far heavier than normal ones, however long the history."""


def middles(window: Floats) -> tuple[Floats, Floats]:
    """Lower and upper median of each row, NaN left out; NaN where a row holds nothing else."""
    ordered = np.sort(window, axis=1)
    count = np.count_nonzero(~np.isnan(ordered), axis=1)
    row = np.arange(len(ordered))
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, ordered.shape[1] - 1)
    return np.where(count > 0, ordered[row, low], np.nan), np.where(count > 0, ordered[row, high], np.nan)


def persistent(low: Floats, high: Floats, level: Floats, scale: Floats) -> Floats:
    """Deviation from a level that half of the window keeps up: that of the middle sample nearer to normal; 0 where they straddle it."""
    up, down = (low - level) / scale, (high - level) / scale
    return np.where(up > 0, up, np.where(down < 0, down, 0.0))


def nearer(one: Floats, other: Floats) -> Floats:
    """The smaller of two deviations; 0 where they disagree about the direction."""
    return np.where(one * other <= 0, 0.0, np.where(np.abs(one) < np.abs(other), one, other))


def nats(deviation: Floats, learned: Int64s, direction: Int64s, cap: Floats) -> Floats:
    """Surprise of deviations: the log likelihood ratio of a Student t with as much freedom as samples were learned, at most four."""
    freedom = np.clip(learned - 1.0, 1.0, MOST_FREEDOM)
    surprise = np.minimum(0.5 * (freedom + 1.0) * np.log1p(deviation * deviation / freedom), cap)
    return np.where(direction * deviation < 0, 0.0, surprise)


def precedent_caps(before: Floats, deviation: Floats, agreeing: Int64s) -> Floats:
    """The most nats that each deviation may earn: infinite, but where the series has deviated as much before, so many samples as agree of
    what is no rarer than that.  `before` holds the deviations of the samples that were learned, NaN where there are none."""
    known = np.count_nonzero(~np.isnan(before), axis=1)
    as_far = np.count_nonzero(before * np.sign(deviation)[:, None] >= np.abs(deviation)[:, None], axis=1)
    return np.where(as_far > 0, agreeing * np.log((known + 1.0) / (as_far + 1.0)), np.inf)
