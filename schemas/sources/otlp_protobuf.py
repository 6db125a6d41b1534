"""OTLP as protobuf: the bytes that the OpenTelemetry Collector's Kafka exporter writes by default.

Reference: opentelemetry-proto 1.9 (LogsData, MetricsData, TracesData have the same outer shape).
The bytes do not say which of the three they are: a batch is metrics if a metric in it holds data, logs if a record in it holds a time or
a body, and else spans.  Identity, time, severity and rows are those of otlp.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData

from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources.otlp import log_row, metric_rows
from schemas.sources.otlp_values import attributes_of
from schemas.sources.source import Received, Source

FORMAT: Final = "otlp.protobuf"
_FIELD_1: Final = 0x0A
"""Tag of field 1, length-delimited: how each of the three begins.  Text never does, JSON only after a line break."""


def read(document: bytes, received: Received) -> Iterator[Signal | Rejected]:
    if (metrics := parsed_metrics(document)) is not None:
        for group in metrics.resource_metrics:
            facts = attributes_of(group.resource.attributes)
            for scope in group.scope_metrics:
                for metric in scope.metrics:
                    yield from metric_rows(facts, metric)
    elif (logs := parsed_logs(document)) is not None:
        for group in logs.resource_logs:
            facts = attributes_of(group.resource.attributes)
            for scope in group.scope_logs:
                for record in scope.log_records:
                    yield log_row(facts, scope.scope.name, record, received)
    else:
        yield Rejected("not_telemetry", "OTLP spans, or a batch without rows; only logs and metrics are read")


def parsed_metrics(value: bytes) -> Any:
    """The batch if it is one of metrics, else None."""
    batch = _parse(MetricsData, value)
    if batch is None:
        return None
    metrics = (metric for group in batch.resource_metrics for scope in group.scope_metrics for metric in scope.metrics)
    return batch if any(metric.name and metric.WhichOneof("data") for metric in metrics) else None


def parsed_logs(value: bytes) -> Any:
    """The batch if it is one of logs, else None."""
    batch = _parse(LogsData, value)
    if batch is None:
        return None
    records = (record for group in batch.resource_logs for scope in group.scope_logs for record in scope.log_records)
    return batch if any(record.time_unix_nano or record.observed_time_unix_nano or record.HasField("body") for record in records) else None


def _parse(type_: Any, value: bytes) -> Any:
    try:
        return type_.FromString(value)
    except (DecodeError, ValueError, RecursionError):
        return None


def recognises(document: Any) -> bool:
    """Cheap: the first two tags.  A resource or a scope (field 1 or 2) must follow in a message that fills the value."""
    return isinstance(document, bytes) and len(document) > 4 and document[0] == _FIELD_1 and document[:2] != b"\n{" and _framed(document)


def _framed(value: bytes) -> bool:
    """True if the value is a run of length-delimited fields 1 to its very end."""
    place = 0
    while place < len(value):
        if value[place] != _FIELD_1:
            return False
        length, shift, place = 0, 0, place + 1
        while place < len(value) and shift < 35:
            byte = value[place]
            length |= (byte & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if not byte & 0x80:
                break
        place += length
    return place == len(value)


SOURCES: Final = (Source(FORMAT, recognises, read),)
