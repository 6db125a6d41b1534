"""How much news a window of alerts holds, and when that is too much to be chance.

Knows:   news = the sum over the distinct complaints of the last w seconds of -ln P(this complaint occurs in w seconds), in nats;
         what news the busy windows of quiet times held; a change point in the news of one window.
Ignores: what the complaints are about.

A threshold of one rare alert would do in a silent stream and would never be quiet in a noisy one.  So it rises with the number of
windows an hour that hold anything at all outside incidents, and with the height of their peaks.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field

from correlate.parameters import DEFAULTS
from correlate.units import HOUR_NS, SECOND_NS

_EMPTY_WINDOWS_MAX = 2_000
"""Silent windows learned at once; after so many the memory of peaks is zero anyway."""
_LOOK_WINDOWS = 3
"""How many windows before the last one tell what a burst must rise above."""
_MEMORY_NS = 2 * HOUR_NS
"""Half-life of what is a normal peak: two hours, so that the night does not judge the day."""


@dataclass(slots=True)
class Burst:
    """News in a sliding window of one width."""

    window_ns: int
    recent: deque[tuple[int, tuple[str, str, str], float]] = field(default_factory=deque)
    """(time, complaint, nats) within the window."""
    present: dict[tuple[str, str, str], int] = field(default_factory=dict)
    nats: float = 0.0
    history_ns: list[int] = field(default_factory=list)
    """Times of the last windows' alarms, for the rise; beside them the news accumulated before each."""
    history_nats: list[float] = field(default_factory=list)
    accumulated: float = 0.0
    bin: int | None = None
    bin_peak: float = 0.0
    bin_in_incident: bool = False
    busy_windows: int = 0
    peak_mean: float = 0.0
    peak_variance: float = 0.0
    base: float = field(default_factory=lambda: DEFAULTS.quiet_nats)
    base_page: float = field(default_factory=lambda: DEFAULTS.quiet_nats)
    """The same for an alert that pages: a person has already judged that it matters, so quiet need not be shown first."""

    def expire(self, now_ns: int) -> None:
        while self.recent and self.recent[0][0] <= now_ns - self.window_ns:
            _, ident, nats = self.recent.popleft()
            self.nats -= nats
            self.present[ident] -= 1
            if not self.present[ident]:
                del self.present[ident]
        if not self.recent:
            self.nats = 0.0

    def add(self, time_ns: int, ident: tuple[str, str, str], per_s: float, *, exposure_s: float, in_incident: bool) -> None:
        expected = per_s * self.window_ns / SECOND_NS
        nats = 0.0 if ident in self.present else max(0.0, -math.log(max(1e-12, -math.expm1(-expected))))
        self.present[ident] = self.present.get(ident, 0) + 1
        self.recent.append((time_ns, ident, nats))
        self.nats += nats
        self.history_ns.append(time_ns)
        self.history_nats.append(self.accumulated)
        self.accumulated += nats
        self._forget(time_ns - (_LOOK_WINDOWS + 2) * self.window_ns)
        self._learn(time_ns, exposure_s)
        self.bin_peak = max(self.bin_peak, self.nats)
        self.bin_in_incident = self.bin_in_incident or in_incident

    def _learn(self, time_ns: int, exposure_s: float) -> None:
        """A window is over: quiet times learn from its peak, a fresh incident teaches nothing."""
        now_bin = time_ns // self.window_ns
        if now_bin == self.bin:
            return
        if self.bin is not None and not self.bin_in_incident:
            self.busy_windows += 1
            keep = 0.5 ** (self.window_ns / _MEMORY_NS)
            self._learn_peak(self.bin_peak, keep)
            for _ in range(min(now_bin - self.bin - 1, _EMPTY_WINDOWS_MAX)):
                self._learn_peak(0.0, keep)
        self.bin, self.bin_peak, self.bin_in_incident = now_bin, 0.0, False
        hours = exposure_s / 3600
        self.base = DEFAULTS.quiet_nats + DEFAULTS.busy_nats * math.log1p((self.busy_windows + DEFAULTS.busy_prior) / hours)
        self.base_page = DEFAULTS.quiet_nats + DEFAULTS.busy_nats * math.log1p(self.busy_windows / hours)

    def _learn_peak(self, peak: float, keep: float) -> None:
        off = peak - self.peak_mean
        self.peak_mean += (1 - keep) * off
        self.peak_variance = keep * (self.peak_variance + (1 - keep) * off * off)

    def threshold(self, *, page: bool) -> float:
        return max(self.base_page if page else self.base, self.peak_mean + DEFAULTS.peak_sd * math.sqrt(self.peak_variance))

    def calm(self) -> float:
        """Above this an open incident goes on: half of what opens one."""
        return max(self.base / 2, self.peak_mean + DEFAULTS.peak_sd / 2 * math.sqrt(self.peak_variance))

    def _forget(self, before_ns: int) -> None:
        """Cuts the history when half of it is old: one cut in many alarms."""
        old = bisect_left(self.history_ns, before_ns)
        if 2 * old > len(self.history_ns):
            del self.history_ns[:old], self.history_nats[:old]

    def between(self, start_ns: int, end_ns: int) -> float:
        """News of [start, end)."""
        return self._until(end_ns) - self._until(start_ns)

    def _until(self, time_ns: int) -> float:
        place = bisect_left(self.history_ns, time_ns)
        return self.history_nats[place] if place < len(self.history_nats) else self.accumulated

    def last_before(self, time_ns: int) -> int | None:
        """Time of the last alarm before an instant, as far as the history goes."""
        place = bisect_left(self.history_ns, time_ns)
        return self.history_ns[place - 1] if place else None

    def rise(self, now_ns: int) -> tuple[float, float]:
        """News of the window before this one, and its mean over the windows before: what a second burst must tower above."""
        start = now_ns - self.window_ns
        earlier = self.between(start - _LOOK_WINDOWS * self.window_ns, start) / _LOOK_WINDOWS
        return self.between(start - self.window_ns, start), earlier

    def onset_ns(self, drift_nats: float) -> int:
        """Change point (CUSUM): where the accumulated news less `drift_nats` a window is lowest."""
        lowest, accumulated, last = math.inf, 0.0, self.recent[0][0]
        onset = self.recent[0][0]
        for time_ns, _, nats in self.recent:
            accumulated -= drift_nats * (time_ns - last) / self.window_ns
            last = time_ns
            if nats > 0 and accumulated <= lowest:
                lowest, onset = accumulated, time_ns
            accumulated += nats
        return onset
