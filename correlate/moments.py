"""The moments of one incident before they are ordered: rows that say the same are one moment.

Knows:   how alerts, changes, logs, states and first failures become moments, and how telling each kind is.
Ignores: the incident's milestones (milestones.py); order, identity and bounds of the timeline (timeline.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from correlate.citing import distinct, evidence_of, evidence_of_finding, position_of
from correlate.first_failures import FirstFailure
from correlate.scene import Account, Finding, Position
from correlate.words import clause, gist, name_of, quoted, sentence
from schemas.evidence import Evidence
from schemas.plain import one_line
from schemas.signal import Kind, Signal, Status

EVIDENCE_MOST: Final = 2
"""Of one entry: the first record and one more; every further one adds a kilobyte and no insight."""

TEXT_CHARACTERS: Final = 480
"""Of an entry: names and one quotation; the whole record is in the evidence."""

WEIGHTS: Final = {
    "onset": 100, "detection": 100, "resolved": 100, "merge": 100, "recovery": 95, "relapse": 95, "metric": 80, "change": 60, "alert": 60,
    "escalation": 55, "scaling": 45, "state": 45, "log": 40, "alert_resolved": 30,
}  # fmt: skip
"""How telling a kind of entry is: what stays when there are more entries than one record can hold.  An order, not a measure."""

SUSPECTED: Final = 35
"""Added to the weight of a change that is a candidate cause: it then outweighs every other row."""


HARM: Final = frozenset({"errors", "latency", "edge_in", "log_share", "log_sequence"})
"""Families in which a departure is a failure; whoever merely uses more or is asked less has not failed."""

_ACTIONS: Final = {
    "vcs.commit": "commit to", "service.deployed": "deploy of", "service.upgraded": "upgrade of", "service.rolledback": "rollback of",
    "service.removed": "removal of", "service.published": "release of", "flag.changed": "flag change on", "config.changed": "setting of",
    "package.changed": "package change on", "package.installed": "installation on", "package.removed": "removal from",
}  # fmt: skip
"""Names of changes as CDEvents and our readers write them → words, up to the name of what was changed."""


@dataclass(slots=True)
class Moment:
    at_ns: int
    kind: str
    entity: str
    identity: str
    """What tells it from other moments of the same kind and entity: the first record's place; empty where there can be only one."""
    text: str
    evidence: tuple[Evidence, ...]
    weight: float
    count: int = 1
    late: bool = False


def rows_as_moments(account: Account) -> Iterator[Moment]:
    """The account's members, repeats folded; in no order."""
    by_kind: dict[Kind, list[Signal]] = {}
    for row in sorted(account.members, key=_when):
        by_kind.setdefault(row.subject.kind, []).append(row)
    yield from _alerts(by_kind.get(Kind.ALERT, ()), account.late)
    suspected = {change_key(suspect.change) for suspect in account.suspects if suspect.change is not None}
    for kind, (identity, wording) in _FOLDED.items():
        for run in _fold(by_kind.get(kind, ()), identity):
            extra = SUSPECTED if any(change_key(row) in suspected for row in run) else 0
            yield _moment(kind.value, run, wording(run[0]), account.late, extra + run[0].severity_number / 10)


def failures_as_moments(findings: Sequence[Finding], firsts: Mapping[str, FirstFailure]) -> Iterator[Moment]:
    """The first failure of each entity (C13), and its strongest departure from normal where that is another one."""
    strongest: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda finding: (-finding.nats, finding.first_ns, finding.family, finding.text)):
        strongest.setdefault(finding.entity, finding)
    for rank, (entity, first) in enumerate(firsts.items()):
        if not first.evidence:
            continue  # affected by joint evidence alone: no record to point to
        weight = max(WEIGHTS["metric"] - rank, WEIGHTS["log"])
        failed = first.finding is None or first.finding.family in HARM
        text = f"First {'failure' if failed else 'departure'} of {name_of(entity)}: {clause(first.text)}"
        yield Moment(first.at_ns, "metric", entity, "", text, first.evidence, weight)
        most = strongest.get(entity)
        if most is not None and first.finding is not None and most.family != first.finding.family:
            text = f"Strongest departure of {name_of(entity)}: {clause(most.text)}"
            yield Moment(most.first_ns, "metric", entity, most.family, text, (evidence_of_finding(most),), weight - 20)


def change_key(row: Signal) -> tuple[str, str]:
    """What repeats of one change share."""
    return row.subject.entity, row.change_id or row.dedup_key or _place(row)


def change_name(row: Signal) -> str:
    """`upgrade of checkout (“v1 → v2”)`; an action without a word of its own stands as its source names it."""
    action = _ACTIONS.get(row.subject.name) or f"{row.subject.kind.value} {one_line(row.subject.name, 80)}".strip() + " on"
    said = [quoted(row.text)] if row.text and row.text != row.subject.name else []
    return f"{action} {name_of(row.subject.entity)}" + (f" ({', '.join([*said, *_step(row)])})" if said or _step(row) else "")


def _step(change: Signal) -> list[str]:
    """`step 2 of 5` of a progressive rollout."""
    rollout = details_of(change).get("rollout")
    step, steps = (rollout.get("step"), rollout.get("steps")) if isinstance(rollout, dict) else (None, None)
    return [f"step {step} of {steps}"] if isinstance(step, int) and isinstance(steps, int) else []


def details_of(change: Signal) -> dict[str, object]:
    """The facts that the change's reader kept; empty when there are none or they are no object."""
    try:
        facts = orjson.loads(change.details) if change.details else {}
    except orjson.JSONDecodeError:
        return {}
    return facts if isinstance(facts, dict) else {}


def alert_name(row: Signal) -> str:
    return f"{one_line(row.subject.name, 80) or 'an unnamed alert'} on {name_of(row.subject.entity)}"


def _said(row: Signal) -> str:
    """`: “5xx above 2 %”`; empty when the row says no more than its name."""
    said = quoted(row.text) if row.text != row.subject.name else ""
    return f": {said}" if said else ""


def _reported(row: Signal) -> str:
    """What a log or a state says, by whom."""
    return f"{name_of(row.subject.entity)}: {quoted(gist(row.text) or row.subject.name)}"


def _when(row: Signal) -> tuple[int, str, int, int, int]:
    return row.event_time_ns, row.topic, row.partition, row.offset, row.row


def _place(row: Signal) -> str:
    """Where the row lies; when that is not known, what it says and when."""
    return f"{row.topic}/{row.partition}/{row.offset}/{row.row}" if row.topic else f"{row.event_time_ns}/{row.subject.name}/{row.text}"


_Identity = Callable[[Signal], tuple[object, ...]]
_Wording = Callable[[Signal], str]

_FOLDED: Final[Mapping[Kind, tuple[_Identity, _Wording]]] = {
    Kind.CHANGE: (lambda row: (row.subject.entity, row.dedup_key or (row.change_id, row.subject.name, row.text)), change_name),
    Kind.SCALING: (lambda row: (row.subject.entity, row.dedup_key or (row.subject.name, row.text)), change_name),
    Kind.STATE: (lambda row: (row.subject.entity, row.dedup_key or (row.subject.name, row.text), row.status), _reported),
    Kind.LOG: (lambda row: (row.subject.entity, row.template_id or row.text), _reported),
}
"""Kind → what rows of one moment share, and how the first of them is worded."""


def _fold(rows: Iterable[Signal], identity: _Identity) -> list[list[Signal]]:
    runs: dict[tuple[object, ...], list[Signal]] = {}
    for row in rows:
        runs.setdefault(identity(row), []).append(row)
    return list(runs.values())


@dataclass(slots=True)
class _Episode:
    """An alert on one entity from its first firing until all of its instances are resolved."""

    rows: list[Signal] = field(default_factory=list)
    firing: set[str] = field(default_factory=set)
    severity_number: int = 0

    def ends_with(self, row: Signal) -> bool:
        """Whether this resolution was the last one missing."""
        self.firing.discard(row.dedup_key)
        return not self.firing


def _alerts(rows: Iterable[Signal], late: frozenset[Position]) -> Iterator[Moment]:
    """One moment when an alert begins to fire on an entity, one when it grows more severe, one when all of it is resolved."""
    running: dict[tuple[str, str], _Episode] = {}
    closed: dict[tuple[str, str], Moment] = {}
    for row in rows:
        key = row.subject.entity, row.subject.name
        episode = running.get(key)
        if row.status is Status.RESOLVED:
            if episode is None and key in closed:
                closed[key].count += 1  # told again
            elif episode is None or episode.ends_with(row):
                if episode is not None:
                    yield _fired(running.pop(key), late)
                closed[key] = _moment("alert_resolved", [row], f"{alert_name(row)} resolved", late)
            continue
        if key in closed:
            yield closed.pop(key)
        if episode is None:
            episode = running[key] = _Episode(severity_number=row.severity_number)
        elif row.severity_number > episode.severity_number:
            episode.severity_number = row.severity_number
            yield _moment("escalation", [row], f"{alert_name(row)} grew more severe{_said(row)}", late)
        episode.firing.add(row.dedup_key)
        episode.rows.append(row)
    yield from closed.values()
    for episode in running.values():
        yield _fired(episode, late)


def _fired(episode: _Episode, late: frozenset[Position]) -> Moment:
    first = episode.rows[0]
    moment = _moment("alert", episode.rows, f"{alert_name(first)} fired{_said(first)}", late, episode.severity_number / 2)
    moment.at_ns = min(row.starts_at_ns or row.event_time_ns for row in episode.rows)
    return moment


def _moment(kind: str, run: Sequence[Signal], text: str, late: frozenset[Position], extra: float = 0) -> Moment:
    first = run[0]
    return Moment(
        at_ns=first.event_time_ns,
        kind=kind,
        entity=first.subject.entity,
        identity=_place(first),
        text=sentence(one_line(text, TEXT_CHARACTERS)),
        evidence=distinct((evidence_of(row) for row in (first, run[-1])), EVIDENCE_MOST),
        weight=WEIGHTS[kind] + extra,
        count=len(run),
        late=bool(late) and any(position_of(row) in late for row in run),
    )
