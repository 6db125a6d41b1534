"""Reads a compacted output topic from its beginning to its present end, and on from there.

Knows:   keys, tombstones, and that of one key the highest revision stands.
Ignores: what the records say beyond `revision`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

READ_TIMEOUT_MS = 500


async def follow(brokers: str, topic: str, *, stop_at_end: bool, **security: Any) -> AsyncIterator[ConsumerRecord]:
    """Every record of all partitions, without a consumer group; ends at the present end, or never."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers, enable_auto_commit=False, group_id=None, auto_offset_reset="earliest", **security
    )
    await consumer.start()
    try:
        numbers = consumer.partitions_for_topic(topic) or set()
        tps = [TopicPartition(topic, number) for number in sorted(numbers)]
        if not tps:
            return
        consumer.assign(tps)
        await consumer.seek_to_beginning(*tps)
        ends = await consumer.end_offsets(tps)
        while not stop_at_end or any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=READ_TIMEOUT_MS)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()
