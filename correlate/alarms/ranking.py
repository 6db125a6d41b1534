"""Whom a burst of alerts accuses.

Knows:   what fired in past incidents, who else shows the same kind of complaint now, and when each complaint first came.
Ignores: metrics, logs and changes.

A complaint that fires in any incident says nothing; what fired in the last ones may still be the last one's; what everybody shows now
is nobody's.  What is left is the chance that the complaint is particular to its entity, and its log odds are the evidence.
Twenty log lines of one crash are one piece of evidence, so complaints of one name on one unit add as the root of their squares.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from correlate.alarms.alarm import Alarm, Complaint
from correlate.parameters import DEFAULTS

_RECENT_INCIDENTS = 2.0
"""Half-life, in incidents, of what is taken as an echo of the last one."""
_LATENESS = 1.5
"""Windows after the onset at which a complaint counts half: causes speak first, and exporters poll once a window."""
_CARRIED = 0.5
"""Share of its units' complaints that a host takes over: it explains them, or they explain it."""
_DOUBT = 1e-9
_COMPLAINTS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Accusation:
    entity: str
    nats: float
    alarms: tuple[tuple[float, Alarm], ...]
    """The strongest complaints behind it, with their nats."""


@dataclass(slots=True)
class Past:
    """What fired in past incidents, forgotten by halves."""

    incidents: float = 0.0
    recent: float = 0.0
    of_ident: dict[tuple[str, str, str], float] = field(default_factory=dict)
    of_ident_recent: dict[tuple[str, str, str], float] = field(default_factory=dict)
    of_kind: dict[str, float] = field(default_factory=dict)
    idents_of_kind: dict[str, int] = field(default_factory=dict)

    def learn(self, complaints: Iterable[Complaint]) -> None:
        long, short = 0.5 ** (1 / DEFAULTS.incidents_remembered), 0.5 ** (1 / _RECENT_INCIDENTS)
        for table, keep in ((self.of_ident, long), (self.of_kind, long), (self.of_ident_recent, short)):
            _fade(table, keep)
        self.incidents, self.recent = self.incidents * long + 1, self.recent * short + 1
        for complaint in complaints:
            if complaint.ident not in self.of_ident:
                self.idents_of_kind[complaint.kind] = self.idents_of_kind.get(complaint.kind, 0) + 1
            for table, key in ((self.of_ident, complaint.ident), (self.of_ident_recent, complaint.ident)):
                table[key] = table.get(key, 0.0) + 1
            self.of_kind[complaint.kind] = self.of_kind.get(complaint.kind, 0.0) + 1

    def particular(self, complaint: Complaint) -> float:
        """Chance that the complaint is not just what fires in any incident, or an echo of the last."""
        spread = max(1, self.idents_of_kind.get(complaint.kind, 0))
        usual = (self.of_kind.get(complaint.kind, 0.0) + 0.5) / (self.incidents * spread + 1)
        in_any = (self.of_ident.get(complaint.ident, 0.0) + usual) / (self.incidents + 1)
        echo = self.of_ident_recent.get(complaint.ident, 0.0) / (self.recent + 1)
        return (1 - min(1 - _DOUBT, in_any)) * (1 - min(1 - _DOUBT, echo))


def _fade(table: dict[object, float] | dict[str, float] | dict[tuple[str, str, str], float], keep: float) -> None:
    for key in list(table):
        table[key] *= keep  # type: ignore[index]
        if table[key] < _DOUBT or len(table) > _COMPLAINTS_MAX:  # type: ignore[index]
            del table[key]  # type: ignore[arg-type]


def accuse(first: Mapping[tuple[str, str, str], Alarm], onset_ns: int, past: Past, candidates: int) -> list[Accusation]:
    """Entities by evidence, most accused first.

    first: the first alarm of each complaint of one incident.  candidates: how many entities are known to the estate.
    """
    showing: dict[str, set[str]] = defaultdict(set)
    for alarm in first.values():
        showing[alarm.complaint.kind].add(alarm.complaint.candidate)
    others = max(1, candidates - 1)
    groups: dict[tuple[str, str, str], list[tuple[float, Alarm]]] = defaultdict(list)
    for alarm in first.values():
        complaint = alarm.complaint
        share = min(1.0, (len(showing[complaint.kind]) - 1) / (others + 0.5))
        particular = past.particular(complaint) * (1 - math.sqrt(share))
        doubt = max(1 - particular, _DOUBT)
        odds = math.log1p(DEFAULTS.prior_odds * (1 - doubt) / doubt)
        late = max(0, alarm.time_ns - onset_ns) / (_LATENESS * DEFAULTS.burst_ns)
        groups[complaint.candidate, complaint.unit, complaint.name].append((odds * 0.5**late, alarm))
    return sorted(_by_entity(groups), key=lambda accusation: (-accusation.nats, accusation.entity))


def _by_entity(groups: Mapping[tuple[str, str, str], list[tuple[float, Alarm]]]) -> Iterable[Accusation]:
    """An entity's own complaints count in full, of its units only the most accused one: a fault sits in one replica, or in none.

    A host that complains answers for what it carries as well: where units of several services on it complain, half of what all but the
    first show is the host's.
    """
    units: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    strongest: dict[str, list[tuple[float, Alarm]]] = defaultdict(list)
    carried: dict[str, dict[str, float]] = defaultdict(dict)
    for (entity, unit, _), members in groups.items():
        units[entity][unit] += math.sqrt(sum(nats * nats for nats, _ in members))
        strongest[entity].append(max(members, key=lambda member: (member[0], -member[1].time_ns)))
    for (entity, unit, _), members in groups.items():
        host = members[0][1].complaint.host
        if host and host != entity:
            carried[host][entity] = max(carried[host].get(entity, 0.0), units[entity][unit])
    for entity, by_unit in units.items():
        best = max((nats for unit, nats in by_unit.items() if unit != entity), default=0.0)
        others = sorted(carried.get(entity, {}).values(), reverse=True)[1:]
        alarms = sorted(strongest[entity], key=lambda member: (-member[0], member[1].time_ns, member[1].complaint.ident))
        yield Accusation(entity, by_unit.get(entity, 0.0) + best + _CARRIED * sum(others), tuple(alarms[:5]))
