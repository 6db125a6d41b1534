"""Who is new and who is old, in one release of one service.

Knows:   the pods that a release says it started and stopped; without that, pods that came after it began.
Ignores: how any of them behaves (rollout.py, footprint.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from correlate.evidence.candidates import Candidate
from correlate.evidence.replicas import Replica
from correlate.scene import Scene
from correlate.units import MINUTE_NS

MIN_BEFORE = 5
"""Samples that make a normal."""
GONE = 3
"""Samples missed in a row by a pod that is there no more, as far as anybody can tell."""


@dataclass(frozen=True, slots=True)
class Release:
    begun_ns: int
    new: frozenset[str]
    old: frozenset[str]
    """Pods of before that are still there."""
    seen: Mapping[str, int]
    """Pod → first sample."""
    started: Mapping[str, int]
    """Pod → when the release says it started it."""
    stopped: Mapping[str, int]
    """Pod of before → when it was stopped, or was last heard of: until then it stood beside the new ones."""


def release_of(scene: Scene, candidate: Candidate, replicas: Sequence[Replica]) -> Release:
    seen: dict[str, int] = {}
    for replica in replicas:
        if len(replica.series.times_ns):
            seen[replica.pod] = min(seen.get(replica.pod, scene.now_ns), int(replica.series.times_ns[0]))
    steps = [step for step in candidate.steps if step.at_ns <= scene.now_ns]
    started = {pod: step.at_ns for step in reversed(steps) for pod in step.started}
    stopped = {pod: step.at_ns for step in reversed(steps) for pod in step.stopped}
    first = min(seen.values(), default=0)
    late = {pod for pod, at_ns in seen.items() if at_ns > max(candidate.at_ns, first + MIN_BEFORE * MINUTE_NS)}
    new = set(started) or late
    stopped = {pod: at_ns for pod, at_ns in _silent_since(replicas).items() if pod not in new} | stopped
    return Release(candidate.at_ns, frozenset(new), frozenset(set(seen) - new - set(stopped)), seen, started, stopped)


def _silent_since(replicas: Sequence[Replica]) -> dict[str, int]:
    """Pod → its last sample, of pods that tell nothing any more while others do."""
    last: dict[str, int] = {}
    step: dict[str, int] = {}
    for replica in replicas:
        if len(replica.series.times_ns):
            last[replica.pod] = max(last.get(replica.pod, 0), int(replica.series.times_ns[-1]))
            step[replica.pod] = max(step.get(replica.pod, 0), replica.series.step_ns)
    newest = max(last.values(), default=0)
    return {pod: at_ns for pod, at_ns in last.items() if at_ns < newest - GONE * step[pod]}
