"""Why each entity and record is in an incident (C19): which edge put it there, how strong, how far in time and in calls.

Knows:   how entities joined, which alerts belong to its bursts, which changes were judged, which records are cited.
Ignores: what was left out (near_misses.py) and who asks (streams/cli/incidents.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from correlate.accounts import View
from correlate.alarms.alarm import complaint_of
from correlate.citing import position_of
from correlate.incidents import Joined, Trouble
from correlate.moments import change_name
from correlate.parameters import DEFAULTS
from correlate.scene import Account, Finding, Position
from correlate.telemetry.roles import owner_of
from correlate.units import SECOND_NS
from correlate.words import clause, name_of, percent, plural, quoted, sentence, span, template
from schemas.incident import Phase, Reason
from schemas.plain import one_line
from schemas.signal import Kind, Signal, Status

ENTITIES_MOST: Final = 30
RECORDS_MOST: Final = 100
"""About 350 bytes each: with the near misses 60 kB of a record, whatever storm it was."""
TEXT_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every reason of one incident needs."""

    view: View
    trouble: Trouble
    account: Account
    hops: Mapping[str, int]
    """Entity → calls between it and the most affected entity."""
    idents: frozenset[tuple[str, str, str]]
    """Complaints in the incident's bursts."""
    accused: Mapping[tuple[str, str, str], float]
    """Complaint → nats by which it accuses its entity."""


def surroundings(view: View, trouble: Trouble, account: Account) -> Surroundings:
    bursts = [view.alarms.bursts[burst] for burst, number in sorted(view.bridge.incident_of.items()) if number == trouble.number]
    accused = {
        alarm.complaint.ident: nats
        for burst in bursts
        for accusation in view.alarms.accuse(burst)
        for nats, alarm in accusation.alarms
    }  # fmt: skip
    return Surroundings(
        view=view,
        trouble=trouble,
        account=account,
        hops=distances(account.calls, next(iter(account.entities), "")),
        idents=frozenset(ident for burst in bursts for ident in burst.first),
        accused=accused,
    )


def distances(calls: Mapping[str, frozenset[str]], start: str) -> dict[str, int]:
    """Fewest calls between an entity and every other one, whichever way they go; what cannot be reached is left out."""
    beside: dict[str, set[str]] = {}
    for caller, callees in calls.items():
        for callee in callees:
            beside.setdefault(caller, set()).add(callee)
            beside.setdefault(callee, set()).add(caller)
    found, fringe = {start: 0}, [start]
    while fringe:
        fringe = sorted({other for entity in fringe for other in beside.get(entity, ())} - found.keys())
        found.update(dict.fromkeys(fringe, max(found.values()) + 1))
    return found


def membership(around: Surroundings) -> tuple[Reason, ...]:
    """Entities first, most affected first; then records: alerts, changes, departures, log lines and states."""
    entities = [_of_entity(entity, at_ns, around) for entity, at_ns in list(around.account.entities.items())[:ENTITIES_MOST]]
    records: dict[str, Reason] = {}
    for reason in (*_alerts(around), *_changes(around), *_departures(around), *_lines(around)):
        records.setdefault(reason.member, reason)
    return (*entities, *list(records.values())[:RECORDS_MOST])


def place(position: Position) -> str:
    """How a record is named: `topic/partition/offset/row`."""
    return f"{position.topic}/{position.partition}/{position.offset}/{position.row}"


def reason(around: Surroundings, member: str, entity: str, how: str, at_ns: int | None, text: str, score: float | None = None) -> Reason:
    return Reason(
        member=member,
        entity=entity,
        how=how,
        score=None if score is None else round(score, 1),
        seconds=None if at_ns is None else round((at_ns - around.account.onset_ns) / SECOND_NS, 3),
        hops=around.hops.get(entity),
        text=one_line(text, TEXT_CHARACTERS),
    )


def when(around: Surroundings, at_ns: int) -> str:
    """`59 s after the onset`."""
    apart_ns = at_ns - around.account.onset_ns
    return "at the onset" if abs(apart_ns) < SECOND_NS else f"{span(apart_ns)} {'after' if apart_ns > 0 else 'before'} the onset"


def _of_entity(entity: str, first_ns: int, around: Surroundings) -> Reason:
    trouble, name = around.trouble, name_of(entity)
    why = trouble.joined.get(entity)
    if why is None:
        shown = trouble.blame.get(entity, 0.0)
        text = f"{name} did not join by an onset of its own, but departed from normal {when(around, first_ns)} and is ranked by it"
        return reason(around, entity, entity, "ranked", first_ns, f"{text} with {shown:.1f} nats.", shown)
    return reason(around, entity, entity, why.how, why.at_ns, _joined(name, why, around), why.nats or trouble.blame.get(entity))


def _joined(name: str, why: Joined, around: Surroundings) -> str:
    """The rule of incidents.py by which it joined, in words."""
    apart, clock = when(around, why.at_ns), span(int(DEFAULTS.join_windows * around.trouble.window_ns))
    match why.how:
        case "opened":
            return f"{name} opened the incident: it departed from normal with {why.nats:.1f} nats."
        case "alerted":
            return f"An alert about {name} fired {apart}: the symptom to be explained, or one within the incident's clock of it ({clock})."
        case "accused":
            return f"The burst of alerts that began {apart} accuses {name}."
        case "around_alert":
            return f"{name} began to depart {apart} ({why.nats:.1f} nats): an incident with an alert gathers what begins around it."
        case "sequel":
            return f"{name} departed {apart} ({why.nats:.1f} nats), when this was not yet over, and brought no news: the suspect itself, or far weaker."
        case "onset":
            apart = "on the incident's" if apart == "at the onset" else apart
            return f"The onset of {name} lies {apart}, within what the clock can tell apart ({clock}); it showed {why.nats:.1f} nats."
    return f"{name} showed {why.nats:.1f} nats without a sample that tells when it began; this was the nearest open incident."


def _alerts(around: Surroundings) -> Iterator[Reason]:
    """One reason for each alert of each entity: its first firing."""
    told: set[tuple[str, str]] = set()
    for row in around.account.members:
        key = row.subject.entity, row.subject.name
        if row.subject.kind is not Kind.ALERT or row.status is Status.RESOLVED or key in told:
            continue
        told.add(key)
        ident, at_ns = complaint_of(row.subject).ident, row.starts_at_ns or row.event_time_ns
        fired = f"{row.subject.name or 'The alert'} on {name_of(row.subject.entity)} fired {when(around, at_ns)}"
        if ident not in around.idents:
            yield _record(around, row, "same_entity", f"{fired}, on a component of the incident.", None, at_ns)
            continue
        nats = around.accused.get(ident, 0.0)
        text = f"{fired}, in the same burst of {plural(len(around.idents), 'alert')}"
        yield _record(around, row, "burst", f"{text}{'' if nats else '; it accuses nobody in particular'}.", nats, at_ns)


def _changes(around: Surroundings) -> Iterator[Reason]:
    suspects = {position_of(suspect.change): suspect for suspect in around.account.suspects if suspect.change is not None}
    for row in around.account.members:
        if row.subject.kind not in (Kind.CHANGE, Kind.SCALING):
            continue
        suspect = suspects.get(position_of(row))
        what = f"{sentence(change_name(row)).rstrip('.')}, {when(around, row.event_time_ns)}"
        if suspect is None:
            then = "shortly before it" if row.event_time_ns < around.account.onset_ns else "while it lasted"
            yield _record(around, row, "same_entity", f"{what}, changed a component of the incident {then}.")
            continue
        nats = sum(argument.nats for argument in suspect.arguments)
        best = max(suspect.arguments, key=lambda argument: argument.nats, default=None)
        because = f": {clause(best.text)}" if best is not None and best.nats > 0 else ""
        yield _record(around, row, "judged", f"{what}, was judged as a cause, probability {percent(suspect.score)}{because}.", nats)


def _departures(around: Surroundings) -> Iterator[Reason]:
    for finding in around.account.findings:
        if finding.position is not None and finding.position.topic:
            yield _departure(finding, around)


def _departure(finding: Finding, around: Surroundings) -> Reason:
    text = f"First record of a departure of {finding.nats:.1f} nats: {clause(finding.text)}."
    return reason(
        around, place(finding.position or Position("", -1, -1)), finding.entity, "departure", finding.first_ns, text, finding.nats
    )


def _lines(around: Surroundings) -> Iterator[Reason]:
    for row in around.account.members:
        name = name_of(row.subject.entity)
        if row.subject.kind is Kind.LOG:
            yield _record(around, row, "exemplar", f"The first alarming line of its kind of {name} in the incident: {template(row.text)}.")
        elif row.subject.kind is Kind.STATE:
            said = quoted(one_line(row.text or row.subject.name, 80))
            yield _record(around, row, "same_entity", f"What {name}, a component of the incident, was in while it lasted: {said}.")


def _record(around: Surroundings, row: Signal, how: str, text: str, nats: float | None = None, at_ns: int | None = None) -> Reason:
    time_ns = row.event_time_ns if at_ns is None else at_ns
    return reason(around, place(position_of(row)), owner_of(row.subject), how, time_ns, text, nats)


def ended(around: Surroundings) -> int | None:
    """When it was over; None while it goes on."""
    return around.trouble.resolved_ns if around.trouble.phase is Phase.RESOLVED else None
