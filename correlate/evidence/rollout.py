"""Evidence: a release's new replicas against the old ones, at the same time, as callers feel them, else by what they use.

Knows:   a fault of the new version shows on new pods alone, one from elsewhere on all.
Ignores: which pods are new (release.py), and how much of a resource is too much (footprint.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log
from typing import NamedTuple

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
_COUNTABLE = 1e4
"""Deviations beyond which their number says nothing: the measure never varied before."""
RATIO_FLOOR, LATENCY_FLOOR = 0.02, 0.5
"""Least spread: two points of a success ratio; half of a latency's level, as quantiles of few requests jump by buckets."""


@dataclass(slots=True)
class _Measure:
    """One measure of a service's pods: of new pods, of new pods while old ones stood beside them, of old ones since the release began, and
    of old ones before."""

    direction: int
    floor: float
    """Least spread, in the measure's unit."""
    new: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    old: list[float] = field(default_factory=list)
    before: list[float] = field(default_factory=list)

    def deviations(self) -> _Deviations | None:
        """Robust deviations in the bad direction; None without enough samples."""
        needed = 1 if self.direction < 0 else MIN_DURING
        if len(self.new) < needed or len(self.old) < MIN_DURING or len(self.before) < MIN_BEFORE:
            return None
        normal = np.asarray(self.before)
        level = float(np.median(normal))
        off = np.abs(normal - level)
        least = self.floor if self.direction < 0 else max(self.floor, LATENCY_FLOOR * abs(level))
        spread = max(1.4826 * float(np.median(off)), least, float(np.quantile(off, 0.95)) / 2)

        def bad(values: Sequence[float]) -> float:
            return self.direction * (float(np.median(values)) - level) / spread

        return _Deviations(bad(self.new), bad(self.old), bad(self.beside) if len(self.beside) >= needed else 0.0)


class _Deviations(NamedTuple):
    new: float
    old: float
    beside: float
    """Of new pods while there were old ones to compare them with."""


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
    if compared and (argument := _compared(docket, service, compared, used)) is not None:
        return [argument]
    return [used.told_of(split(service)[1])] if used is not None else []


def _compared(docket: Docket, service: str, compared: Sequence[_Deviations], used: Footprint | None) -> Argument | None:
    """What callers feel comes first; where they feel nothing, dead replicas may have answered nobody, and swollen ones not yet fail.  None
    where new ones fail only since no old one stood beside them: those might fail as well."""
    name, outlier = split(service)[1], DEFAULTS.outlier_sd
    worst_new, worst_beside = max(each.new for each in compared), max(each.beside for each in compared)
    worst_old = max((each.old for each in compared if max(each.new, each.old) >= outlier), default=0.0)
    if worst_beside >= outlier > worst_old:
        text = f"Its new replicas of {name} fail ({_times(worst_beside)}) while the old ones beside them do not."
        nats = min(PROOF, FAIR + log(worst_beside / outlier))  # among many replicas some stray a little
        return Argument(kind=KIND, nats=nats, text=text)
    if worst_new >= outlier:
        return Argument(kind=KIND, nats=-FAIR, text=f"Old replicas of {name} fail as its new ones do.") if worst_old >= outlier else None
    if used is not None and used.nats > 0:
        return used.told_of(name)
    text = f"Its new replicas of {name} serve as well as the old ones did"
    if caller := _failing_caller(docket, service):
        return Argument(
            kind=KIND, nats=-CLUE, text=f"{text}; but {split(caller)[1]}, which asks them, fails: a wrong answer would not show."
        )
    return Argument(kind=KIND, nats=-STRONG, text=f"{text}.")


def _times(deviations: float) -> str:
    """What never varied before has no unit to count deviations in."""
    return f"{deviations:.0f} deviations" if deviations < _COUNTABLE else "where there was nothing of the kind before"


def _measures(release: Release, replicas: Sequence[Replica]) -> Iterable[_Measure]:
    measures: dict[tuple[str, ...], _Measure] = {}
    asked = _asked(replicas)
    alone_ns = None if release.old else max(release.stopped.values(), default=0)
    for replica in replicas:
        if not replica.is_felt:
            continue
        floor = _floor(replica, asked.get(replica.asked_by, 0.0))
        measure = measures.setdefault(replica.measures, _Measure(replica.direction, floor))
        times, values = replica.series.times_ns, replica.series.values
        if replica.pod in release.new:
            seen_ns = release.seen[replica.pod]
            until_ns = int(times[-1]) if alone_ns is None else max(alone_ns, seen_ns) + MIN_DURING * replica.series.step_ns
            measure.new.extend(values[times >= seen_ns])
            measure.beside.extend(values[(times >= seen_ns) & (times <= until_ns)])
        elif replica.pod in (
            release.old or release.stopped
        ):  # once a release is through, those that it replaced are all there is to compare
            until_ns = release.stopped.get(replica.pod, int(times[-1]) + 1)
            measure.old.extend(values[(times >= release.begun_ns) & (times < until_ns)])
            measure.before.extend(values[times < release.begun_ns])
    return measures.values()


def _asked(replicas: Sequence[Replica]) -> dict[tuple[str, bool], float]:
    """How many requests a second a replica usually gets or makes, by who asks."""
    told: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for replica in replicas:
        if replica.counts_requests and len(replica.series.values):
            told[replica.asked_by].append(float(np.median(replica.series.values)))
    return {by: float(np.median(rates)) for by, rates in told.items()}


def _floor(replica: Replica, asked: float = 0.0) -> float:
    """Two points of a success ratio, and as many failures a second as two of a hundred requests; one failure a sample at least, which
    may happen to anybody."""
    if replica.direction < 0:
        return RATIO_FLOOR
    if not (replica.tells_errors and replica.series.per_second):
        return 1e-9
    return max(RATIO_FLOOR * asked, SECOND_NS / max(replica.series.step_ns, SECOND_NS))


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
    now = [median] * MIN_DURING
    found = _Measure(replica.direction, _floor(replica), now, now, now, list(values[times < since_ns])).deviations()
    return found is not None and found.new >= DEFAULTS.outlier_sd
