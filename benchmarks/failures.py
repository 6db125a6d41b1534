"""What went wrong, fault by fault: what was named, what was true, at which rank the truth stood.

Knows:   one verdict and the sentences of its incident.
Ignores: sums over sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks.cases import fold
from benchmarks.score import Judged, Verdict, reachable


@dataclass(frozen=True, slots=True)
class Failure:
    set: str
    case: str
    fault: str
    what: str
    truth: str
    named: str
    rank: str
    because: str


def failures(judged: Sequence[Judged], snapshots: Mapping[tuple[str, str], Sequence[bytes]]) -> list[Failure]:
    found = []
    for each in judged:
        told = {row["incident_id"]: row for row in map(orjson.loads, snapshots[each.case.set, each.case.name])}
        sharing = [verdict.primary.id for verdict in each.verdicts() if verdict.primary]
        for verdict in each.verdicts():
            what = _what(verdict, sharing)
            if what:
                incident = verdict.own or verdict.primary
                found.append(_failure(each, verdict, what, told.get(incident.id) if incident else None))
    return found


def _what(verdict: Verdict, sharing: Sequence[str]) -> str:
    """In a few words, the first that applies; "" when nothing went wrong."""
    fault, primary = verdict.fault, verdict.primary
    if primary is None:
        return "not found"
    own = verdict.own_answer if verdict.own else verdict.answer
    if fault.change and own.change_rank != 1:
        return "innocent change first" if own.decoy_first else "the change is not first"
    if fault.kind == "none" and not own.abstained:
        return "a change accused though none is guilty"
    if fault.services and own.service_rank != 1:
        return _whose(verdict)
    if verdict.own is None:
        return "no incident of its own" if sharing.count(primary.id) < 2 else "shares its incident with a neighbour"
    return ""


def _whose(verdict: Verdict) -> str:
    """Whether the named service suffers from the true one, as far as the truth tells."""
    fault, incident = verdict.fault, verdict.own or verdict.primary
    if incident is None or not incident.causes or not incident.causes[0].service:
        return "no service named first"
    named = fold(incident.causes[0].service)
    if fault.chain is not None and fault.service:
        reached = reachable(fault.chain).get(fold(fault.service), set())
        return "a victim first" if named in reached else "a bystander first"
    return "another service first"


def _failure(each: Judged, verdict: Verdict, what: str, snapshot: Mapping[str, Any] | None) -> Failure:
    fault = verdict.fault
    own = verdict.own_answer if verdict.own else verdict.answer
    cause = snapshot["causes"][0] if snapshot and snapshot["causes"] else None
    ranks = [f"service {own.service_rank or '–'}"] if fault.services else []
    ranks += [f"change {own.change_rank or '–'}"] if fault.change else []
    return Failure(
        set=each.case.set,
        case=each.case.name,
        fault=fault.id,
        what=what,
        truth=f"{fault.service or '–'} ({fault.kind})" + (f", change {fault.change[:8]}" if fault.change else ""),
        named="–" if cause is None else _cause(cause),
        rank=", ".join(ranks) if verdict.primary else "–",
        because="" if cause is None else cause["because"],
    )


def _cause(cause: Mapping[str, Any]) -> str:
    change = f", change {cause['change'][:8]}" if cause["change"] else ""
    return f"{cause['service'] or '–'} ({cause['kind']}{change}) at {cause['score']:.2f}"
