"""Which changes there are to judge: rows of one fate are one candidate.

Knows:   a deploy and the commit it carries stand or fall together; the steps of one release are one change; a commit that no deploy
         names is carried by the next deploy of a service it touches.
Ignores: whether a candidate is guilty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from correlate.evidence.tokens import core
from correlate.scene import Scene
from schemas.entity import split
from schemas.signal import Signal

_COMMIT = re.compile(r"(^|[._])(push|commits?|merged?|vcs|pull_request)([._]|$)", re.I)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a gradual release: which replicas came and went."""

    at_ns: int
    started: frozenset[str]
    stopped: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    row: Signal
    """The row that names the change: the commit rather than its deploy, the first step of a release."""
    entities: frozenset[str]
    """What it was applied to; for a commit that no deploy names, what its paths speak of."""
    at_ns: int
    """When it took effect."""
    deployed: bool
    rows: tuple[Signal, ...]
    """Every row of the same fate, oldest first."""
    carried: tuple[tuple[str, int], ...] = ()
    """Of a commit that no deploy names: entity and time of the deploys that may carry it."""
    message: str = ""
    files: tuple[str, ...] = ()
    diff: str = ""
    moved: tuple[str, str] = ("", "")
    """From → to, of a setting or a scale that the row itself tells."""
    steps: tuple[Step, ...] = ()

    @property
    def is_flag(self) -> bool:
        return "flag" in self.row.subject.name

    @property
    def label(self) -> str:
        """How a sentence calls it."""
        first = self.message.strip().split("\n", 1)[0][:80]
        return f"“{first}”" if first else f"{self.row.subject.name} {self.row.change_id}".strip()


@dataclass(slots=True)
class _Draft:
    rows: list[Signal] = field(default_factory=list)
    facts: list[Mapping[str, Any]] = field(default_factory=list)


def candidates(scene: Scene) -> list[Candidate]:
    """Every change that took effect before the incident was detected, oldest first."""
    commits: dict[str, _Draft] = {}
    applied: dict[tuple[str, str], _Draft] = {}
    for row in scene.changes:
        if row.event_time_ns > scene.detected_ns:
            continue
        facts = facts_of(row)
        draft = commits.setdefault(row.change_id, _Draft()) if _is_commit(row) else applied.setdefault(_fate(row, facts), _Draft())
        draft.rows.append(row)
        draft.facts.append(facts)
    found: list[Candidate] = []
    named: dict[str, _Draft] = {}
    for draft in applied.values():
        sha = next((str(facts["commit"]) for facts in draft.facts if facts.get("commit")), "")
        if sha in commits:
            named.setdefault(sha, _Draft()).rows.extend(draft.rows)
        else:
            found.append(_of_applied(draft))
    deploys = sorted((row.event_time_ns, row.subject.entity) for draft in named.values() for row in draft.rows)
    known = {*scene.calls, *scene.blame, *scene.declared, *(entity for _, entity in deploys)}
    found += [_of_commit(draft, named[sha].rows if sha in named else [], deploys, known) for sha, draft in commits.items()]
    return sorted(found, key=lambda candidate: (candidate.at_ns, candidate.row.change_id))


def facts_of(row: Signal) -> Mapping[str, Any]:
    """The row's details; {} where it has none."""
    facts = orjson.loads(row.details) if row.details else {}
    return facts if isinstance(facts, dict) else {}


def _is_commit(row: Signal) -> bool:
    return bool(row.change_id) and bool(_COMMIT.search(row.subject.name))


def _fate(row: Signal, facts: Mapping[str, Any]) -> tuple[str, str]:
    """Equal for rows that are one change: steps of one release, repeats, deploys of one commit to one entity."""
    rollout = facts.get("rollout")
    if isinstance(rollout, dict):
        return row.subject.entity, f"rollout {rollout.get('from')} {rollout.get('to')}"
    return row.subject.entity, row.dedup_key or row.change_id or f"{row.topic} {row.partition} {row.offset} {row.row} {row.event_time_ns}"


def _of_applied(draft: _Draft) -> Candidate:
    first, facts = draft.rows[0], draft.facts[0]
    return Candidate(
        row=first,
        entities=frozenset({first.subject.entity, *(name for name in first.subject.aliases if split(name)[0] == "service")}),
        at_ns=first.event_time_ns,
        deployed=True,
        rows=tuple(draft.rows),
        message=first.text,
        files=_texts(facts.get("files")),
        diff=str(facts.get("diff") or ""),
        moved=_moved(facts),
        steps=tuple(
            _step(row.event_time_ns, facts["rollout"]) for row, facts in zip(draft.rows, draft.facts, strict=True) if "rollout" in facts
        ),
    )


def _of_commit(draft: _Draft, deploys: Sequence[Signal], carriers: Sequence[tuple[int, str]], known: set[str]) -> Candidate:
    commit, facts = draft.rows[0], draft.facts[0]
    files = _texts(facts.get("files"))
    touched = frozenset(row.subject.entity for row in deploys) or touched_entities(files, known)
    carried: dict[str, int] = {}
    for at_ns, entity in [] if deploys else carriers:
        if at_ns >= commit.event_time_ns and (not touched or entity in touched):
            carried.setdefault(entity, at_ns)
    return Candidate(
        row=commit,
        entities=touched,
        at_ns=min((row.event_time_ns for row in deploys), default=commit.event_time_ns),
        deployed=bool(deploys),
        rows=(*draft.rows, *deploys),
        carried=tuple(carried.items()),
        message=commit.text,
        files=files,
        diff=str(facts.get("diff") or ""),
        steps=tuple(_step(row.event_time_ns, facts_of(row)["rollout"]) for row in deploys if "rollout" in facts_of(row)),
    )


def touched_entities(files: Sequence[str], known: set[str]) -> frozenset[str]:
    """Known entities of which a folder of the paths bears the name (`services/cart/…` for `service:cartservice`)."""
    folders = {core(folder) for path in files for folder in path.split("/")[:-1]}
    return frozenset(entity for entity in known if len(core(split(entity)[1])) >= 3 and core(split(entity)[1]) in folders)


def _step(at_ns: int, rollout: Mapping[str, Any]) -> Step:
    return Step(at_ns, frozenset(_texts(rollout.get("podsStarted"))), frozenset(_texts(rollout.get("podsStopped"))))


def _moved(facts: Mapping[str, Any]) -> tuple[str, str]:
    """From → to of a setting or a scale; a version that moved says nothing of what it does."""
    if facts.keys() & {"rollout", "version", "commit", "artifactId", "image"}:
        return "", ""
    return _scalar(facts.get("from")), _scalar(facts.get("to"))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _scalar(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""
