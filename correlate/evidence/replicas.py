"""The series of single replicas, by the service they serve.

Knows:   how a series names its pod, and whose pod speaks on an edge between two services.
Ignores: what the figures mean for a release (rollout.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from correlate.scene import Series
from correlate.telemetry.roles import EDGE_ERRORS, EDGE_IN_CLIENT, EDGE_IN_SERVER, ERRORS, LATENCY, TRAFFIC, role_of
from schemas.entity import split
from schemas.signal import Subject

KIND = "rollout"
"""Evidence from comparing replicas, of whatever they are compared by."""
_REPLICA = ("k8s.pod.name", "pod", "service.instance.id", "instance", "service.version", "version")
"""Labels by which series of one service are told apart, the finest first."""
_FELT = frozenset({ERRORS, EDGE_ERRORS, LATENCY, EDGE_IN_CLIENT, EDGE_IN_SERVER})
"""Families that a caller feels; CPU or memory of a new version may differ without harm."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One series of one pod."""

    pod: str
    series: Series
    measures: tuple[str, ...]
    """Equal for the same measure of sibling pods."""
    direction: int
    """1: high is bad, -1: low is bad."""
    is_felt: bool
    tells_errors: bool
    """Whether it tells how many calls fail, not how long they take."""
    serves: bool
    """Whether it counts what others ask of the service, not what the service asks of others."""
    counts_requests: bool
    """Whether its values are requests per second."""

    @property
    def asked_by(self) -> tuple[str, bool]:
        """Equal for what counts requests and what counts their failures."""
        return self.measures[1], self.serves


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is known of single replicas."""

    of: Mapping[str, Sequence[Replica]]
    """Service → series of its own pods."""
    callers: Mapping[str, Sequence[Replica]]
    """Service → series in which the pods of its callers tell how it answers."""


def fleet(series: Sequence[Series]) -> Fleet:
    of: dict[str, list[Replica]] = defaultdict(list)
    callers: dict[str, list[Replica]] = defaultdict(list)
    for one in series:
        pod = pod_of(one.subject)
        if not pod:
            continue
        role = role_of(one.subject)
        told_by_client = bool(role.client) and one.subject.attribute("reporter") in ("source", "client")
        measures = (
            one.subject.name,
            role.client,
            role.owner,
            *(value for key, value in one.subject.attributes if key in ("reporter", "quantile", "le")),
        )
        replica = Replica(
            pod,
            one,
            measures,
            direction=role.direction or 1,
            is_felt=role.family in _FELT,
            tells_errors=role.family in (ERRORS, EDGE_ERRORS),
            serves=not told_by_client,
            counts_requests=bool(one.per_second) and role.family == TRAFFIC and (role.requests or bool(role.client)),
        )
        of[role.client if told_by_client else role.owner].append(replica)
        if told_by_client:
            callers[role.owner].append(replica)
    return Fleet(of, callers)


def pod_of(subject: Subject) -> str:
    """The pod, instance or version that a series is about; empty when it is about no single one."""
    for entity in (subject.entity, *subject.ancestors):
        kind, name = split(entity)
        if kind == "pod":
            return name
    return next(filter(None, map(subject.attribute, _REPLICA)), "")
