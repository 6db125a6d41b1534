"""Who calls whom, from the traces that log lines name: who was asked begins after its caller and is done before it.

Knows:   visits (an entity's lines within a trace, from one that opens its work to the next) and which of them lay within which.
Ignores: what lines say, how long calls took, metrics and the catalogue (registry.py).

A visit is cut where the line recurs that opened it: an entity that is asked twice in a trace was not busy all the time in between.
Who logs one line a visit encloses nobody; what it calls counts for its own caller then, which does depend on it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from correlate.scene import Int64s
from correlate.telemetry.baseline import Bools
from correlate.telemetry.interner import ABSENT, Interner
from correlate.telemetry.traces import ENTITY, TEMPLATE, TIME, TRACE

PAIRS: Final = 100_000
"""Pairs of entities that are counted."""
ENOUGH: Final = 5
"""Visits that must have lain within: what runs side by side seldom does five times for each that it does not."""
AGREEING: Final = 10
"""…and so many for each that says otherwise: clocks of two hosts disagree, and lines overtake each other, once in a while."""
STEPS: Final = 200
"""Earlier visits of a trace that are tried: beyond, a job loops, and what it encloses has been seen."""


class Nested:
    __slots__ = ("_against", "_for", "_pairs", "_told")

    def __init__(self) -> None:
        self._pairs = Interner(PAIRS)
        self._for = np.zeros(0, np.int64)  # pair → visits of the second that lay within the first's
        self._against = np.zeros(0, np.int64)  # pair → visits that overlapped, or lay the other way round
        self._told: set[int] = set()

    def take(self, rows: Int64s) -> None:
        """Takes rows of ended traces; columns TRACE … ROW, sorted by trace, entity and time."""
        outer, inner, within = enclosed(*visits(rows))
        keys = np.where(within, outer << 32 | inner, inner << 32 | outer)
        both = np.concatenate((keys, (outer << 32 | inner)[~within]))  # who overlap do not call each other, either way
        number = self._pairs.number(both)
        more = len(self._pairs) - len(self._for)
        self._for, self._against = (np.concatenate((counts, np.zeros(more, np.int64))) for counts in (self._for, self._against))
        size = len(self._pairs)
        agree = np.concatenate((within, np.zeros(len(both) - len(within), dtype=bool)))
        self._for += np.bincount(number[agree & (number != ABSENT)], minlength=size)
        self._against += np.bincount(number[~agree & (number != ABSENT)], minlength=size)

    def calls(self) -> list[tuple[int, int]]:
        """New pairs (caller, callee), in order of their first appearance."""
        reverse = self._pairs.find(self._pairs.keys >> 32 | (self._pairs.keys & 0xFFFFFFFF) << 32)
        against = self._against + np.where(reverse == ABSENT, 0, self._for[reverse])
        sure = np.nonzero((self._for >= ENOUGH) & (self._for >= AGREEING * against))[0]
        new = [pair for pair in sure.tolist() if pair not in self._told]
        self._told.update(new)
        return [(int(self._pairs.keys[pair] >> 32), int(self._pairs.keys[pair] & 0xFFFFFFFF)) for pair in new]


def visits(rows: Int64s) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """(trace, entity, first, last) of each visit, ordered by trace and first; of visits that begin at once the longest comes first."""
    if not rows.shape[1]:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing.copy(), nothing.copy(), nothing.copy()
    trace, entity = rows[TRACE], rows[ENTITY]
    begins = np.concatenate(([True], (trace[1:] != trace[:-1]) | (entity[1:] != entity[:-1])))
    opening = rows[TEMPLATE, np.nonzero(begins)[0]][np.cumsum(begins) - 1]
    start = np.nonzero(begins | (rows[TEMPLATE] == opening))[0]
    end = np.append(start[1:], rows.shape[1]) - 1
    first, last = rows[TIME, start], rows[TIME, end]
    order = np.lexsort((-last, first, trace[start]))
    return trace[start][order], entity[start][order], first[order], last[order]


def enclosed(trace: Int64s, entity: Int64s, first: Int64s, last: Int64s) -> tuple[Int64s, Int64s, Bools]:
    """(entity, entity, whether the second's visit lay within the first's) for visits in order.

    Of each visit, going back through its trace: those it overlaps (began before, ended while it went on), up to the nearest one that it
    lies within.
    """
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, dtype=bool))]
    mine = np.arange(len(trace))
    for back in range(1, STEPS + 1):
        mine = mine[mine >= back]
        mine = mine[trace[mine - back] == trace[mine]]
        if not len(mine):
            break
        before = mine - back
        apart = (entity[before] == entity[mine]) | (first[before] == first[mine]) | (last[before] <= first[mine])
        within = ~apart & (last[before] > last[mine])
        parts.append((entity[before[~apart]], entity[mine[~apart]], within[~apart]))
        mine = mine[~within]
    outer, inner, within = (np.concatenate(column) for column in zip(*parts, strict=True))
    return outer, inner, within
