"""What an entity asks of others for each request it gets: its flow of calls, against what it usually asks.

Knows:   counters of calls (edges) and of requests, as rates in the series table.
Ignores: latencies, errors, logs.

Code that returns early asks less of its callees and code that retries asks more, though every answer may be fast and right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from correlate.scene import Floats, Int64s
from correlate.telemetry import shares
from correlate.telemetry.registry import Registry
from correlate.telemetry.series import SeriesTable

_TRUST = 0.5
"""The mix of requests changes by itself, so the usual counts half."""
LEAST_LEARNED = 5
"""Samples from which on a rate is known."""


@dataclass(slots=True)
class Flow:
    """One row per edge whose calls can be compared."""

    edges: Int64s
    """Series of the calls."""
    nats: Floats
    observed: Floats
    """Calls per request in the window."""
    expected: Floats


def calls(table: SeriesTable, registry: Registry, begin: Int64s, end: Int64s) -> Flow:
    """The flow in (begin, end] of each series against what was learned as normal."""
    edges = np.nonzero((registry.requests > 0) & (registry.client >= 0) & (table.learned[: table.count] >= LEAST_LEARNED))[0]
    inflow, usual = requests(table, registry, begin, end)
    asker = registry.client[edges]
    tick_s = np.maximum(table.step[edges], table.parameters.tick_ns) * 1e-9
    window = table.recent(edges, begin[edges], end[edges])
    seen, learned = np.count_nonzero(~np.isnan(window), axis=1), np.count_nonzero(~np.isnan(table.normal[edges]), axis=1)
    count, before = np.nansum(window, axis=1) * tick_s, np.nansum(table.normal[edges], axis=1) * tick_s
    exposure, exposure_before = inflow[asker] * seen * tick_s, usual[asker] * learned * tick_s
    level, spread = table.level[edges], np.nan_to_num(table.spread[edges])
    with np.errstate(divide="ignore", invalid="ignore"):
        bursts = np.maximum(1.0, np.nan_to_num(spread**2 * tick_s / level, posinf=1.0))  # variance over mean of the counts
        bursts = np.maximum(bursts, table.parameters.relative_floor**2 * count)  # however many are counted, they scatter by a share of them
        observed, expected = count / exposure, before / exposure_before
    ratio = shares.two_rates(count, exposure, _TRUST * before, _TRUST * exposure_before) / bursts
    known = (exposure > 0) & (exposure_before > 0)
    return Flow(edges[known], ratio[known], observed[known], expected[known])


def requests(table: SeriesTable, registry: Registry, begin: Int64s, end: Int64s) -> tuple[Floats, Floats]:
    """Requests per second that each entity gets in the window and usually: by its callers' edges, else by its own counters, else 0."""
    size = len(registry.entities)
    now, usual = np.zeros(size), np.zeros(size)
    called = np.zeros(size, dtype=bool)
    counted = (registry.requests > 0) & (table.learned[: table.count] >= LEAST_LEARNED)
    for edge in (True, False):
        series = np.nonzero(counted & ((registry.client >= 0) == edge) & ~called[registry.owner])[0]
        window = table.recent(series, begin[series], end[series])
        known = ~np.isnan(window).all(axis=1)
        series, window = series[known], window[known]
        owner = registry.owner[series]
        now += np.bincount(owner, np.nanmean(window, axis=1), size)
        usual += np.bincount(owner, np.nanmean(table.normal[series], axis=1), size)
        called[owner] = True
    return now, usual
