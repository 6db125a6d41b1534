"""Evidence: a release's new replicas against the old ones, at the same time, as callers feel them.

Knows:   which pods a release started and stopped; a fault of the new version shows on new pods alone, one from elsewhere on all.
Ignores: CPU and memory: a new version may use more of them without harm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket
from correlate.evidence.parameters import CLUE, DEVIATES_SD, FAIR, MUTE_S, PROOF, STRONG
from correlate.evidence.replicas import Replica
from correlate.units import MINUTE_NS, SECOND_NS
from schemas.entity import split
from schemas.incident import Argument

KIND = "rollout"
MIN_BEFORE, MIN_DURING = 5, 2
"""Samples that make a normal, and samples that make a deviation (persistence)."""
RATIO_FLOOR, LATENCY_FLOOR = 0.02, 0.5
"""Least spread: two points of a success ratio; half of a latency's level, as quantiles of few requests jump by buckets."""


@dataclass(slots=True)
class _Measure:
    """One measure of a service's pods: of new pods, of old ones since the release began, of old ones before."""

    direction: int
    new: list[float] = field(default_factory=list)
    old: list[float] = field(default_factory=list)
    before: list[float] = field(default_factory=list)

    def deviations(self) -> tuple[float, float] | None:
        """Robust deviations of new and of old pods in the bad direction; None without enough samples."""
        needed = 1 if self.direction < 0 else MIN_DURING
        if len(self.new) < needed or len(self.old) < MIN_DURING or len(self.before) < MIN_BEFORE:
            return None
        normal = np.asarray(self.before)
        level = float(np.median(normal))
        off = np.abs(normal - level)
        floor = RATIO_FLOOR if self.direction < 0 else LATENCY_FLOOR * abs(level)
        spread = max(1.4826 * float(np.median(off)), floor, float(np.quantile(off, 0.95)) / 2, 1e-9)
        return self.direction * (float(np.median(self.new)) - level) / spread, self.direction * (
            float(np.median(self.old)) - level
        ) / spread


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    service = min(candidate.entities, default="")
    replicas = docket.fleet.of.get(service, ())
    if not replicas or not candidate.deployed:
        return []
    new, old, seen = _sides(docket, candidate, replicas)
    if not old:
        return []
    name = split(service)[1]
    if _is_mute(docket, candidate, replicas, new, old):
        return [_mute(docket, candidate, service, replicas, old)]
    compared = [pair for measure in _measures(docket, candidate, replicas, new, old, seen) if (pair := measure.deviations())]
    if not compared:
        return []
    worst_new = max(pair[0] for pair in compared)
    worst_old = max((pair[1] for pair in compared if max(pair) >= DEVIATES_SD), default=0.0)
    if worst_new < DEVIATES_SD:
        return [Argument(kind=KIND, nats=-STRONG, text=f"Its new replicas of {name} serve as well as the old ones did.")]
    if worst_old >= DEVIATES_SD:
        return [Argument(kind=KIND, nats=-FAIR, text=f"Old replicas of {name} fail as its new ones do.")]
    return [
        Argument(
            kind=KIND,
            nats=PROOF,
            text=f"Its new replicas of {name} fail ({worst_new:.0f} deviations) while the old ones beside them do not.",
        )
    ]


def _sides(docket: Docket, candidate: Candidate, replicas: Sequence[Replica]) -> tuple[set[str], set[str], dict[str, int]]:
    """New pods, old pods, and when each was first seen."""
    seen: dict[str, int] = {}
    for replica in replicas:
        if len(replica.series.times_ns):
            seen[replica.pod] = min(seen.get(replica.pod, docket.scene.now_ns), int(replica.series.times_ns[0]))
    steps = [step for step in candidate.steps if step.at_ns <= docket.scene.now_ns]
    started = {pod for step in steps for pod in step.started}
    stopped = {pod for step in steps for pod in step.stopped}
    first = min(seen.values(), default=0)
    new = started | {pod for pod, at_ns in seen.items() if at_ns > candidate.at_ns and at_ns > first + MIN_BEFORE * MINUTE_NS}
    return new, set(seen) - new - stopped, seen


def _measures(
    docket: Docket, candidate: Candidate, replicas: Sequence[Replica], new: set[str], old: set[str], seen: dict[str, int]
) -> Iterable[_Measure]:
    measures: dict[tuple[str, ...], _Measure] = defaultdict(lambda: _Measure(1))
    for replica in replicas:
        if not replica.is_felt or (replica.pod not in new and replica.pod not in old):
            continue
        measure = measures[replica.measures]
        measure.direction = replica.direction
        times, values = replica.series.times_ns, replica.series.values
        if replica.pod in new:
            measure.new.extend(values[times >= seen[replica.pod]])
        else:
            measure.old.extend(values[times >= candidate.at_ns])
            measure.before.extend(values[times < candidate.at_ns])
    return measures.values()


def _is_mute(docket: Docket, candidate: Candidate, replicas: Sequence[Replica], new: set[str], old: set[str]) -> bool:
    """New pods were started, had time to begin, and serve nothing while their siblings do."""
    mute_ns = int(MUTE_S * SECOND_NS)
    if not new or docket.scene.now_ns - candidate.at_ns <= mute_ns:
        return False
    since = max(candidate.at_ns + MINUTE_NS, docket.scene.now_ns - mute_ns)
    served = {"new": 0, "old": 0}
    for replica in replicas:
        if replica.serves and replica.is_felt and (replica.pod in new or replica.pod in old):
            served["new" if replica.pod in new else "old"] += int(np.count_nonzero(replica.series.times_ns > since))
    return not served["new"] and served["old"] > MIN_DURING


def _mute(docket: Docket, candidate: Candidate, service: str, replicas: Sequence[Replica], old: set[str]) -> Argument:
    """Stuck replicas are suspect; when callers fail on the service while its old pods do well, nothing else is left."""
    name = split(service)[1]
    if _callers_fail(docket, candidate, service) and not _old_fail(candidate, replicas, old):
        return Argument(
            kind=KIND, nats=PROOF, text=f"Its new replicas of {name} serve nothing, and calls to {name} fail though the old ones do well."
        )
    return Argument(kind=KIND, nats=STRONG + CLUE, text=f"Its new replicas of {name} serve nothing while the old ones do.")


def _callers_fail(docket: Docket, candidate: Candidate, service: str) -> bool:
    told = [replica for replica in docket.fleet.callers.get(service, ()) if replica.direction < 0 or "fail" in replica.series.subject.name]
    return any(_worsened(replica, candidate.at_ns) for replica in told)


def _old_fail(candidate: Candidate, replicas: Sequence[Replica], old: set[str]) -> bool:
    return any(_worsened(replica, candidate.at_ns) for replica in replicas if replica.pod in old and replica.is_felt and replica.serves)


def _worsened(replica: Replica, since_ns: int) -> bool:
    times, values = replica.series.times_ns, replica.series.values
    median = float(np.median(values[times >= since_ns])) if np.any(times >= since_ns) else 0.0
    measure = _Measure(replica.direction, [median], [median] * MIN_DURING, list(values[times < since_ns]))
    measure.new *= MIN_DURING
    pair = measure.deviations()
    return pair is not None and pair[0] >= DEVIATES_SD
