"""What an estate remembers beside its series: alerts, changes, states and exemplar logs, for as long as they may matter.

Knows:   which alert is news, a repeat or a resolution; caps and look-back.
Ignores: incidents.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final

from correlate.units import DAY_NS, HOUR_NS
from schemas.signal import Kind, Signal, Status

LOOK_BACK_NS: Final = DAY_NS
"""A change more than a day old is no suspect without a reason of its own; slow leaks show within a day."""
LOGS_BACK_NS: Final = HOUR_NS
"""Exemplar logs: an hour shows what was healthy before the onset."""
CHANGES_MAX: Final = 2_000
ALERTS_MAX: Final = 10_000
STATES_MAX: Final = 5_000
LOGS_MAX: Final = 4_000
"""Caps so that a storm cannot fill memory: the oldest go first, and are counted in `shed`."""


class Hearing(StrEnum):
    """What an alert row tells."""

    NEWS = "news"
    REPEAT = "repeat"
    RESOLUTION = "resolution"


@dataclass(slots=True)
class Journal:
    changes: deque[Signal] = field(default_factory=deque)
    alerts: deque[Signal] = field(default_factory=deque)
    """Firings and resolutions, repeats left out."""
    states: deque[Signal] = field(default_factory=deque)
    logs: deque[Signal] = field(default_factory=deque)
    firing: dict[str, Signal] = field(default_factory=dict)
    """By dedup key: what is firing now."""
    repeats: dict[str, tuple[int, Signal]] = field(default_factory=dict)
    """By dedup key: how often a firing alert was told again since it began, and the last time."""
    closed: Counter[str] = field(default_factory=Counter)
    """By dedup key: resolutions on the shelf of alerts."""
    resolves: bool = False
    """Some alert of this estate was seen to resolve: from then on, silence does not mean that an alert is over."""
    shed: dict[str, int] = field(default_factory=dict)

    def alert(self, signal: Signal) -> Hearing:
        """Files an alert row and says what it tells."""
        key = signal.dedup_key
        known = self.firing.get(key) if key else None
        if signal.status is Status.RESOLVED:
            self.firing.pop(key, None)
            if known is None and key and self.closed[key]:
                return Hearing.REPEAT
            self.resolves = True
            self.closed[key] += 1
            self._file(self.alerts, signal, ALERTS_MAX, LOOK_BACK_NS, "alerts_over_cap")
            return Hearing.RESOLUTION
        if known is not None and _began(known) == _began(signal):
            count, _ = self.repeats.pop(key, (0, known))
            self.repeats[key] = count + 1, signal
            return Hearing.REPEAT
        if key:
            self.repeats.pop(key, None)
            self.firing[key] = signal
            if len(self.firing) > ALERTS_MAX:
                self.firing.pop(next(iter(self.firing)))
            if len(self.repeats) > ALERTS_MAX:
                self.repeats.pop(next(iter(self.repeats)))
        self._file(self.alerts, signal, ALERTS_MAX, LOOK_BACK_NS, "alerts_over_cap")
        return Hearing.NEWS

    def note(self, signal: Signal) -> None:
        """Files a change, a scaling event or a state; a redelivered event (same dedup key and time) once."""
        if signal.subject.kind in (Kind.CHANGE, Kind.SCALING):
            if not signal.dedup_key or not any(
                old.dedup_key == signal.dedup_key and old.event_time_ns == signal.event_time_ns for old in reversed(self.changes)
            ):
                self._file(self.changes, signal, CHANGES_MAX, LOOK_BACK_NS, "changes_over_cap")
        else:
            self._file(self.states, signal, STATES_MAX, LOOK_BACK_NS, "states_over_cap")

    def log(self, signal: Signal) -> None:
        self._file(self.logs, signal, LOGS_MAX, LOGS_BACK_NS, "log_exemplars_over_cap")

    def _file(self, shelf: deque[Signal], signal: Signal, most: int, back_ns: int, shed: str) -> None:
        """In order of event time: a late row stands where its time puts it."""
        if not shelf or shelf[-1].event_time_ns <= signal.event_time_ns:
            shelf.append(signal)
        else:
            shelf.insert(bisect_right(shelf, signal.event_time_ns, key=_time_of), signal)
        while shelf[0].event_time_ns < signal.event_time_ns - back_ns:
            self._take_off(shelf)
        while len(shelf) > most:
            self._take_off(shelf)
            self.shed[shed] = self.shed.get(shed, 0) + 1

    def _take_off(self, shelf: deque[Signal]) -> None:
        oldest = shelf.popleft()
        if shelf is self.alerts and oldest.status is Status.RESOLVED:
            self.closed[oldest.dedup_key] -= 1
            if not self.closed[oldest.dedup_key]:
                del self.closed[oldest.dedup_key]

    def changes_until(self, now_ns: int) -> list[Signal]:
        """Changes within the look-back, oldest first; a late one stands where its time puts it."""
        return sorted(
            (change for change in self.changes if now_ns - LOOK_BACK_NS <= change.event_time_ns <= now_ns),
            key=lambda change: (change.event_time_ns, change.topic, change.partition, change.offset, change.row),
        )

    def between(self, shelf: deque[Signal], start_ns: int, end_ns: int) -> Iterator[Signal]:
        """Rows of a span of time, oldest first."""
        first, last = bisect_left(shelf, start_ns, key=_time_of), bisect_right(shelf, end_ns, key=_time_of)
        return islice(shelf, first, last)  # a deque reaches for an index by walking to it


def _time_of(signal: Signal) -> int:
    return signal.event_time_ns


def _began(signal: Signal) -> int:
    return signal.starts_at_ns or signal.event_time_ns
