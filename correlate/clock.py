"""Event time: how far each source has come, and the instant before which no source will speak again.

Knows:   the newest event time per source partition, when each was last heard, and the bounds on disorder and silence.
Ignores: what the events are.  The wall clock is an argument.

Source: the watermark model of Apache Flink (bounded out-of-orderness, idleness), per source partition.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from correlate.units import MINUTE_NS, SECOND_NS

NEVER_NS = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Patience:
    disorder_ns: int = 30 * SECOND_NS
    """How far a partition's rows may run backwards: log shippers batch for up to 15 s, twice over."""
    idle_ns: int = MINUTE_NS
    """Silence after which a partition no longer holds back the others: four scrapes of the usual 15 s."""

    def __post_init__(self) -> None:
        if self.disorder_ns < 0 or self.idle_ns <= 0:
            raise ValueError("disorder_ns must be at least 0 and idle_ns above 0")


@dataclass(slots=True)
class Clock:
    """Low watermark over all source partitions of one estate."""

    patience: Patience = field(default_factory=Patience)
    newest_ns: dict[tuple[str, int], int] = field(default_factory=dict)
    """Newest event time per (topic, partition)."""
    heard_ns: dict[tuple[str, int], int] = field(default_factory=dict)
    """Wall clock when it was last heard, or first expected."""
    ended: set[tuple[str, int]] = field(default_factory=set)
    """Sources known to be at their end (a replayed file); they hold nothing back."""
    low_ns: int = NEVER_NS
    """The watermark reached; it never moves backwards."""

    def expect(self, source: tuple[str, int], now_ns: int) -> None:
        """A source that will speak: until it does, or is idle, nothing is closed over its head."""
        self.heard_ns.setdefault(source, now_ns)

    def resume(self, now_ns: int) -> None:
        """After a restart: the time in which nobody listened was no silence."""
        for source in self.heard_ns:
            self.heard_ns[source] = now_ns

    def hear(self, source: tuple[str, int], newest_ns: int, now_ns: int) -> None:
        self.newest_ns[source] = max(self.newest_ns.get(source, NEVER_NS), newest_ns)
        self.heard_ns[source] = max(self.heard_ns.get(source, NEVER_NS), now_ns)

    def end(self, source: tuple[str, int]) -> None:
        self.ended.add(source)

    def watermark_ns(self, now_ns: int) -> int:
        """The instant before which no awake source will speak again.

        A silent source's event time goes on at the pace of the wall clock: an alert topic that is quiet for a minute has not stopped
        time, it has nothing to say.  After `idle_ns` it is left out altogether.
        """
        awake = [
            self._reached(source, now_ns)
            for source, heard_ns in self.heard_ns.items()
            if source not in self.ended and now_ns - heard_ns < self.patience.idle_ns
        ]
        if awake:
            reached = min(awake)
        elif self.newest_ns:
            live = [source for source in self.newest_ns if source not in self.ended]
            reached = max((self._reached(source, now_ns) for source in live), default=max(self.newest_ns.values()))
        else:
            reached = NEVER_NS
        self.low_ns = max(self.low_ns, reached - self.patience.disorder_ns if reached > NEVER_NS else NEVER_NS)
        return self.low_ns

    def _reached(self, source: tuple[str, int], now_ns: int) -> int:
        newest_ns = self.newest_ns.get(source)
        return NEVER_NS if newest_ns is None else newest_ns + max(0, now_ns - self.heard_ns[source])
