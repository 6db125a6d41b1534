"""From raw records to signals and dead letters: nothing is lost, nothing is torn."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
from aiokafka.structs import ConsumerRecord

from schemas import wire
from schemas.reading import Reader
from streams import intake
from streams.deadletters import VALUE_BYTES_MAX
from streams.intake import as_records, dead_letters, signal_records
from streams.topics import DEADLETTERS, SIGNALS
from tests import story


def record(offset: int, value: bytes | None, topic: str = "telemetry.metrics") -> ConsumerRecord:
    return ConsumerRecord(topic, 0, offset, 1_750_000_000_000, 0, b"key", value, None, 3, len(value or b""), [("trace", b"1")])


def read(values: list[bytes | None]) -> tuple[list[ConsumerRecord], pl.DataFrame, list[tuple[int, object]]]:
    records = [record(offset, value) for offset, value in enumerate(values)]
    found = Reader().read(as_records("telemetry.metrics", 0, records))
    return records, found.signals, found.rejected  # type: ignore[return-value]


def test_one_bad_record_does_not_hold_up_its_batch() -> None:
    """The good rows go their way; the bad record goes aside with key, headers and reason."""
    good = [found.value for found in story.records() if found.topic == "telemetry.metrics"][:50]
    records, signals, rejected = read([*good[:25], b"{not json", *good[25:]])
    assert len(signals) == 50
    (letter,) = dead_letters(records, rejected)  # type: ignore[arg-type]
    headers = dict(letter.headers)
    assert (letter.topic, letter.key, letter.value) == (DEADLETTERS, b"key", b"{not json")
    assert headers["__causeline.errors.offset"] == b"25"
    assert headers["__causeline.errors.reason"]
    assert headers["trace"] == b"1"


def test_a_dead_letter_is_cut_but_says_how_long_it_was() -> None:
    records, _, rejected = read([b"{" + b"x" * 100_000])
    (letter,) = dead_letters(records, rejected)  # type: ignore[arg-type]
    assert len(letter.value or b"") == VALUE_BYTES_MAX
    assert dict(letter.headers)["__causeline.errors.value_bytes"] == b"100001"


def test_estates_travel_apart_and_keep_their_order() -> None:
    _, signals, _ = read([found.value for found in story.records() if found.topic == "telemetry.metrics"][:60])
    mixed = signals.with_columns(estate=pl.Series(["a" if place % 3 else "b" for place in range(60)]))
    sent = {out.key: wire.decode(out.value or b"") for out in signal_records(mixed)}
    assert {out.topic for out in signal_records(mixed)} == {SIGNALS}
    assert sent[b"a"].equals(mixed.filter(estate="a"))
    assert sent[b"b"].equals(mixed.filter(estate="b"))


def test_a_batch_that_is_too_large_is_cut_between_records_only() -> None:
    """The correlator counts offsets: rows of one record must not be parted."""
    _, signals, _ = read([found.value for found in story.records() if found.topic == "telemetry.metrics"][:60])
    offsets = pl.Series("offset", [place // 7 for place in range(60)], pl.Int64)
    many = signals.with_columns(offsets)
    pieces = [wire.decode(out.value or b"") for out in _with_limit(many, 20)]
    assert pl.concat(pieces).equals(many)
    assert max(map(len, pieces)) <= 20
    parted = [piece["offset"][-1] == after["offset"][0] for piece, after in pairwise(pieces)]
    assert not any(parted)


def _with_limit(signals: pl.DataFrame, rows: int) -> list[intake.Outgoing]:
    before, intake.ROWS_MAX = intake.ROWS_MAX, rows
    try:
        return list(signal_records(signals))
    finally:
        intake.ROWS_MAX = before
