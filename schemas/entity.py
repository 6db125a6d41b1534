"""Who a signal is about: one entity, named the same whoever reports it.

Knows:   entity kinds, their rank of trust as the thing observed, and how an entity's ancestors are written.
Ignores: the native formats (schemas/sources/), and how entities depend on each other (correlate/topology.py).

An entity is written `kind:name`, such as `service:checkout` or `host:web-1`.  Its ancestors are the entities that hold it,
nearest first: a pod's ancestors are its service, then its host.
"""

from __future__ import annotations

from typing import Final

KINDS: Final = (
    "service",  # service.name; a deployment or a job counts as one
    "database",
    "queue",
    "function",  # faas.name
    "pod",
    "container",
    "host",  # host.name; a node or an instance counts as one
    "resource",  # a cloud resource id (ARN, GCP resource name, ARM id)
    "unit",  # a systemd unit or Windows service on a host
    "alarm",  # an alert rule that names nothing else
)
"""Entity kinds, most trusted name of a cause first: people fix services, not containers."""


def entity(kind: str, name: str) -> str:
    """`kind:name`; raises ValueError for a kind that is not in KINDS (a bug of ours: readers choose kinds, not senders)."""
    if kind not in KINDS:
        raise ValueError(f"unknown entity kind {kind!r}; known: {', '.join(KINDS)}")
    return f"{kind}:{name}"


def split(entity: str) -> tuple[str, str]:
    """Kind and name of an entity written `kind:name`; names may hold further colons."""
    kind, _, name = entity.partition(":")
    return kind, name
