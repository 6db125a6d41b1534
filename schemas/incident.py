"""The incident as downstream tools read it: the value of one record of `causeline.incidents.v1`.

Knows:   the fields of a snapshot and what each promises.
Ignores: how incidents are found (correlate/) and published (streams/).

Times are RFC 3339 UTC texts: 64-bit nanoseconds do not survive JavaScript.  Additive changes only within v1.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from schemas.evidence import Evidence


class Phase(StrEnum):
    OPEN = "open"
    MITIGATED = "mitigated"
    """The symptoms are back inside their normal, but the change that is accused of them has not been undone."""
    RECOVERING = "recovering"
    RESOLVED = "resolved"
    """Recovery was verified from the data: alerts closed and series back inside their normal."""
    MERGED = "merged"


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence for or against a cause, in the one currency: nats of surprise."""

    kind: str
    """Which file of correlate/evidence/ speaks: change_time, rollout, latency, log_share, …"""
    nats: float
    """Positive speaks for the cause, negative against it."""
    text: str
    """A sentence for a person."""
    refs: tuple[Evidence, ...] = ()


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One ranked candidate.  `service` and `change` are null where the data name none."""

    rank: int
    service: str | None
    kind: str
    """change, cpu, memory, disk, network, code, config, dependency, pod, traffic, none or unknown."""
    change: str | None
    """The id that the change carried in its own event."""
    score: float
    """Calibrated probability, 0..1.  Below 0.5 a change is a suggestion, not an answer."""
    because: str
    evidence: tuple[Argument, ...] = ()
    against: tuple[Argument, ...] = ()
    missing: tuple[str, ...] = ()
    """What would settle it, a sentence each."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    entity: str
    role: str
    """root, critical_failure, propagation or impact."""
    at: str
    text: str
    refs: tuple[Evidence, ...] = ()


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    evidence: tuple[str, ...]
    """Kinds of evidence that hold the edge: time_order, dependency, change_precedes, shared_trace, lead_lag, …"""
    text: str
    score: float


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A directed graph from change or failure to symptom (C16); acyclic."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of an incident (C7, C10).  `entry_id` stays the same when the entry is amended."""

    entry_id: str
    at: str
    kind: str
    """onset, change, alert, alert_resolved, log, metric, scaling, state, detection, escalation, recovery, relapse, resolved, merge"""
    entity: str
    text: str
    evidence: tuple[Evidence, ...]
    provisional: bool = False
    late: bool = False
    """The record came after its time had been closed; this revision amends an earlier one."""
    count: int = 1
    """How many alike records this entry stands for."""


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """Quantified impact with its formula; null means unknown, never a guess (C44)."""

    duration_s: float | None = None
    requests_total: float | None = None
    requests_failed: float | None = None
    error_ratio_peak: float | None = None
    latency_peak_s: float | None = None
    services: tuple[str, ...] = ()
    formulas: dict[str, str] = {}
    """Per figure: from which series, over which range, by which formula."""


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an entity or a record is in an incident, or why a near miss was left out (C19)."""

    member: str
    """An entity (`service:checkout`), or a record as `topic/partition/offset/row`."""
    entity: str
    """Whose record it is; the entity itself where the member is one."""
    how: str
    """In: opened, alerted, accused, onset, around_alert, sequel, no_onset, ranked, burst, same_entity, judged, departure, exemplar, cited, counted.
    Out: below_threshold, other_incident, everybody, repeat, acquitted, no_path, elsewhere, before_look_back, after_end, ordinary, unheard.
    """
    score: float | None = None
    """Nats that speak for membership; null where none are measured."""
    seconds: float | None = None
    """From the incident's onset; negative before it."""
    hops: int | None = None
    """Calls between its entity and the most affected one, in either direction; null where no path is known."""
    text: str
    """A sentence for a person."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """A full snapshot; a higher revision replaces a lower one."""

    schema_version: int = 1
    incident_id: str
    revision: int
    status: Phase
    severity: str
    """SEV1 … SEV4 by policy (correlate/severity_policy.py)."""
    estate: str
    title: str
    onset_at: str
    detected_at: str
    mitigated_at: str | None = None
    resolved_at: str | None = None
    merged_into: str | None = None
    services: tuple[str, ...]
    """Affected services, most affected first."""
    entities: tuple[str, ...] = ()
    signal_count: int
    causes: tuple[Cause, ...]
    contributing_factors: tuple[Argument, ...] = ()
    chain: Chain
    timeline: tuple[TimelineEntry, ...]
    impact: Impact
    timeline_total: int = 0
    """How many entries there are; `timeline` holds the most telling ones when there are too many for one record."""
    shed: dict[str, int] = {}
    """What was left out and how often: rows over a cap, late beyond the bound, refused."""
    changes_since: tuple[str, ...] = ()
    """What this revision changed against the one before, a sentence each."""
    severity_reason: str = ""
    """The policy rule that decided the severity, and the facts it saw (C68)."""
    membership: tuple[Reason, ...] = ()
    """Why each entity and the most telling records are in it."""
    near_misses: tuple[Reason, ...] = ()
    """What came close and was left out, and why."""
