"""What costs nothing to answer: a service by lot, whoever is loudest, the latest change, nobody.  Every method should be above these.

Knows:   the dumps of a case, as far as counting lines a service needs.
Ignores: detection: floors are told where each fault is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import orjson

from benchmarks.cases import TOPICS, Case, Cause, Fault, fold, records
from benchmarks.score import RANKS, Answer, Scores, answer, cause_scores, rank_of

FLOORS: Final = ("random", "most signals", "latest change", "none")
_OWNERS: Final = ("service", "service_name", "server", "app", "job", "deployment", "host", "hostname", "agent", "node", "instance")


@dataclass(slots=True)
class _Seen:
    """What lies in a case's dumps."""

    lines: dict[str, Counter[str]]
    """Fault → lines a service within its window."""
    changes: list[tuple[float, str, str]] = field(default_factory=list)
    """(when, service, id)."""
    first_alert: dict[str, float] = field(default_factory=dict)


def floors(cases: Sequence[Case]) -> dict[str, Scores]:
    loud: list[tuple[Fault, Answer]] = []
    latest: list[tuple[Fault, Answer]] = []
    for case in cases:
        seen = _look(case)
        for fault in case.faults:
            counted = sorted(seen.lines[fault.id].items(), key=lambda item: (-item[1], item[0]))
            loud.append((fault, answer(fault, [Cause(name, None, 1.0) for name, _ in counted])))
            latest.append((fault, _latest(fault, seen, {fold(name) for name in case.services})))
    nobody = [(fault, Answer()) for case in cases for fault in case.faults]
    return {
        "random": _random(cases),
        "most signals": cause_scores(loud),
        "latest change": cause_scores(latest),
        "none": cause_scores(nobody),
    }


def _random(cases: Sequence[Case]) -> Scores:
    """Expected over all orders of a case's services."""
    chances: dict[int, list[float]] = {k: [] for k in range(1, 6)}
    for case in cases:
        many = len(case.services)
        for fault in case.faults:
            good = len(fault.services & {fold(name) for name in case.services})
            if fault.services:
                for k, found in chances.items():
                    found.append(1 - math.comb(many - good, k) / math.comb(many, k) if k <= many else 1.0)
    mean = {k: sum(found) / len(found) if found else None for k, found in chances.items()}
    known = [value for value in mean.values() if value is not None]
    return {**{f"AC@{k}": mean[k] for k in RANKS}, "Avg@5": sum(known) / len(known) if known else None}


def _latest(fault: Fault, seen: _Seen, known: set[str]) -> Answer:
    """Changes before the first alert, latest first; one that names no service of the case takes no rank among services."""
    until_s = seen.first_alert.get(fault.id, fault.begin_s)
    before = [change for change in reversed(seen.changes) if change[0] <= until_s]
    named = [fold(service) for _, service, _ in before if fold(service) in known]
    found = answer(fault, [Cause(service or None, change, 1.0) for _, service, change in before])
    return replace(found, service_rank=rank_of(fault.services, named))


def _look(case: Case) -> _Seen:
    known = {fold(name) for name in case.services}
    seen = _Seen({fault.id: Counter() for fault in case.faults})
    for signal in TOPICS:
        path = case.topic(signal)
        for line in records(path) if path else ():
            record = orjson.loads(line)
            if signal == "deploys":
                seen.changes += changes_in(record)
            for at_s, labels in _told(record):
                _count(case.faults, seen, at_s, labels, known, alert=signal == "alerts")
    seen.changes.sort(key=lambda change: change[0])
    return seen


def _count(faults: Sequence[Fault], seen: _Seen, at_s: float, labels: Mapping[str, Any], known: set[str], *, alert: bool) -> None:
    for fault in faults:
        if fault.overlaps(at_s, at_s):
            owner = _owner(labels, known)
            if owner:
                seen.lines[fault.id][owner] += 1
            if alert:
                seen.first_alert[fault.id] = min(at_s, seen.first_alert.get(fault.id, at_s))


def _told(record: Mapping[str, Any]) -> Iterator[tuple[float, Mapping[str, Any]]]:
    """(when, labels) of what one record tells."""
    if "alerts" in record:
        for alert in record["alerts"]:
            yield _seconds(alert.get("startsAt")), alert.get("labels") or {}
    elif at := record.get("timestamp") or record.get("@timestamp"):
        yield _seconds(at), record.get("labels") or record
    else:
        for at_s, service, _ in changes_in(record):
            yield at_s, {"service": service}


def changes_in(record: Mapping[str, Any]) -> list[tuple[float, str, str]]:
    """(when, service or repository, id) of a CDEvent, a GitHub push or a LaunchDarkly audit entry."""
    if "context" in record and "subject" in record:
        context = record["context"]
        return [(_seconds(context.get("timestamp")), str(record["subject"].get("id") or ""), str(context.get("id") or ""))]
    if isinstance(record.get("commits"), list):
        name = (record.get("repository") or {}).get("name") or ""
        return [(_seconds(commit.get("timestamp")), name, commit.get("id") or "") for commit in record["commits"]]
    if record.get("kind") == "flag":
        tags = (record.get("currentVersion") or {}).get("tags") or [""]
        return [(record.get("date", 0) / 1_000, tags[0], str(record.get("name") or ""))]
    return []


def _owner(labels: Mapping[str, Any], known: set[str]) -> str | None:
    for key in _OWNERS:
        value = labels.get(key)
        name = fold(value.get("name") if isinstance(value, dict) else value) if value else ""
        if name in known:
            return name
    return None


def _seconds(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0
