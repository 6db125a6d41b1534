"""An alert reduced to what counts: who complains, of what, and on whose behalf.

Knows:   which labels name an entity, a peer or nothing at all.
Ignores: how often it fires (rates.py) and what it means (ranking.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from correlate.scene import Position
from schemas.signal import Signal, Subject

UNITS: Final = ("k8s.pod.name", "container.name", "k8s.container.name", "service.instance.id", "pod", "container", "instance")
"""The instance that complains, most telling first."""
PEERS: Final = ("client_pod", "client", "source", "caller", "peer", "server.peer")
"""On whose behalf: the caller that saw it."""
IDENTS_MAX: Final = 50_000
"""Complaints remembered, of an estate or of a process: each is some hundred bytes."""
NAMELESS: Final = frozenset(
    UNITS
    + PEERS
    + (
        "server", "severity", "service.name", "service", "host.name", "host", "node", "k8s.node.name", "k8s.namespace.name", "namespace", "cluster",
        "k8s.cluster.name", "deployment.environment.name", "environment", "env", "receiver", "monitor", "prometheus", "replica", "job", "app",
        "service.namespace", "k8s.deployment.name", "agent", "agent.id", "agent.ip", "host.ip", "alertname", "fingerprint",
    )
)  # fmt: skip
"""Labels that say where, by whom or how routed, but not what is wrong."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What stays the same each time an alert rule fires for the same thing."""

    candidate: str
    """Entity that can be the cause: a service, else a host, else what is named."""
    unit: str
    """The instance of the candidate that complains; the candidate itself where no instance is named."""
    name: str
    """Alert name."""
    kind: str
    """What is wrong, whoever it is: the name and the labels that name no entity."""
    peer: str
    host: str = ""
    """The host that the unit runs on, where the alert says so."""

    @property
    def ident(self) -> tuple[str, str, str]:
        """Equal for two firings that tell nothing new."""
        return self.unit, self.kind, self.peer


@dataclass(frozen=True, slots=True)
class Alarm:
    time_ns: int
    complaint: Complaint
    severity_number: int
    position: Position
    text: str


@lru_cache(maxsize=IDENTS_MAX)
def complaint_of(subject: Subject) -> Complaint:
    """A pure function of the subject; remembered, since alerts repeat."""
    attributes = dict(subject.attributes)
    unit = next((attributes[key] for key in UNITS if attributes.get(key)), subject.entity)
    peer = next((attributes[key] for key in PEERS if attributes.get(key)), "")
    host = next((entity for entity in subject.ancestors if entity.startswith("host:")), "")
    what = [f"{key}={value}" for key, value in subject.attributes if key not in NAMELESS]
    return Complaint(subject.entity, unit, subject.name, "|".join((subject.name, *what)), peer, host)


def alarm_of(signal: Signal) -> Alarm:
    where = Position(signal.topic, signal.partition, signal.offset, signal.row)
    return Alarm(signal.event_time_ns, complaint_of(signal.subject), signal.severity_number, where, signal.text)
