"""Makes the planned topics on a broker, and tells where existing ones differ.

Knows:   Kafka's admin calls.
Ignores: why a topic is kept as it is (topics.py).
"""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from streams.security import kafka_security
from streams.settings import Settings
from streams.topics import Topic, plan


async def apply_plan(settings: Settings, replication_factor: int) -> list[str]:
    """Returns a line a topic: made, or as it should be, or how it differs.  Raises a KafkaError when a topic cannot be made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, **kafka_security(settings))
    await admin.start()
    try:
        existing = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
        told = []
        for topic in plan(settings.partitions):
            if topic.name in existing:
                told.append(await _compare(admin, topic, existing[topic.name]))
                continue
            made = NewTopic(topic.name, topic.partitions, replication_factor, topic_configs=dict(topic.settings))
            for name, code, *message in (await admin.create_topics([made])).topic_errors:
                if code:
                    raise for_code(code)(f"{name}: {message[0] if message else ''}")
            told.append(f"made       {topic.name} ({topic.partitions} partitions)")
        return told
    finally:
        await admin.close()


async def _compare(admin: AIOKafkaAdminClient, topic: Topic, partitions: int) -> str:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    found: dict[str, str] = {}
    for answer in await admin.describe_configs([resource]):
        for entry in answer.resources[0][4]:
            found[entry[0]] = entry[1]
    differing = [f"{key} is {found.get(key)}, planned {value}" for key, value in topic.settings.items() if found.get(key) != value]
    if partitions != topic.partitions:
        differing.append(f"{partitions} partitions, planned {topic.partitions}")
    return f"differs    {topic.name}: {'; '.join(differing)}" if differing else f"as planned {topic.name}"
