"""What a release's new replicas use of processor and memory, against their siblings at the same time.

Knows:   a replica that crashes as it starts uses nothing or is never seen; one that leaks or spins uses several times what its siblings
         use.  That a new version uses somewhat more, or somewhat less, is no harm.
Ignores: what callers feel (rollout.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from correlate.evidence.grades import CLUE, FAIR, STRONG
from correlate.evidence.release import Release
from correlate.evidence.replicas import KIND, Replica
from correlate.parameters import DEFAULTS
from correlate.scene import Scene
from correlate.telemetry.roles import CPU, MEMORY, role_of
from correlate.units import MINUTE_NS, SECOND_NS
from schemas.incident import Argument

SWOLLEN = 3.0
"""Ratio to the sibling that uses most: versions and load differ by halves, leaks and endless loops by multiples."""
DEAD = 0.05
"""Ratio to the usual sibling below which nothing is at work."""
RECENT = 5
"""Samples whose median says what is used now."""


@dataclass(frozen=True, slots=True)
class Footprint:
    nats: float
    text: str

    def told_of(self, service: str) -> Argument:
        return Argument(kind=KIND, nats=self.nats, text=self.text.format(service=service))


def footprint(scene: Scene, release: Release, replicas: Sequence[Replica]) -> Footprint | None:
    """What the new replicas' resources say; None where there is nothing to compare."""
    own = [replica for replica in replicas if role_of(replica.series.subject).family in (CPU, MEMORY)]
    due_ns = scene.now_ns - int(DEFAULTS.mute_s * SECOND_NS)
    told = {replica.pod for replica in own}
    absent = {pod for pod, at_ns in release.started.items() if at_ns <= due_ns} - told - set(release.stopped)
    if absent and told & release.old:
        return Footprint(STRONG + CLUE, "Its new replicas of {service} never showed a sign of life, while the old ones do.")
    ratios = [ratio for family in (CPU, MEMORY) if (ratio := _ratio(release, own, family)) is not None]
    if not ratios:
        return None
    if max(least for least, _ in ratios) < DEAD:  # an idle replica holds its memory, a dead one nothing
        return Footprint(STRONG + CLUE, "Its new replicas of {service} do no work while the old ones do.")
    most = max(most for _, most in ratios)
    if most >= SWOLLEN and release.old:
        return Footprint(FAIR, f"Its new replicas of {{service}} use {most:.0f} times what the old ones use.")
    if most >= SWOLLEN:  # not at the same time: whatever broke since would make the old ones use more as well
        return Footprint(CLUE, f"Its new replicas of {{service}} use {most:.0f} times what the old ones used before.")
    return Footprint(-CLUE, "Its new replicas of {service} use as much as the old ones do.")


def _ratio(release: Release, own: Sequence[Replica], family: int) -> tuple[float, float] | None:
    """Least and most that a new replica uses: of what siblings usually use, and of what the greediest sibling uses."""
    new: list[float] = []
    old: list[float] = []
    for replica in own:
        if role_of(replica.series.subject).family != family:
            continue
        times, values = replica.series.times_ns, replica.series.values
        if replica.pod in release.new:
            kept, used = times > release.seen[replica.pod] + MINUTE_NS, new
        elif replica.pod in (release.old or release.stopped):
            kept, used = (times >= release.begun_ns if release.old else times < release.begun_ns), old
        else:
            continue
        if np.any(kept):
            used.append(float(np.median(values[kept][-RECENT:])))
    usual = float(np.median(old)) if old else 0.0
    return (min(new) / usual, max(new) / max(old)) if new and usual > 0 else None
