"""Produces recorded topic dumps to Kafka, at any pace, all topics in step with each other.

Knows:   dumps (replay), and where in event time each record stands.
Ignores: what the records say.

Used by the demo, the tests and the benchmarks; in production the collectors produce.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from itertools import islice
from time import monotonic
from typing import Any

import polars as pl
from aiokafka import AIOKafkaProducer

from correlate.units import SECOND_NS
from schemas.reading import Reader, Records
from streams.replay import RUN_RECORDS, Dump, lines

FLUSH_RECORDS = 5_000
"""Records between two looks at the clock when nothing holds the pace."""

Timed = tuple[int, str, bytes]


def in_step(dumps: Sequence[Dump]) -> Iterator[Timed]:
    """(event time, topic, value) of every record; one without a readable time goes with the one before it."""
    return merge(*(_of(dump) for dump in dumps), key=lambda record: record[0])


def _of(dump: Dump) -> Iterator[Timed]:
    reader, values, newest_ns = Reader(), lines(dump.path), 0
    while run := list(islice(values, RUN_RECORDS)):
        read = reader.read(Records(topic=dump.topic, partition=0, offsets=range(len(run)), timestamps_ns=[0] * len(run), values=run))
        times = dict(read.signals.group_by("offset").agg(pl.col("event_time_ns").max()).rows())
        for place, value in enumerate(run):
            newest_ns = max(newest_ns, times.get(place, newest_ns))
            yield newest_ns, dump.topic, value


async def feed(
    brokers: str,
    dumps: Sequence[Dump],
    *,
    speed: float | None = None,
    key: bytes = b"default",
    on_progress: Callable[[int, int], None] | None = None,
    **security: Any,
) -> int:
    """Produces all records and returns how many.

    speed: event seconds a wall second; None: as fast as the broker takes them.  key: the estate, so that one estate's records stay
    in order.  on_progress is told (records so far, event time reached).
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=brokers, acks="all", enable_idempotence=True, linger_ms=5, compression_type="zstd", **security
    )
    await producer.start()
    sent, first_ns, started_s = 0, None, monotonic()
    try:
        for at_ns, topic, value in in_step(dumps):
            first_ns = at_ns if first_ns is None else first_ns
            if speed is not None:
                ahead_s = (at_ns - first_ns) / SECOND_NS / speed - (monotonic() - started_s)
                if ahead_s > 0:
                    await asyncio.sleep(ahead_s)
            await producer.send(topic, value, key=key)
            sent += 1
            if sent % FLUSH_RECORDS == 0 and on_progress is not None:
                on_progress(sent, at_ns)
        await producer.flush()
    finally:
        await producer.stop()
    return sent
