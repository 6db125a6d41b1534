"""Requests and failed requests of a few services, bucket by bucket.

Knows:   which of several metrics counts a service's requests, and how samples become buckets.
Ignores: which services matter and what the figures mean (impact.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from correlate.golden_signals import Golden, by_status, golden, is_per_second, server_of
from correlate.scene import Floats, Int64s, Series
from correlate.units import SECOND_NS
from schemas.plain import one_line

BUCKETS_MOST: Final = 20_000
"""A day at 5 s; a longer incident is measured in longer buckets."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of the measured services in buckets of one length."""

    requests: Floats
    """A second, per bucket."""
    failed: Floats | None
    """A second, per bucket; None when nothing tells failed requests."""
    lengths_s: Floats
    names: tuple[str, ...]
    per_second: bool


def traffic_of(series: Sequence[Series], start_ns: int, until_ns: int) -> Traffic | None:
    """Requests and failed requests; of several metrics that count the same service's requests, the one that counts most."""
    chosen = _chosen(series)
    if not chosen or until_ns <= start_ns:
        return None
    bucket_ns = max(max(one.step_ns for one in chosen), 1, (until_ns - start_ns) // BUCKETS_MOST)
    count = (until_ns - start_ns) // bucket_ns + 1
    requests, failed = np.zeros(count), np.zeros(count)
    for one in chosen:
        rate = np.nan_to_num(bucket_means(one.times_ns, one.values, start_ns, bucket_ns, count))
        what = golden(one.subject)
        failed += rate if what is Golden.FAILED_REQUESTS else 0.0
        requests += rate if what is Golden.REQUESTS or by_status(one.subject) else 0.0
    told = any(golden(one.subject) is Golden.FAILED_REQUESTS or by_status(one.subject) for one in chosen)
    lengths_s = np.full(count, bucket_ns / SECOND_NS)
    lengths_s[-1] = (until_ns - start_ns - (count - 1) * bucket_ns) / SECOND_NS
    names = tuple(sorted({one_line(one.subject.name, 80) for one in chosen}))
    return Traffic(requests, failed if told else None, lengths_s, names, all(_is_rate(one) for one in chosen))


def _is_rate(series: Series) -> bool:
    return is_per_second(series.subject) if series.per_second is None else series.per_second


def _chosen(series: Sequence[Series]) -> list[Series]:
    """Per service one metric of requests, as one reporter tells it, and one of failures where the first does not tell them by status."""
    metrics: dict[tuple[str, bool], dict[tuple[str, str], list[Series]]] = {}
    for one in series:
        what = golden(one.subject)
        if what in (Golden.REQUESTS, Golden.FAILED_REQUESTS):
            only_failures = what is Golden.FAILED_REQUESTS and not by_status(one.subject)
            place = server_of(one.subject) or one.subject.entity, only_failures
            metrics.setdefault(place, {}).setdefault((one.subject.name, one.subject.attribute("reporter") or ""), []).append(one)
    chosen: list[Series] = []
    for place in sorted(place for place in metrics if not place[1]):
        requests = _fullest(metrics[place])
        chosen += requests
        if not any(by_status(one.subject) for one in requests):
            chosen += _fullest(metrics.get((place[0], True), {}))
    return chosen


def _fullest(metrics: Mapping[tuple[str, str], list[Series]]) -> list[Series]:
    """The metric that counts most; by name when two count the same."""
    volumes = {name: sum(volume(one) for one in group) for name, group in sorted(metrics.items())}
    return metrics[max(volumes, key=lambda name: volumes[name])] if volumes else []


def volume(series: Series) -> float:
    counts = golden(series.subject) in (Golden.REQUESTS, Golden.FAILED_REQUESTS)
    return float(np.nansum(series.values)) if counts else 0.0


def bucket_means(times_ns: Int64s, values: Floats, start_ns: int, bucket_ns: int, count: int) -> Floats:
    """Mean of the samples in each of `count` buckets from `start_ns` on; NaN where there is none.

    times_ns, values: shape (n,).  Result: shape (count,).  NaN samples and samples outside the buckets do not count.
    """
    place = (times_ns - start_ns) // bucket_ns
    good = (place >= 0) & (place < count) & np.isfinite(values)
    sums = np.bincount(place[good], weights=values[good], minlength=count)
    counts = np.bincount(place[good], minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / counts, dtype=np.float64)
