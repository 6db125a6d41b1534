"""What came close to an incident and was left out, and why (C19).

Knows:   who was hot but not enough or belongs elsewhere, which alerts, changes and log lines of the same time have no tie to it.
Ignores: what is in it (membership.py).

A bounded list: the closest of each sort.  What is farther away is told when somebody asks for it (verdict.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from operator import attrgetter
from typing import Final

from correlate.accounts import BEFORE_NS
from correlate.alarms.alarm import complaint_of
from correlate.citing import position_of
from correlate.membership import Surroundings, ended, place, reason, when
from correlate.moments import change_name
from correlate.telemetry.blame import NOTICED
from correlate.telemetry.roles import owner_of
from correlate.words import name_of, percent, plural, sentence, span, template
from schemas import severity
from schemas.incident import Reason
from schemas.signal import Kind, Signal, Status

ENTITIES_MOST: Final = 10
ALERTS_MOST: Final = 7
REPEATS_MOST: Final = 2
CHANGES_MOST: Final = 8
LINES_MOST: Final = 3
"""Thirty in all: what a reader who doubts a grouping looks through."""

_WHERE: Final = attrgetter("topic", "partition", "offset", "row")


def near_misses(around: Surroundings) -> tuple[Reason, ...]:
    """Entities, alerts, repeats, changes and log lines, each sort by how close it came."""
    return (
        *islice(_entities(around), ENTITIES_MOST),
        *islice(_alerts(around), ALERTS_MOST),
        *islice(_repeats(around), REPEATS_MOST),
        *islice(_changes(around), CHANGES_MOST),
        *islice(_lines(around), LINES_MOST),
    )


def _entities(around: Surroundings) -> Iterator[Reason]:
    """Most nats first."""
    trouble, view = around.trouble, around.view
    shown = {entity: max(trouble.seen.get(entity, 0.0), trouble.blame.get(entity, 0.0)) for entity in {*trouble.seen, *trouble.blame}}
    complaints = {alarm.complaint.candidate for alarm in view.alarms.recent if alarm.complaint.ident in around.idents}
    candidates = ({entity for entity, nats in shown.items() if nats >= NOTICED} | complaints) - around.account.entities.keys()
    homes = {entity: other for other in view.book.incidents.values() if other is not trouble for entity in other.entities}
    for entity in sorted(candidates, key=lambda entity: (-shown.get(entity, 0.0), entity)):
        nats, name = trouble.seen.get(entity, 0.0), name_of(entity)
        home = homes.get(entity)
        if home is not None and home.onset_ns <= (ended(around) or home.onset_ns):
            apart = when(around, home.onset_ns)
            text = f"{name} is in another incident, whose onset lies {apart}; it showed {nats:.1f} nats."
            yield reason(around, entity, entity, "other_incident", home.onset_ns, text, nats)
        elif entity in complaints:
            text = f"{name} complained in the same burst, but of what {_share(around)} of all known components complained of."
            yield reason(around, entity, entity, "everybody", None, text, nats)
        elif nats < trouble.holding:
            text = (
                f"{name} showed at most {nats:.1f} nats, {trouble.holding - nats:.1f} below the {trouble.holding:.1f} that joining takes."
            )
            yield reason(around, entity, entity, "below_threshold", None, text, nats)
        else:
            text = f"{name} showed {nats:.1f} nats, but its onset fits neither the incident's nor the time around its alert."
            yield reason(around, entity, entity, "elsewhere", None, text, nats)


def _share(around: Surroundings) -> str:
    shown = {alarm.complaint.candidate for alarm in around.view.alarms.recent if alarm.complaint.ident in around.idents}
    return percent(min(1.0, len(shown) / max(1, len(around.view.alarms.entities))))


def _alerts(around: Surroundings) -> Iterator[Reason]:
    """Firing ones that belong to nobody affected, nearest to the onset first; and those before the look-back."""
    onset_ns, mine = around.account.onset_ns, set(map(_WHERE, around.account.members))
    until_ns = (ended(around) or around.trouble.last_ns) + BEFORE_NS
    shelf = around.view.journal.between(around.view.journal.alerts, onset_ns - 6 * BEFORE_NS, until_ns)
    for row in _by_distance([row for row in shelf if row.status is not Status.RESOLVED], onset_ns):
        if _WHERE(row) in mine:
            continue
        early = row.event_time_ns < onset_ns - BEFORE_NS
        if not early and complaint_of(row.subject).ident in around.idents:
            continue
        entity, name = owner_of(row.subject), row.subject.name or "The alert"
        fired = f"{name} on {name_of(entity)} fired {when(around, row.event_time_ns)}"
        if early:
            text = f"{fired}, {span(onset_ns - BEFORE_NS - row.event_time_ns)} before the {span(BEFORE_NS)} that are looked back."
            yield _record(around, row, entity, "before_look_back", text)
        else:
            path = _path(around, entity)
            yield _record(around, row, entity, "elsewhere" if entity in around.hops else "no_path", f"{fired}; {path}.")


def _by_distance(rows: list[Signal], onset_ns: int) -> Iterator[Signal]:
    """Nearest first, those of one distance by where they lie, which is looked up only of those that are asked for."""
    rows.sort(key=lambda row: abs(row.event_time_ns - onset_ns))
    for _, alike in groupby(rows, key=lambda row: abs(row.event_time_ns - onset_ns)):
        yield from sorted(alike, key=lambda row: place(position_of(row)))


def _path(around: Surroundings, entity: str) -> str:
    """Why an entity's records have nothing to do with the incident."""
    hops = around.hops.get(entity)
    top = name_of(next(iter(around.account.entities), ""))
    if hops is None:
        return f"no path of calls leads from it to {top}, and it was in no burst of the incident"
    return f"it is {plural(hops, 'call')} from {top}, which alone is no tie: its component showed no departure that joined"


def _repeats(around: Surroundings) -> Iterator[Reason]:
    """Alerts of the incident that were told again while firing: no news, so not counted again."""
    mine = {row.dedup_key for row in around.account.members if row.subject.kind is Kind.ALERT and row.dedup_key}
    told = [(count, row) for key, (count, row) in around.view.journal.repeats.items() if key in mine]
    for count, row in sorted(told, key=lambda pair: (-pair[0], place(position_of(pair[1])))):
        name = f"{row.subject.name} on {name_of(row.subject.entity)}"
        text = f"{name} was told again {plural(count, 'time')} while it fired, last {when(around, row.event_time_ns)}: a repeat is no news."
        yield _record(around, row, owner_of(row.subject), "repeat", text)


def _changes(around: Surroundings) -> Iterator[Reason]:
    """Within the look-back of a day, judged and let go or never a candidate; nearest to the onset first."""
    onset_ns, mine = around.account.onset_ns, _positions(around)
    probability = {place(position_of(suspect.change)): suspect.score for suspect in around.account.suspects if suspect.change is not None}
    until_ns = ended(around) or around.trouble.last_ns
    rows = [row for row in around.view.journal.changes_until(until_ns) if place(position_of(row)) not in mine]
    for row in sorted(rows, key=lambda row: (abs(row.event_time_ns - onset_ns), place(position_of(row)))):
        entity = owner_of(row.subject)
        what = f"{sentence(change_name(row)).rstrip('.')}, {when(around, row.event_time_ns)}"
        score = probability.get(place(position_of(row)))
        if score is not None:
            yield _record(around, row, entity, "acquitted", f"{what}, was judged as a cause and let go: probability {percent(score)}.")
        elif row.event_time_ns > around.account.detected_ns:
            text = f"{what}, came after detection, so it cannot be the cause, and its component is none of the incident's."
            yield _record(around, row, entity, "elsewhere", text)
        else:
            yield _record(
                around, row, entity, "acquitted", f"{what}, is not among the {len(probability)} changes that were judged for themselves."
            )


def _lines(around: Surroundings) -> Iterator[Reason]:
    """The first error line of each component outside the incident while it lasted."""
    until_ns = ended(around) or around.trouble.last_ns
    told: set[str] = set()
    for row in around.view.journal.between(around.view.journal.logs, around.account.onset_ns - BEFORE_NS, until_ns):
        entity = owner_of(row.subject)
        about = {entity, row.subject.entity, *row.subject.ancestors, *row.subject.aliases}
        if row.severity_number >= severity.ERROR and entity not in told and about.isdisjoint(around.account.entities):
            told.add(entity)
            text = f"{template(row.text)} of {name_of(entity)}, {when(around, row.event_time_ns)}; {_path(around, entity)}."
            yield _record(around, row, entity, "elsewhere" if entity in around.hops else "no_path", text)


def _positions(around: Surroundings) -> set[str]:
    return {place(position_of(row)) for row in around.account.members}


def _record(around: Surroundings, row: Signal, entity: str, how: str, text: str) -> Reason:
    return reason(around, place(position_of(row)), entity, how, row.event_time_ns, text)
