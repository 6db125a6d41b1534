"""Worker processes that are killed, stopped, or fail: nothing is lost, and little is read twice.

The oracle: every id put into the topic is found in the files of handled ids.  A batch is written there before it is acknowledged, so
an id that is missing was committed without having been handled.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import numpy as np
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.exits import EXIT_BUG, EXIT_STUCK, EXIT_UNAVAILABLE
from streams.local_kafka import Broker
from streams.record_batches import BATCH_MAX_RECORDS
from tests.conftest import MakeTopic
from tests.streams.batch_worker import Orders
from tests.streams.workers import Worker, ending, eventually, feeding, fill, handled_ids, until_committed

PARTITIONS = 4

BATCH_TAKES_S = 0.2
HANDLED_PER_S = BATCH_MAX_RECORDS / BATCH_TAKES_S
"""What one worker handles at most: it takes batches one by one."""

COMMIT_INTERVAL_S = 0.5

REPEATED_PER_KILL = HANDLED_PER_S * (COMMIT_INTERVAL_S + BATCH_TAKES_S + 0.3)
"""What a kill may cost: all that was handled since the last commit, the batch in hand, and 0.3 s for a commit on its way."""


def orders(kafka: str, group: str, topic: str, folder: Path, name: str, **more: object) -> Orders:
    return Orders(kafka, group, topic, str(folder / f"{name}.ids"), **more)  # type: ignore[arg-type]


async def test_two_workers_one_killed_twice_lose_nothing_and_repeat_little(
    kafka: str, admin: AIOKafkaAdminClient, make_topic: MakeTopic, group: str, tmp_path: Path
) -> None:
    """kill -9 under load costs duplicates, never records; and no more of them than was handled between two commits."""
    topic = await make_topic(partitions=PARTITIONS)
    files = [tmp_path / "steady.ids", tmp_path / "hurt.ids"]
    pace = {"batch_takes_s": BATCH_TAKES_S, "commit_interval_s": COMMIT_INTERVAL_S}
    hurt_orders = orders(kafka, group, topic, tmp_path, "hurt", **pace)
    steady, hurt = Worker(orders(kafka, group, topic, tmp_path, "steady", **pace)), Worker(hurt_orders)
    with ending(steady, hurt):
        async with feeding(kafka, topic, partitions=PARTITIONS) as fed:
            for _ in range(2):
                before = len(handled_ids(files[1]))
                await eventually(lambda before=before: len(handled_ids(files[1])) > before + 2_000)  # type: ignore[misc]
                hurt.kill()
                hurt = Worker(hurt_orders)
        with ending(hurt):
            await until_committed(admin, group, topic, fed.count, within_s=90)
    handled = handled_ids(*files)
    missing = np.setdiff1d(np.arange(fed.count, dtype="<u8"), handled)
    assert len(missing) == 0, f"{len(missing)} of {fed.count} records were committed although nobody had handled them"
    assert len(handled) - fed.count <= 2 * REPEATED_PER_KILL, f"{len(handled) - fed.count} of {fed.count} records were handled twice"


async def test_a_bug_ends_the_process_and_the_batch_is_read_again(
    kafka: str, admin: AIOKafkaAdminClient, make_topic: MakeTopic, group: str, tmp_path: Path
) -> None:
    """Stock Faust acknowledges the batch whose body raised and goes on: those records would never be handled."""
    topic = await make_topic()
    await fill(kafka, topic, range(10_000))
    first = Worker(orders(kafka, group, topic, tmp_path, "one", crash_marker=str(tmp_path / "crashed")))
    with ending(first):
        assert await first.ended() == EXIT_BUG
    assert "a bug nobody planned for" in first.log()
    assert len(handled_ids(tmp_path / "one.ids")) == 0
    second = Worker(orders(kafka, group, topic, tmp_path, "two", crash_marker=str(tmp_path / "crashed")))
    with ending(second):
        await until_committed(admin, group, topic, 10_000)
    assert handled_ids(tmp_path / "two.ids").tolist() == list(range(10_000))


async def test_a_graceful_stop_under_load_repeats_nothing(
    kafka: str, admin: AIOKafkaAdminClient, make_topic: MakeTopic, group: str, tmp_path: Path
) -> None:
    """SIGTERM with a commit a minute: the batch in hand is finished and committed, exit 0 within 10 s, nothing is read twice."""
    topic = await make_topic(partitions=2)
    await fill(kafka, topic, range(60_000), partitions=2)
    slow = {"commit_interval_s": 60.0, "batch_takes_s": 0.3}
    first = Worker(orders(kafka, group, topic, tmp_path, "one", **slow))
    with ending(first):
        await eventually(lambda: len(handled_ids(tmp_path / "one.ids")) >= 10_000)
        asked = time.monotonic()
        first.process.terminate()
        assert await first.ended() == 0
        assert time.monotonic() - asked <= 10
    assert len(handled_ids(tmp_path / "one.ids")) < 60_000, "the stop came too late to prove anything"
    second = Worker(orders(kafka, group, topic, tmp_path, "two", commit_interval_s=0.5))
    with ending(second):
        await until_committed(admin, group, topic, 60_000)
    assert handled_ids(tmp_path / "one.ids", tmp_path / "two.ids").tolist() == list(range(60_000))


async def test_a_worker_outlives_the_death_of_its_broker(group: str, tmp_path: Path) -> None:
    """kill -9 of the broker, then a restart: the same worker process goes on and nothing is lost."""
    with Broker() as broker:
        topic = await new_topic(broker.bootstrap)
        await fill(broker.bootstrap, topic, range(1_000))
        worker = Worker(orders(broker.bootstrap, group, topic, tmp_path, "one"))
        with ending(worker):
            await eventually(lambda: len(handled_ids(tmp_path / "one.ids")) >= 1_000)
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.restart)
            await fill(broker.bootstrap, topic, range(1_000, 2_000))
            await eventually(lambda: len(np.unique(handled_ids(tmp_path / "one.ids"))) >= 2_000)
            assert worker.process.poll() is None, worker.log()


async def test_a_frozen_broker_is_noticed_and_the_process_ends(group: str, tmp_path: Path) -> None:
    """Connections stay open and nothing answers: aiokafka alone would wait for ever.  With 2 and 4 s of patience it is over in 15."""
    with Broker() as broker:
        topic = await new_topic(broker.bootstrap)
        await fill(broker.bootstrap, topic, range(1_000))
        worker = Worker(orders(broker.bootstrap, group, topic, tmp_path, "one", patience=(2.0, 4.0)))
        with ending(worker):
            await eventually(lambda: len(handled_ids(tmp_path / "one.ids")) >= 1_000)
            await asyncio.sleep(6)
            assert worker.process.poll() is None, f"ended although nothing was wrong:\n{worker.log()}"
            broker.pause()
            try:
                assert await worker.ended(within_s=15) == EXIT_STUCK
            finally:
                broker.resume()
    assert "the broker does not answer" in worker.log()


async def test_no_broker_at_the_start_is_said_plainly(group: str, tmp_path: Path) -> None:
    worker = Worker(orders("127.0.0.1:1", group, "topic", tmp_path, "one"))
    with ending(worker):
        assert await worker.ended() == EXIT_UNAVAILABLE
    assert "no Kafka broker answers" in worker.log()


async def new_topic(bootstrap: str) -> str:
    """A topic on a broker that is the test's own."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic("numbers", 1, 1)])
    finally:
        await admin.close()
    return "numbers"
