"""Evidence: a release's new replicas against the old ones, at the same time, as callers feel them, else by what they use.

Knows:   a fault of the new version shows on new pods alone, one from elsewhere on all.
Ignores: which pods are new (release.py), and how much of a resource is too much (footprint.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket
from correlate.evidence.footprint import Footprint, footprint
from correlate.evidence.grades import CLUE, FAIR, PROOF, STRONG
from correlate.evidence.release import MIN_BEFORE, Release, release_of
from correlate.evidence.replicas import KIND, Replica
from correlate.parameters import DEFAULTS
from correlate.units import MINUTE_NS, SECOND_NS
from schemas.entity import split
from schemas.incident import Argument

MIN_DURING = 2
"""Samples that make a deviation (persistence)."""
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
    release = release_of(docket.scene, candidate, replicas)
    if release.old and _is_mute(docket, release, replicas):
        return [_mute(docket, release, service, replicas)]
    compared = [pair for measure in _measures(release, replicas) if (pair := measure.deviations())]
    used = footprint(docket.scene, release, replicas)
    if compared:
        return [_compared(docket, service, compared, used)]
    return [used.told_of(split(service)[1])] if used is not None else []


def _compared(docket: Docket, service: str, compared: Sequence[tuple[float, float]], used: Footprint | None) -> Argument:
    """What callers feel comes first; where they feel nothing, dead replicas may have answered nobody, and swollen ones not yet fail."""
    name = split(service)[1]
    worst_new = max(new for new, _ in compared)
    worst_old = max((old for new, old in compared if max(new, old) >= DEFAULTS.outlier_sd), default=0.0)
    if worst_new >= DEFAULTS.outlier_sd > worst_old:
        text = f"Its new replicas of {name} fail ({worst_new:.0f} deviations) while the old ones beside them do not."
        nats = min(PROOF, FAIR + log(worst_new / DEFAULTS.outlier_sd))  # among many replicas some stray a little
        return Argument(kind=KIND, nats=nats, text=text)
    if worst_new >= DEFAULTS.outlier_sd:
        return Argument(kind=KIND, nats=-FAIR, text=f"Old replicas of {name} fail as its new ones do.")
    if used is not None and used.nats > 0:
        return used.told_of(name)
    text = f"Its new replicas of {name} serve as well as the old ones did"
    if caller := _failing_caller(docket, service):
        return Argument(
            kind=KIND, nats=-CLUE, text=f"{text}; but {split(caller)[1]}, which asks them, fails: a wrong answer would not show."
        )
    return Argument(kind=KIND, nats=-STRONG, text=f"{text}.")


def _measures(release: Release, replicas: Sequence[Replica]) -> Iterable[_Measure]:
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


def _is_mute(docket: Docket, release: Release, replicas: Sequence[Replica]) -> bool:
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


def _mute(docket: Docket, release: Release, service: str, replicas: Sequence[Replica]) -> Argument:
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


def _callers_fail(docket: Docket, release: Release, service: str) -> bool:
    return any(_worsened(replica, release.begun_ns) for replica in docket.fleet.callers.get(service, ()) if replica.tells_errors)


def _old_fail(release: Release, replicas: Sequence[Replica]) -> bool:
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
