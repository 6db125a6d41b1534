"""Reads an output topic from its beginning to its present end, and on from there.

Knows:   all partitions, no consumer group.
Ignores: what the records say.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord, TopicPartition

READ_TIMEOUT_MS = 500


async def follow(brokers: str, topic: str, *, stop_at_end: bool, **security: Any) -> AsyncIterator[ConsumerRecord]:
    """Every record of all partitions; ends at the present end, or never."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=brokers, enable_auto_commit=False, group_id=None, auto_offset_reset="earliest", **security
    )
    await consumer.start()
    try:
        tps = sorted(consumer.assignment())
        ends = await consumer.end_offsets(tps)
        while not stop_at_end or any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=READ_TIMEOUT_MS)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()


async def record_at(brokers: str, topic: str, partition: int, offset: int, **security: Any) -> ConsumerRecord | None:
    """One record; None when there is no such topic or partition, or it no longer or not yet holds that offset."""
    if topic not in await _topics(brokers, **security):  # else the broker might create it
        return None
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=brokers, enable_auto_commit=False, group_id=None, **security)
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        if place not in consumer.assignment():
            return None
        first, end = (await consumer.beginning_offsets([place]))[place], (await consumer.end_offsets([place]))[place]
        if not first <= offset < end:
            return None
        consumer.seek(place, offset)
        record = await consumer.getone(place)
        return record if record.offset == offset else None  # compacted away
    finally:
        await consumer.stop()


async def _topics(brokers: str, **security: Any) -> set[str]:
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False, group_id=None, **security)
    await consumer.start()
    try:
        return set(await consumer.topics())
    finally:
        await consumer.stop()
