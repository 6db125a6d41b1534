"""The bulk decoders are only faster: every record gives the rows that its plain reader gives, alone and among others (C1)."""

from __future__ import annotations

import random

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from benchmarks.fuzz import corpus
from benchmarks.mutations import mutated
from benchmarks.payloads import FORMATS
from schemas import reading
from schemas.reading import Read, Reader, Reading, Records

NOW_NS = 1_772_438_400_000_000_000
CORPUS = corpus()


def read(values: list[bytes]) -> Read:
    return Reader(Reading(strict=True)).read(Records("t", 3, range(len(values)), [NOW_NS] * len(values), values))


def assert_same_as_plain(values: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Read:
    fast = read(values)
    with monkeypatch.context() as plain:
        plain.setattr(reading, "DECODERS", ())
        plain.setattr(reading, "BINARY", ())
        slow = read(values)
    assert_frame_equal(fast.signals, slow.signals)
    assert fast.rejected == slow.rejected
    return fast


@pytest.mark.parametrize("name", FORMATS)
def test_generated_payloads_give_the_same_rows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = FORMATS[name](random.Random(3), 400)
    assert assert_same_as_plain(values, monkeypatch).signals.height >= 400


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in CORPUS
        if name.startswith(("prometheus.kafka", "elastic", "otlp", "linux.journald", "gcp.log", "aws.cloudwatch", "windows.winlogbeat"))
    ],
)
def test_mutated_fixtures_give_the_same_rows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 hostile neighbours in one run, each of a seed of its own."""
    lines = [
        line
        for payload in CORPUS[name]
        for line in (payload.split(b"\n") if payload[:1] == b"{" and b"\n{" in payload else [payload])
        if line
    ]
    values = [mutated(random.Random(f"{name}/{number}").choice(lines), random.Random(f"{name}+{number}")) for number in range(60)]
    assert_same_as_plain(lines + values, monkeypatch)


def test_no_decoder_takes_what_another_format_would_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fixture that is one line of JSON, whatever its format, gives the same rows with and without the decoders: marks are only a guess."""
    lines = [line for payloads in CORPUS.values() for payload in payloads for line in _json_lines(payload)]
    assert len(lines) > 300
    for line in lines:
        assert_same_as_plain([line], monkeypatch)
    assert_same_as_plain(lines, monkeypatch)


def _json_lines(payload: bytes) -> list[bytes]:
    """The payload as one line of JSON, or its lines where each is one."""
    try:
        return [orjson.dumps(orjson.loads(payload))]
    except orjson.JSONDecodeError:
        return [line for line in payload.split(b"\n") if line[:1] == b"{" and line[-1:] == b"}"]


words = st.sampled_from(
    [
        "",
        " ",
        "a",
        "checkout",
        "web-1",
        "jane.canary@example.com",
        "password=hunter2x",
        "é\u2028ü",
        "x" * 9000,
        "\x1f pad \x85",
        "NaN",
        "1.5",
        "-0",
    ]
)
times_ = st.sampled_from(
    [
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:00:00.123456789Z",
        "2026-03-02 08:00:00+01:00",
        "1970-01-01T00:00:00Z",
        "",
        "never",
        "1772438400",
        "2999-01-01T00:00:00Z",
    ]
)
samples = st.fixed_dictionaries(
    {"name": words, "timestamp": times_, "value": st.sampled_from(["1", "-1e3", "NaN", "+Inf", "", "x", " 2 ", "0x1", "1_000"]),
     "labels": st.dictionaries(st.sampled_from(["__name__", "service", "pod", "client", "server", "job", "user", "instance"]), words | st.integers(-(2**63), 2**63) | st.none(), max_size=4)},
)  # fmt: skip
parts = st.fixed_dictionaries(
    {}, optional={"name": words | st.none(), "pod": st.dictionaries(st.just("name"), words, max_size=1), "namespace": words, "id": words}
)
lines_ = st.fixed_dictionaries(
    {"@timestamp": times_, "message": words},
    optional={
        "log": st.fixed_dictionaries({}, optional={"level": st.sampled_from(["info", "ERROR", "odd", ""]), "logger": words, "syslog": st.just({"severity": {"code": 3}})}),
        "level": st.sampled_from(["warn", ""]), "service": parts, "host": parts, "kubernetes": parts, "container": parts, "agent": parts,
        "trace": st.fixed_dictionaries({}, optional={"id": words}), "labels": st.dictionaries(st.sampled_from(["tenant", "user", "a.b"]), words, max_size=2),
        "url": st.fixed_dictionaries({"path": words}), "error": st.fixed_dictionaries({"message": words}), "event": st.sampled_from([{"kind": "alert"}, {"dataset": "d"}, {"action": "a"}]),
        "service.name": words, "labels.team": words, "log.level": st.just("warn"), "ecs.version": st.just("8"),
    },
)  # fmt: skip


@given(st.lists(samples, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_samples_of_any_content_give_the_same_rows(documents: list[dict[str, object]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_same_as_plain([orjson.dumps(document) for document in documents], monkeypatch)


@given(st.lists(lines_, min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_log_lines_of_any_content_give_the_same_rows(documents: list[dict[str, object]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_same_as_plain([orjson.dumps(document) for document in documents], monkeypatch)


lean_lines = st.fixed_dictionaries(
    {"@timestamp": times_, "message": words, "ecs": st.just({"version": "8.11.0"})},
    optional={
        "log": st.fixed_dictionaries({}, optional={"level": st.sampled_from(["info", "ERROR", ""]), "logger": words, "offset": st.integers(0, 9)}),
        "level": st.sampled_from(["warn", ""]), "service": parts, "host": parts, "kubernetes": parts, "orchestrator": parts, "agent": parts,
        "trace": st.fixed_dictionaries({}, optional={"id": words}), "input": parts, "stream": st.just("stderr"), "tags": st.lists(words, max_size=2),
        "data_stream": st.just({"type": "logs"}), "span": parts, "transaction": parts,
    },
)  # fmt: skip
"""What shippers write of containers' logs; a batch of nothing else is read by a leaner type."""


@given(st.lists(lean_lines, min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_shipped_log_lines_of_any_content_give_the_same_rows(documents: list[dict[str, object]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_same_as_plain([orjson.dumps(document) for document in documents], monkeypatch)


def test_bad_utf8_inside_a_part_taken_raw_is_left_to_the_plain_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FORMATS:
        value = FORMATS[name](random.Random(1), 200)[0]
        place = value.find(b"svc-")
        assert_same_as_plain([value, value[:place] + b"\xff" + value[place:]], monkeypatch)


def test_records_that_complete_each_other_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Halves of JSON in neighbouring records are two refusals, never one row; two objects in one record are two rows of it."""
    whole = FORMATS["prometheus.kafka_adapter"](random.Random(1), 3)
    half = whole[0].index(b'"value"')
    values = [whole[1], whole[0][:half], whole[0][half:], whole[1] + b"\n" + whole[2], whole[2]]
    got = assert_same_as_plain(values, monkeypatch)
    assert got.signals["offset"].to_list() == [0, 3, 3, 4]
    assert {place for place, _ in got.rejected} == {1, 2}
