"""All evidence of one span of time, entered into one matrix entity × family.

Knows:   surprise per series, per flow of calls and per log share, and whose it is.
Ignores: how surprise was measured, and what it adds up to (blame.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from correlate.scene import Floats, Int64s
from correlate.telemetry.edges import charge
from correlate.telemetry.flow import Flow
from correlate.telemetry.logs import SEQUENCE, Shift
from correlate.telemetry.registry import Registry
from correlate.telemetry.roles import (
    CALLS,
    EDGE_IN_CLIENT,
    EDGE_OUT_CLIENT,
    EDGE_OUT_SERVER,
    FAMILIES,
    IGNORED,
    LOG_SEQUENCE,
    LOG_SHARE,
)

UNSEEN: Final = -1.0


@dataclass(slots=True)
class Evidence:
    """What a span of time shows, and what it rests on."""

    raw: Floats
    """Surprise per entity and family; UNSEEN where nothing was measured."""
    deviation: Floats
    """Per series, in scales; NaN where unknown."""
    nats: Floats
    """Per series; NaN where unknown."""
    flow: Flow
    shifts: dict[tuple[int, int], Shift]


def nothing() -> Evidence:
    """Before anything was judged."""
    return Evidence(np.zeros((0, len(FAMILIES))), np.zeros(0), np.zeros(0), Flow(np.zeros(0, np.int64), *np.zeros((3, 0))), {})


def assemble(registry: Registry, deviation: Floats, nats: Floats, flow: Flow, shifts: dict[tuple[int, int], Shift]) -> Evidence:
    """Per entity and family the strongest series less the logarithm of their number; edges are charged; logs are entered."""
    raw = np.full(registry.size, UNSEEN)
    known = ~np.isnan(nats) & (registry.family != IGNORED)
    _enter(raw, registry.owner[known], registry.family[known], nats[known])
    for family, edges in registry.latency_edges():
        _charge(raw, registry, family, edges[~np.isnan(nats[edges])], nats)
    _enter(raw, registry.client[flow.edges], np.full(len(flow.edges), CALLS), flow.nats)
    for (entity, kind), shift in shifts.items():
        raw[entity, LOG_SEQUENCE if kind == SEQUENCE else LOG_SHARE] = shift.nats
    return Evidence(raw, deviation, nats, flow, shifts)


def _enter(raw: Floats, entity: Int64s, family: Int64s, nats: Floats) -> None:
    """Enters the most of each cell's values, less the logarithm of their number: the best of many is no surprise."""
    cell = entity * raw.shape[1] + family
    cells, many = np.unique(cell, return_counts=True)
    best = np.zeros(raw.size)
    np.maximum.at(best, cell, nats)
    raw.reshape(-1)[cells] = np.maximum(0.0, best[cells] - np.log(many))


def _charge(raw: Floats, registry: Registry, family: int, edges: Int64s, nats: Floats) -> None:
    """Charges slow calls to their servers and callers."""
    out = EDGE_OUT_CLIENT if family == EDGE_IN_CLIENT else EDGE_OUT_SERVER
    raw[:, family] = UNSEEN
    pairs, place = np.unique(registry.client[edges] * len(raw) + registry.owner[edges], return_inverse=True)
    felt = np.zeros(len(pairs))
    np.maximum.at(felt, place, nats[edges])
    servers, charged, callers, common = charge(pairs // len(raw), pairs % len(raw), felt)
    raw[servers, family], raw[callers, out] = charged, common
