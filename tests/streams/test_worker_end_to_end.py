"""The whole road on a real Kafka: raw records in, one incident out, the same to the byte when workers die in the middle of it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml
from aiokafka import AIOKafkaProducer

from correlate.postmortem import draft
from schemas.incident import Incident, Phase
from schemas.postmortem import Postmortem
from schemas.timeline import TimelineDelta
from streams.local_kafka import Broker
from streams.reading_topics import follow
from streams.settings import Settings
from streams.topic_admin import apply_plan
from streams.topics import DEADLETTERS, INCIDENTS, POSTMORTEMS, TIMELINE
from tests import story
from tests.correlate.test_engine import live

SPEED = 60.0
"""The story's 40 minutes in 40 s: slow enough to kill workers in the middle of the outage."""
IDLE_S = 25.0
"""Above the time that a killed worker's partitions stand still (session timeout 6 s and a rebalance), or its sources would count as idle."""
GARBAGE = (b"\xff\xfe not json", b'{"alerts": 7}', b"")


class Worker:
    """`causeline worker` as a process."""

    def __init__(self, number: int, brokers: str, folder: Path, catalogue: Path) -> None:
        self._arguments = [sys.executable, "-m", "streams.cli", "worker"]
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("CAUSELINE_")} | {
            "CAUSELINE_KAFKA": brokers,
            "CAUSELINE_SESSION_TIMEOUT_S": "6",
            "CAUSELINE_IDLE_S": str(IDLE_S),
            "CAUSELINE_CHECKPOINT_S": "1",
            "CAUSELINE_HTTP_PORT": "0",
            "CAUSELINE_CATALOGUE": str(catalogue),
            "POLARS_MAX_THREADS": "1",
        }
        self._log = (folder / f"worker-{number}.log").open("ab")
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._arguments, env=self._environment, stdout=self._log, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture(scope="module")
def brokers() -> Iterator[str]:
    """A broker of its own: the input topics have fixed names."""
    with Broker() as broker:
        yield broker.bootstrap


@pytest.fixture(scope="module")
def undisturbed() -> Incident:
    """What the engine says when it is simply called."""
    engine = story.engine()
    engine.estate = "default"
    return next(iter(story.last(live(engine, story.batches(story.records(), 200))).values()))


async def produce(brokers: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all", linger_ms=5)
    await producer.start()
    started = time.monotonic()
    try:
        for record in story.records():
            ahead = record.at_s / SPEED - (time.monotonic() - started)
            if ahead > 0:
                await asyncio.sleep(ahead)
            await producer.send(record.topic, record.value, key=b"default", timestamp_ms=(story.START_S + record.at_s) * 1000)
        for value in GARBAGE:
            await producer.send("telemetry.logs", value, key=b"default")
        await producer.flush()
    finally:
        await producer.stop()


async def snapshots(brokers: str) -> list[tuple[bytes, Incident]]:
    return [
        (record.value, msgspec.json.decode(record.value, type=Incident)) async for record in follow(brokers, INCIDENTS, stop_at_end=True)
    ]


async def until(brokers: str, phases: set[Phase], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if any(incident.status in phases for _, incident in await snapshots(brokers)):
            return
        await asyncio.sleep(1)
    raise AssertionError(f"no incident became {sorted(phases)} within {timeout_s} s")


@pytest.mark.timeout(280)
async def test_two_workers_of_which_each_is_killed_give_the_undisturbed_incident(
    brokers: str, undisturbed: Incident, tmp_path: Path
) -> None:
    """kill -9 in mid-incident, twice: the last snapshot equals the undisturbed one byte for byte; no second incident appears."""
    catalogue = tmp_path / "catalog-info.yaml"
    documents = [
        {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {"name": name},
            "spec": {"dependsOn": [f"component:{c}" for c in calls]},
        }
        for name, calls in story.CALLS.items()
    ]
    catalogue.write_text(yaml.safe_dump_all(documents))
    await apply_plan(Settings(kafka=brokers, partitions=1), 1)
    workers = [Worker(number, brokers, tmp_path, catalogue) for number in (1, 2)]
    try:
        feeding = asyncio.create_task(produce(brokers))
        await until(brokers, {Phase.OPEN}, 120)
        for worker in workers:
            worker.kill()
            await asyncio.sleep(2)
            worker.start()
            await asyncio.sleep(8)
        await feeding
        await until(brokers, {Phase.RESOLVED}, 120)
        found = await snapshots(brokers)
        assert {incident.incident_id for _, incident in found} == {undisturbed.incident_id}
        newest = max(found, key=lambda snapshot: snapshot[1].revision)
        assert newest[0] == msgspec.json.encode(undisturbed)
        await the_other_topics_agree(brokers, undisturbed)
        assert [worker.stop() for worker in workers] == [0, 0]
    finally:
        for worker in workers:
            if worker.process.poll() is None:
                worker.kill()


async def the_other_topics_agree(brokers: str, incident: Incident) -> None:
    """Timeline deltas add up to the snapshot's timeline, the draft is the incident's, and what could not be read lies aside."""
    entries = {}
    async for record in follow(brokers, TIMELINE, stop_at_end=True):
        delta = msgspec.json.decode(record.value, type=TimelineDelta)
        if delta.op == "retract":
            entries.pop(delta.entry.entry_id, None)
        else:
            entries[delta.entry.entry_id] = delta.entry
    assert {entry.entry_id: entry for entry in incident.timeline} == entries
    drafts = [msgspec.json.decode(record.value, type=Postmortem) async for record in follow(brokers, POSTMORTEMS, stop_at_end=True)]
    assert drafts[-1].markdown == draft(incident, revision=drafts[-1].revision).markdown
    letters = [record async for record in follow(brokers, DEADLETTERS, stop_at_end=True)]
    assert {record.value for record in letters} == set(GARBAGE)
    for record in letters:
        headers = dict(record.headers)
        assert headers["__causeline.errors.topic"] == b"telemetry.logs"
        assert headers["__causeline.errors.reason"]
