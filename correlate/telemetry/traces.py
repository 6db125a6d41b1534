"""Log rows that wait for their trace to end, and the steps that an ended trace took from template to template.

Knows:   open log rows and when a trace counts as ended.
Ignores: what templates say; what is usual (logs.py).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from correlate.scene import Int64s
from correlate.telemetry.baseline import Bools

SILENT_NS: Final = 10_000_000_000
"""A trace has ended when nothing was heard of it for ten seconds: longer than the usual request timeout's retry."""
LONGEST_NS: Final = 60_000_000_000
"""…or a minute after its first row: jobs and streams would never end otherwise."""
ROOM: Final = 200_000
"""Open rows; beyond, the oldest traces are taken as ended."""

TRACE, TIME, ENTITY, TEMPLATE, PLACE, OFFSET, ROW = range(7)


class OpenTraces:
    """Rows as one matrix (column × row), grouped by trace only when they leave."""

    __slots__ = ("_rows", "_waiting", "shed")

    def __init__(self) -> None:
        self._rows: Int64s = np.zeros((7, 0), np.int64)
        self._waiting: list[Int64s] = []
        self.shed = 0

    def add(self, rows: Int64s) -> None:
        """Rows of named traces; columns TRACE … ROW."""
        self._waiting.append(rows)

    def ended(self, now_ns: int) -> Int64s:
        """Takes out the rows of traces that have ended, sorted by trace, entity and time."""
        rows = np.concatenate((self._rows, *self._waiting), axis=1)
        self._waiting = []
        if not rows.shape[1]:
            return rows
        gone = self._over(rows, now_ns)
        self._rows, rows = rows[:, ~gone], rows[:, gone]
        return rows[:, np.lexsort((rows[TIME], rows[ENTITY], rows[TRACE]))]

    def _over(self, rows: Int64s, now_ns: int) -> Bools:
        """Which rows are of ended traces."""
        order = np.argsort(rows[TRACE])
        trace, time = rows[TRACE, order], rows[TIME, order]
        start = np.nonzero(np.concatenate(([True], trace[1:] != trace[:-1])))[0]
        first, last = np.minimum.reduceat(time, start), np.maximum.reduceat(time, start)
        over = (now_ns - last >= SILENT_NS) | (now_ns - first >= LONGEST_NS)
        length = np.append(start[1:], len(trace)) - start
        if (excess := int(length[~over].sum()) - ROOM) > 0:
            oldest = np.argsort(np.where(over, np.iinfo(np.int64).max, first), kind="stable")
            leaving = oldest[: int(np.searchsorted(np.cumsum(length[oldest]), excess)) + 1]
            over[leaving] = True
            self.shed += len(leaving)
        gone = np.zeros(len(trace), dtype=bool)
        gone[order] = np.repeat(over, length)
        return gone
