"""How load, waiting and failure run through an estate, moment by moment.

Knows:   arithmetic of queues: demand runs down the call graph (retries included), latency and errors run up it; a request holds a worker
         until its callees have answered, so a slow callee fills its callers; a full queue refuses.
Ignores: what a fault is (faults.py turns it into conditions) and what anybody measures.

Nothing here knows who is to blame.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.simulate.estate import Estate, Floats, Ints

NETWORK_S: Final = 0.001
QUEUE_S: Final = 1.0
"""A queue longer than this many seconds of work refuses."""
RHO_MOST: Final = 0.97
"""Utilisation at which waiting is no longer a matter of chance but of backlog."""
SPREAD: Final = 0.4
"""Standard deviation of the logarithm of a latency: how often a call exceeds its timeout."""
RESTART_S: Final = 20.0


@dataclass(slots=True)
class Conditions:
    """What differs from a quiet estate.  Index → its course in time, one value a moment."""

    slow: dict[int, Floats] = field(default_factory=dict)
    """Service: factor on its own work."""
    fails: dict[int, Floats] = field(default_factory=dict)
    """Service: share of requests that fail in its own code, before it calls anybody."""
    skips: dict[int, Floats] = field(default_factory=dict)
    """Service: share of requests answered early, without calling anybody."""
    workers: dict[int, Floats] = field(default_factory=dict)
    """Service: factor on its workers."""
    hog: dict[int, Floats] = field(default_factory=dict)
    """Service: share of its cores that something else takes."""
    delay_s: dict[int, Floats] = field(default_factory=dict)
    """Edge: seconds on the way."""
    loss: dict[int, Floats] = field(default_factory=dict)
    """Edge: share of calls lost."""
    calls: dict[int, Floats] = field(default_factory=dict)
    """Edge: factor on the number of calls."""


@dataclass(frozen=True, slots=True)
class Course:
    """What happened: one row a moment."""

    dt_s: float
    rps: Floats
    """Requests a second of each service."""
    errors: Floats
    """Share of them that failed."""
    own_errors: Floats
    """Share that failed in the service itself."""
    latency_s: Floats
    own_s: Floats
    """Of the latency, the service's own work."""
    cpu: Floats
    """Share of cores used."""
    waiting: Floats
    """Share of the latency spent in the queue of the service itself."""
    edge_rps: Floats
    edge_errors: Floats
    edge_s: Floats

    def mean(self, name: str, begin: int, end: int) -> Floats:
        found: Floats = getattr(self, name)[begin:end].mean(axis=0)
        return found


def run(estate: Estate, outside_rps: Floats, conditions: Conditions, dt_s: float) -> Course:
    """outside_rps: moments × services."""
    moments, size, many = len(outside_rps), estate.size, len(estate.client)
    tables = {name: np.zeros((moments, size)) for name in ("rps", "errors", "own_errors", "latency_s", "own_s", "cpu", "waiting")}
    edges = {name: np.zeros((moments, many)) for name in ("edge_rps", "edge_errors", "edge_s")}
    layers = [np.nonzero(estate.layer[estate.client] == layer)[0] for layer in range(int(estate.layer.max()))]
    backlog, failed = np.zeros(size), np.zeros(many)
    latency = _quiet_latency(estate, layers)
    for moment in range(moments):
        at = _At(estate, conditions, moment)
        attempts = at.calls * (1 + estate.retries * failed)
        rps, edge_rps = _demand(estate, outside_rps[moment], attempts * (1 - at.stopped[estate.client]), layers)
        own = estate.service_s * at.slow / np.maximum(1 - at.hog, 0.05) ** estate.cpu_share
        hold = own + _sum(estate.client, attempts * np.minimum(latency[estate.server] + at.delay_s, estate.timeout_s), size)
        bears = np.minimum(estate.workers * at.workers / hold, estate.cores * np.maximum(1 - at.hog, 0.05) / (own * estate.cpu_share))
        rho = rps / bears
        room = QUEUE_S * bears
        grown = backlog + (rps - bears) * dt_s
        refused = np.where(grown > room, np.clip(1 - bears / np.maximum(rps, 1e-9), 0, 1), 0.0)
        backlog = np.clip(grown, 0, room)
        easy = np.minimum(rho, RHO_MOST)
        wait = own * easy**3 / (1 - easy) * 0.5 + backlog / bears
        stopped = 1 - (1 - at.fails) * (1 - refused) * (1 - estate.flaws)
        latency, errors, edge_errors, edge_s = _upwards(estate, own + wait, stopped, at, attempts, layers)
        failed = edge_errors
        cpu = np.clip(np.minimum(rps, bears) * own * estate.cpu_share / estate.cores + at.hog + 0.02, 0, 1)
        row = (rps, errors, stopped, latency, own, cpu, wait / np.maximum(latency, 1e-9))
        for name, values in zip(tables, row, strict=True):
            tables[name][moment] = values
        for name, values in zip(edges, (edge_rps, edge_errors, edge_s), strict=True):
            edges[name][moment] = values
    return Course(dt_s=dt_s, **tables, **edges)


class _At:
    """Conditions at one moment."""

    def __init__(self, estate: Estate, conditions: Conditions, moment: int) -> None:
        size, many = estate.size, len(estate.client)
        self.slow = _filled(size, 1.0, conditions.slow, moment)
        self.fails = _filled(size, 0.0, conditions.fails, moment)
        skips = _filled(size, 0.0, conditions.skips, moment)
        self.stopped = 1 - (1 - self.fails) * (1 - skips)
        self.workers = _filled(size, 1.0, conditions.workers, moment)
        self.hog = _filled(size, 0.0, conditions.hog, moment)
        self.delay_s = _filled(many, NETWORK_S, conditions.delay_s, moment)
        self.loss = _filled(many, 0.0, conditions.loss, moment)
        self.calls = estate.calls * _filled(many, 1.0, conditions.calls, moment)


def _filled(size: int, usual: float, courses: Mapping[int, Floats], moment: int) -> Floats:
    values = np.full(size, usual)
    for index, course in courses.items():
        values[index] = course[moment]
    return values


def _quiet_latency(estate: Estate, layers: list[Ints]) -> Floats:
    latency = estate.service_s.copy()
    for edges in reversed(layers):
        np.add.at(latency, estate.client[edges], estate.calls[edges] * latency[estate.server[edges]])
    return latency


def _demand(estate: Estate, outside_rps: Floats, attempts: Floats, layers: list[Ints]) -> tuple[Floats, Floats]:
    rps, edge_rps = outside_rps.copy(), np.zeros(len(attempts))
    for edges in layers:
        edge_rps[edges] = rps[estate.client[edges]] * attempts[edges]
        rps += _sum(estate.server[edges], edge_rps[edges], estate.size)
    return rps, edge_rps


def _upwards(
    estate: Estate, own_s: Floats, stopped: Floats, at: _At, attempts: Floats, layers: list[Ints]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Latency and errors, from the stores up to the entries."""
    latency, sound = own_s.copy(), np.log1p(-np.minimum(stopped, 0.999999))
    edge_errors, edge_s = np.zeros(len(attempts)), np.zeros(len(attempts))
    for edges in reversed(layers):
        client, server = estate.client[edges], estate.server[edges]
        takes = latency[server] + at.delay_s[edges]
        late = _beyond(np.log(takes / estate.timeout_s[edges]) / SPREAD)
        fails = 1 - np.exp(sound[server]) * (1 - at.loss[edges]) * (1 - late)
        edge_s[edges], edge_errors[edges] = np.minimum(takes, estate.timeout_s[edges]), fails
        finally_ = fails ** (1 + estate.retries[edges])
        goes_on = 1 - at.stopped[client]
        latency += _sum(client, goes_on * attempts[edges] * edge_s[edges], estate.size)
        hurt = np.minimum(estate.needed[edges] * np.minimum(attempts[edges], 1.0) * finally_, 0.999999)
        sound += _sum(client, np.log1p(-hurt), estate.size)
    return latency, 1 - np.exp(sound), edge_errors, edge_s


def _beyond(z: Floats) -> Floats:
    """Share of a normal distribution above -z."""
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z.tolist()])


def _sum(index: Ints, values: Floats, size: int) -> Floats:
    return np.bincount(index, weights=values, minlength=size).astype(np.float64)
