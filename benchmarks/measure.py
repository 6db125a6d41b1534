"""Watch one consuming process from outside: how fast its groups commit, what CPU and memory it takes.

Knows:   consumer groups and their offsets as the broker tells them, and the process as the operating system tells it.
Ignores: what the process does; nothing in it has to cooperate, so every contestant is measured alike.

The clock and the CPU start when the group is stable, so that neither imports nor the first join count.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

START_TIMEOUT_S = 90.0
"""Imports and the first join take 2-6 s."""

LOOK_EVERY_S = 0.1

STOP_TIMEOUT_S = 30.0


Condition = Callable[[], Awaitable[bool]]


async def at_once() -> bool:
    return True


class ContestantFailed(RuntimeError):
    """The process ended or never joined its group; the message holds the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A command whose consumer groups begin with `group`.  It has to read `inputs`; `through` are topics it writes and reads itself."""

    name: str
    argv: Sequence[str]
    group: str
    environ: Mapping[str, str]
    inputs: Sequence[str]
    through: Sequence[str] = ()
    done: Condition = at_once
    """What must be true besides the commits for the clock to stop."""
    settled: Condition = at_once
    """What is waited for before CPU and memory are read: work that follows the commits is paid for, too."""


@dataclass(frozen=True, slots=True)
class Measured:
    events_per_s: float
    cpu_us_per_event: float
    peak_rss_mb: float
    events: int
    complete: bool
    """False if the time ran out first: the rate is then that of the events committed until then."""

    def row(self) -> dict[str, float]:
        return {
            "events_per_s": round(self.events_per_s),
            "cpu_us_per_event": round(self.cpu_us_per_event, 2),
            "peak_rss_mb": round(self.peak_rss_mb, 1),
        }


async def nothing() -> None:
    return


async def measure(
    bootstrap: str, contestant: Contestant, *, limit_s: float, before_end: Callable[[], Awaitable[None]] = nothing
) -> Measured:
    """Run the contestant until it has committed all its input, or for limit_s.  before_end: awaited while it still runs."""
    async with _broker(bootstrap) as broker:
        with tempfile.TemporaryFile() as log, _started(contestant, log) as process:
            try:
                found = await _watch(broker, psutil.Process(process.pid), contestant, limit_s)
                await before_end()
                return found
            except (ContestantFailed, psutil.NoSuchProcess) as failure:
                log.seek(0)
                said = log.read().decode(errors="replace")[-3_000:]
                raise ContestantFailed(f"{contestant.name}: {failure} (exit code {process.poll()}); it said:\n{said}") from failure


async def _watch(broker: _Broker, process: psutil.Process, contestant: Contestant, limit_s: float) -> Measured:
    await _until_stable(broker, process, contestant.group)
    ends = await broker.ends(contestant.inputs)
    started_s, cpu_before_s = monotonic(), _cpu_s(process)
    events, advanced_s, complete = 0, started_s, False
    while not complete and monotonic() - started_s < limit_s:
        await asyncio.sleep(LOOK_EVERY_S)
        _check_running(process)
        commits = await broker.commits(contestant.group)
        done = sum(commits.get(tp, 0) for tp in ends)
        if done > events:
            events, advanced_s = done, monotonic()
        if done >= sum(ends.values()) and await broker.caught_up(commits, contestant.through) and await contestant.done():
            advanced_s, complete = monotonic(), True
    while complete and not await contestant.settled() and monotonic() - started_s < limit_s:
        await asyncio.sleep(LOOK_EVERY_S)
    cpu_s = _cpu_s(process) - cpu_before_s
    if events == 0:
        raise ContestantFailed(f"committed nothing within {limit_s:.0f} s")
    return Measured(events / (advanced_s - started_s), cpu_s * 1e6 / events, _peak_rss_mb(process), events, complete)


async def _until_stable(broker: _Broker, process: psutil.Process, group: str) -> None:
    deadline_s = monotonic() + START_TIMEOUT_S
    while not await broker.stable(group):
        _check_running(process)
        if monotonic() > deadline_s:
            raise ContestantFailed(f"did not join its group within {START_TIMEOUT_S:.0f} s")
        await asyncio.sleep(LOOK_EVERY_S / 2)


@dataclass(frozen=True, slots=True)
class _Broker:
    admin: AIOKafkaAdminClient
    consumer: AIOKafkaConsumer

    async def groups(self, prefix: str) -> list[str]:
        return [row[0] for row in await self.admin.list_consumer_groups() if row[0].startswith(prefix)]

    async def stable(self, prefix: str) -> bool:
        names = await self.groups(prefix)
        if not names:
            return False
        answers = await self.admin.describe_consumer_groups(names)
        return any(group[2] == "Stable" and group[5] for answer in answers for group in answer.groups)

    async def commits(self, prefix: str) -> dict[TopicPartition, int]:
        found: dict[TopicPartition, int] = {}
        for name in await self.groups(prefix):
            with contextlib.suppress(KafkaError):  # a rebalance under way; the next look will see it
                for tp, offset in (await self.admin.list_consumer_group_offsets(name)).items():
                    found[tp] = max(found.get(tp, 0), offset.offset)
        return found

    async def ends(self, topics: Sequence[str]) -> dict[TopicPartition, int]:
        described = await self.admin.describe_topics(list(topics))
        tps = [TopicPartition(topic["topic"], row["partition"]) for topic in described for row in topic["partitions"]]
        ends: dict[TopicPartition, int] = await self.consumer.end_offsets(tps)
        return ends

    async def caught_up(self, commits: Mapping[TopicPartition, int], topics: Sequence[str]) -> bool:
        if not topics:
            return True
        return all(commits.get(tp, 0) >= end for tp, end in (await self.ends(topics)).items())


@contextlib.asynccontextmanager
async def _broker(bootstrap: str) -> AsyncIterator[_Broker]:
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await consumer.start()
    try:
        yield _Broker(admin, consumer)
    finally:
        await consumer.stop()
        await admin.close()


@contextlib.contextmanager
def _started(contestant: Contestant, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(contestant.argv, env={**os.environ, **contestant.environ}, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _check_running(process: psutil.Process) -> None:
    if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
        raise ContestantFailed("ended by itself")


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu_s(process: psutil.Process) -> float:
    return float(sum(times.user + times.system for times in (member.cpu_times() for member in _family(process))))


def _peak_rss_mb(process: psutil.Process) -> float:
    """The kernel's own high-water mark where there is one (Linux), else what is resident now."""
    return sum(_peak_bytes(member) for member in _family(process)) / 2**20


def _peak_bytes(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        return next(int(line.split()[1]) * 1_024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(process.memory_info().rss)
