"""Between alarms and incidents: each burst of alarms opens an incident or joins one, speaks on its causes, and keeps it open.

Knows:   which burst belongs to which incident.
Ignores: how bursts and incidents are found.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from correlate.alarms import AlarmBurst, Alarms
from correlate.alarms.alarm import Alarm
from correlate.incidents import IncidentBook
from correlate.journal import Journal
from correlate.parameters import DEFAULTS
from correlate.telemetry import Telemetry
from correlate.units import HOUR_NS
from schemas.signal import Signal

_FIRING_HOLDS_NS = 4 * HOUR_NS
"""An alert that fires for longer than half a shift is a known condition and holds no incident open by itself."""


@dataclass(slots=True)
class Bridge:
    incident_of: dict[int, int] = field(default_factory=dict)
    """Burst number → incident number."""
    heard: dict[int, int] = field(default_factory=dict)
    """Burst number → alarms in it when its opinion was last taken; -1 once it has closed."""

    def carry(self, alarms: Alarms, journal: Journal, book: IncidentBook, telemetry: Telemetry, now_ns: int) -> None:
        for number, burst in sorted(alarms.bursts.items()):
            if self.heard.get(number) == -1:
                continue
            if number not in self.incident_of:
                self.incident_of[number] = _open(burst, alarms, book, telemetry, now_ns)
            incident = self.incident_of[number]
            if burst.closed or self.heard.get(number) != burst.alarm_count:
                book.opinion(incident, {accusation.entity: accusation.nats for accusation in alarms.accuse(burst) if accusation.nats > 0})
                self.heard[number] = burst.alarm_count
            if burst.closed:
                self.heard[number] = -1
                book.ended(incident, burst.active_ns)
            else:
                book.keep(incident, now_ns)
        self._keep_firing(journal, book, now_ns)
        self._forget(alarms)

    def _keep_firing(self, journal: Journal, book: IncidentBook, now_ns: int) -> None:
        """Where alerts are known to resolve, one that still fires says that it is not over (C9)."""
        if not journal.resolves or not journal.firing:
            return
        for number, trouble in sorted(book.incidents.items()):
            if trouble.resolved_ns is None and any(
                holds(signal, trouble.onset_ns, trouble.entities, now_ns) for signal in journal.firing.values()
            ):
                book.keep(number, now_ns)

    def _forget(self, alarms: Alarms) -> None:
        for number in [number for number in self.incident_of if number not in alarms.bursts]:
            del self.incident_of[number]
            self.heard.pop(number, None)


def holds(signal: Signal, onset_ns: int, entities: list[str], now_ns: int) -> bool:
    """Does this firing alert belong to an incident of these entities that began at `onset_ns`?"""
    began_ns = signal.starts_at_ns or signal.event_time_ns
    about = {signal.subject.entity, *signal.subject.ancestors}
    return began_ns >= onset_ns - 2 * DEFAULTS.burst_ns and now_ns - began_ns <= _FIRING_HOLDS_NS and not about.isdisjoint(entities)


def _open(burst: AlarmBurst, alarms: Alarms, book: IncidentBook, telemetry: Telemetry, now_ns: int) -> int:
    """Where the complaining entities have telemetry, each alarm says which symptom is to be explained; else the burst speaks for itself."""
    known = {telemetry.registry.entities[number] for number in telemetry.registry.witnesses}
    members = sorted(burst.first.values(), key=lambda alarm: (alarm.time_ns, alarm.complaint.ident))
    numbers = [
        book.alert(alarm.complaint.candidate, alarm.time_ns, symptoms(alarm), now_ns, telemetry)
        for alarm in members
        if alarm.complaint.candidate in known
    ]
    if numbers:
        return numbers[0]
    return book.outside(burst.onset_ns, [accusation.entity for accusation in alarms.accuse(burst)], 2 * DEFAULTS.burst_ns, now_ns)


def symptoms(alarm: Alarm) -> frozenset[str]:
    """Words of an alarm that may be the name of the metric it watches: its name and its labels' values."""
    name, *labels = alarm.complaint.kind.split("|")
    return frozenset({name, *(label.partition("=")[2] for label in labels)})
