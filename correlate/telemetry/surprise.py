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
    freedom = _freedom(learned)
    surprise = np.minimum(0.5 * (freedom + 1.0) * np.log1p(deviation * deviation / freedom), cap)
    return np.where(direction * deviation < 0, 0.0, surprise)


def precedent_caps(before: Floats, deviation: Floats, agreeing: Int64s, learned: Int64s) -> Floats:
    """The most nats that each deviation may earn for what the series has shown before: a sample that goes beyond a former one is rarer than
    that by no more than the tail of the distribution says, and so many agree.  `before` holds the deviations of the samples that were
    learned, NaN where there are none."""
    size, free = np.abs(deviation)[:, None], _freedom(learned)[:, None]
    known = np.count_nonzero(~np.isnan(before), axis=1)[:, None]
    former = -np.sort(-before * np.sign(deviation)[:, None], axis=1)  # furthest first, NaN last
    rarity = np.log((known + 1.0) / np.arange(2.0, before.shape[1] + 2.0))
    beyond = 0.5 * free * np.log((1.0 + size**2 / free) / (1.0 + np.clip(former, 0.0, size) ** 2 / free))
    return np.asarray(agreeing * np.fmin.reduce(rarity + beyond, axis=1, initial=np.inf))


def _freedom(learned: Int64s) -> Floats:
    return np.clip(learned - 1.0, 1.0, MOST_FREEDOM)
