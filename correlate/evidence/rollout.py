"""Evidence: a release's new replicas against the old ones, at the same time, as callers feel them.

Knows:   which pods a release started and stopped; a fault of the new version shows on new pods alone, one from elsewhere on all.
Ignores: CPU and memory: a new version may use more of them without harm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket
from correlate.evidence.grades import CLUE, FAIR, PROOF, STRONG
from correlate.evidence.replicas import Replica
from correlate.parameters import DEFAULTS
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


@dataclass(frozen=True, slots=True)
class _Release:
    """Who is new and who is old, in one release of one service."""

    begun_ns: int
    new: frozenset[str]
    old: frozenset[str]
    """Pods of before that are still there."""
    seen: Mapping[str, int]
    """Pod → first sample."""
    stopped: Mapping[str, int]
    """Pod of before → when the release stopped it: until then it stood beside the new ones."""


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    service = min(candidate.entities, default="")
    replicas = docket.fleet.of.get(service, ())
    if not replicas or not candidate.deployed:
        return []
    release = _release(docket, candidate, replicas)
    if release.old and _is_mute(docket, release, replicas):
        return [_mute(docket, release, service, replicas)]
    compared = [pair for measure in _measures(release, replicas) if (pair := measure.deviations())]
    return [_compared(docket, service, compared)] if compared else []


def _compared(docket: Docket, service: str, compared: Sequence[tuple[float, float]]) -> Argument:
    name = split(service)[1]
    worst_new = max(new for new, _ in compared)
    worst_old = max((old for new, old in compared if max(new, old) >= DEFAULTS.outlier_sd), default=0.0)
    if worst_new >= DEFAULTS.outlier_sd > worst_old:
        text = f"Its new replicas of {name} fail ({worst_new:.0f} deviations) while the old ones beside them do not."
        return Argument(kind=KIND, nats=PROOF, text=text)
    if worst_new >= DEFAULTS.outlier_sd:
        return Argument(kind=KIND, nats=-FAIR, text=f"Old replicas of {name} fail as its new ones do.")
    text = f"Its new replicas of {name} serve as well as the old ones did"
    if caller := _failing_caller(docket, service):
        return Argument(
            kind=KIND, nats=-CLUE, text=f"{text}; but {split(caller)[1]}, which asks them, fails: a wrong answer would not show."
        )
    return Argument(kind=KIND, nats=-STRONG, text=f"{text}.")


def _release(docket: Docket, candidate: Candidate, replicas: Sequence[Replica]) -> _Release:
    seen: dict[str, int] = {}
    for replica in replicas:
        if len(replica.series.times_ns):
            seen[replica.pod] = min(seen.get(replica.pod, docket.scene.now_ns), int(replica.series.times_ns[0]))
    steps = [step for step in candidate.steps if step.at_ns <= docket.scene.now_ns]
    started = {pod for step in steps for pod in step.started}
    stopped = {pod: step.at_ns for step in reversed(steps) for pod in step.stopped}
    first = min(seen.values(), default=0)
    late = {pod for pod, at_ns in seen.items() if at_ns > max(candidate.at_ns, first + MIN_BEFORE * MINUTE_NS)}
    new = started | (late if not started else set())
    return _Release(candidate.at_ns, frozenset(new), frozenset(set(seen) - new - set(stopped)), seen, stopped)


def _measures(release: _Release, replicas: Sequence[Replica]) -> Iterable[_Measure]:
    measures: dict[tuple[str, ...], _Measure] = defaultdict(lambda: _Measure(1))
    for replica in replicas:
        if not replica.is_felt:
            continue
        measure = measures[replica.measures]
        measure.direction = replica.direction
        times, values = replica.series.times_ns, replica.series.values
        if replica.pod in release.new:
            measure.new.extend(values[times >= release.seen[replica.pod]])
        elif replica.pod in (
            release.old or release.stopped
        ):  # once a release is through, those that it replaced are all there is to compare
            until_ns = release.stopped.get(replica.pod, int(times[-1]) + 1)
            measure.old.extend(values[(times >= release.begun_ns) & (times < until_ns)])
            measure.before.extend(values[times < release.begun_ns])
    return measures.values()


def _is_mute(docket: Docket, release: _Release, replicas: Sequence[Replica]) -> bool:
    """New pods were started, had time to begin, and serve nothing while their siblings do."""
    mute_ns = int(DEFAULTS.mute_s * SECOND_NS)
    if not release.new or docket.scene.now_ns - release.begun_ns <= mute_ns:
        return False
    since = max(release.begun_ns + MINUTE_NS, docket.scene.now_ns - mute_ns)
    served = {"new": 0, "old": 0}
    for replica in replicas:
        if replica.serves and replica.is_felt and (replica.pod in release.new or replica.pod in release.old):
            served["new" if replica.pod in release.new else "old"] += int(np.count_nonzero(replica.series.times_ns > since))
    return not served["new"] and served["old"] > MIN_DURING


def _mute(docket: Docket, release: _Release, service: str, replicas: Sequence[Replica]) -> Argument:
    """Stuck replicas are suspect; when callers fail on the service while its old pods do well, nothing else is left."""
    name = split(service)[1]
    if _callers_fail(docket, release, service) and not _old_fail(release, replicas):
        return Argument(
            kind=KIND, nats=PROOF, text=f"Its new replicas of {name} serve nothing, and calls to {name} fail though the old ones do well."
        )
    return Argument(kind=KIND, nats=STRONG + CLUE, text=f"Its new replicas of {name} serve nothing while the old ones do.")


def _failing_caller(docket: Docket, service: str) -> str | None:
    """A caller of the service that fails on replicas that were there before the trouble, so not by a release of its own."""
    onset_ns = docket.scene.onset_ns
    for caller in sorted(caller for caller, callees in docket.scene.calls.items() if service in callees):
        told = [replica for replica in docket.fleet.of.get(caller, ()) if replica.serves and replica.tells_errors]
        old = [replica for replica in told if _spans(replica, onset_ns)]
        if old and 2 * sum(_worsened(replica, onset_ns) for replica in old) >= len(old):
            return caller
    return None


def _spans(replica: Replica, onset_ns: int) -> bool:
    """Whether a replica was there well before the onset and still tells something after it."""
    times = replica.series.times_ns
    return len(times) > 0 and bool(times[0] < onset_ns - MIN_BEFORE * replica.series.step_ns and times[-1] > onset_ns)


def _callers_fail(docket: Docket, release: _Release, service: str) -> bool:
    return any(_worsened(replica, release.begun_ns) for replica in docket.fleet.callers.get(service, ()) if replica.tells_errors)


def _old_fail(release: _Release, replicas: Sequence[Replica]) -> bool:
    return any(
        _worsened(replica, release.begun_ns) for replica in replicas if replica.pod in release.old and replica.is_felt and replica.serves
    )


def _worsened(replica: Replica, since_ns: int) -> bool:
    times, values = replica.series.times_ns, replica.series.values
    median = float(np.median(values[times >= since_ns])) if np.any(times >= since_ns) else 0.0
    measure = _Measure(replica.direction, [median], [median] * MIN_DURING, list(values[times < since_ns]))
    measure.new *= MIN_DURING
    pair = measure.deviations()
    return pair is not None and pair[0] >= DEFAULTS.outlier_sd
