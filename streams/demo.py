"""The demo: a recorded outage through a real Kafka and a real worker, the incident growing in the terminal.

Knows:   which processes to start, in which order, and when the story is over.
Ignores: how any of them works.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from schemas.incident import Incident, Phase
from schemas.postmortem import Postmortem
from streams.feed import feed
from streams.local_kafka import given_or_local
from streams.reading_topics import follow
from streams.replay import Dump
from streams.settings import Settings
from streams.topic_admin import apply_plan
from streams.topics import INCIDENTS, POSTMORTEMS

PARTITIONS = 1
"""One estate, one partition: the demo's whole telemetry in one order."""
IDLE_S = 15.0
"""A recorded topic that has ended is left out after this long; live topics would be given a minute."""
CHECKPOINT_S = 2.0
STOP_S = 25.0
LINGER_S = 120.0
"""How long to wait, after the last record, for recovery to be verified."""


class DemoError(RuntimeError):
    """The demo could not go on; the message says why and what to do."""


@contextmanager
def worker_process(settings: Settings, catalogue: Path | None, postmortems: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`causeline worker` as a process of its own, stopped at the end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAUSELINE_")} | {
        "CAUSELINE_KAFKA": settings.kafka,
        "CAUSELINE_GROUP": "causeline-demo",
        "CAUSELINE_HTTP_PORT": "0",
        "CAUSELINE_IDLE_S": str(IDLE_S),
        "CAUSELINE_CHECKPOINT_S": str(CHECKPOINT_S),
        "CAUSELINE_POSTMORTEM_DIR": str(postmortems),
        "POLARS_MAX_THREADS": "1",
    }
    if catalogue is not None:
        environment["CAUSELINE_CATALOGUE"] = str(catalogue)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "worker"], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def run(
    dumps: list[Dump],
    catalogue: Path | None,
    *,
    folder: Path,
    speed: float,
    say: Callable[[str], None],
    show: Callable[[Incident], None],
) -> Path | None:
    """Plays the outage; returns where the postmortem of the most severe incident was filed, None when no incident was resolved."""
    folder.mkdir(parents=True, exist_ok=True)
    postmortems, log = folder / "postmortems", folder / "worker.log"
    with given_or_local() as brokers:
        say(f"Kafka answers on {brokers}")
        settings = Settings(kafka=brokers, partitions=PARTITIONS)
        await apply_plan(settings, 1)
        with worker_process(settings, catalogue, postmortems, log) as process:
            watching = asyncio.create_task(_watch(brokers, show))
            feeding = asyncio.create_task(feed(brokers, dumps, speed=speed))
            say(f"worker started (pid {process.pid}); feeding the recording at {speed:g} times its pace")
            await _until_told(process, feeding, watching, log)
            for task in (watching, feeding):
                task.cancel()
            await asyncio.gather(watching, feeding, return_exceptions=True)
            draft = await _draft(brokers)
    if draft is None:
        return None
    return next(iter(sorted(postmortems.glob(f"*{draft.incident_id}*.md"))), None)


async def _until_told(process: subprocess.Popen[bytes], feeding: asyncio.Task[int], watching: asyncio.Task[None], log: Path) -> None:
    """Until an incident is resolved and the recording is fed, or the worker dies, or nothing more comes."""
    waited_s = 0.0
    while True:
        await asyncio.sleep(0.5)
        if process.poll() is not None:
            raise DemoError(f"the worker ended with exit code {process.returncode}; its log is {log}")
        if feeding.done():
            feeding.result()
            waited_s += 0.5
        if watching.done():
            watching.result()
            if feeding.done():
                return
        if waited_s > LINGER_S:
            return


async def _watch(brokers: str, show: Callable[[Incident], None]) -> None:
    """Shows every revision; ends when all incidents that were shown are resolved."""
    decode = msgspec.json.Decoder(Incident).decode
    phases: dict[str, Phase] = {}
    async for record in follow(brokers, INCIDENTS, stop_at_end=False):
        if record.value is None:
            continue
        incident = decode(record.value)
        show(incident)
        phases[incident.incident_id] = incident.status
        if all(phase in (Phase.RESOLVED, Phase.MERGED) for phase in phases.values()):
            return


async def _draft(brokers: str) -> Postmortem | None:
    """The draft of the most severe incident, the newest of equals."""
    decode = msgspec.json.Decoder(Postmortem).decode
    drafts: dict[str, Postmortem] = {}
    async for record in follow(brokers, POSTMORTEMS, stop_at_end=True):
        if record.value is not None:
            draft = decode(record.value)
            drafts[draft.incident_id] = draft
    return min(drafts.values(), key=lambda draft: draft.severity, default=None)
