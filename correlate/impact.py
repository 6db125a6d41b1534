"""Quantified impact (C44): how long, how many requests, how many failed, how slow; each with its formula, unknown where data lack.

Knows:   requests, failed requests and latency of the services that customers see, over onset … recovery.
Ignores: users, revenue and error budgets, which telemetry does not tell; how a series is recognised (golden_signals.py).

A figure is null, with the reason as its formula, when no series gives it: nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from correlate.customers import entry_services
from correlate.golden_signals import Golden, golden, is_percentage, seconds_per_unit, server_of
from correlate.scene import Account, Series
from correlate.traffic import BUCKETS_MOST, Traffic, bucket_means, traffic_of, volume
from correlate.units import SECOND_NS
from correlate.words import listed, moment, name_of, shown
from schemas.incident import Impact
from schemas.plain import one_line

REQUESTS_FOR_RATIO: Final = 20
"""Requests in one bucket below which a ratio of failed ones is noise: one failure of 20 is 5 %."""

BROKEN_BEFORE: Final = 0.5
"""Usual ratio of successes before the onset at or below which a series is not believed."""


def impact(account: Account) -> Impact:
    """The figures of schemas.incident.Impact, each with its formula or with why it is unknown."""
    until_ns = _until(account)
    by_service = _by_service(account)
    measured = measured_services(account.calls, by_service)
    of_measured = [series for entity in sorted(measured) for series in by_service[entity]]
    services = tuple(account.entities)
    formulas: dict[str, str] = {}
    duration_s = None
    if account.resolved_ns is None:
        formulas["duration_s"] = "unknown: the incident is not resolved"
    else:
        duration_s = round((account.resolved_ns - account.onset_ns) / SECOND_NS, 3)
        formulas["duration_s"] = f"resolved {shown(moment(account.resolved_ns))} - onset {shown(moment(account.onset_ns))}"
    traffic = traffic_of(of_measured, account.onset_ns, until_ns)
    names = listed([name_of(entity) for entity in sorted(measured)], 5) or "the affected components"
    where = f"{names} from onset to {'recovery' if account.resolved_ns is not None else shown(moment(until_ns))}"
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


def measured_services(calls: Mapping[str, frozenset[str]], by_service: Mapping[str, Sequence[Series]]) -> frozenset[str]:
    """Where requests are counted, so that none counts twice: the entry services, else the service with the most requests."""
    entries = entry_services(calls) & by_service.keys()
    if entries:
        return frozenset(entries)
    volumes = {entity: sum(volume(series) for series in found) for entity, found in by_service.items()}
    return frozenset([max(sorted(volumes), key=lambda entity: volumes[entity])]) if volumes else frozenset()


def _by_service(account: Account) -> dict[str, list[Series]]:
    """Affected entity → its series of requests, failures and latency, its instances' and its callers' ones included."""
    found: dict[str, list[Series]] = {}
    for series in account.series:
        subject = series.subject
        owners = (server,) if (server := server_of(subject)) else (subject.entity, *subject.ancestors)
        owner = next((entity for entity in owners if entity in account.entities), None)
        if owner is not None and golden(subject) is not None and len(series.values):
            found.setdefault(owner, []).append(series)
    return found


def _until(account: Account) -> int:
    """The end of the range: recovery, or the last sample."""
    if account.resolved_ns is not None:
        return account.resolved_ns
    return max((int(series.times_ns[-1]) for series in account.series if len(series.times_ns)), default=account.onset_ns)


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
    known = _mean_ratios(series, start_ns, until_ns)
    if not known:
        formulas["error_ratio_peak"] = f"unknown: no series gives failed and all requests at {where}"
        return None
    value, name = max(known)
    formulas["error_ratio_peak"] = f"max over time of the mean of {one_line(name, 160)} at {where}"
    return round(value, 6)


def _mean_ratios(series: Sequence[Series], start_ns: int, until_ns: int) -> list[tuple[float, str]]:
    """Of each metric that is a ratio already: the highest mean over its series, so that one quiet replica decides nothing."""
    groups: dict[str, list[Series]] = {}
    for one in series:
        if golden(one.subject) in (Golden.ERROR_RATIO, Golden.SUCCESS_RATIO):
            groups.setdefault(one.subject.name, []).append(one)
    peaks = []
    for name, group in sorted(groups.items()):
        bucket_ns = max(max(one.step_ns for one in group), 1, (until_ns - start_ns) // BUCKETS_MOST)
        count = max(0, until_ns - start_ns) // bucket_ns + 1
        values = np.array([bucket_means(one.times_ns, one.values, start_ns, bucket_ns, count) for one in group])
        told = np.isfinite(values)
        if not told.any():
            continue
        hundredths = is_percentage(group[0].subject) or values[told].max() > 1  # a ratio cannot exceed 1
        means = np.where(told, values, 0).sum(axis=0)[told.any(axis=0)] / told.sum(axis=0)[told.any(axis=0)] / (100 if hundredths else 1)
        failed = 1 - means if golden(group[0].subject) is Golden.SUCCESS_RATIO else means
        if 0 <= failed.max() <= 1 and _was_healthy(group, start_ns, 100 if hundredths else 1):
            peaks.append((float(failed.max()), f"1 - {name}" if golden(group[0].subject) is Golden.SUCCESS_RATIO else name))
    return peaks


def _was_healthy(group: Sequence[Series], start_ns: int, scale: int) -> bool:
    """Whether the ratio told of working requests before the onset: one that never did measures something else, or nothing."""
    before = np.concatenate([one.values[(one.times_ns < start_ns) & np.isfinite(one.values)] for one in group]) / scale
    if not len(before):
        return True
    usual = float(np.median(before))
    return usual > BROKEN_BEFORE if golden(group[0].subject) is Golden.SUCCESS_RATIO else 1 - usual > BROKEN_BEFORE


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
    formulas["latency_peak_s"] = f"max of {one_line(name, 160)} at {where}"
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
