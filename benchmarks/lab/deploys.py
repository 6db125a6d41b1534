"""Releases over time: a commit in the service's repository, a push, a rollout, perhaps a rollback, each told as its tool tells it.

Knows:   the git repositories of the lab, the ids of what happened, and the order commit → push → rollout → event.
Ignores: when (plan.py) and what a release changes (releases.py).
"""

from __future__ import annotations

import subprocess
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from benchmarks.lab import events
from benchmarks.lab.releases import INITIAL, RELEASES, Release
from benchmarks.lab.system import System
from benchmarks.lab.topics import Topics

SHOP = Path(__file__).parent / "shop"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was changed on purpose, by the id its own event carries."""

    at: datetime
    action: str
    subject: str
    change_id: str


class Repository:
    """A git repository that holds one service's release: its settings, and for the checkout the code that stores an order."""

    def __init__(self, git: str, folder: Path) -> None:
        self._git, self._folder = git, folder
        folder.mkdir(parents=True)
        self._run("init", "--quiet", "--initial-branch=main")

    def _run(self, *arguments: str) -> str:
        identity = ["-c", f"user.name={events.AUTHOR['name']}", "-c", f"user.email={events.AUTHOR['email']}", "-c", "commit.gpgsign=false"]
        done = subprocess.run([self._git, "-C", str(self._folder), *identity, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, release: Release) -> None:
        (self._folder / "release.json").write_bytes(
            orjson.dumps({"version": release.version, "settings": release.settings}, option=orjson.OPT_INDENT_2)
        )
        if module := release.settings.get("ORDERS_MODULE"):
            (self._folder / "orders.py").write_text((SHOP / f"{module}.py").read_text())
        self._run("add", "--all")
        self._run("commit", "--quiet", f"--message={release.message}")

    def head(self, back: int = 0) -> str:
        return self._run("rev-parse", f"HEAD~{back}")

    def push_body(self, service: str) -> dict[str, Any]:
        """The webhook body for the newest commit."""
        commit, committed_at, message = self._run("show", "--no-patch", "--format=%H%x09%cI%x09%s").split("\t")
        modified = self._run("diff", "--name-only", "HEAD~1", "HEAD").split("\n")
        at = datetime.now(UTC)
        return events.push(
            at=at, service=service, before=self.head(1), commit=commit, message=message, committed_at=committed_at, modified=modified
        )


class Deploys:
    def __init__(self, system: System, topics: Topics) -> None:
        self._system, self._topics = system, topics
        self._repositories: dict[str, Repository] = {}
        for service, release in INITIAL.items():
            self._repositories[service] = Repository(system.programs["git"], system.work / "repositories" / service)
            self._repositories[service].commit(release)
        self._commits: dict[str, str] = {release.name: self._repositories[service].head() for service, release in INITIAL.items()}
        self._before: dict[str, Release] = {}
        self.changes: list[Change] = []

    def _tell(self, action: str, subject: str, change_id: str, at: datetime, body: dict[str, Any]) -> None:
        self._topics.append("deploys", orjson.dumps(body))
        self.changes.append(Change(at, action, subject, change_id))

    def push(self, name: str) -> None:
        release = RELEASES[name]
        repository = self._repositories[release.service]
        repository.commit(release)
        body = repository.push_body(release.service)
        self._commits[name] = body["after"]
        self._tell("push", name, body["after"], datetime.now(UTC), body)

    async def deploy(self, name: str) -> None:
        release = RELEASES[name]
        self._before[release.service] = self._system.releases[release.service]
        await self._roll_out("upgraded", release, "deploy")

    async def roll_back(self, name: str) -> None:
        """Bring back what ran before this release."""
        await self._roll_out("rolledback", self._before[RELEASES[name].service], "rollback")

    async def _roll_out(self, kind: Literal["upgraded", "rolledback"], release: Release, action: str) -> None:
        await self._system.replace(release)
        event_id, at = str(uuid.uuid4()), datetime.now(UTC)
        commit = self._commits[release.name]
        body = events.cdevent(kind, event_id=event_id, at=at, service=release.service, version=release.version, commit=commit)
        self._tell(action, release.name, event_id, at, body)

    def turn_flag(self, subject: str) -> None:
        key, state = subject.split()
        self._system.set_flag(key, state == "on")
        event_id, at = uuid.uuid4().hex[:24], datetime.now(UTC)
        self._tell("flag", subject, event_id, at, events.flag(event_id=event_id, at=at, key=key, on=state == "on"))
