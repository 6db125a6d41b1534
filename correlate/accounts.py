"""Gathers what is known of one incident: what the judges are to see (Scene) and what is to be told (Account).

Knows:   which alerts, changes, states and log lines belong to an incident, by time and by entity.
Ignores: how causes are weighed (causes, evidence/) and how sentences are made (telling).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from correlate.alarms import Alarms
from correlate.alarms.alarm import complaint_of
from correlate.bridge import Bridge
from correlate.incidents import IncidentBook, Trouble
from correlate.journal import Journal
from correlate.recovered import is_verified, reasons
from correlate.scene import Account, Finding, Position, Scene, Series, Suspect
from correlate.telemetry import Telemetry
from correlate.telemetry.roles import owner_of
from correlate.units import MINUTE_NS
from correlate.words import family_words, name_of
from schemas import severity
from schemas.incident import Argument, Phase
from schemas.signal import Signal, Status

ALERTS_MAX = 200
UNSEEN = 2.3
"""Nats against an entity of which telemetry is known and shows nothing: about one fault in ten leaves none where it sits."""
LOGS_PER_ENTITY_MAX = 5
BEFORE_NS = 5 * MINUTE_NS
"""How long before the onset an alert or a state may be and still belong: one evaluation of a slow alert rule."""


@dataclass(frozen=True, slots=True)
class View:
    """The rooms of one engine, to look into."""

    estate: str
    telemetry: Telemetry
    alarms: Alarms
    book: IncidentBook
    journal: Journal
    bridge: Bridge
    declared: frozenset[str]
    shed: Mapping[str, int]

    def measures(self, entity: str) -> bool:
        """Whether an entity has telemetry of its own."""
        registry = self.telemetry.registry
        return registry.number_of.get(entity, -1) in registry.witnesses


def alerts_of(view: View, trouble: Trouble, end_ns: int, findings: Sequence[Finding]) -> list[Signal]:
    """Firings and resolutions that belong to an incident, oldest first: of its bursts, and about whoever is in it or shows something."""
    idents = {
        ident for burst, number in view.bridge.incident_of.items() if number == trouble.number for ident in view.alarms.bursts[burst].first
    }
    related = set(trouble.entities) | (trouble.blame.keys() & {finding.entity for finding in findings})
    chosen: list[Signal] = []
    for signal in view.journal.between(view.journal.alerts, trouble.onset_ns - BEFORE_NS, end_ns):
        subject = signal.subject
        if not related.isdisjoint((subject.entity, *subject.ancestors)) or complaint_of(subject).ident in idents:
            chosen.append(signal)
    return sorted(chosen, key=_order)


def scene_of(view: View, trouble: Trouble, now_ns: int, findings: Sequence[Finding], alerts: Sequence[Signal]) -> Scene:
    """What the judges of changes see.  Without a change to judge, only the series of entries are gathered: their requests may have risen."""
    changes, calls = view.journal.changes_until(now_ns), view.telemetry.calls()
    window_ns = trouble.window_ns
    entries = None if changes else _entries(view, calls)
    return Scene(
        estate=view.estate,
        onset_ns=trouble.onset_ns,
        detected_ns=trouble.detected_ns,
        now_ns=now_ns,
        alerts=alerts,
        changes=changes,
        series=view.telemetry.series_window(trouble.onset_ns - 20 * window_ns, now_ns, entries),
        logs=list(view.journal.logs) if changes else (),
        calls=calls,
        blame=trouble.blame,
        findings=findings,
        declared=view.declared,
        measured=frozenset(filter(view.measures, view.telemetry.entities())),
    )


def _entries(view: View, calls: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Entities that nobody calls, if any calls are known."""
    return frozenset(view.telemetry.entities()).difference(*calls.values()) if calls else frozenset()


def account_of(
    view: View,
    trouble: Trouble,
    alerts: Sequence[Signal],
    *,
    incident_id: str,
    revision: int,
    now_ns: int,
    suspects: list[Suspect],
    findings: list[Finding],
    late: frozenset[Position],
    notes: tuple[str, ...],
) -> Account:
    end_ns = trouble.resolved_ns or now_ns
    entities = _first_failures(trouble, findings, alerts)
    findings = [finding for finding in findings if finding.entity in entities]
    related = set(entities)
    changes = _changes(view, trouble, suspects, end_ns, related)
    states = [
        signal for signal in view.journal.between(view.journal.states, trouble.onset_ns - BEFORE_NS, end_ns) if _about(signal, related)
    ]
    logs = _exemplars(view.journal.between(view.journal.logs, trouble.onset_ns - BEFORE_NS, end_ns), related)
    counts = {"alert": len(alerts), "change": len(changes), "state": len(states), "log": len(logs), "metric": len(findings)}
    return Account(
        incident_id=incident_id,
        estate=view.estate,
        revision=revision,
        phase=trouble.phase,
        onset_ns=trouble.onset_ns,
        detected_ns=max(trouble.detected_ns, trouble.onset_ns),
        detected_by=_detected_by(trouble, alerts),
        mitigated_ns=trouble.resolved_ns if trouble.phase is Phase.MITIGATED else None,
        resolved_ns=trouble.resolved_ns if trouble.phase is Phase.RESOLVED else None,
        entities=entities,
        members=sorted([*alerts[:ALERTS_MAX], *changes, *states, *logs], key=_order),
        findings=findings,
        suspects=suspects,
        calls=view.telemetry.calls(),
        signal_count=sum(counts.values()),
        counts={kind: count for kind, count in counts.items() if count},
        series=_impact_series(view, trouble, end_ns),
        late=late,
        shed={**view.journal.shed, **view.telemetry.shed, **view.shed},
        notes=notes,
        recovery=reasons(alerts, findings, departed=bool(trouble.families)) if trouble.phase is Phase.RESOLVED else (),
        verified=is_verified(alerts, findings, departed=bool(trouble.families)),
        unconfirmed=_unconfirmed(view, entities, alerts) if not findings and not logs else (),
        relapses=tuple(trouble.relapses),
        holding_nats=trouble.holding,
        settled_ns=None if trouble.phase is Phase.RESOLVED else now_ns - trouble.window_ns,
    )


def _unconfirmed(view: View, entities: Iterable[str], alerts: Sequence[Signal]) -> tuple[str, ...]:
    """Affected entities that alerts are about, if telemetry is known of each of them."""
    alerted = {owner_of(signal.subject) for signal in alerts if signal.status is not Status.RESOLVED}
    named = tuple(entity for entity in entities if entity in alerted)
    return named if all(view.measures(entity) for entity in named) else ()


def arguments_of(
    trouble: Trouble, findings: Sequence[Finding], alerts: Sequence[Signal], entity: str, *, measured: bool
) -> tuple[Argument, ...]:
    """What speaks for an entity as a cause, strongest first: its own deviations and its own alerts; against it, that it shows nothing."""
    own = [Argument(kind=finding.family, nats=finding.nats, text=finding.text) for finding in findings if finding.entity == entity]
    told = {argument.kind for argument in own}
    own += [
        Argument(kind=family, nats=nats, text=f"its {family_words(family)} departed from normal by {nats:.1f} nats")
        for family, nats in trouble.families.get(entity, {}).items()
        if family not in told and nats > 0
    ]
    names = list(
        dict.fromkeys(signal.subject.name for signal in alerts if signal.subject.entity == entity and signal.status is not Status.RESOLVED)
    )
    if names and entity in trouble.blame:
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        own.append(Argument(kind="alerts", nats=trouble.blame[entity], text=f"its own alerts fired: {shown}"))
    own = sorted(own, key=lambda argument: (-argument.nats, argument.kind))[:5]
    if measured and not told and not trouble.families.get(entity):
        own.append(Argument(kind="no_departure", nats=-UNSEEN, text=f"nothing measured of {name_of(entity)} departed from normal"))
    return tuple(own)


def _changes(view: View, trouble: Trouble, suspects: Sequence[Suspect], end_ns: int, related: set[str]) -> list[Signal]:
    """The suspected changes, and whatever changed the affected entities from the onset on."""
    chosen = {_order(suspect.change): suspect.change for suspect in suspects if suspect.change is not None and suspect.score >= 0.01}
    for change in view.journal.between(view.journal.changes, trouble.onset_ns - BEFORE_NS, end_ns):
        if _about(change, related):
            chosen[_order(change)] = change
    return [chosen[key] for key in sorted(chosen)]


def _exemplars(logs: Iterable[Signal], related: set[str]) -> list[Signal]:
    """The first alarming line of each template of the affected entities."""
    chosen: dict[str, dict[int, Signal]] = {}
    for signal in logs:
        if signal.severity_number >= severity.WARN and _about(signal, related):
            lines = chosen.setdefault(signal.subject.entity, {})
            if signal.template_id not in lines and len(lines) < LOGS_PER_ENTITY_MAX:
                lines[signal.template_id] = signal
    return [signal for lines in chosen.values() for signal in lines.values()]


def _about(signal: Signal, entities: set[str]) -> bool:
    return not entities.isdisjoint((signal.subject.entity, *signal.subject.ancestors, *signal.subject.aliases))


def _first_failures(trouble: Trouble, findings: Sequence[Finding], alerts: Sequence[Signal]) -> dict[str, int]:
    """Affected entity → first failure, most affected first (C13).  Who is only ranked, without any sign of its own, is not affected."""
    first: dict[str, int] = {}
    for finding in findings:
        first[finding.entity] = min(first.get(finding.entity, finding.first_ns), finding.first_ns)
    for signal in alerts:
        if signal.status is not Status.RESOLVED:
            at_ns = signal.starts_at_ns or signal.event_time_ns
            first[signal.subject.entity] = min(first.get(signal.subject.entity, at_ns), at_ns)
    shown = first.keys() | set(trouble.entities)
    order = [
        *(entity for entity in trouble.blame if entity in shown),
        *(entity for entity in trouble.entities if entity not in trouble.blame),
    ]
    return {entity: first.get(entity, trouble.onset_ns) for entity in order}


def _detected_by(trouble: Trouble, alerts: Sequence[Signal]) -> str:
    """An alert only where one fired by then: telemetry is often first."""
    firing = [signal for signal in alerts if signal.status is not Status.RESOLVED and signal.event_time_ns <= trouble.detected_ns]
    if trouble.alerted and firing:
        return f"alert {firing[0].subject.name} on {name_of(firing[0].subject.entity)}"
    opener = next((entity for entity, why in trouble.joined.items() if why.how == "opened"), next(iter(trouble.entities), None))
    families = sorted(trouble.families.get(opener or "", {}).items(), key=lambda item: (-item[1], item[0]))[:2]
    what = " and ".join(family_words(family) for family, _ in families)
    if opener is None:
        return "several signals departed from normal together"
    return f"{f'{what} of ' if what else ''}{name_of(opener)} departed from normal"


def _impact_series(view: View, trouble: Trouble, end_ns: int) -> list[Series]:
    related = frozenset(trouble.entities) | frozenset(list(trouble.blame)[:5])
    return view.telemetry.series_window(trouble.onset_ns - 5 * trouble.window_ns, end_ns, related)


def _order(signal: Signal) -> tuple[int, str, int, int, int]:
    return signal.event_time_ns, signal.topic, signal.partition, signal.offset, signal.row
