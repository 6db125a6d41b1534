"""Slow twin of correlate.lead_lag.correlations: Spearman by counting, pair by pair."""

from __future__ import annotations

import math
from collections.abc import Sequence


def correlations(x: Sequence[float], y: Sequence[float], lags: Sequence[int], few: int) -> list[float | None]:
    found: list[float | None] = []
    for lag in lags:
        pairs = [
            (x[at], y[at + lag]) for at in range(len(x)) if 0 <= at + lag < len(y) and not math.isnan(x[at]) and not math.isnan(y[at + lag])
        ]
        found.append(_pearson(_ranks([one for one, _ in pairs]), _ranks([other for _, other in pairs])) if len(pairs) >= few else None)
    return found


def _ranks(values: list[float]) -> list[float]:
    return [sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2 for value in values]


def _pearson(one: list[float], other: list[float]) -> float | None:
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    both = sum((a - mean_one) * (b - mean_other) for a, b in zip(one, other, strict=True))
    spread = math.sqrt(sum((a - mean_one) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other))
    return both / spread if spread > 0 else None
