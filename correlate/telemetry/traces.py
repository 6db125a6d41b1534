"""Log rows that wait for their trace to end, and the steps that an ended trace took from template to template.

Knows:   open log rows and when a trace counts as ended.
Ignores: what templates say; what is usual (logs.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from correlate.scene import Int64s

SILENT_NS: Final = 10_000_000_000
"""A trace has ended when nothing was heard of it for ten seconds: longer than the usual request timeout's retry."""
LONGEST_NS: Final = 60_000_000_000
"""…or a minute after its first row: jobs and streams would never end otherwise."""
ROOM: Final = 200_000
"""Open rows; beyond, the oldest traces are taken as ended."""

TRACE, TIME, ENTITY, TEMPLATE, PLACE, OFFSET, ROW = range(7)


class OpenTraces:
    """Rows as one matrix (column × row), grouped by trace only when they leave."""

    __slots__ = ("_numbers", "_rows", "_serial", "_waiting", "shed")

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._serial = 0
        self._rows: Int64s = np.zeros((7, 0), np.int64)
        self._waiting: list[Int64s] = []
        self.shed = 0

    def add(self, traces: Sequence[str], columns: Sequence[Int64s]) -> None:
        """Rows of named traces; columns in the order TIME … ROW."""
        numbers = self._numbers
        serial = self._serial
        numbered = np.empty(len(traces), np.int64)
        for index, trace in enumerate(traces):
            number = numbers.get(trace)
            if number is None:
                number = numbers[trace] = serial
                serial += 1
            numbered[index] = number
        self._serial = serial
        self._waiting.append(np.vstack((numbered, *columns)))

    def ended(self, now_ns: int) -> Int64s:
        """Takes out the rows of traces that have ended, sorted by trace, entity and time."""
        rows = np.concatenate((self._rows, *self._waiting), axis=1)
        self._waiting = []
        if not rows.shape[1]:
            return rows
        order = np.lexsort((rows[TIME], rows[ENTITY], rows[TRACE]))
        rows = rows[:, order]
        start = np.nonzero(np.concatenate(([True], rows[TRACE, 1:] != rows[TRACE, :-1])))[0]
        first, last = np.minimum.reduceat(rows[TIME], start), np.maximum.reduceat(rows[TIME], start)
        over = (now_ns - last >= SILENT_NS) | (now_ns - first >= LONGEST_NS)
        length = np.append(start[1:], rows.shape[1]) - start
        if (excess := int(length[~over].sum()) - ROOM) > 0:
            oldest = np.argsort(np.where(over, np.iinfo(np.int64).max, first), kind="stable")
            leaving = oldest[: int(np.searchsorted(np.cumsum(length[oldest]), excess)) + 1]
            over[leaving] = True
            self.shed += len(leaving)
        gone = np.repeat(over, length)
        self._rows = rows[:, ~gone]
        self._forget(set(rows[TRACE, start[over]].tolist()))
        return rows[:, gone]

    def _forget(self, ended: set[int]) -> None:
        if ended:
            self._numbers = {trace: number for trace, number in self._numbers.items() if number not in ended}
