"""Counts of log outcomes in the ticks of late, one part for each time that ended traces or loose rows were counted.

Knows:   what a part holds, and which parts lie in a span of time at all: most are passed over without a look at their rows.
Ignores: what the numbers of contexts and outcomes stand for (logs.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from correlate.scene import Floats, Int64s


@dataclass(slots=True)
class Recent:
    """Counts of one tick's ended traces; `bucket` is the tick of a trace's first row.  `outcome` -1: trials of `context`."""

    bucket: Int64s
    context: Int64s
    outcome: Int64s
    count: Int64s
    first_ns: Int64s
    place: Int64s
    offset: Int64s
    row: Int64s
    oldest: int
    newest: int
    """The first and the last bucket."""


def part_of(columns: Int64s) -> Recent:
    """Of the eight columns, one in each row."""
    return Recent(*columns, int(columns[0].min()), int(columns[0].max()))  # type: ignore[call-arg]


def within(parts: Iterable[Recent], begin: int, end: int) -> Iterator[Recent]:
    """The parts that have buckets in [begin, end)."""
    return (part for part in parts if part.newest >= begin and part.oldest < end)


def between(parts: Iterable[Recent], begin: int, end: int, contexts: int, outcomes: int) -> tuple[Floats, Floats]:
    """Trials of each context and counts of each outcome in the ticks of [begin, end)."""
    trials, counts = np.zeros(contexts), np.zeros(outcomes)
    for part in within(parts, begin, end):
        inside = (part.bucket >= begin) & (part.bucket < end)
        of_outcome = inside & (part.outcome >= 0)
        of_context = inside & (part.outcome < 0)
        trials += np.bincount(part.context[of_context], part.count[of_context], contexts)
        counts += np.bincount(part.outcome[of_outcome], part.count[of_outcome], outcomes)
    return trials, counts


def first_of(parts: Iterable[Recent], begin_ns: int, context: int, outcome: int, rising: bool) -> tuple[int, int, int, int] | None:
    """(time, place, offset, row) of the first row since a time that shows the outcome, or, where it has gone, of its context."""
    found = None
    for part in parts:
        named = part.outcome == outcome if rising else (part.context == context) & (part.outcome >= 0)
        named &= part.first_ns >= begin_ns
        for index in np.nonzero(named)[0].tolist():
            row = (int(part.first_ns[index]), int(part.place[index]), int(part.offset[index]), int(part.row[index]))
            found = row if found is None else min(found, row)
    return found
