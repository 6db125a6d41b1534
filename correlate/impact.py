"""Quantified impact (C44): how long, how many requests, how many failed, how slow; each with its formula, unknown where data lack.

Knows:   requests, failed requests and latency of the services that customers see, over onset … recovery.
Ignores: users, revenue and error budgets, which telemetry does not tell; how a series is recognised (golden_signals.py).

A figure is null, with the reason as its formula, when no series gives it: nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from correlate.customers import entry_services
from correlate.golden_signals import Golden, by_status, golden, is_per_second, ratio_per_unit, seconds_per_unit
from correlate.scene import Account, Floats, Int64s, Series
from correlate.units import SECOND_NS
from correlate.words import listed, moment, name_of
from schemas.incident import Impact
from schemas.plain import one_line

REQUESTS_FOR_RATIO: Final = 20
"""Requests in one bucket below which a ratio of failed ones is noise: one failure of 20 is 5 %."""

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


def impact(account: Account) -> Impact:
    """The figures of schemas.incident.Impact, each with its formula or with why it is unknown."""
    until_ns = _until(account)
    measured = measured_services(account)
    of_measured = [series for series in account.series if series.subject.entity in measured]
    services = tuple(account.entities)
    formulas: dict[str, str] = {}
    duration_s = None
    if account.resolved_ns is None:
        formulas["duration_s"] = "unknown: the incident is not resolved"
    else:
        duration_s = round((account.resolved_ns - account.onset_ns) / SECOND_NS, 3)
        formulas["duration_s"] = f"resolved {moment(account.resolved_ns)} - onset {moment(account.onset_ns)}"
    traffic = _traffic(of_measured, account.onset_ns, until_ns)
    where = f"{listed([name_of(entity) for entity in sorted(measured)], 5)}, {moment(account.onset_ns)} to {moment(until_ns)}"
    total, failed = _totals(traffic, where, formulas)
    return Impact(
        duration_s=duration_s,
        requests_total=total,
        requests_failed=failed,
        error_ratio_peak=_ratio_peak(traffic, of_measured, account.onset_ns, until_ns, where, formulas),
        latency_peak_s=_latency_peak(of_measured, account.onset_ns, until_ns, where, formulas),
        services=services,
        formulas=formulas,
    )


def measured_services(account: Account) -> frozenset[str]:
    """Where requests are counted, so that none counts twice: affected entry services, else the affected service with most requests."""
    entries = entry_services(account.calls) & account.entities.keys()
    counted = {series.subject.entity for series in account.series if golden(series.subject) is not None}
    if entries & counted:
        return frozenset(entries & counted)
    volume: dict[str, float] = {}
    for series in account.series:
        entity = series.subject.entity
        if entity in account.entities and golden(series.subject) in (Golden.REQUESTS, Golden.FAILED_REQUESTS) and len(series.values):
            volume[entity] = volume.get(entity, 0.0) + float(np.nansum(series.values))
    if volume:
        return frozenset([max(sorted(volume), key=lambda entity: volume[entity])])
    return frozenset(counted & account.entities.keys())


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


def _until(account: Account) -> int:
    """The end of the range: recovery, or the last sample."""
    if account.resolved_ns is not None:
        return account.resolved_ns
    return max((int(series.times_ns[-1]) for series in account.series if len(series.times_ns)), default=account.onset_ns)


def _traffic(series: Sequence[Series], start_ns: int, until_ns: int) -> Traffic | None:
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
    return Traffic(requests, failed if told else None, lengths_s, names, all(is_per_second(one.subject) for one in chosen))


def _chosen(series: Sequence[Series]) -> list[Series]:
    """Per service one metric of requests, and one of failed requests where the first does not tell them by status."""
    metrics: dict[tuple[str, str, bool], list[Series]] = {}
    for one in series:
        what = golden(one.subject)
        if what in (Golden.REQUESTS, Golden.FAILED_REQUESTS) and len(one.values):
            failures_only = what is Golden.FAILED_REQUESTS and not by_status(one.subject)
            metrics.setdefault((one.subject.entity, one.subject.name, failures_only), []).append(one)
    chosen: list[Series] = []
    for entity in sorted({entity for entity, _, _ in metrics}):
        requests = _fullest(metrics, entity, failures_only=False)
        chosen += requests
        if requests and not any(by_status(one.subject) for one in requests):
            chosen += _fullest(metrics, entity, failures_only=True)
    return chosen


def _fullest(metrics: Mapping[tuple[str, str, bool], list[Series]], entity: str, *, failures_only: bool) -> list[Series]:
    """The metric of this entity that counts most; by name when two count the same."""
    found = [(name, group) for (owner, name, only), group in sorted(metrics.items()) if owner == entity and only is failures_only]
    volumes = [float(sum(np.nansum(one.values) for one in group)) for _, group in found]
    return found[int(np.argmax(volumes))][1] if found else []


def _totals(traffic: Traffic | None, where: str, formulas: dict[str, str]) -> tuple[float | None, float | None]:
    if traffic is None:
        formulas["requests_total"] = formulas["requests_failed"] = f"unknown: no series counts requests at {where}"
        return None, None
    if not traffic.per_second:
        why = f"unknown: {listed(traffic.names)} does not say whether its values are per second"
        formulas["requests_total"] = formulas["requests_failed"] = why
        return None, None
    how = f"sum over buckets of rate × length, {listed(traffic.names)} at {where}; buckets without a sample count as none"
    formulas["requests_total"] = how
    total = round(float(traffic.requests @ traffic.lengths_s), 1)
    if traffic.failed is None:
        formulas["requests_failed"] = f"unknown: {listed(traffic.names)} does not tell failed requests, and no other series does"
        return total, None
    formulas["requests_failed"] = f"{how}; failed by status or by the metric's name"
    return total, round(float(traffic.failed @ traffic.lengths_s), 1)


def _ratio_peak(
    traffic: Traffic | None, series: Sequence[Series], start_ns: int, until_ns: int, where: str, formulas: dict[str, str]
) -> float | None:
    """Failed by all requests in the worst bucket, else the highest value of a series that is such a ratio already."""
    if traffic is not None and traffic.failed is not None:
        least = REQUESTS_FOR_RATIO if traffic.per_second else 0
        enough = (traffic.requests > 0) & (traffic.requests * traffic.lengths_s >= least) & (traffic.failed <= traffic.requests * 1.0001)
        if enough.any():
            floor = f", buckets of at least {least} requests" if least else ""
            formulas["error_ratio_peak"] = f"max of failed / all requests, {listed(traffic.names)} at {where}{floor}"
            return round(min(1.0, float((traffic.failed[enough] / traffic.requests[enough]).max())), 6)
    ratios = [
        (_highest(one, start_ns, until_ns) * ratio_per_unit(one.subject), one.subject.name)
        for one in series
        if golden(one.subject) is Golden.ERROR_RATIO
    ]
    known = [(value, name) for value, name in ratios if 0 <= value <= 1]
    if not known:
        formulas["error_ratio_peak"] = f"unknown: no series gives failed and all requests at {where}"
        return None
    value, name = max(known)
    formulas["error_ratio_peak"] = f"max of {one_line(name, 80)} at {where}"
    return round(value, 6)


def _latency_peak(series: Sequence[Series], start_ns: int, until_ns: int, where: str, formulas: dict[str, str]) -> float | None:
    """The highest value of a latency series whose unit is known; means of histograms only where nothing else is there."""
    gauges = [
        (_highest(one, start_ns, until_ns) * factor, one.subject.name)
        for one in series
        if golden(one.subject) is Golden.LATENCY and (factor := seconds_per_unit(one.subject)) is not None
    ]
    peaks = [peak for peak in gauges if np.isfinite(peak[0])] or _mean_latencies(series, start_ns, until_ns)
    if not peaks:
        formulas["latency_peak_s"] = f"unknown: no series gives a latency with its unit at {where}"
        return None
    value, name = max(peaks)
    formulas["latency_peak_s"] = f"max of {one_line(name, 80)} at {where}"
    return round(value, 6)


def _mean_latencies(series: Sequence[Series], start_ns: int, until_ns: int) -> list[tuple[float, str]]:
    """Highest mean of each histogram: all its `_sum` rates by all its `_count` rates, bucket by bucket."""
    sums: dict[tuple[str, str], list[Series]] = {}
    counts: dict[tuple[str, str], list[Series]] = {}
    for one in series:
        what, name = golden(one.subject), one.subject.name
        if what is Golden.LATENCY_SUM:
            sums.setdefault((one.subject.entity, name.removesuffix("_sum")), []).append(one)
        elif what in (Golden.REQUESTS, Golden.FAILED_REQUESTS) and name.endswith("_count"):
            counts.setdefault((one.subject.entity, name.removesuffix("_count")), []).append(one)
    peaks = []
    for key in sorted(sums.keys() & counts.keys()):
        factor = seconds_per_unit(sums[key][0].subject)
        step_ns = max(one.step_ns for one in sums[key] + counts[key])
        if factor is None or step_ns <= 0 or until_ns <= start_ns:
            continue
        count = (until_ns - start_ns) // step_ns + 1
        spent, served = (
            sum((np.nan_to_num(bucket_means(one.times_ns, one.values, start_ns, step_ns, count)) for one in group), np.zeros(count))
            for group in (sums[key], counts[key])
        )
        busy = served * step_ns / SECOND_NS >= 1
        if busy.any():
            peaks.append((float((spent[busy] / served[busy]).max()) * factor, f"{key[1]}_sum / {key[1]}_count"))
    return peaks


def _highest(series: Series, start_ns: int, until_ns: int) -> float:
    """The highest sample in the range; NaN when there is none."""
    inside = series.values[(series.times_ns >= start_ns) & (series.times_ns <= until_ns) & np.isfinite(series.values)]
    return float(inside.max()) if len(inside) else float("nan")
