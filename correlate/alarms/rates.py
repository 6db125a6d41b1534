"""How usual an alert is: rates of each complaint, and of complaints never seen before.

Knows:   exponentially forgotten counts over a day and over an hour.
Ignores: windows and incidents.

The larger of the two rates counts: a complaint that repeats since an hour is no news, nor is one that comes every night.
Source: Good and Turing's estimate of the unseen: the chance of something new is the rate at which new things came.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from correlate.alarms.alarm import IDENTS_MAX
from correlate.units import DAY_NS, HOUR_NS

_DAY_MEAN_S = DAY_NS / 1e9 / math.log(2)
_HOUR_MEAN_S = HOUR_NS / 1e9 / math.log(2)
PRIOR_S = HOUR_NS / 1e9
"""A stream begun now is judged as if one quiet hour lay behind it."""


@dataclass(slots=True)
class Rate:
    day: float = 0.0
    hour: float = 0.0
    at_ns: int = 0

    def counts(self, now_ns: int) -> tuple[float, float]:
        """Occurrences left of the day's and of the hour's memory."""
        elapsed = now_ns - self.at_ns
        return self.day * 0.5 ** (elapsed / DAY_NS), self.hour * 0.5 ** (elapsed / HOUR_NS)

    def add(self, now_ns: int) -> None:
        day, hour = self.counts(now_ns)
        self.day, self.hour, self.at_ns = day + 1.0, hour + 1.0, now_ns


@dataclass(slots=True)
class Rates:
    since_ns: int | None = None
    known: dict[tuple[str, str, str], Rate] = field(default_factory=dict)
    unseen: Rate = field(default_factory=Rate)
    """Of minutes in which something never seen before fired."""
    unseen_minute: int = -1

    def exposure_s(self, now_ns: int) -> float:
        """For how long we have listened, as far as a day's memory goes, and the prior hour."""
        listened = 0.0 if self.since_ns is None else (now_ns - self.since_ns) / 1e9
        return min(listened, _DAY_MEAN_S) + PRIOR_S

    def per_s(self, ident: tuple[str, str, str], now_ns: int, *, learn_unseen: bool) -> float:
        """Expected firings a second of this complaint, before this one is counted; then counts it."""
        rate = self.known.get(ident)
        exposure = self.exposure_s(now_ns)
        if rate is None:
            expected = (self.unseen.counts(now_ns)[0] + 1.0) / exposure
            minute = now_ns // 60_000_000_000
            if learn_unseen and minute != self.unseen_minute:
                self.unseen.add(now_ns)
                self.unseen_minute = minute
            rate = self.known[ident] = Rate()
            self._forget()
        else:
            day, hour = rate.counts(now_ns)
            expected = max((day + 0.5) / exposure, hour / _HOUR_MEAN_S)
        rate.add(now_ns)
        return expected

    def _forget(self) -> None:
        """Beyond the cap those silent for longest go: they had become as surprising as new ones anyway."""
        if len(self.known) > IDENTS_MAX:
            oldest = sorted(self.known, key=lambda ident: (self.known[ident].at_ns, ident))[: IDENTS_MAX // 10]
            for ident in oldest:
                del self.known[ident]
