"""Runs of records become frames: in order, complete, bounded, in their estate, and the same however they are cut (C1, C10)."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import corpus
from benchmarks.payloads import FORMATS
from schemas import reading, times
from schemas.reading import MAX_TEXT_CHARS, Read, Reader, Reading, Records, read_records
from schemas.rejected import Rejected
from schemas.signal import SIGNAL_SCHEMA
from schemas.sources.detect import detect
from schemas.sources.envelope import Limits
from schemas.sources.source import Received

NOW_NS = times.parse("2026-03-02T08:00:00Z")
LINE = {"@timestamp": "2026-03-02T07:59:00Z", "message": "upstream timed out", "log": {"level": "error"}, "service": {"name": "checkout"}}


def read(values: Iterable[bytes | None], options: Reading | None = None, now_ns: int = NOW_NS) -> Read:
    values = list(values)
    return Reader(options or Reading(strict=True)).read(
        Records("telemetry.logs", 2, range(10, 10 + len(values)), [now_ns] * len(values), values)
    )


def line(**more: Any) -> bytes:
    return orjson.dumps({**LINE, **more})


def test_a_row_knows_its_record() -> None:
    row = read([line(), line()]).signals.row(1, named=True)
    assert (row["topic"], row["partition"], row["offset"], row["row"]) == ("telemetry.logs", 2, 11, 0)
    assert (row["event_time_ns"], row["ingest_time_ns"], row["estate"]) == (times.parse(LINE["@timestamp"]), NOW_NS, "default")
    assert row["template_id"] != 0


def test_a_tombstone_is_counted_and_an_empty_run_is_an_empty_frame() -> None:
    assert [why.reason for _, why in read([None, b"", b"  "]).rejected] == ["no_value", "empty", "empty"]
    assert read([]).signals.schema == SIGNAL_SCHEMA


def test_one_bad_record_never_fails_its_batch() -> None:
    got = read([line(), b'{"@timestamp": "x', line(), b"\xff\xfe\xfa", line()])
    assert got.signals["offset"].to_list() == [10, 12, 14]
    assert {place for place, _ in got.rejected} == {1, 3}


@pytest.mark.parametrize(
    "value",
    [
        line() + b"\n" + line(), b"[" + line() + b"," + line() + b"]", line() + line(), gzip.compress(line() + b"\n" + line()), orjson.dumps((line() + b"\n" + line()).decode()),
        (line() + b"\n" + line()).decode().encode("utf-16"), b"\xef\xbb\xbf" + line() + b"\r\n" + line() + b"\r\n", orjson.dumps({"schema": None, "payload": [LINE, LINE]}),
    ],
)  # fmt: skip
def test_a_record_may_be_one_document_or_many_however_packed(value: bytes) -> None:
    got = read([value]).signals
    assert (got["row"].to_list(), set(got["entity"])) == ([0, 1], {"service:checkout"})


def test_a_bomb_costs_no_more_than_its_cap() -> None:
    bomb = gzip.compress(gzip.compress(b"0" * (64 << 20)))
    assert [why.reason for _, why in read([bomb]).rejected] == ["too_large"]


def test_caps_are_refusals_with_reasons() -> None:
    small = Reading(limits=Limits(record_bytes=200, documents=2, depth=2), rows_per_record=1, strict=True)
    nested: Any = LINE
    for _ in range(4):
        nested = orjson.dumps(nested).decode()
    reasons = [
        {why.reason for _, why in read([value], small).rejected} for value in (b"x" * 201, b'{"a":1}\n' * 5, orjson.dumps([[[[1]]]]))
    ]
    assert reasons[0] == {"too_large"}
    assert "too_many_documents" in reasons[1]
    assert reasons[2] == {"too_deep"}
    assert {why.reason for _, why in read([orjson.dumps(nested)], Reading(limits=Limits(depth=2), strict=True)).rejected} == {"too_deep"}


def test_a_broken_clock_is_replaced_and_told() -> None:
    """A time a year ahead becomes the record's own, and the claim is kept."""
    row = read([line(**{"@timestamp": "2027-03-02T08:00:00Z"})]).signals.row(0, named=True)
    assert row["event_time_ns"] == NOW_NS
    assert orjson.loads(row["details"])["ts_adjusted"].startswith("2027-03-02T08:00:00")


def test_long_texts_are_cut_and_known_by_their_hash() -> None:
    """Two lines that differ only after the cut keep different hashes."""
    one, two = (read([line(message="a" * 3000 + tail)]).signals.row(0, named=True) for tail in "bc")
    assert len(one["text"]) == len(two["text"]) == MAX_TEXT_CHARS
    assert orjson.loads(one["details"])["text_hash"] != orjson.loads(two["details"])["text_hash"]


def test_the_estate_is_what_the_user_says_it_is() -> None:
    options = Reading(estate="rest", estate_attributes=("k8s.cluster.name", "deployment.environment.name"), strict=True)
    values = [
        line(kubernetes={"namespace": "a"}),
        line(orchestrator={"cluster": {"name": "c1"}}),
        line(service={"name": "x", "environment": "prod"}),
    ]
    assert read(values, options).signals["estate"].to_list() == ["rest", "c1", "prod"]


def test_the_users_names_win() -> None:
    sample = orjson.dumps(
        {"timestamp": "2026-03-02T08:00:00Z", "value": "1", "name": "up", "labels": {"x_team_app": "cart", "service": "svc-1"}}
    )
    options = Reading(aliases={"attributes": {"service.name": ["x_team_app"]}, "entities": {"service:cart": "service:basket"}}, strict=True)
    assert read([sample], options).signals["entity"].to_list() == ["service:basket"]


def test_the_users_names_leave_other_rows_alone() -> None:
    """A unit that a reader named stays that unit, though the user's dictionary knows other things."""
    entry = {
        "__REALTIME_TIMESTAMP": "1772438400000000",
        "_HOSTNAME": "web-1",
        "SYSLOG_IDENTIFIER": "systemd",
        "PRIORITY": "3",
        "MESSAGE": "var-lib.mount: Failed with result 'exit-code'.",
    }
    plain, extended = (
        read([orjson.dumps(entry)], Reading(aliases=aliases, strict=True)).signals
        for aliases in ({}, {"attributes": {"service.name": ["x_team_app"]}})
    )
    assert plain["entity"].to_list() == ["unit:web-1/var-lib.mount"]
    assert extended.equals(plain)


def test_a_bug_in_a_reader_sets_the_record_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of tests a poisoned record is refused by name and its neighbours are read."""

    class Poison:
        format = "poison"

        def recognises(self, document: Any) -> bool:
            return isinstance(document, dict) and "poison" in document

        def read(self, document: Any, received: Received) -> Iterable[Rejected]:
            raise KeyError("bug")

    monkeypatch.setattr(reading, "detect", lambda document: Poison() if Poison().recognises(document) else detect(document))
    reader = Reader(Reading())
    got = reader.read(Records("t", 0, range(2), [NOW_NS] * 2, [b'{"poison": 1}', line()]))
    assert [(place, why.reason, why.format) for place, why in got.rejected] == [(0, "reader_failed", "poison")]
    assert got.signals["offset"].to_list() == [1]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_how_records_are_cut_into_runs_changes_nothing(cuts: list[int], seed: int) -> None:
    """One reader over many runs, a fresh reader over one: the same rows."""
    rng = random.Random(seed)
    known = corpus()
    values = (
        [rng.choice(known[rng.choice(sorted(known))]) for _ in range(8)]
        + FORMATS["elastic.ecs"](rng, 8)
        + FORMATS["prometheus.kafka_adapter"](rng, 8)
    )
    rng.shuffle(values)
    whole = read_records(Records("t", 0, range(len(values)), [NOW_NS] * len(values), values), Reading(strict=True))
    reader, frames, begin = Reader(Reading(strict=True)), [], 0
    for cut in [*cuts, len(values)]:
        run = values[begin : begin + cut]
        frames.append(reader.read(Records("t", 0, range(begin, begin + len(run)), [NOW_NS] * len(run), run)).signals)
        begin += len(run)
    assert pl.concat(frames).equals(whole.signals)
