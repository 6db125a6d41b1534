"""What incidents are worth against the truth of recorded outages.

Knows:   the rules of scoring, which are the same for every set.
Ignores: files and the engine (cases.py, runs.py), and what others score (published.py).

A fault is *found* when an incident overlaps its window (two minutes before to five after).  Its *primary* incident is the overlapping
one with most signals.  The *own* scores are stricter: each incident answers for one fault only, nearest onsets first, and a fault
without an incident of its own has no answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from benchmarks.calibration import expected_error
from benchmarks.cases import Case, Cause, ChainEdge, Fault, Incident, fold

NEAR_S = 300.0
"""An own incident's onset may lie this long before the fault."""
CONFIDENT = 0.5
"""A change named with less is a suggestion, not an accusation."""
RANKS = (1, 3, 5)
DAY_S = 86_400.0

Scores = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one list of causes stands against one fault.  A rank of None: not named."""

    service_rank: int | None = None
    change_rank: int | None = None
    abstained: bool = True
    """No change accused."""
    decoy_first: bool = False
    confidence: float | None = None
    """Score of the first cause, and…"""
    right: bool = False
    """…whether that cause was right."""


UNFOUND = Answer(abstained=False)
"""Who does not notice an outage has not judged its changes either."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one fault earned."""

    fault: Fault
    primary: Incident | None
    fragments: int
    answer: Answer
    own: Incident | None
    own_answer: Answer


@dataclass(frozen=True, slots=True)
class Judged:
    """One case with its incidents."""

    case: Case
    incidents: Sequence[Incident]
    alerts: int = 0

    def verdicts(self) -> list[Verdict]:
        own = own_incidents(self.case.faults, self.incidents)
        return [_verdict(fault, self.incidents, own.get(fault.id)) for fault in self.case.faults]

    def is_true(self, incident: Incident) -> bool:
        return any(fault.overlaps(incident.onset_s, incident.end_s) for fault in self.case.faults)


def _verdict(fault: Fault, incidents: Sequence[Incident], own: Incident | None) -> Verdict:
    overlapping = [incident for incident in incidents if fault.overlaps(incident.onset_s, incident.end_s)]
    primary = min(overlapping, key=lambda each: (-each.signals, each.detected_s, each.onset_s, each.id), default=None)
    return Verdict(
        fault=fault,
        primary=primary,
        fragments=len(overlapping),
        answer=answer(fault, primary.causes) if primary else UNFOUND,
        own=own,
        own_answer=answer(fault, own.causes if own else ()),
    )


def answer(fault: Fault, causes: Sequence[Cause]) -> Answer:
    if not causes:
        return Answer()
    first = causes[0]
    return Answer(
        service_rank=rank_of(fault.services, [fold(cause.service) if cause.service else None for cause in causes]),
        change_rank=rank_of(fault.changes, [cause.change for cause in causes]),
        abstained=first.change is None or first.score < CONFIDENT,
        decoy_first=fault.is_decoy(first.change),
        confidence=first.score,
        right=first.change in fault.changes if first.change else bool(first.service) and fold(first.service) in fault.services,
    )


def rank_of(accepted: frozenset[str], answers: Iterable[str | None]) -> int | None:
    """Rank of the first right answer.  A repeated name takes no rank; an unnamed answer takes one each time."""
    named: set[str] = set()
    rank = 0
    for each in answers:
        if each is not None:
            if each in named:
                continue
            named.add(each)
        rank += 1
        if each in accepted:
            return rank
    return None


def own_incidents(faults: Sequence[Fault], incidents: Sequence[Incident]) -> dict[str, Incident]:
    """Fault id → the one incident that answers for it: nearest onsets are matched first."""
    pairs = sorted(
        (abs(incident.onset_s - fault.begin_s), fault.begin_s, fault.id, incident.detected_s, incident.id, place)
        for fault in faults
        for place, incident in enumerate(incidents)
        if fault.begin_s - NEAR_S <= incident.onset_s <= fault.end_s
    )
    own: dict[str, Incident] = {}
    taken: set[str] = set()
    for _, _, fault_id, _, incident_id, place in pairs:
        if fault_id not in own and incident_id not in taken:
            own[fault_id] = incidents[place]
            taken.add(incident_id)
    return own


def scores(judged: Sequence[Judged]) -> Scores:
    """All scores of a set; None where a set has nothing to score by."""
    verdicts = [verdict for each in judged for verdict in each.verdicts()]
    return {
        **_detection(judged, verdicts),
        **_causes(verdicts),
        **_own(verdicts),
        **_chains(verdicts),
        "ECE": expected_error(confidences(verdicts)),
        **_storms([each for each in judged if each.alerts]),
    }


def _detection(judged: Sequence[Judged], verdicts: Sequence[Verdict]) -> Scores:
    found = [(verdict, verdict.primary) for verdict in verdicts if verdict.primary]
    sharing = Counter((verdict.fault.case, primary.id) for verdict, primary in found)
    recall = _share(verdict.primary is not None for verdict in verdicts)
    precision = _share(each.is_true(incident) for each in judged for incident in each.incidents)
    false = sum(not each.is_true(incident) for each in judged for incident in each.incidents)
    quiet_s = sum(each.case.quiet_s for each in judged)
    delays = sorted(primary.detected_s - verdict.fault.begin_s for verdict, primary in found)
    return {
        "recall": recall,
        "precision": precision,
        "F1": 2 * recall * precision / (recall + precision) if recall and precision else (0.0 if verdicts else None),
        "incidents": float(sum(len(each.incidents) for each in judged)),
        "false": float(false),
        "false/day": false * DAY_S / quiet_s if quiet_s else None,
        "fragments": _mean(verdict.fragments for verdict, _ in found),
        "merged": float(sum(count for count in sharing.values() if count > 1)),
        "delay p50 s": quantile(delays, 0.5),
        "delay p90 s": quantile(delays, 0.9),
        "onset error s": median(abs(primary.onset_s - verdict.fault.begin_s) for verdict, primary in found) if found else None,
    }


def cause_scores(answers: Iterable[tuple[Fault, Answer]]) -> Scores:
    """AC@k and Avg@5 by service, HR@k by change, abstention where nobody's change is guilty, and accused decoys."""
    pairs = list(answers)
    services = [answer.service_rank for fault, answer in pairs if fault.services]
    changes = [answer.change_rank for fault, answer in pairs if fault.change]
    return {
        **{f"AC@{k}": hits(services, k) for k in RANKS},
        "Avg@5": _mean(hits(services, k) for k in range(1, 6)) if services else None,
        **{f"HR@{k}": hits(changes, k) for k in RANKS},
        "abstained": _share(answer.abstained for fault, answer in pairs if fault.kind == "none"),
        "decoys first": float(sum(answer.decoy_first for _, answer in pairs)),
    }


def _causes(verdicts: Sequence[Verdict]) -> Scores:
    return cause_scores((verdict.fault, verdict.answer) for verdict in verdicts)


def _own(verdicts: Sequence[Verdict]) -> Scores:
    found = cause_scores((verdict.fault, verdict.own_answer) for verdict in verdicts)
    errors = [abs(verdict.own.onset_s - verdict.fault.begin_s) for verdict in verdicts if verdict.own]
    return {
        "own recall": _share(verdict.own is not None for verdict in verdicts),
        **{f"own {key}": value for key, value in found.items() if key.startswith(("AC", "Avg", "HR"))},
        "own onset error s": median(errors) if errors else None,
    }


def _chains(verdicts: Sequence[Verdict]) -> Scores:
    """Of the chains' edges, the share that is true: direct, or along true edges from the one to the other."""
    direct, along = [], []
    for verdict in verdicts:
        if verdict.primary is None or verdict.fault.chain is None:
            continue
        reach = reachable(verdict.fault.chain)
        direct += [edge in verdict.fault.chain for edge in verdict.primary.edges]
        along += [edge.target in reach.get(edge.source, ()) for edge in verdict.primary.edges]
    return {"chain edges": float(len(along)) if along else None, "chain precision": _share(along), "chain precision direct": _share(direct)}


def reachable(edges: Iterable[ChainEdge]) -> Mapping[str, set[str]]:
    """Node → every node that its failure reached."""
    following: dict[str, set[str]] = {}
    for edge in edges:
        following.setdefault(edge.source, set()).add(edge.target)
    reach: dict[str, set[str]] = {}
    for node in following:
        seen: set[str] = set()
        waiting = [node]
        while waiting:
            waiting += sorted(following.get(waiting.pop(), set()) - seen)
            seen.update(waiting)
        reach[node] = seen
    return reach


def confidences(verdicts: Iterable[Verdict]) -> list[tuple[float, bool]]:
    """(score of the first cause, whether it was right) of every found fault that has a right answer."""
    return [
        (verdict.answer.confidence, verdict.answer.right)
        for verdict in verdicts
        if verdict.answer.confidence is not None and (verdict.fault.services or verdict.fault.changes)
    ]


def _storms(judged: Sequence[Judged]) -> Scores:
    """Of the cases with alerts; an incident that ends as it begins lasts one second."""
    if not judged:
        return {"alerts": None, "reduction": None, "purity": None, "true incidents/case": None}
    alerts = sum(each.alerts for each in judged)
    spans = [(each.case, i.onset_s, max(i.end_s, i.onset_s + 1)) for each in judged for i in each.incidents]
    lasting = sum(end_s - begin_s for _, begin_s, end_s in spans)
    return {
        "alerts": float(alerts),
        "reduction": 1 - len(spans) / alerts,
        "purity": sum(case.faulty_s(begin_s, end_s) for case, begin_s, end_s in spans) / lasting if lasting else None,
        "true incidents/case": fmean(sum(map(each.is_true, each.incidents)) for each in judged),
    }


def hits(ranks: Sequence[int | None], k: int) -> float | None:
    return _share(rank is not None and rank <= k for rank in ranks)


def quantile(ordered: Sequence[float], q: float) -> float | None:
    """Linear between the closest ranks."""
    if not ordered:
        return None
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _share(flags: Iterable[bool]) -> float | None:
    return _mean(map(float, flags))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
