"""What is normal for a series: its level, its spread, and the local level; kernels on whole matrices.

Knows:   arrays of samples, one row a series.
Ignores: which series they are, and when samples may be learned (series.py).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from correlate.scene import Floats, Int64s

Bools = npt.NDArray[np.bool_]

_SIGMA_OF_MAD: Final = 1.4826
"""Standard deviation of a normal distribution in units of its median absolute deviation."""
_SIGMA_OF_Q90: Final = 1 / 1.645
"""…and in units of the 90 % quantile of its absolute values: the tail counts as well as the middle."""


def medians(samples: Floats) -> Floats:
    """Median of each row, NaN left out; NaN where a row holds nothing else."""
    ordered = np.sort(samples, axis=1)  # NaN sort last
    count = np.count_nonzero(~np.isnan(ordered), axis=1)
    row = np.arange(len(ordered))
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, ordered.shape[1] - 1)
    return np.where(count > 0, 0.5 * (ordered[row, low] + ordered[row, high]), np.nan)


def spreads(deviations: Floats) -> Floats:
    """Standard deviation of each row of absolute deviations, by the wider of median and 90 % quantile; NaN where there are none."""
    ordered = np.sort(deviations, axis=1)
    count = np.count_nonzero(~np.isnan(ordered), axis=1)
    row = np.arange(len(ordered))
    middle = ordered[row, np.maximum((count - 1) // 2, 0)] * _SIGMA_OF_MAD
    tail = ordered[row, np.maximum(np.minimum(count - 1, (0.9 * count).astype(np.int64)), 0)] * _SIGMA_OF_Q90
    return np.where(count > 0, np.maximum(middle, tail), np.nan)


def strays(samples: Floats) -> Floats:
    """How far each sample lies from the median of its row."""
    return np.asarray(np.abs(samples - medians(samples)[:, None]))


def sizes(level: Floats, successes: Bools) -> Floats:
    """What a share of each level is taken of: the level itself, but for a rate of successes what it lacks of all.

    Four failures in a hundred are four times one in a hundred, but little beside the ninety-six that went well.  A rate up to 1 is a
    share, one up to 100 is in per cent, and what is greater is none."""
    size = np.abs(level)
    return np.where(successes & (size <= 100.0), np.where(size <= 1.0, 1.0, 100.0) - size, size)


def grain(level: Floats, step_s: Floats) -> Floats:
    """Standard deviation of a rate that comes of counting events one by one: the root of how many a step usually has, over the step.  0 where
    no step is given: nothing is counted."""
    counted = step_s > 0
    return np.where(counted, np.sqrt(np.abs(np.nan_to_num(level)) / np.where(counted, step_s, 1.0)), 0.0)


def steps(times: Int64s) -> Floats:
    """Median distance of the times in each row, 0 standing where there is none; NaN for fewer than two."""
    ordered = np.sort(times, axis=1)
    gaps = np.diff(ordered, axis=1).astype(np.float64)
    gaps[ordered[:, :-1] <= 0] = np.nan
    return medians(gaps)


def flat_caps(samples: Floats, level: Floats, spread: Floats, rare: Floats) -> Floats:
    """The most nats that each row may earn: infinite, but for a flat line only as much as its length warrants.

    A line that stood still for n samples has shown no more than that change is rarer than 1 in n + 1; twice, as the window asks for two.
    Where the same metric elsewhere departs once in `rare` samples, that is known before the first, and the line has shown n + `rare`.
    """
    size = np.maximum(1.0, np.abs(level))
    flat = spread <= 1e-12 * size
    caps = np.full(len(samples), np.inf)
    if flat.any():
        many, odd = _departures(samples[flat], level[flat])
        caps[flat] = -2.0 * np.log((odd + 1) / (many + rare[flat]))
    return caps


def _departures(samples: Floats, level: Floats) -> tuple[Int64s, Int64s]:
    """(known samples, those that depart from the level) of each row; none where the level is unknown."""
    known = ~np.isnan(samples) & ~np.isnan(level)[:, None]
    odd = known & (np.abs(samples - level[:, None]) > 1e-9 * np.maximum(1.0, np.abs(level))[:, None])
    return known.sum(axis=1), odd.sum(axis=1)


def peer_medians(groups: Int64s, spread: Floats) -> Floats:
    """For each row the median spread of its group; 0 where the group has fewer than three rows that know theirs."""
    known = np.nonzero(~np.isnan(spread))[0]
    floors = np.zeros(len(groups))
    if not len(known):
        return floors
    order = known[np.lexsort((spread[known], groups[known]))]
    names, first, count = np.unique(groups[order], return_index=True, return_counts=True)
    middle = 0.5 * (spread[order[first + (count - 1) // 2]] + spread[order[first + count // 2]])
    by_group = np.zeros(int(groups.max()) + 1)
    by_group[names] = np.where(count >= 3, middle, 0.0)
    floors[:] = by_group[groups]
    return floors


def peer_rarity(groups: Int64s, samples: Floats, level: Floats) -> Floats:
    """How many samples the other rows of each row's group have for each that departs from its own row's level; 1 where there are none."""
    many, odd = _departures(samples, level)
    all_many, all_odd = np.bincount(groups, many)[groups], np.bincount(groups, odd)[groups]
    return np.asarray((all_many - many + 1.0) / (all_odd - odd + 1.0))
