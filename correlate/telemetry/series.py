"""The memory of all metric series: a ring-buffer matrix (series × samples), each series on its own clock.

Knows:   the last samples of every series, its sampling step, whether it is a counter, and what has been learned as normal of it.
Ignores: what a series means (roles.py), what deviations add up to (blame.py).

A sample is the mean of a series within one tick; counters become rates per second before that.  A series' *window* is two of its
steps, at least `window_ns`.  Nothing is learned before `lag_windows`, nor from troubled times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from correlate.parameters import Parameters
from correlate.scene import Floats, Int64s
from correlate.telemetry import baseline, surprise
from correlate.telemetry.baseline import Bools
from correlate.telemetry.season import Season, beyond

RING: Final = 80
"""Samples kept a series: a window and its local level at the finest clock are (1 + 5) · 12 = 72 ticks."""
AT_ONCE: Final = 3
"""The first samples are learned as they come, so that a young stream has some normal at all."""
_SETTLED: Final = 8
"""Residuals from which on they, and no more the deviations from the median, tell the spread."""
_GAP: Final = 3
"""A counter's growth over more than three steps is no rate of now."""
_MOVES: Final = 5
_FALLS: Final = 0.1
"""A counter by its name that falls twice and in more than a tenth of at least five moves is a gauge; one fall is a restart."""
_FORGET: Final = 0.25
"""Share of the table given up, silent series first, when it is full."""

_ARRAYS: Final[dict[str, tuple[type, float, int]]] = {
    # name: (type, value of a new series, columns; 0: a vector, -1: as many as are remembered)
    "times": (np.int64, 0, RING), "values": (np.float64, np.nan, RING),
    "places": (np.int32, 0, RING), "offsets": (np.int64, 0, RING), "rows": (np.int32, 0, RING),
    "head": (np.int64, 0, 0), "considered": (np.int64, 0, 0), "step": (np.int64, 0, 0),
    "last_time": (np.int64, 0, 0), "last_value": (np.float64, np.nan, 0),
    "cumulative": (np.bool_, 0, 0), "successes": (np.bool_, 0, 0), "broken": (np.bool_, 0, 0), "moves": (np.int64, 0, 0), "falls": (np.int64, 0, 0),
    "normal": (np.float64, np.nan, -1), "learned": (np.int64, 0, 0), "residuals": (np.float64, np.nan, -1), "judged": (np.int64, 0, 0),
    "level": (np.float64, np.nan, 0), "spread": (np.float64, np.nan, 0), "cap": (np.float64, np.inf, 0), "floor": (np.float64, 0, 0),
    "local": (np.float64, np.nan, 0), "local_at": (np.int64, 0, 0), "rare": (np.float64, 1.0, 0), "peers": (np.int64, 0, 0),
}  # fmt: skip


class SeriesTable:
    """Rows are numbered in order of appearance; `capacity` bounds them, and the longest silent ones make room."""

    times: Int64s
    values: Floats
    places: Int64s
    offsets: Int64s
    rows: Int64s
    head: Int64s
    considered: Int64s
    step: Int64s
    last_time: Int64s
    last_value: Floats
    cumulative: Bools
    successes: Bools
    moves: Int64s
    falls: Int64s
    broken: Bools
    """It has grown by a fraction: it measures, and counts no events."""
    normal: Floats
    learned: Int64s
    residuals: Floats
    judged: Int64s
    level: Floats
    spread: Floats
    cap: Floats
    floor: Floats
    local: Floats
    local_at: Int64s
    rare: Floats
    peers: Int64s

    def __init__(self, parameters: Parameters, capacity: int) -> None:
        self.parameters = parameters
        self.capacity = capacity
        self.count = 0
        self.season = Season()
        self._room = 64
        for name in _ARRAYS:
            setattr(self, name, self._blank(name, self._room))

    def _blank(self, name: str, rows: int) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        kind, value, columns = _ARRAYS[name]
        width = self.parameters.memory_samples if columns < 0 else columns
        return np.full((rows, width) if width else rows, value, dtype=kind)

    def add(self, cumulative: bool, peers: int, successes: bool = False) -> int:
        """Number of a new series; `peers` groups it with the same metric elsewhere.  The caller makes room first where the table is full."""
        if self.count == self._room:
            for name in _ARRAYS:
                setattr(self, name, np.concatenate((getattr(self, name), self._blank(name, self._room))))
            self._room *= 2
        number = self.count
        self.count += 1
        self.cumulative[number], self.peers[number], self.successes[number] = cumulative, peers, successes
        return number

    def make_room(self) -> Int64s:
        """Forgets the longest silent quarter; returns the old numbers of those that stay, in their new order."""
        stay = int(self.capacity * (1 - _FORGET))
        kept = np.sort(np.argsort(-self.last_time[: self.count], kind="stable")[:stay])
        for name in _ARRAYS:
            setattr(self, name, np.concatenate((getattr(self, name)[kept], self._blank(name, self._room - len(kept)))))
        self.count = len(kept)
        self.season.keep(kept)
        return kept

    @property
    def window(self) -> Int64s:
        """Length of each series' window in ns."""
        return np.maximum(self.parameters.window_ns, 2 * self.step[: self.count])

    # --- taking samples ---------------------------------------------------------------------------------------------------

    def take(self, number: Int64s, time: Int64s, value: Floats, place: Int64s, offset: Int64s, row: Int64s) -> tuple[Int64s, int]:
        """Takes one tick's samples; returns the series that have a new one, and how many samples came late or twice."""
        order = np.lexsort((time, number))
        newer = time[order] > self.last_time[number[order]]
        newer[1:] &= (number[order][1:] != number[order][:-1]) | (time[order][1:] != time[order][:-1])
        late = len(order) - int(np.count_nonzero(newer))
        order = order[newer]
        number, time, value = number[order], time[order], value[order]
        if not len(number):
            return number, late
        again = np.concatenate(([False], number[1:] == number[:-1]))
        before = np.where(again, np.concatenate(([0], time[:-1])), self.last_time[number])
        former = np.where(again, np.concatenate(([np.nan], value[:-1])), self.last_value[number])
        last = np.concatenate((number[1:] != number[:-1], [True]))
        self.last_time[number[last]], self.last_value[number[last]] = time[last], value[last]
        counts = self.cumulative[number]
        if counts.any():
            value, usable = self._rates(number, counts, time - before, value, former)
            usable |= ~counts
            number, time, value, order = number[usable], time[usable], value[usable], order[usable]
            if not len(number):
                return number, late
        touched, first, many = np.unique(number, return_index=True, return_counts=True)
        mean = np.add.reduceat(value, first) / many
        column = self.head[touched] % RING
        self.times[touched, column] = time[first + many - 1]
        self.values[touched, column] = mean
        source = order[first]
        self.places[touched, column], self.offsets[touched, column], self.rows[touched, column] = place[source], offset[source], row[source]
        self.head[touched] += 1
        self._measure_steps(touched)
        return touched, late

    def _rates(self, number: Int64s, counts: Bools, span: Int64s, value: Floats, former: Floats) -> tuple[Floats, Bools]:
        """Growth per second of counters, and which of them is one: no first sample, no reset, no gap."""
        growth = value - former
        np.add.at(self.moves, number[counts], growth[counts] != 0)
        np.add.at(self.falls, number[counts], growth[counts] < 0)
        self.broken[number[counts & (growth % 1.0 > 0)]] = True
        suspects = np.unique(number[counts])
        often = (self.falls[suspects] >= 2) & (self.falls[suspects] > _FALLS * self.moves[suspects])
        gauges = suspects[often & (self.moves[suspects] >= _MOVES)]
        if len(gauges):
            self._restart_as_gauges(gauges)
        step = self.step[number]
        usable = counts & (growth >= 0) & (span > 0) & ((step == 0) | (span <= _GAP * step))
        usable |= counts & ~self.cumulative[number]
        return np.where(self.cumulative[number], growth / np.maximum(span * 1e-9, 1e-9), value), usable

    def _restart_as_gauges(self, gauges: Int64s) -> None:
        self.cumulative[gauges] = False
        for name in ("head", "considered", "learned", "judged", "level", "spread", "local", "normal", "residuals", "local_at", "values"):
            getattr(self, name)[gauges] = _ARRAYS[name][1]

    def _measure_steps(self, touched: Int64s) -> None:
        """A step is the median distance of the samples in the ring; measured when their number has doubled, then once a ring."""
        count = self.head[touched]
        due = touched[(count >= 2) & (((count - 1) & (count - 2) == 0) | (count % RING == 0))]
        step = baseline.steps(self.times[due])
        known = ~np.isnan(step)
        self.step[due[known]] = np.maximum(step[known].astype(np.int64), self.parameters.tick_ns)

    # --- learning ---------------------------------------------------------------------------------------------------------

    def learn(self, touched: Int64s, now_ns: int, troubled: Sequence[tuple[int, int, Bools]]) -> None:
        """Learns what is old enough and lies in no troubled span (begin, end, which series it troubles).  What was over before it could be
        learned is a precedent: so few samples move no level, and say how far the series has gone, but not how much it strays in calm."""
        lag = self.parameters.lag_windows * np.maximum(self.parameters.window_ns, 2 * self.step[touched])
        due = touched
        while len(due):
            self.considered[due] = np.maximum(self.considered[due], self.head[due] - RING)
            waiting = self.considered[due] < self.head[due]
            column = self.considered[due] % RING
            times = self.times[due, column]
            ripe = waiting & ((self.learned[due] < AT_ONCE) | (times <= now_ns - lag))
            due, lag, column, times = due[ripe], lag[ripe], column[ripe], times[ripe]
            self.considered[due] += 1
            quiet, calm = np.ones((2, len(due)), dtype=bool)
            for begin, end, whom in troubled:
                brief = min(end, now_ns) - begin <= self.parameters.lag_windows * 2 * self.step[due]
                outside = (times < begin) | (times > end) | ~whom[due]
                calm &= outside
                quiet &= outside | brief
            quiet |= self.learned[due] < AT_ONCE
            if quiet.any():
                self._accept(due[quiet], self.values[due[quiet], column[quiet]], calm[quiet])

    def relearn(self, series: Int64s) -> None:
        """Forgets the level of some series; the latest samples make a new one.  How much they spread is still known."""
        self.normal[series], self.learned[series] = np.nan, 0
        self.considered[series] = np.maximum(self.considered[series], self.head[series] - self.parameters.level_samples)

    def _accept(self, series: Int64s, value: Floats, calm: Bools) -> None:
        size, levels = self.parameters.memory_samples, self.parameters.level_samples
        known = calm & (self.learned[series] >= levels // 2)
        judged = series[known]
        self.residuals[judged, self.judged[judged] % size] = np.abs(value[known] - self.level[judged])
        self.judged[judged] += 1
        self.normal[series, self.learned[series] % size] = value
        self.learned[series] += 1
        recent = (self.learned[series, None] - 1 - np.arange(levels)) % size  # columns beyond the first samples are still NaN
        self.level[series] = baseline.medians(self.normal[series[:, None], recent])
        settled = self.judged[series] >= _SETTLED
        spread = baseline.spreads(np.where(settled[:, None], self.residuals[series], baseline.strays(self.normal[series])))
        self.spread[series] = spread
        self.cap[series] = baseline.flat_caps(self.normal[series], self.level[series], spread, self.rare[series])

    def compare_peers(self) -> None:
        """Renews the floor of every scale: a share of the usual spread of the same metric elsewhere."""
        count = self.count
        self.rare[:count] = baseline.peer_rarity(self.peers[:count], self.normal[:count], self.level[:count])
        self.floor[:count] = self.parameters.peer_floor * baseline.peer_medians(self.peers[:count], self.spread[:count])

    # --- judging ----------------------------------------------------------------------------------------------------------

    def recent(self, series: Int64s, begin: Int64s, end: Int64s) -> Floats:
        """Samples of (begin, end], one row a series, newest first and as far back as any row needs; NaN outside."""
        if not len(series):
            return np.zeros((0, 1))
        step = np.maximum(self.step[series], self.parameters.tick_ns)
        reach = int(np.max((self.last_time[series] - begin) / step)) + 3
        back = np.arange(min(max(reach, 1), RING))
        columns = ((self.head[series] - 1) % RING)[:, None] - back
        columns[columns < 0] += RING
        cells = columns + (series * RING)[:, None]  # one look-up in the flat ring for times and values
        times = self.times.reshape(-1)[cells]
        inside = (back < self.head[series, None]) & (times > begin[:, None]) & (times <= end[:, None])
        return np.where(inside, self.values.reshape(-1)[cells], np.nan)

    def local_levels(self, series: Int64s, until: Int64s) -> Floats:
        """Median over `recent_windows` up to a time, troubled times and all; NaN for fewer than three samples."""
        span = (self.parameters.recent_windows * self.window[series]).astype(np.int64)
        samples = self.recent(series, until - span, until)
        enough = np.count_nonzero(~np.isnan(samples), axis=1) >= 3
        return np.where(enough, baseline.medians(samples), np.nan)

    def deviations(
        self, series: Int64s, begin: Int64s, end: Int64s, local: Floats, need: int, remember: bool = False
    ) -> tuple[Floats, Floats]:
        """Of each series the persistent deviation in (begin, end] from level and local level, NaN for fewer than `need` samples, and the most
        nats that it may earn.  What is judged as it happens is remembered for the days to come; questions about a span are not."""
        window = self.recent(series, begin, end)
        low, high = surprise.middles(window)
        if remember:
            self.season.note(series, low, high)
        level, scale = self.level[series], self.scale(series)
        from_local = surprise.persistent(low, high, np.where(np.isnan(local), level, local), scale)
        z = surprise.nearer(surprise.persistent(low, high, level, scale), from_local)
        z = beyond(z, low, high, self.season.usual(series), level, scale)
        seen = np.count_nonzero(~np.isnan(window), axis=1)
        known = (seen >= need) & (self.learned[series] >= 2)
        cap = self.cap[series]
        far = np.nonzero(known & (np.abs(z) > 1.0))[0]
        before = (self.normal[series[far]] - level[far, None]) / scale[far, None]
        cap[far] = np.minimum(cap[far], surprise.precedent_caps(before, z[far], seen[far] // 2 + 1, self.learned[series[far]]))
        return np.where(known, z, np.nan), cap

    def scale(self, series: Int64s) -> Floats:
        """The unit of a deviation: the spread, but no less than its floors."""
        level, counted = self.level[series], self.cumulative[series] & ~self.broken[series]
        relative = self.parameters.relative_floor * baseline.sizes(level, self.successes[series])
        chance = baseline.grain(level, np.where(counted, self.step[series] * 1e-9, 0.0))
        return np.maximum(np.maximum(np.fmax(np.maximum(self.spread[series], relative), self.floor[series]), chance), 1e-9)
