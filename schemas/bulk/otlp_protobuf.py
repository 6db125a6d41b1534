"""OTLP protobuf in bulk; equals schemas/sources/otlp_protobuf.py.

Whether a record is valid, and logs or metrics, is asked of the same functions as there.  Then only its frame is read: resources, scopes and
metrics, with the log records and the points of gauges and sums as raw bytes, which are read as columns over all records of the run.
Attributes are taken raw as well: their bytes are the key of what they say.  Histograms and summaries are read point by point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from schemas import severity, times
from schemas.bulk.batch import NO_SUBJECT, Batch, batch_of_many
from schemas.bulk.otlp_known import Known, PointAttributes, Told, finite, log_columns
from schemas.bulk.proto_columns import BOOL, BYTES, FIXED64, INT32, INT64, STRING, Columns, Table, message_classes
from schemas.sources import otlp_points, otlp_values
from schemas.sources.otlp_protobuf import FORMAT, parsed_logs, parsed_metrics, recognises
from schemas.subjects import Subjects

_Words = npt.NDArray[np.uint64]

_LOGS: Final = message_classes(
    "causeline.logs",
    {
        "ScopeLogs": [("scope", 1, BYTES, True), ("log_records", 2, BYTES, True)],
        "ResourceLogs": [("resource", 1, BYTES, True), ("scope_logs", 2, "ScopeLogs", True)],
        "Logs": [("resource_logs", 1, "ResourceLogs", True)],
    },
)["Logs"]
_METRICS: Final = message_classes(
    "causeline.metrics",
    {
        "Gauge": [("data_points", 1, BYTES, True)],
        "Sum": [("data_points", 1, BYTES, True), ("aggregation_temporality", 2, INT32, False), ("is_monotonic", 3, BOOL, False)],
        "Other": [],
        "Metric": [
            ("name", 1, STRING, False), ("unit", 3, STRING, False), ("gauge", 5, "Gauge", False), ("sum", 7, "Sum", False),
            ("histogram", 9, "Other", False), ("exponential_histogram", 10, "Other", False), ("summary", 11, "Other", False),
        ],
        "ScopeMetrics": [("metrics", 2, "Metric", True)],
        "ResourceMetrics": [("resource", 1, BYTES, True), ("scope_metrics", 2, "ScopeMetrics", True)],
        "Metrics": [("resource_metrics", 1, "ResourceMetrics", True)],
    },
    one_of="Metric",
)["Metrics"]  # fmt: skip
"""Singular messages that are taken raw are declared repeated: the parts of one that a sender has split are one when joined."""

_LOG_RECORD: Final = Columns(
    "causeline.log_record",
    {
        "time": (1, FIXED64), "severity_number": (2, INT64), "severity_text": (3, STRING), "body": (5, BYTES), "attributes": (6, BYTES),
        "trace_id": (9, BYTES), "observed_time": (11, FIXED64), "event_name": (12, STRING),
    },
)  # fmt: skip
_NUMBER_POINT: Final = Columns(
    "causeline.number_point", {"time": (3, FIXED64), "as_double": (4, FIXED64), "as_int": (6, FIXED64), "attributes": (7, BYTES)}
)


class OtlpProtobuf:
    format = FORMAT
    marks = ()

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        """The records of a run are all logs or all metrics as a rule; a run of both is left to be halved."""
        if not all(map(recognises, values)):
            return None
        if (first := parsed_metrics(values[0])) is not None:
            metrics = [first, *map(parsed_metrics, values[1:])]
            return None if None in metrics else _read_metrics(values, metrics, subjects)
        if any(parsed_metrics(value) is not None or parsed_logs(value) is None for value in values):
            return None
        return _read_logs(values, subjects, redaction_key)


def _read_logs(values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
    records: list[bytes] = []
    scopes: list[tuple[bytes, bytes, int]] = []
    sizes = np.zeros(len(values), np.int64)
    for place, value in enumerate(values):
        before = len(records)
        for group in _LOGS.FromString(value).resource_logs:
            resource = b"".join(group.resource)
            for scope in group.scope_logs:
                begin = len(records)
                records += scope.log_records
                scopes.append((resource, b"".join(scope.scope), len(records) - begin))
        sizes[place] = len(records) - before
    table = _LOG_RECORD.read(records)
    if table is None:
        return None
    told, bodies, levels = _told(table, scopes, Known(FORMAT, _facts, _read_pairs, subjects)), _bodies(table), _levels(table)
    time, observed, traces = table.words("time"), table.words("observed_time"), table.texts("trace_id")
    if told is None or bodies is None or levels is None or time is None or observed is None or traces is None:
        return None
    at, seen = _bounded(time[0]), _bounded(observed[0])
    columns = log_columns(told, bodies[0], redaction_key) | {
        "event_time_ns": pl.Series(np.where(at, at, seen)),
        "severity_number": pl.Series(levels, dtype=pl.UInt8),
        "trace_id": pl.Series(traces, dtype=pl.Binary).bin.encode("hex"),
    }
    numbers = np.array([said[0] for said in told], np.int64)
    numbers[bodies[1]] = NO_SUBJECT
    return batch_of_many(sizes, numbers, columns)


def _told(table: Table, scopes: list[tuple[bytes, bytes, int]], known: Known) -> list[Told] | None:
    attributes, events = table.lists("attributes"), table.texts("event_name")
    if attributes is None or events is None:
        return None
    told: list[Told] = []
    for resource, scope, size in scopes:
        begin, end = len(told), len(told) + size
        told += known.told(resource, InstrumentationScope.FromString(scope).name, events[begin:end], attributes[begin:end])
    return told


def _bodies(table: Table) -> tuple[pl.Series, list[int]] | None:
    """The bodies as text, and the places of those that are maps, perhaps an entry of a host's log.

    Most are a message whose only field is a text: all but the first two or three of its bytes.
    """
    raw = table.texts("body")
    if raw is None:
        return None
    lengths = np.fromiter(map(len, raw), np.int64, len(raw))
    flat = np.frombuffer(b"".join(raw) + bytes(_LONG_HEAD), np.uint8).astype(np.int64)
    begins = np.cumsum(lengths) - lengths
    first, low, high = flat[begins], flat[begins + 1], flat[begins + 2]
    short = (lengths >= _HEAD) & (low < _MORE_FOLLOWS) & (low == lengths - _HEAD)
    long = (low >= _MORE_FOLLOWS) & (high > 0) & (high < _MORE_FOLLOWS) & (low - _MORE_FOLLOWS + (high << 7) == lengths - _LONG_HEAD)
    text = first == _TEXT_TAG
    head = np.where(text & short, _HEAD, np.where(text & long, _LONG_HEAD, 0))
    frame = pl.DataFrame({"body": pl.Series(raw, dtype=pl.Binary), "head": head, "length": np.where(head, lengths - head, 0)})
    bodies = frame.select(pl.col("body").bin.slice(pl.col("head"), pl.col("length")).cast(pl.String)).to_series()
    others = {place: AnyValue.FromString(raw[place]) for place in np.flatnonzero((head == 0) & (lengths > 0)).tolist()}
    if others:
        bodies = bodies.scatter(list(others), [otlp_values.text_of(body) for body in others.values()])
    return bodies, [place for place, body in others.items() if body.HasField("kvlist_value")]


_TEXT_TAG: Final = 0x0A
_MORE_FOLLOWS: Final = 0x80
"""The bit of a byte of a length after which the length goes on."""
_HEAD: Final = 2
_LONG_HEAD: Final = 3
"""Tag and length of a text of less than 2⁷ bytes, and of less than 2¹⁴."""


def _levels(table: Table) -> list[int] | npt.NDArray[Any] | None:
    numbers = table.words("severity_number")
    if numbers is None:
        return None
    levels = numbers[0]
    if ((levels > 0) & (levels <= severity.FATAL + 3)).all():
        return levels
    words = table.texts("severity_text")
    if words is None:
        return None
    whole = levels.astype(np.int32).tolist()  # an enum has 32 bits; what is above is cut off
    return [otlp_values.severity_of(number) or severity.from_word(word) for number, word in zip(whole, words, strict=True)]


def _read_metrics(values: Sequence[bytes], parsed: Sequence[Any], subjects: Subjects) -> Batch | None:
    known = Known(FORMAT, _facts, _read_pairs, subjects)
    points: list[bytes] = []
    runs: list[tuple[PointAttributes, int]] = []
    others: list[tuple[int, int, int, float | None]] = []
    """Of a point that is no number: where its row lies, its subject, its time, its value."""
    sizes = np.zeros(len(values), np.int64)
    height = 0
    for place, value in enumerate(values):
        before = height
        for i, group in enumerate(_METRICS.FromString(value).resource_metrics):
            resource = b"".join(group.resource)
            for j, scope in enumerate(group.scope_metrics):
                for k, metric in enumerate(scope.metrics):
                    kind = metric.WhichOneof("which")
                    if kind in ("gauge", "sum"):
                        found = getattr(metric, kind).data_points
                        points += found
                        runs.append((_known_points(resource, metric, kind, known), len(found)))
                        height += len(found)
                    elif kind is not None:
                        whole = parsed[place].resource_metrics[i].scope_metrics[j].metrics[k]
                        for row in _distribution(resource, whole, known):
                            others.append((height, *row))
                            height += 1
        sizes[place] = height - before
    numbers, at, measured = np.zeros(height, np.int64), np.zeros(height, np.int64), np.full(height, np.nan)
    usual = np.delete(np.arange(height), [place for place, *_ in others])
    if points:
        read = _numbers(points, runs)
        if read is None:
            return None
        numbers[usual], at[usual], measured[usual] = read
    for place, number, time_ns, said in others:
        numbers[place], at[place], measured[place] = number, time_ns, np.nan if said is None else said
    return batch_of_many(sizes, numbers, {"event_time_ns": pl.Series(at), "value": finite(measured)})


def _numbers(points: list[bytes], runs: list[tuple[PointAttributes, int]]) -> tuple[Any, Any, Any] | None:
    """Subject, time and value of the points of gauges and sums."""
    table = _NUMBER_POINT.read(points)
    if table is None:
        return None
    attributes, time = table.lists("attributes"), table.words("time")
    doubles, integers = table.words("as_double"), table.words("as_int")
    if attributes is None or time is None or doubles is None or integers is None or (doubles[1] & integers[1]).any():
        return None
    numbers: list[int] = []
    for subject_of, size in runs:
        numbers += map(subject_of.__getitem__, attributes[len(numbers) : len(numbers) + size])
    values = np.where(integers[1], integers[0].view(np.int64).astype(np.float64), doubles[0].view(np.float64))
    values[~(doubles[1] | integers[1])] = np.nan
    return numbers, _bounded(time[0]), values


def _known_points(resource: bytes, metric: Any, kind: str, known: Known) -> PointAttributes:
    delta = kind == "sum" and metric.sum.aggregation_temporality in otlp_points.DELTA
    suffix = otlp_points.number_suffix(metric.name, kind == "sum" and metric.sum.is_monotonic, delta)
    return known.points(resource, metric, suffix, otlp_points.temporality(delta))


def _distribution(resource: bytes, metric: Any, known: Known) -> Iterable[tuple[int, int, float | None]]:
    for point, at, suffix, more, value in otlp_points.points_of(metric, otlp_points.DISTRIBUTIONS):
        attributes = tuple(pair.SerializeToString(deterministic=True) for pair in point.attributes)
        yield known.points(resource, metric, suffix, more)[attributes], at, value


def _facts(raw: bytes) -> dict[str, str]:
    return otlp_values.attributes_of(Resource.FromString(raw).attributes)


def _read_pairs(attributes: tuple[bytes, ...]) -> Iterable[Any]:
    return map(KeyValue.FromString, attributes)


def _bounded(time: _Words) -> npt.NDArray[np.int64]:
    return np.where(time <= times.LAST_NS, time, 0).astype(np.int64)
