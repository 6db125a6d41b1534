"""How surprising a share of failing requests is, by how many requests it is of.

Knows:   of a component that tells which share of its requests fails, and how many it gets, how many failed in a span and usually.
Ignores: other metrics, and whether it lasted: what opens an incident must (surprise.py), what explains one need not.

Two of a hundred are nobody's alarm and little against the spread of a share, but of somebody who has answered ten thousand requests without
one failure they are no chance.  Two of three say little.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from correlate.golden_signals import Golden, golden
from correlate.scene import Floats, Int64s
from correlate.telemetry import shares
from correlate.telemetry.flow import LEAST_LEARNED
from correlate.telemetry.registry import NOBODY, Registry
from correlate.telemetry.roles import ERRORS
from correlate.telemetry.series import SeriesTable

_HUNDRED: Final = 100.0
"""A share that is ever above 1 is told in hundredths."""


def failing(table: SeriesTable, registry: Registry, begin: Int64s, end: Int64s) -> tuple[Int64s, Floats]:
    """(entities, nats) of what failed in (begin, end] of each series against what was learned as normal; one row a series that tells a share."""
    gauges = (table.learned[: table.count] >= LEAST_LEARNED) & ~table.cumulative[: table.count]
    known = np.nonzero((registry.family == ERRORS) & (registry.client == NOBODY) & gauges)[0]
    kinds = {series: golden(registry.subjects[series]) for series in known.tolist()}
    series = np.array([one for one, kind in kinds.items() if kind in (Golden.ERROR_RATIO, Golden.SUCCESS_RATIO)], np.int64)
    if not len(series):
        return series, np.zeros(0)
    now, usual = _asked(table, registry, begin, end)
    owner, step_s = registry.owner[series], table.step[series] * 1e-9
    succeeding = np.array([kinds[one] is Golden.SUCCESS_RATIO for one in series.tolist()])
    window, normal = table.recent(series, begin[series], end[series]), table.normal[series]
    whole = np.where(np.nanmax(np.hstack((window, normal)), axis=1) > 1.0, _HUNDRED, 1.0)[:, None]
    failed, failed_before = (np.where(succeeding[:, None], whole - part, part) / whole for part in (window, normal))
    return owner, surprise_of(failed, failed_before, now[owner] * step_s, usual[owner] * step_s)


def surprise_of(failed: Floats, before: Floats, asked: Floats, usual: Floats) -> Floats:
    """Nats by which more fails than usual, one row a component: shares that fail, sample by sample, now and before (NaN where there is no
    sample), and requests a sample.  Failures that come in bursts say as much less as their counts vary more than chance."""
    count, seen = np.nansum(failed, axis=1) * asked, np.count_nonzero(~np.isnan(failed), axis=1) * asked
    each = before * usual[:, None]
    count_before, seen_before = np.nansum(each, axis=1), np.count_nonzero(~np.isnan(before), axis=1) * usual
    with np.errstate(divide="ignore", invalid="ignore"):
        many = np.count_nonzero(~np.isnan(before), axis=1)
        mean = count_before / many
        variance = np.nansum((each - mean[:, None]) ** 2, axis=1) / many
        bursts = np.maximum(1.0, np.nan_to_num(variance / mean, posinf=1.0))
        worse = count / seen > count_before / seen_before
    return np.where(worse, shares.two_rates(count, seen, count_before, seen_before) / bursts, 0.0)


def _asked(table: SeriesTable, registry: Registry, begin: Int64s, end: Int64s) -> tuple[Floats, Floats]:
    """Requests a second that each entity's own counters tell of in the span and usually, 0 where nothing counts them.  What bears a
    counter's name and falls counts what came since the sample before."""
    size = len(registry.entities)
    settled = table.learned[: table.count] >= LEAST_LEARNED
    series = np.nonzero((registry.requests > 0) & (registry.client == NOBODY) & settled)[0]
    window = table.recent(series, begin[series], end[series])
    met = ~np.isnan(window).all(axis=1)
    series, window = series[met], window[met]
    each_s = np.where(table.cumulative[series], 1.0, np.maximum(table.step[series], table.parameters.tick_ns) * 1e-9)
    now, usual = (np.nanmean(part, axis=1) / each_s for part in (window, table.normal[series]))
    total = np.zeros((2, size))
    for sums, each in zip(total, (now, usual), strict=True):
        np.add.at(sums, registry.owner[series], each)
    return total[0], total[1]
