"""Answers of the Prometheus HTTP API, as scripts put them on a topic: alerts, rules, instant and range queries; of Loki's, log streams.

Reference: Prometheus "HTTP API" (Thanos, Mimir and VictoriaMetrics answer alike), "Remote write" as JSON; Loki "HTTP API: query".
Identity:  the labels, as in prometheus.py.
Time:      a sample's own, seconds with a fraction; an alert's `activeAt`.
State, severity, dedup: of alerts as in prometheus.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources.cloud import mapping, number, sequence, text
from schemas.sources.fields import MAX_LABELS, labels
from schemas.sources.linux_shippers import read_loki
from schemas.sources.prometheus import read_alert, read_sample
from schemas.sources.source import Received, Source

PROMETHEUS_API: Final = "prometheus.api"


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    data = mapping(document.get("data"))
    if data.get("resultType") == "streams":
        yield from read_loki({"streams": data.get("result")}, received)
        return
    alerts = list(_alerts(data))
    samples = list(_samples(data))
    for alert in alerts:
        yield from read_alert(alert, received)
    for name, given, at, value in samples:
        if number(value) is None and not isinstance(value, str):
            yield Rejected("no_value", "a sample is [seconds, value as text]; histograms are not read", "data.result", PROMETHEUS_API)
        else:
            yield from read_sample({"name": name, "labels": given, "timestamp": at, "value": value}, received)
    if not alerts and not samples:
        yield Rejected("no_rows", "the answer holds no alerts and no samples", "data", PROMETHEUS_API)


def read_written(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """A remote-write request turned to JSON: labels as pairs, samples with milliseconds."""
    for series in map(mapping, sequence(document.get("timeseries"))):
        given = {text(mapping(pair).get("name")): text(mapping(pair).get("value")) for pair in sequence(series.get("labels"))[:MAX_LABELS]}
        for sample in map(mapping, sequence(series.get("samples"))):
            asked = {"name": given.get("__name__", ""), "labels": given, "timestamp": sample.get("timestamp"), "value": sample.get("value")}
            yield from read_sample(asked, received)


def _alerts(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The alerts of an answer, and of the rules in one; a rule's own annotations and labels are in its alerts already."""
    rules = [rule for group in sequence(data.get("groups")) for rule in sequence(mapping(group).get("rules"))]
    for alert in [*sequence(data.get("alerts")), *(alert for rule in rules for alert in sequence(mapping(rule).get("alerts")))]:
        if isinstance(alert, dict):
            yield alert


def _samples(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, str], Any, Any]]:
    for series in map(mapping, sequence(data.get("result"))):
        given = labels(series.get("metric"))
        for pair in [series["value"]] if "value" in series else sequence(series.get("values")):
            if isinstance(pair, list) and len(pair) == 2 and times.parse(pair[0], unit="s"):
                yield text(given.get("__name__")) or "query", given, pair[0], pair[1]


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict) or document.get("status") != "success" or not isinstance(document.get("data"), dict):
        return False
    data = document["data"]
    return any(isinstance(data.get(key), list) for key in ("alerts", "groups", "result"))


def _is_written(document: Any) -> bool:
    series = document.get("timeseries") if isinstance(document, dict) else None
    return isinstance(series, list) and bool(series) and isinstance(series[0], dict) and isinstance(series[0].get("labels"), list)


SOURCES: Final = (Source(PROMETHEUS_API, _recognises, read), Source("prometheus.remote_write", _is_written, read_written))
