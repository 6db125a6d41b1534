"""Intake: raw records in, columnar batches of signals out, dead letters aside.

Knows:   the order of the steps for one batch.
Ignores: formats (schemas/), what signals mean (correlate/) and Kafka's ways (record_batches, sending).

A record's rows of one estate always travel in one signals record, since the correlator counts offsets, not rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import time

import polars as pl
from aiokafka.structs import ConsumerRecord

from schemas import wire
from schemas.reading import Read, Reader, Records
from schemas.rejected import Rejected
from streams import metrics
from streams.deadletters import letters
from streams.record_batches import Batch, BatchApp
from streams.sending import RECORD_BYTES_MAX, Outgoing, send_all
from streams.topics import DEADLETTERS, SIGNALS

ROWS_MAX = 20_000
"""Rows of one signals record: a tick of a large estate, decoded in about 10 ms."""


class Intake:
    def __init__(self, app: BatchApp, reader: Reader) -> None:
        self._app = app
        self._reader = reader

    async def handle(self, batch: Batch) -> None:
        """Take, read, publish.  Returns when every record made of the batch is safe; the agent then acknowledges."""
        records = batch.records
        with metrics.STAGE_SECONDS.labels("read").time():
            read = self._reader.read(as_records(batch.tp.topic, batch.tp.partition, records))
            outgoing = [*signal_records(read.signals), *dead_letters(records, read.rejected)]
        _count(batch.tp.topic, records, read)
        with metrics.STAGE_SECONDS.labels("publish_signals").time():
            await send_all(self._app, outgoing)


def as_records(topic: str, partition: int, records: Sequence[ConsumerRecord]) -> Records:
    return Records(
        topic=topic,
        partition=partition,
        offsets=[record.offset for record in records],
        timestamps_ns=[record.timestamp * 1_000_000 for record in records],
        values=[record.value for record in records],
        headers=[record.headers for record in records],
    )


def signal_records(signals: pl.DataFrame) -> Iterator[Outgoing]:
    """One record an estate, more where one would be too large; key = estate."""
    if signals.is_empty():
        return
    if signals["estate"].n_unique() == 1:
        yield from _pieces(signals["estate"][0], signals)
        return
    for (estate,), rows in signals.group_by("estate", maintain_order=True):
        yield from _pieces(str(estate), rows)


def _pieces(estate: str, rows: pl.DataFrame) -> Iterator[Outgoing]:
    value = wire.encode(rows) if len(rows) <= ROWS_MAX else b""
    if value and len(value) <= RECORD_BYTES_MAX:
        yield Outgoing(SIGNALS, estate.encode(), value)
        return
    cut = _cut(rows)
    if cut is None:
        # One record alone makes too large a batch: its rows lose their longest texts rather than their place.
        yield Outgoing(SIGNALS, estate.encode(), wire.encode(rows.with_columns(pl.col("text", "details").str.slice(0, 200))))
        return
    yield from _pieces(estate, rows[:cut])
    yield from _pieces(estate, rows[cut:])


def _cut(rows: pl.DataFrame) -> int | None:
    """Where a new record begins nearest to the middle; None when all rows are of one record."""
    new = rows.select((pl.col("offset") != pl.col("offset").shift()).fill_null(value=False).arg_true()).to_series()
    if new.is_empty():
        return None
    middle = len(rows) // 2
    return int(min(new, key=lambda place: abs(place - middle)))


def dead_letters(records: Sequence[ConsumerRecord], rejected: Sequence[tuple[int, Rejected]]) -> Iterator[Outgoing]:
    return (Outgoing(DEADLETTERS, key, value, headers) for key, value, headers in letters(records, rejected))


def _count(topic: str, records: Sequence[ConsumerRecord], read: Read) -> None:
    metrics.RECORDS.labels(topic).inc(len(records))
    metrics.ROWS.labels(topic).inc(len(read.signals))
    for _, rejected in read.rejected:
        metrics.REJECTED.labels(rejected.reason).inc()
    if len(read.signals):
        newest_ns = read.signals["event_time_ns"].max()
        assert isinstance(newest_ns, int)
        metrics.EVENT_AGE_SECONDS.labels(topic).set(time() - newest_ns / 1e9)
