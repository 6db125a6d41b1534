"""A made-up estate: services in layers, who calls whom how often, and what each can bear.

Knows:   how such systems are usually built: few entries, shared services below, stores at the bottom; sized with headroom for their load.
Ignores: faults, time, telemetry.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.simulate.plan import Plan

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_THINGS: Final = (
    "order", "payment", "cart", "catalog", "user", "stock", "price", "search", "review", "invoice",
    "shipping", "loyalty", "coupon", "session", "profile", "media", "mail", "audit", "tax", "fraud",
)  # fmt: skip
_ROLES: Final = ("api", "service", "worker", "gateway", "reader", "writer", "index", "router", "broker", "ledger")
_STORES: Final = ("db", "cache", "store", "queue")
CORES_USED: Final = (0.2, 0.5)
"""Utilisation in quiet times: sized for the peak, and for the loss of a zone."""
WORKERS_USED: Final = (0.03, 0.15)
"""Workers mostly wait, so there are many more of them than are busy: pools of dozens for a few requests at a time."""

FLAWS_MOST: Final = 0.001


@dataclass(frozen=True, slots=True)
class Estate:
    names: tuple[str, ...]
    layer: Ints
    entries: tuple[int, ...]
    pods: Ints
    client: Ints
    """Edges: who calls…"""
    server: Ints
    """…whom, sorted by the client's layer."""
    calls: Floats
    """Calls for each request of the client."""
    needed: Floats
    """Share of failed calls that fail the request: 1, or little where there is a fallback."""
    retries: Floats
    """Times that a failed call is tried again."""
    service_s: Floats
    """Work of one request, without waiting and callees."""
    cpu_share: Floats
    """Share of that work that is the processor's."""
    workers: Floats
    """Requests that a service can hold at once."""
    cores: Floats
    entry_rps: Floats
    """Usual requests a second from outside."""
    timeout_s: Floats
    """Of each edge."""
    flaws: Floats
    """Share of requests that fail on any day: bad input, cut connections."""

    @property
    def size(self) -> int:
        return len(self.names)

    def edges_into(self, service: int) -> Ints:
        return np.nonzero(self.server == service)[0]

    def edges_out_of(self, service: int) -> Ints:
        return np.nonzero(self.client == service)[0]


def estate(plan: Plan) -> Estate:
    dice = random.Random(f"estate {plan.seed}")
    layer = _layers(plan.services, dice)
    names = _names(layer, dice)
    client, server, calls = _edges(layer, dice)
    entries = tuple(np.nonzero(layer == 0)[0].tolist())
    entry_rps = np.zeros(plan.services)
    for entry in entries:
        entry_rps[entry] = dice.uniform(20, 120)
    service_s = np.array([dice.uniform(0.003, 0.03) for _ in names])
    rps = entry_rps.copy()
    for edge in range(len(client)):
        rps[server[edge]] += rps[client[edge]] * calls[edge]
    total_s = service_s.copy()
    for edge in reversed(range(len(client))):
        total_s[client[edge]] += calls[edge] * total_s[server[edge]]
    cores_used = np.array([dice.uniform(*CORES_USED) for _ in names])
    workers_used = np.array([dice.uniform(*WORKERS_USED) for _ in names])
    cpu_share = np.array([dice.uniform(0.3, 0.8) for _ in names])
    return Estate(
        names=names,
        layer=layer,
        entries=entries,
        pods=np.array([dice.randint(1, plan.pods_most) if plan.pods_most > 1 else 1 for _ in names]),
        client=client,
        server=server,
        calls=calls,
        needed=np.array([1.0 if dice.random() < 0.75 else 0.1 for _ in client]),
        retries=np.array([float(dice.random() < 0.4) for _ in client]),
        service_s=service_s,
        cpu_share=cpu_share,
        workers=np.maximum(4.0, rps * total_s / workers_used),
        cores=np.maximum(0.1, rps * service_s * cpu_share / cores_used),
        entry_rps=entry_rps,
        flaws=np.array([dice.uniform(0, FLAWS_MOST) for _ in names]),
        timeout_s=np.array([dice.uniform(8, 20) for _ in client]) * np.maximum(total_s[server], 0.05),
    )


def _layers(size: int, dice: random.Random) -> Ints:
    """Layer of each service: an entry or two, two to four layers of services, a fifth of stores at the bottom."""
    middle = min(2 + size // 20, 4)
    entries = 1 if size < 12 else dice.randint(1, 3)
    stores = max(1, size // 5)
    layers = [0] * entries + [1 + index % middle for index in range(size - entries - stores)] + [middle + 1] * stores
    return np.array(sorted(layers), np.int64)


def _names(layer: Ints, dice: random.Random) -> tuple[str, ...]:
    pool = [f"{thing}-{role}" for thing in _THINGS for role in _ROLES]
    stores = [f"{thing}-{store}" for thing in _THINGS for store in _STORES]
    dice.shuffle(pool)
    dice.shuffle(stores)
    bottom = int(layer.max())
    names = [stores.pop() if where == bottom else pool.pop() for where in layer.tolist()]
    for number, entry in enumerate(np.nonzero(layer == 0)[0].tolist()):
        names[entry] = ("web-frontend", "mobile-gateway", "partner-api")[number]
    return tuple(names)


def _edges(layer: Ints, dice: random.Random) -> tuple[Ints, Ints, Floats]:
    """Each service calls some of the layer below and now and then of deeper ones; nobody but an entry goes uncalled."""
    edges: dict[tuple[int, int], float] = {}
    bottom = int(layer.max())
    for service, where in enumerate(layer.tolist()):
        below = np.nonzero(layer == where + 1)[0].tolist()
        deeper = np.nonzero(layer > where + 1)[0].tolist()
        if below:
            for callee in dice.sample(below, min(len(below), dice.randint(1, 3))):
                edges[service, callee] = dice.uniform(0.3, 1.2)
        if deeper and where < bottom and dice.random() < 0.3:
            edges[service, dice.choice(deeper)] = dice.uniform(0.2, 0.8)
    for service, where in enumerate(layer.tolist()):
        if where and not any(callee == service for _, callee in edges):
            edges[dice.choice(np.nonzero(layer == where - 1)[0].tolist()), service] = dice.uniform(0.3, 1.0)
    ordered = sorted(edges, key=lambda edge: (layer[edge[0]], edge))
    client, server = np.array([edge[0] for edge in ordered]), np.array([edge[1] for edge in ordered])
    return client, server, np.array([edges[edge] for edge in ordered])
