"""The memory of logs: how often each entity says each thing, and what follows what within a trace.

Knows:   outcomes among contexts.  An entity's rows are the context of its templates (shares); a template within a trace is the context of
         the one that follows, with a beginning and an end (sequence).  Counts per tick for the recent past, per minute for the usual.
Ignores: masking (schemas/masking.py) and merging (merging.py) of texts, metrics, incidents.

A missing line is as telling as a new one: code that returns early stays silent.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from correlate.parameters import Parameters
from correlate.scene import Floats, Int64s
from correlate.telemetry import shares
from correlate.telemetry.grouping import grouped, stable_order
from correlate.telemetry.interner import ABSENT, Interner
from correlate.telemetry.merging import Merging
from correlate.telemetry.nested import Nested
from correlate.telemetry.recent import Recent, between, first_of, part_of, within
from correlate.telemetry.traces import ENTITY, OFFSET, PLACE, ROW, TEMPLATE, TIME, TRACE, OpenTraces

BLOCK_NS: Final = 60_000_000_000
BLOCKS: Final = 30
"""The usual share is a median over thirty blocks of a minute: fifteen may be bad."""
KEPT_NS: Final = 700_000_000_000
"""Recent counts kept by tick: as long as the longest window of one-minute series and its onset."""
TEMPLATES: Final = 50_000
CONTEXTS: Final = 100_000
OUTCOMES: Final = 200_000
KEPT_CHARS: Final = 300
"""Of a template's first text, for people."""
_TRUST: Final = 0.5
"""Minutes differ by more than chance, so the usual counts half."""
_SHARE, _BEGIN, _FIRST = 0, 1, 2  # codes of a context; templates from _FIRST
_END, _NEXT = 0, 1  # codes of an outcome; templates from _NEXT
SHARE, SEQUENCE = 0, 1


class Shift(NamedTuple):
    """The most telling change of one entity's logs."""

    nats: float
    context: int
    outcome: int
    rising: bool
    observed: float
    expected: float


class Logs:
    """Entities are numbers given by the caller."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.templates = Interner(TEMPLATES)
        self.templates.number(np.zeros(1, np.int64))  # number 0 stands for all beyond the limit
        self.merging = Merging()
        self._merged = np.array([self.merging.number("")])  # template id's number → template
        self.texts: list[str] = ["(further templates)"]
        self.open = OpenTraces()
        self.nested = Nested()
        self.contexts = Interner(CONTEXTS)
        self.outcomes = Interner(OUTCOMES)
        self.recent: deque[Recent] = deque()
        self._block = 0  # end of the last block that was learned
        self._trials = np.zeros((0, BLOCKS))  # context × block
        self._seen = np.zeros(0, np.int64)  # blocks of each context so far
        self._all_trials = np.zeros(0)
        self._counts = np.zeros((0, BLOCKS), np.float32)  # outcome × block of its context
        self._all_counts = np.zeros(0)
        self._usual = np.zeros(0)
        self.shed = 0

    @property
    def silent(self) -> bool:
        """No log was ever seen."""
        return len(self.templates) == 1

    # --- taking rows ------------------------------------------------------------------------------------------------------

    def take(self, entity: Int64s, time: Int64s, template_id: Int64s, traces: Int64s, texts: pl.Series, where: Int64s) -> None:
        """Takes rows; `traces` as in LogRows, `where` has the rows place, offset and row."""
        known = len(self.templates)
        template = self.templates.number(template_id)
        if len(self.templates) > known:
            self._keep_texts(template, known, texts)
        template = self._merged[np.maximum(template, 0)]
        rows = np.vstack((traces, time, entity, template, where))
        traced = traces != 0
        if traced.any():
            self.open.add(rows[:, traced])
        if not traced.all():
            loose = rows[:, ~traced]
            self._count_shares(loose, loose[TIME])

    def _keep_texts(self, template: Int64s, known: int, texts: pl.Series) -> None:
        """Of each new template id the first text: it is merged into a template, or is a new one."""
        numbers, first = np.unique(template, return_index=True)
        for index in first[numbers >= known].tolist():
            number = self.merging.number(texts[index])
            self._merged = np.append(self._merged, number)
            if number == len(self.texts):
                self.texts.append(texts[index][:KEPT_CHARS])

    def close(self, now_ns: int) -> bool:
        """Counts the traces that have ended and learns the blocks that are old enough; True if something new was counted."""
        before = len(self.recent)
        rows = self.open.ended(now_ns)
        if rows.shape[1]:
            self._count_traces(rows)
            self.nested.take(rows)
        while self.recent and self.recent[0].newest < now_ns - KEPT_NS:
            self.recent.popleft()
        self._learn_blocks(now_ns)
        return len(self.recent) > before or bool(rows.shape[1])

    def _count_traces(self, rows: Int64s) -> None:
        trace_starts = np.concatenate(([True], rows[TRACE, 1:] != rows[TRACE, :-1]))
        trace = np.cumsum(trace_starts) - 1
        begin = np.minimum.reduceat(rows[TIME], np.nonzero(trace_starts)[0])[trace]
        self._count_shares(rows, begin)
        starts = trace_starts | np.concatenate(([True], rows[ENTITY, 1:] != rows[ENTITY, :-1]))
        ends = np.nonzero(np.append(starts[1:], True))[0]
        former = np.concatenate(([0], rows[TEMPLATE, :-1]))
        before = np.concatenate((np.where(starts, _BEGIN, former + _FIRST), rows[TEMPLATE, ends] + _FIRST))
        after = np.concatenate((rows[TEMPLATE] + _NEXT, np.full(len(ends), _END)))
        row = np.concatenate((np.arange(rows.shape[1]), ends))
        order = stable_order(trace[row])
        row = row[order]
        self._count(rows, row, trace[row], begin[row], before[order], after[order])

    def _count_shares(self, rows: Int64s, begin: Int64s) -> None:
        each = np.arange(rows.shape[1])  # every row counts, not every trace
        self._count(rows, each, each, begin, np.full(len(each), _SHARE), rows[TEMPLATE] + _NEXT)

    def _count(self, rows: Int64s, row: Int64s, unit: Int64s, begin: Int64s, before: Int64s, after: Int64s) -> None:
        """Counts units (traces or rows, in order) by tick, context and outcome; `row` is the column of `rows` that shows each."""
        context = self.contexts.number((rows[ENTITY, row] << 32) | before)
        outcome = self.outcomes.number((np.maximum(context, 0) << 32) | after)
        kept = (context != ABSENT) & (outcome != ABSENT)
        if not kept.all():
            self.shed += int(np.count_nonzero(~kept))
            row, unit, begin, context, outcome = row[kept], unit[kept], begin[kept], context[kept], outcome[kept]
        self._grow()
        if not len(row):
            return
        tick = self.parameters.tick_ns
        bucket, time, nobody = begin // tick, rows[TIME, row], np.full(len(row), ABSENT)
        parts = []
        for named, told in ((outcome, outcome), (context, nobody)):  # an outcome is of one context, so either alone names a cell
            first, count = grouped((bucket - bucket.min()) * (int(named.max()) + 1) + named, unit, time)
            shown = rows[:, row[first]]
            where = shown[TIME], shown[PLACE], shown[OFFSET], shown[ROW]
            parts.append(np.vstack((bucket[first] * tick, context[first], told[first], count, *where)))
        self.recent.append(part_of(np.concatenate(parts, axis=1)))

    def _grow(self) -> None:
        if (more := len(self.contexts) - len(self._seen)) > 0:
            more = max(more, len(self._seen) // 2)
            self._trials = np.concatenate((self._trials, np.zeros((more, BLOCKS))))
            self._seen = np.concatenate((self._seen, np.zeros(more, np.int64)))
            self._all_trials = np.concatenate((self._all_trials, np.zeros(more)))
        if (more := len(self.outcomes) - len(self._usual)) > 0:
            more = max(more, len(self._usual) // 2)
            self._counts = np.concatenate((self._counts, np.zeros((more, BLOCKS), np.float32)))
            self._usual = np.concatenate((self._usual, np.zeros(more)))
            self._all_counts = np.concatenate((self._all_counts, np.zeros(more)))

    # --- what is usual ----------------------------------------------------------------------------------------------------

    def _learn_blocks(self, now_ns: int) -> None:
        if not self.recent:
            return
        oldest = self.recent[0].oldest // BLOCK_NS * BLOCK_NS
        self._block = max(self._block, oldest)
        while self._block + BLOCK_NS <= now_ns - self.parameters.window_ns:
            self._learn_block(self._block, self._block + BLOCK_NS)
            self._block += BLOCK_NS

    def _learn_block(self, begin: int, end: int) -> None:
        trials, counts = self._between(begin, end)
        asked = np.nonzero(trials)[0]
        if not len(asked):
            return
        column = self._seen % BLOCKS
        mine = self.context_of()
        members = np.nonzero(trials[mine] > 0)[0]
        self._trials[asked, column[asked]] = trials[asked]
        self._counts[members, column[mine[members]]] = counts[members]
        self._all_trials[asked] += trials[asked]
        self._all_counts[members] += counts[members]
        self._seen[asked] += 1
        trials_of = self._trials[mine[members]]
        weights = shares.capped(trials_of)  # an outage shouts: its minutes may hold a hundred times the lines, and count as minutes
        self._usual[members] = shares.weighted_medians(self._counts[members] / np.maximum(trials_of, 1.0), weights)

    def context_of(self) -> Int64s:
        """Outcome → context."""
        return self.outcomes.keys >> 32

    def _between(self, begin: int, end: int) -> tuple[Floats, Floats]:
        """Trials of each context and counts of each outcome in the ticks of [begin, end)."""
        return between(self.recent, begin, end, len(self.contexts), len(self.outcomes))

    # --- judging ----------------------------------------------------------------------------------------------------------

    def shifts(self, begin_ns: int, end_ns: int) -> dict[tuple[int, int], Shift]:
        """For each entity, and SHARE or SEQUENCE, its most telling shift in (begin, end], less the logarithm of how many were looked at."""
        half = self.parameters.tick_ns // 2  # a tick counts by its middle
        trials, counts = self._between(begin_ns - half + 1, end_ns - half + 1)
        mine = self.context_of()
        asked = (trials > 0) & (self._seen[: len(trials)] > 0)
        looked = np.nonzero(asked[mine] & ((counts > 0) | (self._all_counts[: len(counts)] > 0)))[0]
        if not len(looked):
            return {}
        context = mine[looked]
        tried, happened = trials[context], counts[looked]
        known, ever, usual = self._trials[context].sum(axis=1) * _TRUST, self._all_trials[context], self._usual[looked]
        of_all = self._all_counts[looked] / np.maximum(ever, 1.0)
        share = happened / tried
        nats = np.minimum(
            shares.two_samples(happened, tried, usual * known, known), shares.two_samples(happened, tried, self._all_counts[looked], ever)
        )
        rising = share > usual
        nats[rising != (share > of_all)] = 0.0
        key = self.contexts.keys[context]
        group = (key >> 32) * 2 + ((key & 0xFFFFFFFF) != _SHARE)
        order = np.lexsort((-looked, nats, group))
        groups, first, many = np.unique(group[order], return_index=True, return_counts=True)
        best = order[first + many - 1]
        columns = (np.maximum(0.0, nats[best] - np.log(many)), context[best], looked[best], rising[best], share[best], usual[best])
        names = zip((groups // 2).tolist(), (groups % 2).tolist(), strict=True)
        return dict(zip(names, map(Shift._make, zip(*(column.tolist() for column in columns), strict=True)), strict=True))

    def onset(self, shift: Shift, since_ns: int, now_ns: int) -> tuple[int, float]:
        """(when the share began to differ, nats of that split) since a moment; (0, 0) if it cannot be told."""
        tick = self.parameters.tick_ns
        begin = since_ns // tick * tick
        size = (now_ns - begin) // tick + 1
        tried, happened, first = np.zeros(size), np.zeros(size), np.full(size, np.iinfo(np.int64).max)
        for part in within(self.recent, begin, now_ns + 1):
            inside = (part.context == shift.context) & (part.bucket >= begin) & (part.bucket <= now_ns)
            trial, hit = inside & (part.outcome < 0), inside & (part.outcome == shift.outcome)
            tried += np.bincount((part.bucket[trial] - begin) // tick, part.count[trial], size)
            happened += np.bincount((part.bucket[hit] - begin) // tick, part.count[hit], size)
            np.minimum.at(first, (part.bucket[hit] - begin) // tick, part.first_ns[hit])
        index, nats = shares.split(happened, tried, shift.rising)
        if not index:
            return 0, 0.0
        if shift.rising and happened[index] > 0:
            return int(first[index]), nats
        return int(begin + index * tick), nats

    def first_of(self, shift: Shift, begin_ns: int) -> tuple[int, int, int, int] | None:
        """(time, place, offset, row) of the first row since a time that shows the outcome, or, where it has gone, of its context."""
        return first_of(self.recent, begin_ns, shift.context, shift.outcome, shift.rising)

    def wording(self, shift: Shift) -> tuple[str, str]:
        """(what happened, after what) in the templates' own words; the second is empty for a share or a beginning."""
        after = int(self.outcomes.keys[shift.outcome] & 0xFFFFFFFF)
        before = int(self.contexts.keys[shift.context] & 0xFFFFFFFF)
        return ("" if after == _END else self.texts[after - _NEXT]), (self.texts[before - _FIRST] if before >= _FIRST else "")
