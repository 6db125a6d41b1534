"""Bursts of alerts: opened, split and closed as alarms stream by.

Knows:   one open burst at a time for an estate, its onset and its members.
Ignores: metrics and logs; whether the burst becomes an incident of its own is the incident book's business (correlate/incidents.py).

Two questions, two memories.  Whether something is going on is asked of time: how much news does this window hold?  Who it is, is
asked of other incidents (ranking.py).  Mixing the two fails.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from correlate.alarms.alarm import Alarm
from correlate.alarms.burst import Burst
from correlate.alarms.dossier import Dossier
from correlate.alarms.past import Past
from correlate.alarms.ranking import Accusation, accuse
from correlate.alarms.rates import Rates
from correlate.parameters import DEFAULTS
from schemas import severity

_SLOW = 5
"""The slow window, the quiet that ends a burst: five burst windows."""
_LEARN = 15
"""Windows after the onset in which nothing counts as usual."""
_APART = 2
"""Windows that two bursts of one stream are at least apart."""
_ACTIVE_SHARE = 0.2
"""A burst is active while its news is above this share of its peak: where its end is later put."""
COMPLAINTS_MAX = 2_000
"""Distinct complaints of one burst that are weighed.  The cause is among the first to speak; all alarms are counted."""
_BURSTS_KEPT = 32
"""Closed bursts that may still be asked about."""
PAGE = severity.CRITICAL
"""Severity from which an alert pages a person."""


@dataclass(slots=True)
class AlarmBurst:
    """Alarms that belong together by time."""

    number: int
    onset_ns: int
    detected_ns: int
    last_ns: int
    """Last alarm while there was news."""
    active_ns: int
    """Last alarm while news was high: the end, once it is over."""
    first: dict[tuple[str, str, str], Alarm] = field(default_factory=dict)
    """The first alarm of each complaint."""
    alarm_count: int = 0
    peak_nats: float = 0.0
    closed: bool = False
    accusations: list[Accusation] = field(default_factory=list)
    """Entities by evidence, as last judged."""
    judged: tuple[int, int] = (0, 0)
    """How many complaints and how many known entities they were judged by."""
    dossier: Dossier = field(default_factory=Dossier)
    """Empty once it has closed."""

    def add(self, alarm: Alarm) -> None:
        self.alarm_count += 1
        if len(self.first) < COMPLAINTS_MAX:
            self.first.setdefault(alarm.complaint.ident, alarm)


def _bursts() -> tuple[Burst, Burst]:
    return Burst(DEFAULTS.burst_ns), Burst(_SLOW * DEFAULTS.burst_ns)


@dataclass(slots=True)
class Alarms:
    """The memory of one estate's alerts."""

    rates: Rates = field(default_factory=Rates)
    windows: tuple[Burst, Burst] = field(default_factory=_bursts)
    past: Past = field(default_factory=Past)
    bursts: dict[int, AlarmBurst] = field(default_factory=dict)
    """The open burst and the last closed ones, by number."""
    open_number: int = 0
    """0: none is open."""
    entities: set[str] = field(default_factory=set)
    recent: deque[Alarm] = field(default_factory=deque)
    """Alarms within the slow window."""
    count: int = 0

    @property
    def open(self) -> AlarmBurst | None:
        return self.bursts.get(self.open_number)

    def listen(self, now_ns: int) -> None:
        """Time passes, whether or not alarms come: silence of a stream that is listened to is evidence of quiet."""
        if self.rates.since_ns is None:
            self.rates.since_ns = now_ns
        if self.open and now_ns - self.open.last_ns > _SLOW * DEFAULTS.burst_ns:
            self.close()

    def feed(self, alarm: Alarm) -> None:
        """Takes one firing alarm, in order of time."""
        self.listen(alarm.time_ns)
        complaint = alarm.complaint
        self.entities.add(complaint.candidate)
        self.recent.append(alarm)
        while self.recent[0].time_ns <= alarm.time_ns - _SLOW * DEFAULTS.burst_ns:
            self.recent.popleft()
        for window in self.windows:
            window.expire(alarm.time_ns)
        fresh = self.open is not None and alarm.time_ns - self.open.onset_ns < _LEARN * DEFAULTS.burst_ns
        per_s = self.rates.per_s(complaint.ident, alarm.time_ns, learn_unseen=not fresh)
        exposure_s = self.rates.exposure_s(alarm.time_ns)
        for window in self.windows:
            window.add(alarm.time_ns, complaint.ident, per_s, exposure_s=exposure_s, in_incident=fresh)
        if not self._begin(alarm) and self.open:
            self.open.add(alarm)
        if self.open:
            self._stay(self.open, alarm.time_ns)

    def _begin(self, alarm: Alarm) -> bool:
        """Opens a burst, or splits the open one, where the news is too much to be chance."""
        page = alarm.severity_number >= PAGE
        if self.open is None:
            for window in self.windows:
                threshold = window.threshold(page=page)
                if window.nats >= threshold:
                    self._open(alarm, window.onset_ns(max(threshold / 2, 2 * window.peak_mean)))
                    return True
            return False
        fast = self.windows[0]
        if alarm.time_ns - self.open.onset_ns < _APART * DEFAULTS.burst_ns or fast.nats < fast.threshold(page=False):
            return False
        last, earlier = fast.rise(alarm.time_ns)
        above = fast.nats - fast.peak_mean
        if above < DEFAULTS.rise * max(last - fast.peak_mean, earlier - fast.peak_mean, 0.0):
            return False
        onset_ns = fast.onset_ns(max(DEFAULTS.rise * earlier, 2 * fast.peak_mean))
        return onset_ns - self.open.onset_ns >= _APART * DEFAULTS.burst_ns and self._split(alarm, onset_ns)

    def _open(self, alarm: Alarm, onset_ns: int) -> None:
        self.count += 1
        burst = self.bursts[self.count] = AlarmBurst(self.count, onset_ns, alarm.time_ns, alarm.time_ns, alarm.time_ns)
        self.open_number = self.count
        for member in self.recent:
            if member.time_ns >= onset_ns:
                burst.add(member)
        for number in [number for number in self.bursts if number <= self.count - _BURSTS_KEPT]:
            del self.bursts[number]

    def _split(self, alarm: Alarm, onset_ns: int) -> bool:
        """The open burst ends where the new one begins, and gives back what came since."""
        assert self.open
        old = self.open
        before = max(self.windows[0].last_before(onset_ns) or old.onset_ns, old.onset_ns)
        old.last_ns = min(old.last_ns, before)
        old.active_ns = min(old.active_ns, old.last_ns)
        old.first = {ident: member for ident, member in old.first.items() if member.time_ns < onset_ns}
        old.judged, old.dossier = (0, 0), Dossier()
        old.alarm_count -= sum(member.time_ns >= onset_ns for member in self.recent) - 1
        self.close()
        self._open(alarm, onset_ns)
        return True

    def _stay(self, burst: AlarmBurst, now_ns: int) -> None:
        fast, slow = self.windows
        burst.peak_nats = max(burst.peak_nats, fast.nats)
        if fast.nats >= fast.calm() or slow.nats >= slow.calm():
            burst.last_ns = now_ns
            if fast.nats >= max(_ACTIVE_SHARE * burst.peak_nats, fast.calm()):
                burst.active_ns = now_ns

    def close(self) -> None:
        """Ends the open burst and learns what fires in incidents."""
        burst = self.open
        if burst:
            self.accuse(burst)
            burst.closed, burst.dossier = True, Dossier()
            self.past.learn([alarm.complaint for alarm in burst.first.values()])
            self.open_number = 0

    def accuse(self, burst: AlarmBurst) -> list[Accusation]:
        """Entities by evidence; a closed burst was judged before it became part of the past."""
        news = len(burst.first), len(self.entities)
        if not burst.closed and burst.judged != news:
            burst.accusations = accuse(burst.first, burst.onset_ns, self.past, len(self.entities), burst.dossier)
            burst.judged = news
        return burst.accusations
