"""How alerts are grouped into incidents by simple rules, to stand beside the engine: what a team has without it.

Knows:   the alerts of a case as the project's own readers read them, and the rules.
Ignores: causes: a rule names none; and everything that is not an alert.

An alert lasts until it says that it is resolved; where it never does, for five minutes after it last fired: `resolve_timeout` of
Prometheus Alertmanager, whose groups live as long as one alert in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.cases import Case, Incident, alerts_in, records
from benchmarks.score import Judged, Scores, scores
from correlate.units import SECOND_NS
from schemas.reading import Reader, Records
from schemas.signal import Signal, Status, signals_of
from streams.topics import ALERTS

GAP_S: Final = 300.0
"""The usual correlation window of rules by time, and Alertmanager's default for when a silent alert counts as resolved."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert from when it first fired until it was over, seconds since 1970 UTC."""

    begin_s: float
    last_s: float
    """When it last said that it fires."""
    end_s: float
    name: str
    entity: str
    identity: str


Rule = Callable[[Sequence[Firing]], list[Incident]]


def firings(signals: Iterable[Signal]) -> list[Firing]:
    """Alerts in order of their beginning; repeats are one, and one that fires again after it was resolved is another."""
    open_: dict[str, Firing] = {}
    done: list[Firing] = []
    for row in sorted(signals, key=lambda row: (row.event_time_ns, row.offset, row.row)):
        at_s = row.event_time_ns / SECOND_NS
        identity = row.dedup_key or f"{row.topic}/{row.offset}/{row.row}"
        known = open_.get(identity)
        if known is not None and at_s > known.end_s:
            done.append(open_.pop(identity))
            known = None
        if row.status is Status.RESOLVED:
            if known is not None:
                done.append(replace(open_.pop(identity), end_s=at_s))
        elif known is None:
            open_[identity] = Firing(at_s, at_s, at_s + GAP_S, row.subject.name, row.subject.entity, identity)
        else:
            open_[identity] = replace(known, last_s=at_s, end_s=at_s + GAP_S)
    return sorted([*done, *open_.values()], key=lambda firing: (firing.begin_s, firing.identity))


def _one_each(alerts: Sequence[Firing]) -> list[Incident]:
    return [_incident([alert]) for alert in alerts]


def _by_gap(key: Callable[[Firing], object]) -> Rule:
    """A new incident where nothing has fired for the gap."""
    return lambda alerts: _grouped(alerts, key, lambda alert: alert.last_s + GAP_S)


def _by_life(key: Callable[[Firing], object]) -> Rule:
    """A new incident where no alert of the group is alive."""
    return lambda alerts: _grouped(alerts, key, lambda alert: alert.end_s)


def _grouped(alerts: Sequence[Firing], key: Callable[[Firing], object], until_s: Callable[[Firing], float]) -> list[Incident]:
    groups: list[list[Firing]] = []
    current: dict[object, tuple[list[Firing], float]] = {}
    for alert in alerts:
        group, open_until_s = current.get(key(alert), ([], 0.0))
        if not group or alert.begin_s > open_until_s:
            group, open_until_s = [], 0.0
            groups.append(group)
        group.append(alert)
        current[key(alert)] = group, max(open_until_s, until_s(alert))
    return [_incident(group) for group in groups]


def _incident(group: Sequence[Firing]) -> Incident:
    """It ends with the last that was heard of it, as the engine's do."""
    begin_s = group[0].begin_s
    end_s = max(alert.end_s if alert.end_s < alert.last_s + GAP_S else alert.last_s for alert in group)
    return Incident(group[0].identity, begin_s, begin_s, end_s, len(group), (), ())


RULES: Final[Mapping[str, Rule]] = {
    "one an alert, repeats taken out": _one_each,
    "gap of 300 s": _by_gap(lambda alert: None),
    "gap of 300 s, same service": _by_gap(lambda alert: alert.entity),
    "Alertmanager: alert name and service": _by_life(lambda alert: (alert.name, alert.entity)),
}


def alerts_of(case: Case) -> list[Firing]:
    path = case.topic("alerts")
    values = list(records(path)) if path else []
    if not values:
        return []
    read = Reader().read(Records(ALERTS, 0, range(len(values)), [0] * len(values), values))
    return firings(signals_of(read.signals))


def rules(cases: Sequence[Case]) -> dict[str, Scores]:
    """Each rule's scores on the cases that have alerts; {} where none has."""
    heard = [(case, found, alerts_in(case)) for case in cases if (found := alerts_of(case))]
    if not heard:
        return {}
    return {name: scores([Judged(case, rule(found), many) for case, found, many in heard]) for name, rule in RULES.items()}
