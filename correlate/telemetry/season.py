"""What each series did at this time of day on earlier days: a bound on surprise, from the third day of its history on.

Knows:   for each quarter of an hour (UTC) the second highest and second lowest of what a window of each series kept up, over a fortnight.
Ignores: samples, levels and scales (series.py), and what a series means.

What two earlier days have shown at this time is precedent; what one has shown may have been an outage.  So troubled times need not be left
out, and the nightly job that opened an incident twice opens none the third time.  The quarters beside count too: jobs start late.  The
present day's never do: a quarter is filed when the next one is over.  32 bytes a series and quarter, 3 kB a series after a day.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from correlate.scene import Floats, Int64s

SLOT_NS: Final = 900_000_000_000
SLOTS: Final = 96
FORTNIGHT: Final = 14
"""Days after which a precedent is forgotten: a weekly job has shown itself twice by then."""

Extremes = npt.NDArray[np.float32]
Days = npt.NDArray[np.int32]


def entered(best: Extremes, days: Days, value: Extremes, day: int) -> tuple[Extremes, Days]:
    """The two highest of what is remembered (2 × series, with their days) and a new day's values; NaN is none, and what is older than a
    fortnight is none."""
    kept = np.where(days > day - FORTNIGHT - 1, best, np.nan)
    all_best = np.concatenate((kept, value[None, :]))
    all_days = np.concatenate((days, np.full((1, len(value)), day, np.int32)))
    order = np.lexsort((all_days, np.where(np.isnan(all_best), -np.inf, all_best)), axis=0)[::-1][:2]
    return np.take_along_axis(all_best, order, axis=0), np.take_along_axis(all_days, order, axis=0)


def beyond(z: Floats, low: Floats, high: Floats, usual: tuple[Floats, Floats], level: Floats, scale: Floats) -> Floats:
    """Deviations, no further than the window lies beyond what is usual at this time; unchanged where nothing is known.

    `usual` is (lowest, highest).  What is twice as large varies twice as much, so above the level the scale grows with what is usual."""
    lowest, highest = usual
    wide = scale * np.maximum(1.0, np.abs(highest) / np.maximum(np.abs(level), 1e-9))
    above, below = np.maximum(0.0, (low - highest) / wide), np.minimum(0.0, (high - lowest) / scale)
    bounded = np.where(z > 0, np.minimum(z, above), np.maximum(z, below))
    return np.where(np.isnan(lowest) | np.isnan(highest), z, bounded)


class Season:
    """Series are numbered by the caller; a slot knows those that it has met."""

    def __init__(self) -> None:
        self._best: dict[int, Extremes] = {}
        """Slot → (highest, second; highest and second of the negated lows) × series."""
        self._days: dict[int, Days] = {}
        self._slot = -1
        """Of the present quarter, counted from the epoch."""
        self._now: Extremes = np.full((2, 0), np.nan, np.float32)
        """Highest, and negated lowest, that each series kept up in the present quarter…"""
        self._last: Extremes = np.full((2, 0), np.nan, np.float32)
        """…and in the one before."""
        self._usual: Extremes = np.full((2, 0), np.nan, np.float32)

    def keep(self, kept: Int64s) -> None:
        """Follows the series table when it has made room."""
        self._best = {slot: known[:, kept[kept < known.shape[1]]] for slot, known in self._best.items()}
        self._days = {slot: known[:, kept[kept < known.shape[1]]] for slot, known in self._days.items()}
        self._now, self._last, self._usual = (known[:, kept[kept < known.shape[1]]] for known in (self._now, self._last, self._usual))

    def advance(self, now_ns: int) -> None:
        """Files what is two quarters old and looks up what is usual in the present one."""
        slot = now_ns // SLOT_NS
        if slot == self._slot:
            return
        if self._slot >= 0:
            self._file(self._slot - 1, self._last)
            if slot > self._slot + 1:
                self._file(self._slot, self._now)
        self._last = self._now if slot == self._slot + 1 else np.full_like(self._now, np.nan)
        self._now = np.full_like(self._now, np.nan)
        self._slot = slot
        size = self._now.shape[1]
        self._usual = np.full((2, size), np.nan, np.float32)
        for beside in (slot - 1, slot, slot + 1):
            best, days = self._best.get(beside % SLOTS), self._days.get(beside % SLOTS)
            if best is not None and days is not None:
                second = np.where(days[1::2] > beside // SLOTS - FORTNIGHT - 1, best[1::2], np.nan)
                self._usual[:, : second.shape[1]] = np.fmax(self._usual[:, : second.shape[1]], second)

    def _file(self, slot: int, shown: Extremes) -> None:
        if np.isnan(shown).all():
            return
        many, key = shown.shape[1], slot % SLOTS
        best = _grown(self._best.get(key, np.full((4, 0), np.nan, np.float32)), many, np.nan)
        days = _grown(self._days.get(key, np.zeros((4, 0), np.int32)), many, 0)
        for pair, value in ((slice(0, 2), shown[0]), (slice(2, 4), shown[1])):
            best[pair], days[pair] = entered(best[pair], days[pair], value, int(slot // SLOTS))
        self._best[key], self._days[key] = best, days

    def note(self, series: Int64s, low: Floats, high: Floats) -> None:
        """What the windows of some series keep up now: their lower and upper medians."""
        if len(series):
            self._now = _grown(self._now, int(series.max()) + 1, np.nan)
            self._now[0, series] = np.fmax(self._now[0, series], low)
            self._now[1, series] = np.fmax(self._now[1, series], -high)

    def usual(self, series: Int64s) -> tuple[Floats, Floats]:
        """(lowest, highest) that each series has kept up at this time on two earlier days; NaN where it has not."""
        known = _grown(self._usual, int(series.max(initial=-1)) + 1, np.nan)[:, series].astype(np.float64)
        return -known[1], known[0]


def _grown(table: Any, many: int, blank: float) -> Any:
    """A table with room for so many series."""
    more = many - table.shape[1]
    return table if more <= 0 else np.concatenate((table, np.full((len(table), more), blank, table.dtype)), axis=1)
