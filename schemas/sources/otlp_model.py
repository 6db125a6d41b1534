"""OTLP's messages as typed structures, for JSON; the protobuf classes have the same attributes, so one reader serves both.

Knows:   the messages of logs and metrics as far as they are read, and their JSON form: camelCase, 64-bit integers as text or number,
         bytes as hex, enums as integers.
Ignores: what they mean (otlp.py).
Source:  opentelemetry-proto 1.9 logs.proto, metrics.proto, common.proto; OTLP specification "JSON Protobuf Encoding".
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

Number = int | float | str


class _Message(msgspec.Struct, rename="camel", gc=False):
    """Every field may be absent: proto3 leaves defaults out."""


class AnyValue(_Message):
    string_value: str | None = None
    int_value: int | str | None = None
    double_value: Number | None = None
    bool_value: bool | None = None
    bytes_value: str | None = None
    array_value: dict[str, Any] | None = None
    kvlist_value: dict[str, Any] | None = None


class KeyValue(_Message):
    key: str = ""
    value: AnyValue | None = None


class Resource(_Message):
    attributes: list[KeyValue] = []


class Scope(_Message):
    name: str = ""


class LogRecord(_Message):
    time_unix_nano: Number = 0
    observed_time_unix_nano: Number = 0
    severity_number: int | str = 0
    severity_text: str = ""
    body: AnyValue | None = None
    attributes: list[KeyValue] = []
    trace_id: str = ""
    event_name: str = ""


class NumberPoint(_Message):
    attributes: list[KeyValue] = []
    time_unix_nano: Number = 0
    as_double: Number | None = None
    as_int: int | str | None = None


class QuantileValue(_Message):
    quantile: Number = 0.0
    value: Number = 0.0


class DistributionPoint(_Message):
    """A point of a histogram, an exponential histogram or a summary."""

    attributes: list[KeyValue] = []
    time_unix_nano: Number = 0
    count: int | str = 0
    sum: Number | None = None
    max: Number | None = None
    quantile_values: list[QuantileValue] = []


class Gauge(_Message):
    data_points: list[NumberPoint] = []


class Sum(_Message):
    data_points: list[NumberPoint] = []
    aggregation_temporality: int | str = 0
    is_monotonic: bool = False


class Distribution(_Message):
    data_points: list[DistributionPoint] = []
    aggregation_temporality: int | str = 0


class Metric(_Message):
    name: str = ""
    unit: str = ""
    gauge: Gauge | None = None
    sum: Sum | None = None
    histogram: Distribution | None = None
    exponential_histogram: Distribution | None = None
    summary: Distribution | None = None


class ScopeLogs(_Message):
    scope: Scope | None = None
    log_records: list[LogRecord] = []


class ResourceLogs(_Message):
    resource: Resource | None = None
    scope_logs: list[ScopeLogs] = []


class ScopeMetrics(_Message):
    scope: Scope | None = None
    metrics: list[Metric] = []


class ResourceMetrics(_Message):
    resource: Resource | None = None
    scope_metrics: list[ScopeMetrics] = []


class Logs(_Message):
    resource_logs: list[ResourceLogs]


class Metrics(_Message):
    resource_metrics: list[ResourceMetrics]


_SNAKE: Final = re.compile(r"_([a-z])")
_OLD_NAMES: Final = {"instrumentationLibraryLogs": "scopeLogs", "instrumentationLibraryMetrics": "scopeMetrics", "logs": "logRecords"}
"""Before OTLP 0.16 a scope was an instrumentation library."""
_MAX_DEPTH: Final = 32


def camel(document: Any, depth: int = 0) -> Any:
    """The document with camelCase keys: some senders write the proto names.  Nulls are left out: they mean absent."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(document, list):
        return [camel(item, depth + 1) for item in document if item is not None]
    if isinstance(document, dict):
        return {_camel(key): camel(item, depth + 1) for key, item in document.items() if item is not None}
    return document


def _camel(key: str) -> str:
    key = _SNAKE.sub(lambda match: match[1].upper(), key) if "_" in key else key
    return _OLD_NAMES.get(key, key)
