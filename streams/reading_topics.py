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
    """One record; None when the topic has no such partition, or no longer or not yet holds that offset."""
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False, group_id=None, **security)
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        if partition not in (consumer.partitions_for_topic(topic) or await _partitions(consumer, topic)):
            return None
        consumer.assign([place])
        first, end = (await consumer.beginning_offsets([place]))[place], (await consumer.end_offsets([place]))[place]
        if not first <= offset < end:
            return None
        consumer.seek(place, offset)
        record = await consumer.getone(place)
        return record if record.offset == offset else None
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    """Of a topic that the consumer has not met; a topic that does not exist has none."""
    if topic not in await consumer.topics():
        return set()
    return set(consumer.partitions_for_topic(topic) or ())
