"""Which changes there are to judge: rows of one fate are one candidate.

Knows:   a deploy and the commit it carries stand or fall together; the steps of one release are one change; a commit that no deploy
         names is carried by the next deploy of a service it touches, and a deploy that names no commit is that of the commits it carries.
Ignores: whether a candidate is guilty.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import orjson

from correlate.evidence.tokens import core
from correlate.scene import Scene
from schemas.entity import split
from schemas.signal import Signal

_COMMIT = re.compile(r"(^|[._])(push|commits?|merged?|vcs|pull_request)([._]|$)", re.I)
_DEPLOY = re.compile(r"deploy|rollout|upgrade|release|synced", re.I)
_IMAGE_SHA = re.compile(r"(?<![0-9a-f])[0-9a-f]{7,40}(?![0-9a-f])")
SHORT_SHA = 7
"""Figures by which people and image tags name a commit."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a gradual release: which replicas came and went."""

    at_ns: int
    started: frozenset[str]
    stopped: frozenset[str]


@dataclass(frozen=True, slots=True)
class Move:
    """One setting that went from one value to another; the setting's name is empty where the row has only one."""

    setting: str
    old: str
    new: str


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
    moves: tuple[Move, ...] = ()
    """Settings or scales that the row itself tells."""
    steps: tuple[Step, ...] = ()

    @property
    def is_flag(self) -> bool:
        return is_flag(self.row.subject.name)

    @property
    def label(self) -> str:
        """How a sentence calls it."""
        first = self.message.strip().split("\n", 1)[0][:80]
        return f"“{first}”" if first else f"{self.row.subject.name} {self.row.change_id}".strip()


def is_flag(name: str) -> bool:
    """Whether a row of this name tells of a feature flag."""
    return "flag" in name


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
    named: dict[str, list[Signal]] = {}
    nameless: list[_Draft] = []
    for draft in applied.values():
        if sha := _commit_of(draft, commits):
            named.setdefault(sha, []).extend(draft.rows)
        else:
            nameless.append(draft)
    riders = _Riders.of(named, nameless)
    known = scene.known | {entity for _, entity, _ in riders.deploys}
    found = [_of_commit(draft, sorted(named.get(sha, []), key=_time), riders, known) for sha, draft in commits.items()]
    found += [_of_applied(draft, scene.known) for draft in nameless if id(draft) not in riders.taken]
    return sorted(found, key=lambda candidate: (candidate.at_ns, candidate.row.change_id))


def _time(row: Signal) -> tuple[int, str]:
    return row.event_time_ns, row.subject.entity


def _commit_of(draft: _Draft, commits: Mapping[str, _Draft]) -> str:
    """The commit that a deploy says it carries: by name, as the revision it brought, or in the tag of its image."""
    for facts, row in zip(draft.facts, draft.rows, strict=True):
        for said in (facts.get("commit"), row.change_id, facts.get("to")):
            if isinstance(said, str) and said in commits:
                return said
        for image in (facts.get("image"), facts.get("artifactId"), facts.get("to"), *_texts(facts.get("images"))):
            for short in _IMAGE_SHA.findall(image) if isinstance(image, str) else ():
                meant = [sha for sha in commits if sha.startswith(short)] if len(short) >= SHORT_SHA else []
                if len(meant) == 1:
                    return meant[0]
    return ""


@dataclass(slots=True)
class _Riders:
    """Deploys on which a commit may ride that no deploy names."""

    deploys: list[tuple[int, str, _Draft | None]]
    """Time, entity, and the deploy where it names no commit itself; oldest first."""
    taken: set[int] = field(default_factory=set)
    """Nameless deploys, by `id`, that carry commits of the service's own repository."""

    @classmethod
    def of(cls, named: Mapping[str, Sequence[Signal]], nameless: Sequence[_Draft]) -> _Riders:
        deploys: list[tuple[int, str, _Draft | None]] = [(*_time(row), None) for rows in named.values() for row in rows]
        deploys += [(*_time(draft.rows[0]), draft) for draft in nameless if _DEPLOY.search(draft.rows[0].subject.name)]
        return cls(sorted(deploys, key=lambda deploy: deploy[:2]))

    def after(self, commit: Signal, touched: Collection[str]) -> dict[str, tuple[int, _Draft | None]]:
        """Entity → its first deploy after a commit: of those it touches, where that is known."""
        found: dict[str, tuple[int, _Draft | None]] = {}
        for at_ns, entity, draft in self.deploys:
            if at_ns >= commit.event_time_ns and (entity in touched if touched else draft is None):
                found.setdefault(entity, (at_ns, draft))
        return found


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


def _of_applied(draft: _Draft, known: Set[str]) -> Candidate:
    first, facts = draft.rows[0], draft.facts[0]
    own = {first.subject.entity, *(name for name in first.subject.aliases if split(name)[0] == "service")}
    return Candidate(
        row=first,
        entities=frozenset(own & known or meant_by(re.split(r"[/.:]", split(first.subject.entity)[1]), known) or own),
        at_ns=first.event_time_ns,
        deployed=True,
        rows=tuple(draft.rows),
        message=first.text,
        files=_texts(facts.get("files")),
        diff=str(facts.get("diff") or ""),
        moves=_moves(facts),
        steps=tuple(
            _step(row.event_time_ns, facts["rollout"]) for row, facts in zip(draft.rows, draft.facts, strict=True) if "rollout" in facts
        ),
    )


def _of_commit(draft: _Draft, deploys: Sequence[Signal], riders: _Riders, known: Set[str]) -> Candidate:
    commit, facts = draft.rows[0], draft.facts[0]
    files = _texts(facts.get("files"))
    own = frozenset({commit.subject.entity} & known)
    """The repository, where it bears the name of a service."""
    touched = frozenset(row.subject.entity for row in deploys) or touched_entities(files, known) | own
    rides = {} if deploys else riders.after(commit, touched)
    for at_ns, carrier in (rides[entity] for entity in own if entity in rides):
        if carrier is not None:  # a service's own repository, and its next deploy: that deploy is of this commit
            riders.taken.add(id(carrier))
            deploys = (*deploys, *(row for row in carrier.rows if row.event_time_ns >= at_ns))
    return Candidate(
        row=commit,
        entities=touched,
        at_ns=min((row.event_time_ns for row in deploys), default=commit.event_time_ns),
        deployed=bool(deploys),
        rows=(*draft.rows, *deploys),
        carried=() if deploys else tuple((entity, at_ns) for entity, (at_ns, _) in rides.items()),
        message=commit.text,
        files=files,
        diff=str(facts.get("diff") or ""),
        steps=tuple(_step(row.event_time_ns, facts_of(row)["rollout"]) for row in deploys if "rollout" in facts_of(row)),
    )


def touched_entities(files: Sequence[str], known: Collection[str]) -> frozenset[str]:
    """Known entities of which a folder of the paths bears the name (`services/cart/…` for `service:cartservice`)."""
    return meant_by([folder for path in files for folder in path.split("/")[:-1]], known)


def meant_by(names: Iterable[str], known: Collection[str]) -> frozenset[str]:
    """Known entities, of whatever kind, that bear one of the names."""
    cores = {core(name) for name in names}
    return frozenset(entity for entity in known if len(core(split(entity)[1])) >= 3 and core(split(entity)[1]) in cores)


def _step(at_ns: int, rollout: Mapping[str, Any]) -> Step:
    return Step(at_ns, frozenset(_texts(rollout.get("podsStarted"))), frozenset(_texts(rollout.get("podsStopped"))))


def _moves(facts: Mapping[str, Any]) -> tuple[Move, ...]:
    """From → to of settings and scales; a version that moved says nothing of what it does."""
    if facts.keys() & {"rollout", "version", "commit", "artifactId", "image", "images"}:
        return ()
    old, new = facts.get("from"), facts.get("to")
    if isinstance(old, dict) and isinstance(new, dict):
        return tuple(Move(key, _scalar(old[key]), _scalar(new[key])) for key in sorted(old.keys() & new.keys()) if old[key] != new[key])
    return (Move("", _scalar(old), _scalar(new)),) if _scalar(old) or _scalar(new) else ()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _scalar(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""
