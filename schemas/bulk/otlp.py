"""OTLP batches in bulk, JSON in camelCase; equals schemas/sources/otlp.py.

A record is a batch of many rows.  Resources and attributes are taken as raw bytes: they repeat byte by byte, so their bytes are the key
of what they say.  The types refuse every field that they do not name, and with it the proto names, old names and senders' own forms;
explicit nulls, lists and maps among attributes are read as the plain reader reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import orjson
import polars as pl

from schemas import severity
from schemas.bulk.batch import NO_SUBJECT, Batch, batch_of_many, decode_together
from schemas.bulk.columns import nanoseconds
from schemas.bulk.otlp_known import BROKEN, Known, Told, finite, log_columns
from schemas.sources import otlp, otlp_points, otlp_values
from schemas.sources.otlp_model import AnyValue, KeyValue, Number, QuantileValue, Resource, Scope, camel
from schemas.subjects import Subjects

_ABSENT: Final = msgspec.Raw(b"")
_NOTHING: Final = msgspec.Raw(b"[]")


class _Message(msgspec.Struct, rename="camel", gc=False, forbid_unknown_fields=True):
    """As in otlp_model.py; fields that hold `_ABSENT` by default are known and not read."""


class _Body(AnyValue, forbid_unknown_fields=True):
    pass


class _LogRecord(_Message):
    time_unix_nano: int | str = 0
    body: _Body | None = None
    attributes: msgspec.Raw = _NOTHING
    severity_number: int | str = 0
    severity_text: str = ""
    trace_id: str = ""
    event_name: str = ""
    observed_time_unix_nano: int | str = 0
    span_id: msgspec.Raw = _ABSENT
    flags: msgspec.Raw = _ABSENT
    dropped_attributes_count: msgspec.Raw = _ABSENT


class _Scope(_Message):
    schema_url: msgspec.Raw = _ABSENT
    scope: Scope | None = None


class _ScopeLogs(_Scope):
    log_records: list[_LogRecord] = []


class _Group(_Message):
    schema_url: msgspec.Raw = _ABSENT
    resource: msgspec.Raw = msgspec.Raw(b"{}")


class _ResourceLogs(_Group):
    scope_logs: list[_ScopeLogs] = []


class _Logs(_Message):
    resource_logs: list[_ResourceLogs]


class _Point(_Message):
    attributes: msgspec.Raw = _NOTHING
    time_unix_nano: int | str = 0
    start_time_unix_nano: msgspec.Raw = _ABSENT
    exemplars: msgspec.Raw = _ABSENT
    flags: msgspec.Raw = _ABSENT


class _NumberPoint(_Point):
    as_double: Number | None = None
    as_int: int | str | None = None


class _DistributionPoint(_Point):
    count: int | str = 0
    sum: Number | None = None
    max: Number | None = None
    quantile_values: list[QuantileValue] = []
    min: msgspec.Raw = _ABSENT
    bucket_counts: msgspec.Raw = _ABSENT
    explicit_bounds: msgspec.Raw = _ABSENT
    scale: msgspec.Raw = _ABSENT
    zero_count: msgspec.Raw = _ABSENT
    zero_threshold: msgspec.Raw = _ABSENT
    positive: msgspec.Raw = _ABSENT
    negative: msgspec.Raw = _ABSENT


class _Gauge(_Message):
    data_points: list[_NumberPoint] = []


class _Sum(_Gauge):
    aggregation_temporality: int | str = 0
    is_monotonic: bool = False


class _Distribution(_Message):
    data_points: list[_DistributionPoint] = []
    aggregation_temporality: int | str = 0


class _Metric(_Message):
    name: str = ""
    unit: str = ""
    gauge: _Gauge | None = None
    sum: _Sum | None = None
    histogram: _Distribution | None = None
    exponential_histogram: _Distribution | None = None
    summary: _Distribution | None = None
    description: msgspec.Raw = _ABSENT
    metadata: msgspec.Raw = _ABSENT


class _ScopeMetrics(_Scope):
    metrics: list[_Metric] = []


class _ResourceMetrics(_Group):
    scope_metrics: list[_ScopeMetrics] = []


class _Metrics(_Message):
    resource_metrics: list[_ResourceMetrics]


_logs: Final = msgspec.json.Decoder(_Logs)
_metrics: Final = msgspec.json.Decoder(_Metrics)
_pairs: Final = msgspec.json.Decoder(list[KeyValue])
_DEPTH: Final = {"resource": 3, "attributes": 7, "body": 7}
"""Levels of the document above each: the plain reader cuts what lies too deep."""
_careful: Final = re.compile(rb"_value|null|\\u|rrayValue|kvlistValue").search
"""Marks of what only `camel` reads right: the proto names, explicit nulls, lists and maps."""


class OtlpLogs:
    format = otlp.LOGS
    marks = (b'"resourceLogs"',)

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        documents = decode_together(_logs, values)
        if documents is None:
            return None
        known = Known(otlp.LOGS, _facts, _read_pairs, subjects)
        records: list[_LogRecord] = []
        told: list[Told] = []
        sizes = np.zeros(len(values), np.int64)
        for place, document in enumerate(documents):
            for group in document.resource_logs:
                for scope in group.scope_logs:
                    records += scope.log_records
                    name = scope.scope.name if scope.scope is not None else ""
                    events = [record.event_name for record in scope.log_records]
                    told += known.told(bytes(group.resource), name, events, map(bytes, [record.attributes for record in scope.log_records]))
                    sizes[place] += len(scope.log_records)
        if not records:
            return None
        times = nanoseconds([record.time_unix_nano for record in records])
        if not times.all():
            times = np.where(times, times, nanoseconds([record.observed_time_unix_nano for record in records]))
        columns = log_columns(told, _bodies(records), redaction_key) | {
            "event_time_ns": pl.Series(times),
            "severity_number": pl.Series(_levels(records), dtype=pl.UInt8),
            "trace_id": pl.Series([record.trace_id for record in records], dtype=pl.String),
        }
        numbers = np.array([said[0] for said in told], np.int64)
        if any(b"kvlist" in value for value in values):
            numbers[[place for place, record in enumerate(records) if record.body and record.body.kvlist_value is not None]] = NO_SUBJECT
        return batch_of_many(sizes, numbers, columns)


def _bodies(records: list[_LogRecord]) -> list[str]:
    bodies = [record.body for record in records]
    texts = ["" if body is None else body.string_value for body in bodies]
    if None in texts:
        texts = [_text(body) if body is not None and said is None else said for body, said in zip(bodies, texts, strict=True)]
    return texts  # type: ignore[return-value]


def _text(body: _Body) -> str:
    if body.array_value is not None or body.kvlist_value is not None:
        return otlp_values.text_of(msgspec.convert(camel(msgspec.to_builtins(body), _DEPTH["body"]), AnyValue))
    return otlp_values.text_of(body)


def _levels(records: list[_LogRecord]) -> list[int]:
    levels: list[Any] = [record.severity_number for record in records]
    if all(isinstance(level, int) and 0 < level <= severity.FATAL + 3 for level in set(levels)):
        return levels
    return [otlp_values.severity_of(record.severity_number) or severity.from_word(record.severity_text) for record in records]


class OtlpMetrics:
    format = otlp.METRICS
    marks = (b'"resourceMetrics"',)

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        documents = decode_together(_metrics, values)
        if documents is None:
            return None
        known = Known(otlp.METRICS, _facts, _read_pairs, subjects)
        numbers: list[int] = []
        times: list[int | str] = []
        measured: list[Any] = []
        sizes = np.zeros(len(values), np.int64)
        for place, document in enumerate(documents):
            before = len(numbers)
            for group in document.resource_metrics:
                resource = bytes(group.resource)
                for scope in group.scope_metrics:
                    for metric in scope.metrics:
                        _take(metric, resource, known, numbers, times, measured)
            sizes[place] = len(numbers) - before
        if not numbers:
            return None
        columns = {"event_time_ns": pl.Series(nanoseconds(times)), "value": finite(measured)}
        return batch_of_many(sizes, np.array(numbers, np.int64), columns)


def _take(metric: _Metric, resource: bytes, known: Known, numbers: list[int], times: list[int | str], measured: list[Any]) -> None:
    """The rows of one metric, onto the columns."""
    kinds = [kind for kind in (metric.gauge, metric.sum) if kind is not None]
    for data in kinds:
        delta = isinstance(data, _Sum) and data.aggregation_temporality in otlp_points.DELTA
        suffix = otlp_points.number_suffix(metric.name, isinstance(data, _Sum) and data.is_monotonic, delta)
        subject_of = known.points(resource, metric, suffix, otlp_points.temporality(delta))
        points = data.data_points
        numbers += map(subject_of.__getitem__, map(bytes, [point.attributes for point in points]))
        times += [point.time_unix_nano for point in points]
        values: list[Any] = [point.as_double for point in points]
        measured += values if set(map(type, values)) == {float} else map(otlp_points.number_of, points)
    if metric.histogram is metric.exponential_histogram is metric.summary is None:
        return
    for point, at, suffix, more, value in otlp_points.points_of(metric, otlp_points.DISTRIBUTIONS):
        numbers.append(known.points(resource, metric, suffix, more)[bytes(point.attributes)])
        times.append(at)
        measured.append(value)


def _facts(raw: bytes) -> dict[str, str] | None:
    try:
        said = camel(orjson.loads(raw), _DEPTH["resource"])
    except orjson.JSONDecodeError:
        return None
    try:
        return otlp_values.attributes_of(msgspec.convert(said or {}, Resource, strict=False).attributes)
    except BROKEN:
        return {}


def _read_pairs(raw: bytes) -> Iterable[KeyValue]:
    if _careful(raw):
        return msgspec.convert(camel(orjson.loads(raw), _DEPTH["attributes"]), list[KeyValue], strict=False)
    return _pairs.decode(raw)
