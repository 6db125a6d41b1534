"""OpenTelemetry logs and metrics: OTLP as JSON (camelCase or the proto names) and as protobuf.

Reference: opentelemetry-proto 1.9; OpenTelemetry "Logs data model", "Metrics data model".
Identity:  resource attributes, completed by those of the record or point (`service.name` sits there with some senders).
Time:      timeUnixNano, else observedTimeUnixNano, nanoseconds.
Severity:  severityNumber 1–24 as it is, else severityText.
State:     none.
Rows:      a log record is one row; its attributes lie in `details.attributes`.  A number point is one row.  A cumulative monotonic sum
           is named `<name>.total`; a delta keeps its name and has the attribute `otel.metric.temporality`.  A cumulative
           histogram gives `<name>.count` and `<name>.sum`, a delta one `<name>.count.delta`, `<name>.mean`, `<name>.max`; a summary its quantiles.
Spans are not read: the call graph comes from service-graph metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import orjson

from schemas import severity, times
from schemas.identity import identify, is_private
from schemas.redact import redact, redact_label
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Subject
from schemas.sources.cloud import mapping, sequence
from schemas.sources.otlp_hosts import host_row
from schemas.sources.otlp_model import LogRecord, Metric, Resource, camel
from schemas.sources.otlp_points import COUNTS, points_of
from schemas.sources.otlp_values import attributes_of, map_of, severity_of, text_of
from schemas.sources.source import Received, Source

LOGS: Final = "otlp.logs"
METRICS: Final = "otlp.metrics"
_IDENTITIES: Final = (
    "service.name", "service_name", "service.instance.id", "host.name", "k8s.pod.name", "k8s.namespace.name", "k8s.deployment.name", "k8s.container.name",
    "k8s.node.name", "k8s.cluster.name", "container.name",
)  # fmt: skip
"""What a record itself may say of who it is about: senders that gather from many put it there."""
_EXCEPTION: Final = ("exception.type", "exception.message", "exception.stacktrace")
_MAX_VALUE_CHARS: Final = 256


def read_logs(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """Logs as parsed JSON, record by record: a malformed record costs only itself."""
    for where, resource, scope, record in _leaves(camel(document), "resourceLogs", "scopeLogs", "logRecords"):
        typed = _typed(record, LogRecord, where)
        yield typed if isinstance(typed, Rejected) else log_row(resource, scope, typed, received)


def read_metrics(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    for where, resource, _, metric in _leaves(camel(document), "resourceMetrics", "scopeMetrics", "metrics"):
        typed = _typed(metric, Metric, where)
        if isinstance(typed, Rejected):
            yield typed
        else:
            yield from metric_rows(resource, typed)


def read_spans(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    yield Rejected("not_telemetry", "spans are not read; send the service-graph connector's metrics instead", "", "otlp.traces")


def _leaves(document: dict[str, Any], outer: str, inner: str, leaf: str) -> Iterator[tuple[str, dict[str, str], str, Any]]:
    for i, group in enumerate(sequence(document.get(outer))):
        resource = _typed(mapping(group).get("resource") or {}, Resource, "")
        facts = {} if isinstance(resource, Rejected) else attributes_of(resource.attributes)
        for j, scope in enumerate(sequence(mapping(group).get(inner))):
            name = mapping(mapping(scope).get("scope")).get("name")
            for k, item in enumerate(sequence(mapping(scope).get(leaf))):
                yield f"{outer}[{i}].{inner}[{j}].{leaf}[{k}]", facts, name if isinstance(name, str) else "", item


def _typed(value: Any, type_: type[Any], where: str) -> Any:
    try:
        return msgspec.convert(value, type_, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        return Rejected("wrong_type", f"not as the OTLP messages define it: {str(error)[:200]}", where)


def log_row(resource: Mapping[str, str], scope: str, record: Any, received: Received) -> Signal:
    """One log record, JSON or protobuf."""
    said = attributes_of(record.attributes)
    time_ns = times.parse(record.time_unix_nano, unit="ns") or times.parse(record.observed_time_unix_nano, unit="ns")
    severity_number = severity_of(record.severity_number) or severity.from_word(record.severity_text)
    if (body := map_of(record.body)) and (entry := host_row(body, resource, time_ns, severity_number, received)):
        return entry
    return Signal(
        subject=log_subject(resource, dict(own_identity(said)), record.event_name or said.get("event.name", "") or scope),
        event_time_ns=time_ns,
        severity_number=severity_number,
        text=redact(words_of(record, said), received.redaction_key),
        trace_id=record.trace_id if isinstance(record.trace_id, str) else record.trace_id.hex(),
        details=evidence(said),
    )


def words_of(record: Any, said: Mapping[str, str]) -> str:
    """The body, else the event's name; the exception's words follow where the body lacks them."""
    body = text_of(record.body) if record.body is not None else ""
    return words_with(body, (record.event_name or said.get("event.name", ""), *exception_of(said)))


def words_with(body: str, words: Sequence[str]) -> str:
    """A body, or the first of the words, and those of the further words that the body lacks."""
    instead, *more = words
    return "\n".join(part for part in (body or instead, *(word for word in more if word not in body)) if part)


def exception_of(said: Mapping[str, str]) -> list[str]:
    return [said[key] for key in _EXCEPTION if key in said]


def own_identity(said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What a record itself says of who it is about."""
    return tuple((key, said[key]) for key in _IDENTITIES if key in said)


def log_subject(resource: Mapping[str, str], own: Mapping[str, str], name: str) -> Subject:
    return identify({**resource, **own}).subject(Kind.LOG, LOGS, name)


def evidence(said: Mapping[str, str]) -> str:
    """The attributes of a log record as details."""
    kept = {
        key: redact_label(value[:_MAX_VALUE_CHARS])
        for key, value in said.items()
        if key not in _EXCEPTION and key not in _IDENTITIES and not is_private(key)
    }
    return orjson.dumps({"attributes": kept}, option=orjson.OPT_SORT_KEYS).decode() if kept else ""


def metric_rows(resource: Mapping[str, str], metric: Any) -> Iterator[Signal]:
    """The rows of one metric, JSON or protobuf."""
    for point, at, suffix, more, value in points_of(metric):
        subject = metric_subject({**resource, **attributes_of(point.attributes), **more}, metric, suffix)
        yield Signal(subject=subject, event_time_ns=at, value=value)


def metric_subject(attributes: Mapping[str, str], metric: Any, suffix: str) -> Subject:
    unit = "1" if suffix in COUNTS else metric.unit
    return identify(attributes).subject(Kind.METRIC, METRICS, metric.name + suffix, unit=unit, fallback=f"alarm:{metric.name}")


def _has_key(*keys: str) -> Callable[[Any], bool]:
    return lambda document: isinstance(document, dict) and any(isinstance(document.get(key), list) for key in keys)


SOURCES: Final = (
    Source(LOGS, _has_key("resourceLogs", "resource_logs"), read_logs),
    Source(METRICS, _has_key("resourceMetrics", "resource_metrics"), read_metrics),
    Source("otlp.traces", _has_key("resourceSpans", "resource_spans"), read_spans),
)
