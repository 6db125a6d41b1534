"""A surge of requests at the entry: more is asked than before, and nobody inside asked for it.

Knows:   request series; who is called by nobody.
Ignores: why the traffic came.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

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
MET_NS = 5 * MINUTE_NS
"""What was asked that long from the onset on is what the trouble met; what is asked later tells of retries, of customers who leave, or of
the end of the surge."""
NEVER_NS = 1 << 62


class _Rate(NamedTuple):
    at_ns: int
    """When it rose for good; NEVER if it did not."""
    before: float
    during: float


@dataclass(frozen=True, slots=True)
class Surge:
    entity: str | None
    """Whose requests rose: an entry; None where nothing tells who calls whom."""
    text: str
    """A sentence."""


def surge(scene: Scene) -> Surge | None:
    """The entry whose requests rose before or with the trouble, if all entries together are asked for more: where one is asked for more
    and another for less, or where a service that few ask is asked in a loop, nobody outside wants more."""
    called = {callee for callees in scene.calls.values() for callee in callees}
    rates = {owner: rate for owner, rate in _rates(scene).items() if owner not in called}
    before, during = sum(rate.before for rate in rates.values()), sum(rate.during for rate in rates.values())
    early = [owner for owner in rates if rates[owner].at_ns <= scene.onset_ns + MINUTE_NS and (owner in scene.calls or not called)]
    if not early or during < SURGE * before:
        return None
    owner = max(early, key=lambda each: (rates[each].during - rates[each].before, each))
    rate = rates[owner]
    return Surge(
        owner if called else None,
        f"Requests to {split(owner)[1]} rose from {rate.before:.3g} to {rate.during:.3g} per second before anything failed.",
    )


def _rates(scene: Scene) -> dict[str, _Rate]:
    """Requests of each owner, all its series together; they rose where each of them did: what one route gains, another may have lost."""
    rates: dict[str, list[_Rate]] = defaultdict(list)
    for series in scene.series:
        owner = owner_of_requests(series)
        rate = _rate(series, scene) if owner else None
        if owner and rate:
            rates[owner].append(rate)
    return {
        owner: _Rate(max(rate.at_ns for rate in each), sum(rate.before for rate in each), sum(rate.during for rate in each))
        for owner, each in rates.items()
    }


def owner_of_requests(series: Series) -> str | None:
    """Whose requests a series counts; None when it counts something else."""
    role = role_of(series.subject)
    return role.owner if not role.client and _counts_requests(series.subject.name) else None


@lru_cache(maxsize=10_000)  # names repeat from series to series
def _counts_requests(name: str) -> bool:
    return bool(_REQUESTS.search(name)) and not _OUTCOME.search(name)


def _rate(series: Series, scene: Scene) -> _Rate | None:
    """What a series counts before the trouble and while it comes up; None where there are too few samples to tell."""
    before = series.times_ns <= scene.onset_ns - series.step_ns * 2
    quiet = series.values[before][: max(MIN_SAMPLES, int(before.sum() * 0.7))]
    met_ns = max(MET_NS, MIN_SAMPLES * series.step_ns)
    late = series.values[(series.times_ns >= scene.onset_ns) & (series.times_ns <= scene.onset_ns + met_ns)]
    if len(quiet) < MIN_SAMPLES or len(late) < 2:
        return None
    level, now = float(np.median(quiet)), float(np.median(late))
    spread = 1.4826 * float(np.median(np.abs(quiet - level)))
    if level <= 0 or now < SURGE * level or now < level + 5 * spread:
        return _Rate(NEVER_NS, level, now)
    high = series.values > level + (now - level) / 2
    first = len(high) - 1
    while first > 0 and high[first - 1]:
        first -= 1
    rising = np.flatnonzero(high & (series.times_ns <= scene.onset_ns + 2 * series.step_ns))
    at = int(rising[0]) if len(rising) else first
    return _Rate(int(series.times_ns[at]) - series.step_ns, level, now)  # a sample counts what was asked since the one before
