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

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import orjson

from schemas import severity, times
from schemas.identity import identify, is_private
from schemas.redact import redact, redact_label
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Subject
from schemas.sources.cloud import MAX_TEXT_CHARS, mapping, sequence
from schemas.sources.fields import MAX_LABELS
from schemas.sources.otlp_hosts import host_row
from schemas.sources.otlp_model import LogRecord, Metric, Resource, camel
from schemas.sources.source import Received, Source

LOGS: Final = "otlp.logs"
METRICS: Final = "otlp.metrics"
DELTA: Final = (1, "1", "AGGREGATION_TEMPORALITY_DELTA")
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
    unit = "1" if suffix in _COUNTS else metric.unit
    return identify(attributes).subject(Kind.METRIC, METRICS, metric.name + suffix, unit=unit, fallback=f"alarm:{metric.name}")


DISTRIBUTIONS: Final = ("histogram", "exponential_histogram", "summary")


def points_of(
    metric: Any, kinds: Sequence[str] = ("gauge", "sum", *DISTRIBUTIONS)
) -> Iterator[tuple[Any, int, str, dict[str, str], float | None]]:
    """What each point says: the point, its time, the suffix of the name, attributes of the kind of value, the value."""
    for kind in kinds:
        data = _data(metric, kind)
        if data is None:
            continue
        delta = kind in ("sum", "histogram", "exponential_histogram") and data.aggregation_temporality in DELTA
        told = temporality(delta)
        for point in data.data_points:
            at = times.parse(point.time_unix_nano, unit="ns")
            for suffix, more, value in _values(kind, data, point, metric.name, delta):
                yield point, at, suffix, {**told, **more}, value


def temporality(delta: bool) -> dict[str, str]:
    """The attribute that tells a delta from a running total."""
    return {"otel.metric.temporality": "delta"} if delta else {}


_COUNTS: Final = (".count", ".count.delta")
_COUNTER_NAMES: Final = ("_total", ".total", "_count", ".count", "_sum", ".sum", "_bucket")


def _values(kind: str, data: Any, point: Any, name: str, delta: bool) -> Iterator[tuple[str, dict[str, str], float | None]]:
    """What one point says: the suffix of the name, further attributes, the value."""
    if kind in ("gauge", "sum"):
        yield number_suffix(name, kind == "sum" and data.is_monotonic, delta), {}, number_of(point)
        return
    count, total = _finite(point.count), _finite(point.sum) if _has(point, "sum") else None
    if delta:
        yield ".count.delta", {}, count
        if count and total is not None:
            yield ".mean", {}, total / count
        if _has(point, "max"):
            yield ".max", {}, _finite(point.max)
        return
    yield ".count", {}, count
    if total is not None:
        yield ".sum", {}, total
    for item in point.quantile_values if kind == "summary" else ():
        yield "", {"quantile": format(_finite(item.quantile) or 0.0, "g")}, _finite(item.value)


def number_suffix(name: str, monotonic: bool, delta: bool) -> str:
    """What is put behind the name of a gauge or sum."""
    if name.endswith(_COUNTER_NAMES):
        return ".delta" if delta else ""
    return ".total" if monotonic and not delta else ""


def _data(metric: Any, kind: str) -> Any:
    if isinstance(metric, msgspec.Struct):
        return getattr(metric, kind)
    return getattr(metric, kind) if metric.WhichOneof("data") == kind else None


def _has(point: Any, field: str) -> bool:
    if isinstance(point, msgspec.Struct):
        return getattr(point, field) is not None
    return point.DESCRIPTOR.fields_by_name.get(field) is not None and (
        not point.DESCRIPTOR.fields_by_name[field].has_presence or point.HasField(field)
    )


def number_of(point: Any) -> float | None:
    """The value of a gauge's or a sum's point."""
    if isinstance(point, msgspec.Struct):
        return _finite(point.as_double if point.as_double is not None else point.as_int)  # type: ignore[attr-defined]
    which = point.WhichOneof("value")
    return _finite(getattr(point, which)) if which else None


def _finite(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


_FIRST_OF: Final = {
    "TRACE": severity.TRACE, "DEBUG": severity.DEBUG, "INFO": severity.INFO, "WARN": severity.WARN, "ERROR": severity.ERROR, "FATAL": severity.FATAL,
}  # fmt: skip


def severity_of(value: int | str) -> int:
    """1–24 as it is, also in digits or by the enum's name (`SEVERITY_NUMBER_ERROR2`)."""
    if isinstance(value, str) and value.startswith("SEVERITY_NUMBER_"):
        name = value.removeprefix("SEVERITY_NUMBER_")
        first = _FIRST_OF.get(name.rstrip("234"), severity.UNSPECIFIED)
        return first + int(name[-1:]) - 1 if first and name[-1:] in ("2", "3", "4") else first
    number = int(value) if isinstance(value, int) or (value.isdecimal() and len(value) < 4) else 0
    return number if 0 <= number <= 24 else severity.UNSPECIFIED


def attributes_of(pairs: Iterable[Any]) -> dict[str, str]:
    """Attributes as text, JSON or protobuf."""
    found: dict[str, str] = {}
    for pair in pairs:
        if len(found) == MAX_LABELS:
            break
        if pair.key and pair.value is not None and (said := text_of(pair.value)):
            found[pair.key] = said
    return found


def text_of(value: Any) -> str:
    """An AnyValue as text; lists and maps as JSON."""
    if isinstance(value, msgspec.Struct):
        if value.string_value is not None:  # type: ignore[attr-defined]
            return str(value.string_value).strip()[:MAX_TEXT_CHARS]  # type: ignore[attr-defined]
        if value.int_value is not None:  # type: ignore[attr-defined]
            return str(value.int_value)  # type: ignore[attr-defined]
        plain = _plain(msgspec.to_builtins(value))
    elif value.HasField("string_value"):
        return str(value.string_value).strip()[:MAX_TEXT_CHARS]
    else:
        plain = _plain_proto(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, dict | list):
        return orjson.dumps(plain, option=orjson.OPT_NON_STR_KEYS).decode()[:MAX_TEXT_CHARS] if plain else ""
    return "" if plain is None else str(plain)[:MAX_TEXT_CHARS]


def map_of(body: Any) -> dict[str, Any] | None:
    """A body that is a map; None for any other."""
    if body is None:
        return None
    if isinstance(body, msgspec.Struct):
        plain = _plain(msgspec.to_builtins(body)) if body.kvlist_value is not None else None  # type: ignore[attr-defined]
    else:
        plain = _plain_proto(body) if body.HasField("kvlist_value") else None
    return plain if isinstance(plain, dict) else None


def _plain(value: Any, depth: int = 0) -> Any:
    if not isinstance(value, dict) or depth > 16:
        return None
    for key in ("stringValue", "boolValue", "intValue", "doubleValue", "bytesValue"):
        if value.get(key) is not None:
            return _scalar(value[key])
    if isinstance(value.get("arrayValue"), dict):
        return [_plain(item, depth + 1) for item in sequence(value["arrayValue"].get("values"))]
    pairs = sequence(mapping(value.get("kvlistValue")).get("values"))
    return {str(mapping(pair).get("key", "")): _plain(mapping(pair).get("value"), depth + 1) for pair in pairs}


def _scalar(value: Any) -> Any:
    """Integers beyond 64 bits as text, None for what is no scalar: inside lists and maps JSON senders may write anything."""
    if isinstance(value, dict | list):
        return None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63 else value


def _plain_proto(value: Any, depth: int = 0) -> Any:
    which = value.WhichOneof("value")
    if which is None or depth > 16:
        return None
    said = getattr(value, which)
    if which == "array_value":
        return [_plain_proto(item, depth + 1) for item in said.values]
    if which == "kvlist_value":
        return {pair.key: _plain_proto(pair.value, depth + 1) for pair in said.values}
    return said.hex() if isinstance(said, bytes) else said


def _has_key(*keys: str) -> Callable[[Any], bool]:
    return lambda document: isinstance(document, dict) and any(isinstance(document.get(key), list) for key in keys)


SOURCES: Final = (
    Source(LOGS, _has_key("resourceLogs", "resource_logs"), read_logs),
    Source(METRICS, _has_key("resourceMetrics", "resource_metrics"), read_metrics),
    Source("otlp.traces", _has_key("resourceSpans", "resource_spans"), read_spans),
)
