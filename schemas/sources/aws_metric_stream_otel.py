"""Amazon CloudWatch metric streams as OpenTelemetry 0.7 and 1.0: each point told as the JSON record it would have been (aws_metric_stream.py).

Reference: CloudWatch user guide, "CloudWatch metric stream OpenTelemetry 1.0.0 format" and "0.7.0"; a Firehose record holds export requests, each
           with its length before it as a varint.
Identity:  the attribute `Dimensions` (1.0), else the attributes that are neither Namespace nor MetricName (0.7); account and region of the resource.
Time:      the start of the minute, as in the JSON format.  Value: the mean, sum over count of the summary; its quantiles 0 and 1 are min and max.
Severity, state, dedup: none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData, SummaryDataPoint

from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources.aws_metric_stream import read_record
from schemas.sources.source import Received, Source

FORMAT: Final = "aws.metric_stream.otel"
_MARK: Final = b"aws.exporter.arn"
"""The resource attribute that says which metric stream wrote it."""
_FIELD_1: Final = 0x0A
_OF_THE_METRIC: Final = ("Namespace", "MetricName", "Dimensions")
_QUANTILES: Final = {0.0: "min", 1.0: "max"}
_MAX_LENGTH_BYTES: Final = 4
"""A varint of four bytes counts to 256 MB, far beyond what a record may hold."""


def undelimited(value: bytes) -> bytes | None:
    """The messages without the lengths before them, which reads as one message; None for what is not such a run to its very end."""
    parts, place = [], 0
    while place < len(value):
        length, size = 0, 0
        while True:
            if place == len(value) or size == _MAX_LENGTH_BYTES:
                return None
            byte = value[place]
            length |= (byte & 0x7F) << (7 * size)
            place, size = place + 1, size + 1
            if byte < 0x80:
                break
        if not 1 < length <= len(value) - place or value[place] != _FIELD_1:
            return None
        parts.append(value[place : place + length])
        place += length
    return b"".join(parts)


def _recognises(document: Any) -> bool:
    return isinstance(document, bytes) and _MARK in document and undelimited(document) is not None


def _read(document: bytes, received: Received) -> Iterator[Signal | Rejected]:
    try:
        batch = MetricsData.FromString(undelimited(document) or b"")
    except (DecodeError, ValueError):
        yield Rejected("bad_protobuf", "begins like a metric stream's export requests but does not decode", "", FORMAT)
        return
    for place, group in enumerate(batch.resource_metrics):
        resource = _texts(group.resource.attributes)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                if not metric.HasField("summary"):
                    yield Rejected(
                        "no_value", "a metric of a metric stream is a summary", f"resource_metrics[{place}].{metric.name[:200]}", FORMAT
                    )
                for point in metric.summary.data_points:
                    yield from read_record(_record(resource, metric.name, metric.unit, point), received)


def _record(resource: dict[str, str], name: str, unit: str, point: SummaryDataPoint) -> dict[str, Any]:
    """A point as the stream's JSON format would say it."""
    said = _texts(point.attributes)
    nested = next((pair.value.kvlist_value.values for pair in point.attributes if pair.key == "Dimensions"), None)
    namespace, _, metric = name.removeprefix("amazonaws.com/").rpartition("/")
    return {
        "account_id": resource.get("cloud.account.id"),
        "region": resource.get("cloud.region"),
        "namespace": said.get("Namespace") or namespace,
        "metric_name": said.get("MetricName") or metric,
        "dimensions": {key: value for key, value in said.items() if key not in _OF_THE_METRIC} if nested is None else _texts(nested),
        "timestamp": point.start_time_unix_nano // 1_000_000,
        "value": {"count": point.count, "sum": point.sum, **_quantiles(point)},
        "unit": unit.strip("{}"),
    }


def _quantiles(point: SummaryDataPoint) -> dict[str, float]:
    return {_QUANTILES.get(found.quantile, f"p{found.quantile * 100:g}"): found.value for found in point.quantile_values}


def _texts(pairs: Iterable[KeyValue]) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in pairs if pair.value.string_value}


BINARY: Final = (Source(FORMAT, _recognises, _read),)
