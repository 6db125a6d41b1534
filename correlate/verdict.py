"""Answers "why is this in the incident, or why not?" for any entity or record, from the incident's own snapshot (C19).

Knows:   the snapshot's reasons, its evidence, its span and its entities, and what these mean for a row that it does not list.
Ignores: where snapshot and rows come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from correlate.accounts import BEFORE_NS
from correlate.journal import LOOK_BACK_NS
from correlate.telemetry.roles import owner_of
from correlate.units import SECOND_NS
from correlate.words import listed, name_of, nanoseconds, span
from schemas import severity
from schemas.entity import split
from schemas.evidence import Evidence
from schemas.incident import Incident, Reason
from schemas.signal import Kind, Signal

_CHANGES: Final = frozenset({Kind.CHANGE, Kind.SCALING})


@dataclass(frozen=True, slots=True)
class Answer:
    inside: bool
    reason: Reason


def of_entity(incident: Incident, name: str) -> Answer:
    """name: `service:checkout`, or `checkout` alone."""
    for inside, reasons in ((True, incident.membership), (False, incident.near_misses)):
        for reason in reasons:
            if reason.member == reason.entity and name in (reason.entity, split(reason.entity)[1]):
                return Answer(inside, reason)
    named = next((entity for entity in incident.entities if name in (entity, split(entity)[1])), None)
    if named is not None:
        return Answer(
            True, Reason(member=named, entity=named, how="ranked", text=f"{name_of(named)} is affected, beyond the most affected.")
        )
    text = f"{name} is not in it: while the incident lasted, nothing that was heard of it stood out, or nothing of that name was heard of."
    return Answer(False, Reason(member=name, entity=name, how="unheard", text=text))


def of_record(incident: Incident, record: str, rows: list[Signal]) -> list[Answer]:
    """One answer a row of the record.

    record: `topic/partition/offset`, or with `/row`.  rows: what the record says, where it could be read; all of its rows or the one asked.
    """
    known = {f"{record}/{row.row}" for row in rows} | {record, f"{record}/0"}
    listed_ones = [
        Answer(inside, reason)
        for inside, reasons in ((True, incident.membership), (False, incident.near_misses))
        for reason in reasons
        if reason.member in known or reason.member.startswith(f"{record}/")
    ]
    if listed_ones:
        return listed_ones
    if rows:
        return [_judged(incident, row) for row in rows]
    cited = next((one for one in _evidence(incident) if _place(one).startswith(f"{record}/") or _place(one) == record), None)
    if cited is not None:
        return [Answer(True, _cited(record, cited))]
    text = "It is neither listed nor cited, and the record itself could not be read: its topic may no longer hold it."
    return [Answer(False, Reason(member=record, entity="", how="unheard", text=text))]


def _judged(incident: Incident, row: Signal) -> Answer:
    """By the rules of the engine: its time, then whose it is, then what it says."""
    at_ns = row.starts_at_ns or row.event_time_ns
    onset_ns, end_ns = nanoseconds(incident.onset_at), nanoseconds(incident.resolved_at) if incident.resolved_at else None
    seconds = round((at_ns - onset_ns) / SECOND_NS, 3)
    entity = owner_of(row.subject)

    def answer(inside: bool, how: str, text: str) -> Answer:
        member = f"{row.topic}/{row.partition}/{row.offset}/{row.row}"
        return Answer(inside, Reason(member=member, entity=entity, how=how, seconds=seconds, text=text))

    cited = next((one for one in _evidence(incident) if (one.topic, one.partition, one.offset, one.row) == _of_row(row)), None)
    if cited is not None:
        return Answer(True, _cited(_place(cited), cited))
    what, back_ns = f"This {row.subject.kind.value} of {name_of(entity)}", LOOK_BACK_NS if row.subject.kind in _CHANGES else BEFORE_NS
    if at_ns < onset_ns - back_ns:
        text = f"{what} lies outside: it came {span(onset_ns - back_ns - at_ns)} before the {span(back_ns)} that are looked back."
        return answer(False, "before_look_back", text)
    if end_ns is not None and at_ns > end_ns:
        return answer(False, "after_end", f"{what} lies outside: it came {span(at_ns - end_ns)} after the recovery.")
    about = {entity, row.subject.entity, *row.subject.ancestors, *row.subject.aliases}
    if about.isdisjoint(incident.entities):
        miss = of_entity(incident, entity)
        why = miss.reason.text if miss.reason.how != "unheard" else f"nothing of {name_of(entity)} joined the incident"
        return answer(False, "elsewhere", f"{what} lies in its time, but not on its components: {why}")
    return answer(*_by_kind(incident, row, what, entity))


def _by_kind(incident: Incident, row: Signal, what: str, entity: str) -> tuple[bool, str, str]:
    """Of a row of an affected component, within the incident's time, that the snapshot neither lists nor cites."""
    if row.subject.kind is Kind.METRIC:
        told = [one for one in _evidence(incident) if one.kind == Kind.METRIC.value and one.entity == entity]
        if any(one.text.startswith(f"{row.subject.name} of ") for one in told):
            return True, "departure", f"{what} is a further sample of {row.subject.name}, whose departure is part of the incident."
        return False, "ordinary", f"{what} is a sample of {row.subject.name}, which is not among the departures told of {name_of(entity)}."
    if row.subject.kind is Kind.LOG:
        if row.severity_number >= severity.WARN:
            return True, "counted", f"{what} counts in the rates of its log lines; an earlier or likelier one of its kind is cited."
        return False, "ordinary", f"{what} is an ordinary line: it counts in the shares of its log lines, but says nothing by itself."
    if row.subject.kind in _CHANGES and row.event_time_ns < nanoseconds(incident.onset_at):
        return False, "acquitted", f"{what} came before the onset and is not among the changes that are suspected."
    return True, "same_entity", f"{what} is of a component of the incident and lies in its time; it is folded into an earlier one."


def _evidence(incident: Incident) -> Iterator[Evidence]:
    """Whatever the snapshot cites."""
    yield from (one for entry in incident.timeline for one in entry.evidence)
    yield from (one for node in incident.chain.nodes for one in node.refs)
    yield from (one for cause in incident.causes for argument in (*cause.evidence, *cause.against) for one in argument.refs)


def _cited(record: str, evidence: Evidence) -> Reason:
    text = f"It is cited as evidence: a {evidence.kind} of {listed([name_of(evidence.entity)])} at {evidence.at}."
    return Reason(member=record, entity=evidence.entity, how="cited", text=text)


def _place(evidence: Evidence) -> str:
    return f"{evidence.topic}/{evidence.partition}/{evidence.offset}/{evidence.row}"


def _of_row(row: Signal) -> tuple[str, int, int, int]:
    return row.topic, row.partition, row.offset, row.row


def as_json(incident: Incident, answers: list[Answer]) -> bytes:
    """One object, for other programs."""
    told = [{"in": answer.inside, **msgspec.to_builtins(answer.reason)} for answer in answers]
    return msgspec.json.format(msgspec.json.encode({"incident_id": incident.incident_id, "revision": incident.revision, "answers": told}))
