"""OTLP in bulk, JSON and protobuf: any mixture of what the messages may hold gives the rows of the plain reader (C1)."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from google.protobuf.json_format import MessageToJson
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, MetricsData

from benchmarks.payloads import FORMATS
from schemas.bulk.otlp_protobuf import OtlpProtobuf
from schemas.bulk.proto_columns import BYTES, FIXED64, Columns, Table
from schemas.reading import Reader, Reading, Records
from schemas.subjects import Subjects
from tests.schemas.bulk.test_equals_plain import NOW_NS, assert_same_as_plain

words = st.sampled_from(["", "a", " padded\x1f", "cart is empty for jane.canary@example.com", "é\u2028", "y" * 127, "y" * 128, "x" * 9000])
keys = st.sampled_from(
    ["service.name", "service.instance.id", "http.route", "event.name", "exception.type", "exception.message", "user.id", "null", "a_value"]
)
instants = st.sampled_from([0, 1, NOW_NS, NOW_NS + 1, 2**63 - 1, 2**63, 2**64 - 1, 0x7FF8_C0DE_5EED_0A7E])
doubles = st.sampled_from([0.0, -1.5, 1e308, float("nan"), float("inf")])


def any_values(depth: int = 1) -> st.SearchStrategy[AnyValue]:
    scalars = (
        st.builds(AnyValue, string_value=words)
        | st.builds(AnyValue, int_value=st.integers(-(2**63), 2**63 - 1))
        | st.builds(AnyValue, double_value=doubles)
        | st.builds(AnyValue, bool_value=st.booleans())
        | st.builds(AnyValue, bytes_value=st.binary(max_size=3))
        | st.just(AnyValue())
    )
    if not depth:
        return scalars
    inner = any_values(depth - 1)
    lists = st.lists(inner, max_size=2).map(lambda items: AnyValue(array_value={"values": items}))
    maps = st.lists(st.builds(KeyValue, key=keys, value=inner), max_size=2).map(lambda pairs: AnyValue(kvlist_value={"values": pairs}))
    return scalars | lists | maps


attributes = st.lists(st.builds(KeyValue, key=keys | st.just(""), value=any_values()), max_size=3)
optional = st.none()
log_records = st.builds(
    LogRecord, time_unix_nano=instants, observed_time_unix_nano=instants, severity_number=st.sampled_from([0, 1, 9, 24, 25, -1]),
    severity_text=st.sampled_from(["", "WARN", "odd"]), body=optional | any_values(), attributes=attributes, trace_id=st.sampled_from([b"", b"\x01" * 16]),
    span_id=st.sampled_from([b"", b"\x02" * 8]), event_name=st.sampled_from(["", "", "cart.emptied"]),
)  # fmt: skip
number_points = st.one_of(
    st.fixed_dictionaries({"time_unix_nano": instants, "attributes": attributes, "as_double": doubles}),
    st.fixed_dictionaries({"time_unix_nano": instants, "attributes": attributes, "as_int": st.integers(-(2**63), 2**63 - 1)}),
    st.fixed_dictionaries({"time_unix_nano": instants, "attributes": attributes}),
)
histogram_points = st.fixed_dictionaries(
    {"time_unix_nano": instants, "attributes": attributes, "count": st.integers(0, 9)}, optional={"sum": doubles, "max": doubles}
)
names = st.sampled_from(["queue.depth", "requests_total", "", "latency"])
metrics = st.one_of(
    st.builds(lambda name, points: Metric(name=name, gauge={"data_points": points}), names, st.lists(number_points, max_size=3)),
    st.builds(
        lambda name, points, how, up: Metric(name=name, unit="1", sum={"data_points": points, "aggregation_temporality": how, "is_monotonic": up}),
        names, st.lists(number_points, max_size=3), st.sampled_from([0, 1, 2]), st.booleans(),
    ),
    st.builds(
        lambda name, points, how: Metric(name=name, unit="s", histogram={"data_points": points, "aggregation_temporality": how}),
        names, st.lists(histogram_points, max_size=2), st.sampled_from([1, 2]),
    ),
    st.builds(
        lambda name, points: Metric(name=name, summary={"data_points": points}),
        names,
        st.lists(st.fixed_dictionaries({"count": st.integers(0, 3), "quantile_values": st.just([{"quantile": 0.99, "value": 1.5}])}), max_size=2),
    ),
    st.builds(Metric, name=names),
)  # fmt: skip
resources = st.lists(st.builds(KeyValue, key=keys, value=any_values()), max_size=2)


@given(
    st.lists(st.tuples(resources, st.sampled_from(["", "app"]), st.lists(log_records, max_size=3)), min_size=1, max_size=3), st.booleans()
)
@settings(max_examples=200, deadline=None)
def test_protobuf_logs_of_any_content_give_the_same_rows(groups: list[Any], together: bool) -> None:
    """In one record or in several, whatever fields are there."""
    one = [
        {"resource": {"attributes": resource}, "scope_logs": [{"scope": {"name": scope}, "log_records": records}]}
        for resource, scope, records in groups
    ]
    batches = [LogsData(resource_logs=one)] if together else [LogsData(resource_logs=[group]) for group in one]
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_same_as_plain([batch.SerializeToString() for batch in batches], monkeypatch)


@given(st.lists(st.tuples(resources, st.lists(metrics, max_size=3)), min_size=1, max_size=3), st.booleans())
@settings(max_examples=200, deadline=None)
def test_protobuf_metrics_of_any_content_give_the_same_rows(groups: list[Any], together: bool) -> None:
    one = [{"resource": {"attributes": resource}, "scope_metrics": [{"metrics": found}]} for resource, found in groups]
    batches = [MetricsData(resource_metrics=one)] if together else [MetricsData(resource_metrics=[group]) for group in one]
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_same_as_plain([batch.SerializeToString() for batch in batches], monkeypatch)


json_values = st.sampled_from(
    [
        {"stringValue": "a"}, {"stringValue": " b "}, {"stringValue": None}, {"string_value": "proto name"}, {"intValue": "7"}, {"intValue": 7},
        {"doubleValue": 1.5}, {"boolValue": True}, {"bytesValue": "AQ=="}, {}, {"arrayValue": {"values": [{"stringValue": "x"}, None, {"intValue": 1}]}},
        {"kvlistValue": {"values": [{"key": "k_v", "value": {"string_value": "y"}}]}}, {"stringValue": 5}, {"arrayValue": {"values": "no list"}}, None,
    ]
)  # fmt: skip
json_pairs = st.lists(st.fixed_dictionaries({"key": keys}, optional={"value": json_values}), max_size=3)
json_times = st.sampled_from(["0", "", str(NOW_NS), NOW_NS, 0, "٣", " 5", "1_0", "00" + str(NOW_NS), str(2**64), -1, str(2**63), "x"])
json_records = st.fixed_dictionaries(
    {},
    optional={
        "timeUnixNano": json_times, "observedTimeUnixNano": json_times, "severityNumber": st.sampled_from([9, "17", 0, 99, "SEVERITY_NUMBER_INFO"]),
        "severityText": st.sampled_from(["warn", ""]), "body": json_values, "attributes": json_pairs | st.none(), "traceId": st.sampled_from(["", "ab" * 16]),
        "eventName": st.sampled_from(["", "cart.emptied"]), "spanId": st.just("cd"), "time_unix_nano": st.just(str(NOW_NS)), "flags": st.just(1),
    },
)  # fmt: skip
json_points = st.fixed_dictionaries(
    {},
    optional={
        "attributes": json_pairs, "timeUnixNano": json_times, "asDouble": st.sampled_from([1.5, 0, "2.5", "NaN", None]), "asInt": st.sampled_from(["5", 5, "x"]),
        "count": st.sampled_from(["3", 3]), "sum": st.sampled_from([1.5, None]), "max": st.just(2.0), "exemplars": st.just([{}]),
    },
)  # fmt: skip
json_kinds = st.sampled_from(["gauge", "sum", "histogram", "summary", "exponentialHistogram", "exponential_histogram"])
json_metrics = st.builds(
    lambda name, kind, points, more: {"name": name, kind: {"dataPoints": points, **more}},
    names, json_kinds, st.lists(json_points, max_size=3), st.sampled_from([{}, {"aggregationTemporality": 1, "isMonotonic": True}, {"isMonotonic": True}]),
)  # fmt: skip
json_resources = st.sampled_from(
    [{}, None, "odd", {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]}]
) | json_pairs.map(lambda pairs: {"attributes": pairs})


@given(st.lists(st.tuples(json_resources, st.lists(json_records, max_size=3)), min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_json_logs_of_any_content_give_the_same_rows(groups: list[Any]) -> None:
    """Explicit nulls, the proto names, wrong types, lists and maps: read as the plain reader reads them, or left to it."""
    documents = [{"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]} for resource, records in groups]
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_same_as_plain([orjson.dumps(document) for document in documents], monkeypatch)


@given(st.lists(st.tuples(json_resources, st.lists(json_metrics, max_size=3)), min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_json_metrics_of_any_content_give_the_same_rows(groups: list[Any]) -> None:
    documents = [{"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": found}]}]} for resource, found in groups]
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_same_as_plain([orjson.dumps(document) for document in documents], monkeypatch)


@pytest.mark.parametrize("name", ["otlp.logs.protobuf", "otlp.metrics.protobuf"])
def test_what_collectors_send_is_read_in_bulk(name: str) -> None:
    """Otherwise the decoder would be right only because it is never used."""
    values = FORMATS[name](random.Random(5), 400)
    batch = OtlpProtobuf().read(values, Subjects(lambda subject: subject), b"")
    assert batch is not None
    assert len(batch.record) == 400
    assert batch.odd == []


def test_a_split_or_doubled_field_is_left_to_the_plain_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protobuf lets a sender write a field twice: the last one counts, parts of a message are merged."""
    first, second = LogRecord(time_unix_nano=NOW_NS), LogRecord(time_unix_nano=NOW_NS + 1)
    first.body.string_value, second.body.string_value = "once", "twice"
    doubled = first.SerializeToString() + second.SerializeToString()
    scope = b"\x12" + bytes((len(doubled),)) + doubled
    group = b"\x12" + bytes((len(scope),)) + scope
    read = assert_same_as_plain([b"\n" + bytes((len(group),)) + group], monkeypatch)
    assert read.signals["text"].to_list() == ["twice"]


def test_logs_and_metrics_share_a_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    values = FORMATS["otlp.logs.protobuf"](random.Random(5), 400) + FORMATS["otlp.metrics.protobuf"](random.Random(5), 400)
    assert assert_same_as_plain(values, monkeypatch).signals.height == 800


def test_more_rows_than_a_record_may_hold_are_refused() -> None:
    """The cap of a record holds in bulk as well, and what is above it is told."""
    value = FORMATS["otlp.logs.protobuf"](random.Random(5), 200)[0]
    read = Reader(Reading(strict=True, rows_per_record=150)).read(Records("t", 0, (0,), (NOW_NS,), (value,)))
    assert read.signals.height == 150
    assert [why.reason for _, why in read.rejected] == ["too_many_rows"]


def test_columns_are_read_only_if_every_value_has_one_owner() -> None:
    """Columns that could be parted in two ways are not parted at all: a value that equals the mark, a field given twice."""
    columns = Columns("test.pair", {"at": (1, FIXED64), "name": (2, BYTES)})

    def record(at: int | None = None, *names: bytes) -> bytes:
        time = b"" if at is None else b"\x09" + at.to_bytes(8, "little")
        return time + b"".join(b"\x12" + bytes((len(name),)) + name for name in names)

    def read_table(*records: bytes) -> Table:
        table = columns.read(records)
        assert table is not None
        return table

    table = read_table(record(5, b"a"), record(None, b"b"), record(7))
    words = table.words("at")
    assert words is not None
    assert words[0].tolist() == [5, 0, 7]
    assert words[1].tolist() == [True, False, True]
    assert table.texts("name") == [b"a", b"b", b""]
    assert table.lists("name") == [(b"a",), (b"b",), ()]
    assert read_table(record(5, b"a", b"b"), record(6)).texts("name") is None
    assert read_table(record(5, b"")).texts("name") is None
    assert read_table(record(0x7FF8_C0DE_5EED_0A7E)).words("at") is None
    assert read_table(record(1) + record(2), record()).words("at") is None
    packed = b"\x0a\x08" + (5).to_bytes(8, "little")  # one number as protobuf packs many: of a singular field it is none
    assert columns.read([record(5, b"a"), packed]) is None
    assert columns.read([b"\x0a\x03abc"]) is None


def test_a_metric_whose_name_has_the_size_of_a_time_is_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields of metrics and logs share numbers: a metric without data may pass for a log record, and its name is no time."""
    batch = MetricsData(resource_metrics=[{"scope_metrics": [{"metrics": [Metric(name="8_chars!"), Metric(gauge={"data_points": []})]}]}])
    assert_same_as_plain([batch.SerializeToString()], monkeypatch)


def test_a_list_as_body_is_cut_like_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    record = LogRecord(body=AnyValue(array_value={"values": [AnyValue(string_value="x" * 10_000)]}))
    batch = LogsData(resource_logs=[{"scope_logs": [{"log_records": [record]}]}])
    assert_same_as_plain([batch.SerializeToString()], monkeypatch)
    assert_same_as_plain([MessageToJson(batch).encode()], monkeypatch)
