"""Sends records through Faust's producer and waits until each is safe.

Knows:   that a send only counts once its future is done, and that a record may not exceed the broker's limit.
Ignores: what is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from streams.record_batches import BatchApp

RECORD_BYTES_MAX = 950_000
"""Kafka's default `max.message.bytes` is 1,048,588 with the batch's overhead; headers and key need room too."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None
    timestamp_ms: int | None = None


async def send_all(app: BatchApp, records: Iterable[Outgoing]) -> int:
    """Sends in order and returns how many, once all are acknowledged by the in-sync replicas.  A failed send raises: nothing may be acked."""
    producer = await app.maybe_start_producer()
    futures: list[Any] = [
        await producer.send(
            record.topic,
            record.key,
            record.value,
            partition=record.partition,
            timestamp=None if record.timestamp_ms is None else record.timestamp_ms / 1000,
            headers=list(record.headers) or None,
        )
        for record in records
    ]
    for future in futures:
        await future
    return len(futures)
