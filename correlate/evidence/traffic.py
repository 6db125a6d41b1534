"""A surge of requests at the entry: more is asked than before, and nobody inside asked for it.

Knows:   request series; who is called by nobody.
Ignores: why the traffic came.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from correlate.scene import Scene, Series
from correlate.telemetry.roles import role_of
from correlate.units import MINUTE_NS
from schemas.entity import split

_REQUESTS = re.compile(
    r"requests?_?(total|count|rate|per_sec\w*|per_min\w*)|requests?$|(^|_)(rps|qps|tps)(_|$)|hits|page_?views|RequestCount", re.I
)
_OUTCOME = re.compile(r"error|fail|[45]xx|success|duration|latency|size|bytes|queue|depth|timeout|reject", re.I)
SURGE = 1.5
"""Ratio of traffic that is a surge: capacity is planned with a third to spare, and everyday peaks stay within it."""
MIN_SAMPLES = 8


@dataclass(frozen=True, slots=True)
class Surge:
    entity: str | None
    """Whose requests rose: an entry; None where nothing tells who calls whom."""
    text: str
    """A sentence."""


def surge(scene: Scene) -> Surge | None:
    """The entry whose requests rose before or with the trouble, if one did."""
    called = {callee for callees in scene.calls.values() for callee in callees}
    rises: dict[str, tuple[int, float, float]] = {}
    steady: set[str] = set()
    for series in scene.series:
        owner = owner_of_requests(series)
        if owner is None:
            continue
        rise = _rise(series, scene)
        if rise and (owner not in rises or rise[0] < rises[owner][0]):
            rises[owner] = rise
        elif rise is None:
            steady.add(owner)
    callers = _callers(scene)
    entries = [owner for owner in sorted(rises) if owner not in called or all(caller in rises for caller in callers[owner])]
    entries = [owner for owner in entries if owner not in called] or entries
    early = [owner for owner in entries if rises[owner][0] <= scene.onset_ns + MINUTE_NS and owner not in steady]
    if not early:
        return None
    owner = max(early, key=lambda each: (rises[each][2] - rises[each][1], each))
    _, before, during = rises[owner]
    return Surge(
        owner if called else None,
        f"Requests to {split(owner)[1]} rose from {before:.3g} to {during:.3g} per second before anything failed.",
    )


def owner_of_requests(series: Series) -> str | None:
    """Whose requests a series counts; None when it counts something else."""
    role = role_of(series.subject)
    return role.owner if not role.client and _counts_requests(series.subject.name) else None


@lru_cache(maxsize=10_000)  # names repeat from series to series
def _counts_requests(name: str) -> bool:
    return bool(_REQUESTS.search(name)) and not _OUTCOME.search(name)


def _callers(scene: Scene) -> dict[str, set[str]]:
    callers: dict[str, set[str]] = defaultdict(set)
    for caller, callees in scene.calls.items():
        for callee in callees:
            callers[callee].add(caller)
    return callers


def _rise(series: Series, scene: Scene) -> tuple[int, float, float] | None:
    """When the rate rose for good, from what to what; None when it did not."""
    before = series.times_ns <= scene.onset_ns - series.step_ns * 2
    quiet = series.values[before][: max(MIN_SAMPLES, int(before.sum() * 0.7))]
    late = series.values[series.times_ns >= scene.onset_ns]
    if len(quiet) < MIN_SAMPLES or len(late) < 2:
        return None
    level, now = float(np.median(quiet)), float(np.median(late))
    spread = 1.4826 * float(np.median(np.abs(quiet - level)))
    if level <= 0 or now < SURGE * level or now < level + 5 * spread:
        return None
    high = series.values > level + (now - level) / 2
    first = len(high) - 1
    while first > 0 and high[first - 1]:
        first -= 1
    rising = np.flatnonzero(high & (series.times_ns <= scene.onset_ns + 2 * series.step_ns))
    at = int(rising[0]) if len(rising) else first
    return int(series.times_ns[at]), level, now
