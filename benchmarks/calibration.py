"""Whether what is said with 80 % confidence is right four times of five.

Knows:   pairs of confidence and outcome.
Ignores: what was said and about what (score.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean
from typing import Final

BINS: Final = 5
"""Of the reliability curve: fifths, for sets of some dozens of faults."""


def reliability(first: Iterable[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """(mean confidence, share that was right, how many) of first causes, in bins of confidence."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for said, right in first:
        bins[min(int(said * BINS), BINS - 1)].append((said, right))
    return [(fmean(said for said, _ in one), fmean(right for _, right in one), len(one)) for one in bins if one]


def expected_error(first: Iterable[tuple[float, bool]]) -> float | None:
    """Expected calibration error: by how much confidence and being right differ; None where nothing was said."""
    curve = reliability(first)
    total = sum(count for _, _, count in curve)
    return sum(abs(said - right) * count for said, right, count in curve) / total if total else None
