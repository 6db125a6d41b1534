"""How much of the requests that fail at a symptom those that fail elsewhere can be.

Knows:   of the same metric of two components, failed requests are so many as are asked, times the share that fails; and they do not
         multiply on the way up, so who fails a third as often as the one that complains is no more than a third of the reason.
Ignores: what moves together (inquiry.py), and latency: what is late by quantiles does not add up.

A share alone misleads where one is asked a twentieth as often as the other: few of its calls are many of a hundred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from correlate.golden_signals import Golden, golden
from correlate.scene import Floats, Int64s
from correlate.telemetry import flow

if TYPE_CHECKING:
    from correlate.telemetry.telemetry import Telemetry


_COUNTED: Final = (Golden.FAILED_REQUESTS, Golden.ERROR_RATIO, Golden.SUCCESS_RATIO)


def accounted(telemetry: Telemetry, symptom: int, others: Int64s, since_ns: int, until_ns: int) -> Floats:
    """For each of some series the share of what fails at the symptom's owner that its own owner accounts for; 1 where the two series do
    not measure the same or nobody counts the requests."""
    table, registry = telemetry.series, telemetry.registry
    what = golden(registry.subjects[symptom])
    if what not in _COUNTED:
        return np.ones(len(others))
    alike = np.nonzero(table.peers[: table.count] == table.peers[symptom])[0]
    alike = np.array([series for series in alike.tolist() if golden(registry.subjects[series]) is what], np.int64)
    begin, end = np.full(table.count, since_ns), np.full(table.count, until_ns)
    failed = beyond(table.recent(alike, begin[alike], end[alike]), table.level[alike])
    asked = None if what is Golden.FAILED_REQUESTS else flow.requests(table, registry, begin, end)[0]
    total = by_owner(registry.owner[alike], -failed if what is Golden.SUCCESS_RATIO else failed, asked, len(registry.entities))
    share = share_of(total, float(total[registry.owner[symptom]]))
    return np.where(np.isin(others, alike), share[registry.owner[others]], 1.0)


def beyond(window: Floats, level: Floats) -> Floats:
    """By how much the mean of each row, NaN left out, lies above its level; NaN for an empty row."""
    many = np.count_nonzero(~np.isnan(window), axis=1)
    return np.where(many > 0, np.nansum(window, axis=1) / np.maximum(many, 1), np.nan) - level


def by_owner(owner: Int64s, failed: Floats, asked: Floats | None, size: int) -> Floats:
    """Failed requests of each owner, NaN where unknown: counts of its series add up; of shares the mean is a share of what it is asked."""
    known = ~np.isnan(failed)
    many: Int64s = np.bincount(owner[known], minlength=size)
    total = np.bincount(owner[known], failed[known], size).astype(np.float64)
    if asked is not None:
        total = total * asked / np.maximum(many, 1)
        many = np.where(asked > 0, many, 0)
    return np.where(many > 0, total, np.nan)


def share_of(failed: Floats, symptom: float) -> Floats:
    """What each can be of the symptom, at most all; all where either is unknown or the symptom shows nothing."""
    if not symptom > 0:
        return np.ones(len(failed))
    return np.where(np.isnan(failed), 1.0, np.clip(failed / symptom, 0.0, 1.0))
