"""Prometheus: samples from the remote-write adapter for Kafka, and alerts of the Alertmanager family.

Reference: prometheus-kafka-adapter README "JSON"; Alertmanager "webhook_config" (version 4; 3 before 0.5) and API v2 `gettableAlert`;
           Grafana "webhook notifier" (unified); vmalert sends Alertmanager's form with the label `alertgroup`.  What Prometheus' own API
           answers: prometheus_api.py.
Identity:  the labels.  Of service-graph and mesh metrics the server, with `client` and `server` as attributes.
Time:      a sample's `timestamp`; an alert's `startsAt` (Prometheus says `activeAt`) while firing, `endsAt` once resolved.  `endsAt` of a firing alert is only an expiry.
Severity:  label `severity`, `priority` or `level`.
State:     `status`; `active` and `suppressed` of the API count as firing, since the condition holds.
Dedup:     `fingerprint`, else a hash of the labels.  Never `groupKey`: a group changes while its alerts stay.
A Watchdog that always fires is a heartbeat: kind `state`, no status.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final

import orjson

from schemas import severity, times
from schemas.identity import fold, identify
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status, Subject
from schemas.sources.cloud import first, mapping, number, row, sequence, text
from schemas.sources.fields import labels
from schemas.sources.source import Received, Source

ADAPTER: Final = "prometheus.kafka_adapter"
ALERTMANAGER: Final = "prometheus.alertmanager"
_HEARTBEATS: Final = frozenset({"watchdog", "deadmansswitch", "deadmanssnitch"})
_RESOLVED: Final = frozenset({"resolved", "ok", "inactive", "expired", "normal"})
_FIRING: Final = frozenset({"firing", "active", "suppressed", "alerting", "unprocessed", "pending"})
_PRIORITIES: Final = {
    "p0": severity.FATAL,
    "p1": severity.CRITICAL,
    "p2": severity.ERROR,
    "p3": severity.WARN,
    "p4": severity.INFO,
    "p5": severity.INFO,
}
_UNITS: Final = (
    ("_milliseconds", "ms"), ("_seconds", "s"), ("_ms", "ms"), ("_bytes", "By"), ("_percent", "%"), ("_ratio", "1"), ("_celsius", "Cel"),
    ("_volts", "V"), ("_amperes", "A"), ("_joules", "J"), ("_hertz", "Hz"),
)  # fmt: skip
_AGGREGATE: Final = re.compile(r"_(?:total|sum|max|min|mean|avg|average|p\d{1,3}|bucket|count|created|info)$")
_VALUE: Final = re.compile(r"\bvalue=([-+\d.eE]{1,32})")
"""Of Grafana's `valueString`: `[ var='B' labels={host=web} value=22.5 ]`."""
_NO_LABELS: Final = frozenset({"__name__", "alertname", "severity", "Severity"})
"""Labels that say what is said beside them already: the row's name and severity."""


def read_sample(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """One sample.  NaN and infinities keep their row with no value: a quantile without requests is news of its own."""
    value = number(document.get("value"))
    if value is None and not _is_special(text(document.get("value"))):
        yield Rejected("no_value", "the sample's value is no number; send a decimal text, NaN or ±Inf", "value", ADAPTER)
        return
    subject = sample_subject(text(document["name"]), labels(document["labels"]))
    yield Signal(subject=subject, event_time_ns=times.parse(document.get("timestamp")), value=value)


def sample_subject(name: str, given: Mapping[str, str]) -> Subject:
    """The series of a sample: what is measured and the labels that tell it from its siblings."""
    named = with_edge({key: value for key, value in given.items() if key not in _NO_LABELS}, name)
    return identify(named).subject(Kind.METRIC, ADAPTER, name or given.get("__name__", ""), unit=unit_of(name), fallback=f"alarm:{name}")


def with_edge(given: Mapping[str, str], name: str = "") -> dict[str, str]:
    """The labels of a call-graph metric with `client`, `server` and, where no service is named, the server as the service."""
    named = dict(given)
    for end, names in (
        ("client", ("source_workload", "source_app", "source_canonical_service")),
        ("server", ("destination_workload", "destination_app")),
    ):
        if end not in named and (found := first(named, *names)) and found != "unknown":
            named[end] = found
    graph = "client" in named and "server" in named
    if (graph or name.startswith("traces_service_graph_")) and named.get("server") and not any(fold(key) in _SERVICE for key in named):
        named["service"] = named["server"]
    return named


_SERVICE: Final = frozenset({"service", "servicename", "svc", "destinationservicename"})


def unit_of(name: str) -> str:
    """The UCUM unit that a Prometheus metric name ends in, before its aggregation."""
    stem = name
    while match := _AGGREGATE.search(stem):
        stem = stem[: match.start()]
    return next((unit for suffix, unit in _UNITS if stem.endswith(suffix)), "1" if name.endswith("_total") else "")


def read_notification(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """One webhook notification: a row an alert."""
    common = labels(document.get("commonLabels"))
    said = labels(document.get("commonAnnotations"))
    alerts = sequence(document.get("alerts"))
    if not alerts:
        yield Rejected("no_rows", "the notification holds no alerts", "alerts", ALERTMANAGER)
    for place, alert in enumerate(alerts):
        if isinstance(alert, dict):
            yield _alert(alert, common, said, text(document.get("status")), received)
        else:
            yield Rejected("wrong_type", "an alert is an object with labels, status and startsAt", f"alerts[{place}]", ALERTMANAGER)


def read_alert(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """One alert by itself, as Alertmanager's API lists it or as Robusta forwards it under `raw`."""
    yield _alert(mapping(document.get("raw")) or document, {}, {}, "", received)


def _alert(alert: dict[str, Any], common: dict[str, str], said: dict[str, str], group_status: str, received: Received) -> Signal:
    named = {**common, **labels(alert.get("labels"))}
    notes = {**said, **labels(alert.get("annotations"))}
    name = named.get("alertname", "") or text(alert.get("name"))
    state = (first(mapping(alert.get("status")), "state") or first(alert, "status", "state") or group_status).lower()
    status = Status.RESOLVED if state in _RESOLVED else Status.FIRING if state in _FIRING or not state else None
    begin, end = times.parse(alert.get("startsAt")) or times.parse(alert.get("activeAt")), times.parse(alert.get("endsAt"))
    heartbeat = fold(name) in _HEARTBEATS
    given = (
        notes.get("value", "").rstrip("% "),
        alert.get("value"),
        *mapping(alert.get("values")).values(),
        *_VALUE.findall(text(alert.get("valueString"))),
    )
    value = next((found for item in given if (found := number(item)) is not None), None)
    attributes = with_edge({key: value for key, value in named.items() if key not in _NO_LABELS})
    if metric := first(named, "__name__", "metric", "metric_name"):
        attributes["metric.name"] = metric
        attributes.pop("metric", None)
    return row(
        received,
        Kind.STATE if heartbeat else Kind.ALERT,
        ALERTMANAGER,
        attributes,
        name=name,
        fallback=f"alarm:{name}",
        event_time_ns=end or 0 if status is Status.RESOLVED else begin,
        starts_at_ns=begin if status is Status.RESOLVED else 0,
        value=value,
        severity_number=severity_of(named),
        status=None if heartbeat else status,
        text=_text(name, notes),
        dedup_key=first(alert, "fingerprint") or labels_hash(named),
        evidence_url=text(alert.get("generatorURL")),
        details={"threshold": notes.get("threshold"), "runbook": notes.get("runbook_url"), "state": state if status is None else ""},
    )


def severity_of(named: Mapping[str, str]) -> int:
    """The severity that labels tell, in any case: `severity`, else `priority` (P1…P5), else `level`."""
    said = {key.lower(): value for key, value in named.items()}
    for key in ("severity", "priority", "level"):
        word = said.get(key, "").strip().lower()
        if number_ := _PRIORITIES.get(word) or severity.from_word(word):
            return number_
    return severity.UNSPECIFIED


def labels_hash(named: Mapping[str, str]) -> str:
    """Stands in for a fingerprint that the sender left out."""
    return blake2b(orjson.dumps(sorted(named.items())), digest_size=8).hexdigest()


def _text(name: str, notes: Mapping[str, str]) -> str:
    summary = first(notes, "summary", "title", "message")
    description = first(notes, "description", "message", "info")
    return "\n".join(dict.fromkeys(part for part in (summary, description) if part)) or name


def _is_special(said: str) -> bool:
    try:
        return not math.isfinite(float(said))
    except ValueError:
        return False


def _is_sample(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("labels"), dict) and {"name", "timestamp", "value"} <= document.keys()


def _is_notification(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("alerts"), list)
        and not document.keys().isdisjoint({"groupKey", "groupLabels", "receiver", "commonLabels", "externalURL"})
    )


def _is_alert(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    alert = document.get("raw") if isinstance(document.get("raw"), dict) and "source_type" in document else document
    return isinstance(alert, dict) and isinstance(alert.get("labels"), dict) and not alert.keys().isdisjoint({"startsAt", "activeAt"})


SOURCES: Final = (
    Source(ADAPTER, _is_sample, read_sample),
    Source(ALERTMANAGER, _is_notification, read_notification),
    Source(ALERTMANAGER, _is_alert, read_alert),
)
