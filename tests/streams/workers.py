"""Tools of the stream tests: fill a topic with ids, run an app inside the test, start and end worker processes, ask for commits."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from streams.record_batches import BatchApp
from tests.streams.batch_worker import Orders

PATIENCE_S = 60.0
"""A test that waits longer than this for something has found that it does not happen."""


async def fill(bootstrap: str, topic: str, ids: range, *, partitions: int = 1, pad: bytes = b"") -> None:
    """One record per id, its value the id in 8 bytes (and padding), spread over the partitions in turn."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=1 << 18)
    await producer.start()
    try:
        for number in ids:
            await producer.send(topic, number.to_bytes(8, "little") + pad, partition=number % partitions)
    finally:
        await producer.stop()


FEED_PER_S = 10_000
"""Enough to keep two slow workers busy without filling a topic faster than they read it."""


@dataclass
class Fed:
    """How many ids, from 0 on, have been sent."""

    count: int = 0


@contextlib.asynccontextmanager
async def feeding(bootstrap: str, topic: str, *, partitions: int) -> AsyncIterator[Fed]:
    """Ids without end while the body runs; every one is acknowledged by the broker when it is over."""
    fed, enough = Fed(), asyncio.Event()

    async def feed() -> None:
        while not enough.is_set():
            await fill(bootstrap, topic, range(fed.count, fed.count + FEED_PER_S // 2), partitions=partitions)
            fed.count += FEED_PER_S // 2
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), timeout=0.5)

    sending = asyncio.create_task(feed())
    try:
        yield fed
    finally:
        enough.set()
        await sending


async def eventually(holds: Callable[[], bool], *, within_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {within_s:.0f} s"
        await asyncio.sleep(0.05)


async def committed(admin: AIOKafkaAdminClient, group: str, topic: str) -> dict[int, int]:
    """Committed offset by partition."""
    offsets = await admin.list_consumer_group_offsets(group)
    return {tp.partition: offset.offset for tp, offset in offsets.items() if tp.topic == topic}


async def until_committed(admin: AIOKafkaAdminClient, group: str, topic: str, total: int, *, within_s: float = PATIENCE_S) -> None:
    """Wait until the group's commits add up to `total` records (the topics of the tests start at offset 0)."""
    deadline = time.monotonic() + within_s
    while sum((await committed(admin, group, topic)).values()) < total:
        assert time.monotonic() < deadline, f"commits stand at {await committed(admin, group, topic)}, not {total} in all"
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def running(app: BatchApp) -> AsyncIterator[BatchApp]:
    """The app, started in this process and stopped at the end."""
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


class Worker:
    """One batch_worker process; its log lies beside its file of handled ids."""

    def __init__(self, orders: Orders) -> None:
        self.log_path = Path(orders.handled).with_suffix(".log")
        with self.log_path.open("ab") as log:
            command = [sys.executable, "-m", "tests.streams.batch_worker", orders.to_json()]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=Path(__file__).parents[2])

    async def ended(self, *, within_s: float = PATIENCE_S) -> int:
        """Its exit code, once it has one."""
        await eventually(lambda: self.process.poll() is not None, within_s=within_s)
        assert self.process.returncode is not None
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def log(self) -> str:
        return self.log_path.read_text()


@contextlib.contextmanager
def ending(*workers: Worker) -> Iterator[tuple[Worker, ...]]:
    """No worker outlives its test, whatever the test finds."""
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()


def handled_ids(*paths: Path) -> np.ndarray:
    """Every id that was handled, in no order, as often as it was handled."""
    found = [np.fromfile(path, dtype="<u8") for path in paths if path.exists()]
    return np.sort(np.concatenate(found)) if found else np.empty(0, dtype="<u8")
