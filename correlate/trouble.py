"""One incident as telemetry and alerts know it, before it is told.

Knows:   the facts of one incident and what sort of cause an entity's evidence speaks for.
Ignores: what opens, joins and ends incidents (incidents.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from correlate.scene import Floats, Relapse
from schemas.incident import Phase

_KINDS: Final = (
    # (kind, families that speak for it, weight): memory and disks move by themselves
    ("cpu", ("cpu",), 1.0),
    ("memory", ("memory",), 0.5),
    ("disk", ("io",), 0.5),
    ("code", ("log_sequence", "log_share", "calls", "errors", "edge_errors"), 1.0),
)


def kind_of(families: Mapping[str, float]) -> str:
    """The kind of a cause as its families show it; network where callers feel what the entity itself does not."""
    shown = {kind: weight * max(families.get(family, 0.0) for family in names) for kind, names, weight in _KINDS}
    felt, own = families.get("edge_in_client", 0.0), max(families.get("edge_in_server", 0.0), families.get("latency", 0.0))
    shown["network"] = felt - own
    best = max(sorted(shown), key=lambda kind: shown[kind])
    return best if shown[best] > 0 else "unknown"


class Notice(NamedTuple):
    """What the engine should tell about."""

    number: int
    what: str
    """opened, revised, recovering, mitigated, resolved, reopened"""


@dataclass(frozen=True, slots=True)
class Joined:
    """Why an entity was put into an incident."""

    how: str
    """opened, alerted, accused, onset, around_alert, sequel or no_onset: see correlate/membership.py for each in words."""
    at_ns: int
    """The onset that it told, or the time of its alert."""
    nats: float


@dataclass(slots=True)
class Trouble:
    """One incident as far as telemetry and alerts know it."""

    number: int
    onset_ns: int
    detected_ns: int
    window_ns: int
    entities: list[str]
    """Owners, in order of joining."""
    last_ns: int
    """Last tick at which it was above the hold, or kept by an alert."""
    placed: dict[str, float] = field(default_factory=dict)
    """Nats of each owner when it was placed here."""
    local: Floats = field(default_factory=lambda: np.zeros(0))
    """Of each series the local level just before the onset; empty until it is first ranked."""
    sure: float = 0.0
    """Nats of the witness that told the onset."""
    alerted: bool = False
    symptom: tuple[str, frozenset[str]] | None = None
    """Of an alert: the entity and the names of the series that it may mean."""
    phase: Phase = Phase.OPEN
    resolved_ns: int | None = None
    relapses: list[Relapse] = field(default_factory=list)
    """Each time that it had seemed over and began again."""
    standing: bool = False
    """The change that is accused of it has not been undone, as last judged."""
    published: bool = False
    revision: int = 0
    best: float = 0.0
    """Most nats that any entity reached: in the ranking, or when a window had passed since the onset."""
    at_onset: dict[str, float] = field(default_factory=dict)
    """Nats of each entity over the first windows."""
    peak: dict[str, float] = field(default_factory=dict)
    """Most nats of each entity in any one window."""
    families: dict[str, dict[str, float]] = field(default_factory=dict)
    together: dict[str, float] = field(default_factory=dict)
    """Nats by which each entity moves with the symptom."""
    opinions: dict[str, float] = field(default_factory=dict)
    """Nats of another detector."""
    blame: dict[str, float] = field(default_factory=dict)
    """Entity → nats, most suspect first."""
    joined: dict[str, Joined] = field(default_factory=dict)
    """Entity → why it is here."""
    seen: dict[str, float] = field(default_factory=dict)
    """Most detection nats of every entity while this was open, whether or not it joined."""
    holding: float = 0.0
    """Detection nats that joining took when this was last followed."""

    def join(self, entity: str, how: str, at_ns: int, nats: float = 0.0) -> None:
        if entity not in self.entities:
            self.entities.append(entity)
        self.joined.setdefault(entity, Joined(how, at_ns, nats))

    def reopen(self, onset_ns: int, now_ns: int) -> None:
        """It was not over: recovery must be verified anew."""
        assert self.resolved_ns is not None
        self.relapses.append(Relapse(self.resolved_ns, onset_ns))
        self.phase, self.resolved_ns = Phase.OPEN, None
        self.last_ns = max(self.last_ns, now_ns)

    def apart_ns(self, time_ns: int) -> int:
        """How far a moment lies from when this began, or began again."""
        return min(abs(began_ns - time_ns) for began_ns in (self.onset_ns, *(relapse.again_ns for relapse in self.relapses)))

    @property
    def first_over_ns(self) -> int | None:
        """When it first seemed over, of one that relapsed or is watched since."""
        if self.relapses:
            return self.relapses[0].over_ns
        return self.resolved_ns if self.phase is Phase.MITIGATED else None

    @property
    def open(self) -> bool:
        return self.phase is Phase.OPEN

    def kind(self, entity: str) -> str:
        """What sort of cause an entity would be, by what it shows."""
        return kind_of(self.families.get(entity, {}))
