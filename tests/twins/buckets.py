"""Slow twin of correlate.traffic.bucket_means: one sample at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence


def bucket_means(times_ns: Sequence[int], values: Sequence[float], start_ns: int, bucket_ns: int, count: int) -> list[float | None]:
    """Mean per bucket; None where there is none."""
    found: list[list[float]] = [[] for _ in range(count)]
    for time_ns, value in zip(times_ns, values, strict=True):
        for index in range(count):
            if start_ns + index * bucket_ns <= time_ns < start_ns + (index + 1) * bucket_ns and math.isfinite(value):
                found[index].append(value)
    return [sum(bucket) / len(bucket) if bucket else None for bucket in found]
