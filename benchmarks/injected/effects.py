"""What a fault does to an estate: whose answers become how much slower, whose calls fail, whose processor is busy.

Knows:   the call graph, and that who waits for a slow answer answers later itself.
Ignores: how the estate's metrics are named and written (write.py).

A network delay hits what a component sends: its answers, which only its callers see late, and its own calls.  A busy processor slows the
component's own work.  A fault in code makes a share of requests fail.  A caller feels as much of it as it makes calls a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

HOPS_MOST: Final = 6
"""Deeper call chains than any of the recorded estates has."""

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Effects:
    """Of one fault, at its height."""

    slower_s: Mapping[str, float] = field(default_factory=dict)
    """Service → what its own measurement of its answers grows by."""
    calls_slower_s: Mapping[Edge, float] = field(default_factory=dict)
    """(client, server) → what the client's measurement of a call grows by."""
    failing: Mapping[str, float] = field(default_factory=dict)
    """Service → share of its requests that fail now and did not before."""
    busier: Mapping[str, float] = field(default_factory=dict)
    """Service → by which factor its processors work more."""


def effects(kind: str, service: str, size: float, calls: Mapping[Edge, float], *, busier: float = 1.0, by_clients: bool = True) -> Effects:
    """`size`: seconds of delay (network) or of slower work (cpu, whose processors work `busier` times as much), share of failures (code).
    `calls`: (client, server) → share of the client's requests that make this call, in (0, 1].
    Where clients do not measure their calls, what is called a component's latency is taken on the way to it."""
    if kind == "code":
        return Effects(failing=_upstream(service, size, calls))
    if kind == "cpu":
        slower = _upstream(service, size, calls)
        return Effects(slower, _felt(slower, calls), busier={service: busier})
    slower = _upstream(service, size, calls)
    slower[service] = size if not by_clients or any(client == service for client, _ in calls) else 0.0
    felt = _felt(slower, calls)
    for edge in calls:
        if service in edge:
            felt[edge] = size + (slower[service] if edge[1] == service else 0.0)
    return Effects(slower, felt)


def _upstream(service: str, size: float, calls: Mapping[Edge, float]) -> dict[str, float]:
    """What each caller of callers feels of `size`."""
    felt = {service: size}
    front: Iterable[str] = (service,)
    for _ in range(HOPS_MOST):
        reached: dict[str, float] = {}
        for client, server in sorted(calls):
            if server in front and client not in felt:
                reached[client] = max(reached.get(client, 0.0), felt[server] * calls[client, server])
        felt |= reached
        front = reached.keys()
    return felt


def _felt(slower: Mapping[str, float], calls: Iterable[Edge]) -> dict[Edge, float]:
    return {edge: slower[edge[1]] for edge in calls if edge[1] in slower}
