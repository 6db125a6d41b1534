"""What judging and telling look at: one incident and everything known around it, read-only.

Knows:   the shapes that the finders (telemetry, alarms), the judges (correlate/evidence/, causes) and the tellers (timeline, chain,
         impact, postmortem) hand to each other.
Ignores: how any of them works.

Times are int nanoseconds since 1970 UTC.  Surprise is in nats: -ln of the chance to see as much in quiet times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.incident import Argument, Phase
from schemas.signal import Signal, Subject

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record lies, so that every statement can point to it."""

    topic: str
    partition: int
    offset: int
    row: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """One metric series' recent samples, oldest first; counters are already rates per second."""

    subject: Subject
    times_ns: Int64s
    values: Floats
    step_ns: int
    """Usual time between samples."""
    per_second: bool | None = None
    """Whether values are a rate per second (the samples were a counter's); None: not known."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a series and the record that brought it."""

    at_ns: int
    value: float
    position: Position


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which an entity departed from its normal."""

    entity: str
    family: str
    """cpu, memory, io, network, errors, latency, edge_in, edge_out, log_share, log_sequence, traffic, other"""
    nats: float
    subject: Subject
    """The series, or the log template's service with the template's text as name."""
    first_ns: int
    """First sample or event that deviates."""
    last_ns: int
    observed: float
    expected: float
    text: str
    """A sentence: what moved from where to where."""
    position: Position | None = None
    """Of the first deviating record."""
    last: Sample | None = None
    """The last one looked at: once it is over, what shows that it is."""

    @property
    def is_of_logs(self) -> bool:
        """Whether it was read from log lines, each of which has its own time."""
        return self.family in ("log_share", "log_sequence")

    @property
    def is_back(self) -> bool:
        """Whether its last sample lies nearer to what was normal than to what it had become."""
        return self.last is not None and abs(self.last.value - self.expected) < abs(self.last.value - self.observed)


@dataclass(frozen=True, slots=True)
class Suspect:
    """One candidate cause before it is worded: an entity, or a change on an entity, or neither (exogenous)."""

    entity: str | None
    kind: str
    change: Signal | None
    score: float
    """Calibrated probability 0..1."""
    arguments: tuple[Argument, ...]
    """For (positive nats) and against (negative)."""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What the judges see of one incident at one moment."""

    estate: str
    onset_ns: int
    detected_ns: int
    now_ns: int
    alerts: Sequence[Signal]
    """Firings and resolutions of this incident, oldest first."""
    changes: Sequence[Signal]
    """Changes and scaling events of the estate within the look-back, up to now, oldest first."""
    series: Sequence[Series]
    """All metric series of the estate, recent window."""
    logs: Sequence[Signal]
    """A bounded sample of recent log rows: all alarming ones up to a cap, and healthy ones of the same services."""
    calls: Mapping[str, frozenset[str]]
    """Entity → entities it depends on: declared and observed."""
    blame: Mapping[str, float]
    """Entity → nats by the telemetry ranking."""
    findings: Sequence[Finding] = ()
    declared: frozenset[str] = frozenset()
    """Entities of the service catalogue."""
    measured: frozenset[str] = frozenset()
    """Entities with telemetry of their own: that these show nothing is known, of others it is not."""

    @property
    def known(self) -> frozenset[str]:
        """Every entity that is more than a name in a change."""
        return frozenset({*self.calls, *self.blame, *self.declared, *self.measured}.union(*self.calls.values()))


class Relapse(NamedTuple):
    """An incident that had seemed over began again."""

    over_ns: int
    again_ns: int


@dataclass(slots=True)
class Account:
    """Everything that is to be told of one incident; the tellers turn it into schemas.incident.Incident."""

    incident_id: str
    estate: str
    revision: int
    phase: Phase
    onset_ns: int
    detected_ns: int
    detected_by: str
    """A sentence: which alert or which joint evidence told first."""
    mitigated_ns: int | None
    resolved_ns: int | None
    entities: dict[str, int]
    """Affected entity → its first failure (C13), most affected first."""
    members: list[Signal]
    """Alerts (firing and resolved), changes, scaling and state rows, exemplar logs, oldest first; bounded."""
    findings: list[Finding]
    suspects: list[Suspect]
    """Best first."""
    calls: Mapping[str, frozenset[str]]
    signal_count: int
    counts: dict[str, int] = field(default_factory=dict)
    """Rows of the incident by kind, exact even where `members` is a sample."""
    series: Sequence[Series] = ()
    """Request, error and latency series of the affected services over onset − window … now, for impact."""
    late: frozenset[Position] = frozenset()
    """Members that came after their time had been closed."""
    shed: dict[str, int] = field(default_factory=dict)
    merged_into: str | None = None
    notes: tuple[str, ...] = ()
    """What this revision changed against the one before."""
    recovery: tuple[str, ...] = ()
    """What tells that it is over, a clause each."""
    verified: bool = True
    """Whether that is more than silence: an alert told that it resolved, or a series is back."""
    unconfirmed: tuple[str, ...] = ()
    """Alerted entities of which telemetry is known and shows nothing, where nothing else of the incident shows anything either."""
    relapses: Sequence[Relapse] = ()
    holding_nats: float = 0.0
    """By which one entity must depart to keep an incident of this estate open: below it, one of so many does so by chance."""
    settled_ns: int | None = None
    """Event time up to which buckets are closed; what lies after it is told as provisional.  None: everything is settled."""
