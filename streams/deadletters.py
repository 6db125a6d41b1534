"""Records that could not be read: kept as they came, with the reason in headers.

Knows:   the headers, in the manner of Kafka Connect's dead letter queue.
Ignores: why something could not be read (schemas/).

A record of which only a part was refused is sent as well: its readable rows went their way, and the header `at` says which part did not.
Values over the cap are cut: the topic and offset in the headers lead to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka.structs import ConsumerRecord

from schemas.rejected import Rejected

VALUE_BYTES_MAX = 4096
"""Enough to see what it was; a flood of garbage must not double the broker's load."""
PREFIX = "__causeline.errors."

Header = tuple[str, bytes]


def headers_of(record: ConsumerRecord, rejected: Rejected) -> list[Header]:
    told = {
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "timestamp_ms": str(record.timestamp),
        "reason": rejected.reason,
        "detail": rejected.detail,
        "at": rejected.at,
        "format": rejected.format or "",
        "value_bytes": str(len(record.value or b"")),
    }
    return [(PREFIX + name, value.encode()) for name, value in told.items()] + list(record.headers or ())


def letters(
    records: Sequence[ConsumerRecord], rejected: Sequence[tuple[int, Rejected]]
) -> list[tuple[bytes | None, bytes | None, list[Header]]]:
    """(key, value, headers) of each dead letter, one a record: the first reason, and how many more there were."""
    found: dict[int, list[Rejected]] = {}
    for place, reason in rejected:
        found.setdefault(place, []).append(reason)
    made = []
    for place, reasons in sorted(found.items()):
        record = records[place]
        headers = headers_of(record, reasons[0])
        headers.append((PREFIX + "count", str(len(reasons)).encode()))
        made.append((record.key, record.value[:VALUE_BYTES_MAX] if record.value else record.value, headers))
    return made
