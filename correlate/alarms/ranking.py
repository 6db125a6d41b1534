"""Whom a burst of alerts accuses.

Knows:   how particular each complaint is (dossier.py, past.py), and who else shows the same kind of complaint now.
Ignores: metrics, logs and changes.

A complaint that fires in any incident says nothing; what fired in the last ones may still be the last one's; what everybody shows now
is nobody's.  What is left is the chance that the complaint is particular to its entity, and its log odds are the evidence.
Twenty log lines of one crash are one piece of evidence, so complaints of one name on one unit add as the root of their squares.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from correlate.alarms.alarm import Alarm
from correlate.alarms.dossier import Dossier
from correlate.alarms.past import Past
from correlate.parameters import DEFAULTS

_CARRIED = 0.5
"""Share of its units' complaints that a host takes over: it explains them, or they explain it."""
_DOUBT = 1e-9
"""Nothing is more certain than that."""


@dataclass(frozen=True, slots=True)
class Accusation:
    entity: str
    nats: float
    alarms: tuple[tuple[float, Alarm], ...]
    """The strongest complaints behind it, with their nats."""


def accuse(
    first: Mapping[tuple[str, str, str], Alarm], onset_ns: int, past: Past, candidates: int, dossier: Dossier | None = None
) -> list[Accusation]:
    """Entities by evidence, most accused first.

    first: the first alarm of each complaint of one incident.  candidates: how many entities are known to the estate.
    dossier: what was found of the first ones before, which is extended.
    """
    dossier = dossier or Dossier()
    dossier.extend(first, onset_ns, past)
    others = max(1, candidates - 1)
    own = {kind: 1 - math.sqrt(min(1.0, (len(entities) - 1) / (others + 0.5))) for kind, entities in dossier.showing.items()}
    members: list[list[tuple[float, Alarm]]] = [[] for _ in dossier.groups]
    prior_odds = DEFAULTS.prior_odds
    rows = zip(first.values(), dossier.particular, dossier.weight, dossier.kinds, dossier.group, strict=True)
    for alarm, particular, weight, kind, group in rows:
        doubt = max(1 - particular * own[kind], _DOUBT)
        odds = math.log1p(prior_odds * (1 - doubt) / doubt)
        members[group].append((odds * weight, alarm))
    return sorted(_by_entity(dossier, members), key=lambda accusation: (-accusation.nats, accusation.entity))


def _by_entity(dossier: Dossier, groups: Sequence[Sequence[tuple[float, Alarm]]]) -> Iterable[Accusation]:
    """An entity's own complaints count in full, of its units only the most accused one: a fault sits in one replica, or in none.

    A host that complains answers for what it carries as well: where units of several services on it complain, half of what all but the
    first show is the host's.
    """
    units: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    strongest: dict[str, list[tuple[float, Alarm]]] = defaultdict(list)
    carried: dict[str, dict[str, float]] = defaultdict(dict)
    for (entity, unit, _), members in zip(dossier.groups, groups, strict=True):
        units[entity][unit] += math.sqrt(sum(nats * nats for nats, _ in members))
        strongest[entity].append(max(members, key=lambda member: (member[0], -member[1].time_ns)))
    for (entity, unit, _), host in zip(dossier.groups, dossier.hosts, strict=True):
        if host and host != entity:
            carried[host][entity] = max(carried[host].get(entity, 0.0), units[entity][unit])
    for entity, by_unit in units.items():
        best = max((nats for unit, nats in by_unit.items() if unit != entity), default=0.0)
        others = sorted(carried.get(entity, {}).values(), reverse=True)[1:]
        alarms = sorted(strongest[entity], key=lambda member: (-member[0], member[1].time_ns, member[1].complaint.ident))
        yield Accusation(entity, by_unit.get(entity, 0.0) + best + _CARRIED * sum(others), tuple(alarms[:5]))
