"""One recording from start to end: the order of its steps.

Knows:   warm up, record while the timetable runs, stop, compress, tell what happened; and that nothing stays behind.
Ignores: how each of these is done.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from benchmarks.lab import receivers, story
from benchmarks.lab.deploys import Change, Deploys
from benchmarks.lab.load import Load
from benchmarks.lab.plan import Fault, Step, timetable
from benchmarks.lab.processes import find_programs
from benchmarks.lab.shipper import Shipper
from benchmarks.lab.system import CONFIG, System
from benchmarks.lab.topics import Topics

WARM_UP_S = 75.0
"""Caches fill, one-minute rates have their minute, and start-up noise settles before anything is kept."""

LAST_ARRIVALS_S = 12.0
"""After the timetable: two scrapes, one remote-write deadline and one notification group interval still arrive."""

SHIP_EVERY_S = 0.5

BURNING_THREADS = 6
"""Each takes the interpreter for 5 ms at a time: a request that needs it ten times waits about 0.3 s longer."""


def say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


class Recording:
    def __init__(self, output: Path, work: Path, fault: Fault, programs: dict[str, str]) -> None:
        self.fault: Fault = fault
        self.system = System(work, programs)
        self.topics = Topics(output)
        self.deploys = Deploys(self.system, self.topics)
        self.shipper = Shipper(self.system.logs)
        self.load = Load(f"http://127.0.0.1:{self.system.ports['frontend']}")

    async def run(self, steps: list[Step], length_s: float) -> tuple[datetime, datetime]:
        """Record the timetable; returns when the recording began and ended."""
        runner = web.AppRunner(receivers.application(self.topics), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.system.ports["receiver"]).start()
        say("starting stores, services and monitoring")
        await self.system.start()
        background = [asyncio.create_task(self.load.run()), asyncio.create_task(self._ship())]
        try:
            say(f"warming up for {WARM_UP_S:g} s")
            await asyncio.sleep(WARM_UP_S)
            began = await self._record(steps, length_s)
            ended = datetime.now(UTC)
            self.topics.recording = False
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await runner.cleanup()
        for task in background:
            if not task.cancelled() and (error := task.exception()):
                raise error
        return began, ended

    async def _record(self, steps: list[Step], length_s: float) -> datetime:
        loop = asyncio.get_running_loop()
        began, zero_s = datetime.now(UTC), loop.time()
        self.topics.recording = True
        self.load.begin()
        for step in steps:
            await asyncio.sleep(max(0.0, zero_s + step.at_s - loop.time()))
            say(f"+{step.at_s:.0f} s {step.action} {step.subject}")
            await self._carry_out(step)
        await asyncio.sleep(max(0.0, zero_s + length_s - loop.time()))
        await asyncio.sleep(LAST_ARRIVALS_S)
        return began

    async def _carry_out(self, step: Step) -> None:
        match step.action:
            case "push":
                await asyncio.to_thread(self.deploys.push, step.subject)
            case "deploy":
                await self.deploys.deploy(step.subject)
            case "rollback":
                await self.deploys.roll_back(step.subject)
            case "flag":
                self.deploys.turn_flag(step.subject)
            case "begin" | "end":
                await self._inject(step)

    async def _inject(self, step: Step) -> None:
        """Begin or end a fault that no change caused; only the story knows of it, no topic does."""
        self.deploys.changes.append(Change(datetime.now(UTC), step.action, step.subject, ""))
        if self.fault == "dependency" and step.action == "begin":
            self.system.pause_postgres()
        elif self.fault == "dependency":
            self.system.resume_postgres()
        elif step.action == "begin":
            self.system.burn_cpu(step.subject, BURNING_THREADS)
        else:
            await self.system.restart(step.subject)

    async def _ship(self) -> None:
        while True:
            for line in self.shipper.take():
                self.topics.append("logs", line)
            await asyncio.sleep(SHIP_EVERY_S)


def record(output: Path, *, name: str, minutes: float, fault: Fault) -> None:
    """Record one outage into a new folder; whatever happens, every started process is gone afterwards."""
    steps = timetable(fault, minutes)
    output.mkdir(parents=True, exist_ok=True)
    if any(output.iterdir()):
        raise FileExistsError(f"{output} is not empty; a recording needs a folder of its own")
    programs = find_programs()
    work = Path(tempfile.mkdtemp(prefix="causeline-lab-"))
    work.chmod(0o711)  # PostgreSQL, as a user of its own, must reach its folder
    recording: Recording | None = None
    try:
        recording = Recording(output, work, fault, programs)
        began, ended = asyncio.run(_until_signalled(recording, steps, minutes * 60))
    except BaseException:
        if recording is not None:
            recording.system.processes.stop_all()
        say(f"the recording did not finish; logs and program output are kept in {work}")
        raise
    recording.system.processes.stop_all()
    recording.topics.compress()
    shutil.copy(CONFIG / "catalog-info.yaml", output)
    story.write(output, name=name, fault=fault, began=began, ended=ended, changes=recording.deploys.changes, answers=recording.load.answers)
    shutil.rmtree(work)
    say(f"recorded {recording.topics.counts} into {output}")


async def _until_signalled(recording: Recording, steps: list[Step], length_s: float) -> tuple[datetime, datetime]:
    """Run; SIGTERM ends it as Ctrl-C does."""
    task = asyncio.ensure_future(recording.run(steps, length_s))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task
