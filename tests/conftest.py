"""What tests of several rooms share: one real Kafka for the whole run, and topics that belong to one test each."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from hypothesis import settings

from streams.local_kafka import given_or_local

settings.register_profile("shared-machine", deadline=None)  # properties are about values; a busy machine is no counterexample
settings.load_profile("shared-machine")

MakeTopic = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """host:port of the broker of this run: CAUSELINE_KAFKA's if set, else one started here and stopped at the end."""
    with given_or_local() as bootstrap:
        yield bootstrap


@pytest_asyncio.fixture
async def admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    yield client
    await client.close()


@pytest.fixture
def make_topic(admin: AIOKafkaAdminClient) -> MakeTopic:
    """`await make_topic("logs", partitions=4)` creates a topic no other test knows and returns its name."""

    async def make(stem: str = "topic", *, partitions: int = 1, **configs: str) -> str:
        name = f"{stem}.{uuid.uuid4().hex[:12]}"
        answer = await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        assert [row[1] for row in answer.topic_errors] == [0], answer
        return name

    return make


@pytest.fixture
def group() -> str:
    """A consumer group no other test knows."""
    return f"group.{uuid.uuid4().hex[:12]}"
