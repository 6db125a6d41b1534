"""The telemetry's memory and judgement, tick by tick: samples and log rows in, nats per entity out.

Knows:   the order of the steps of one tick, and what each entity shows now or showed in a given span.
Ignores: incidents (incidents.py); it is only told which times were troubled.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from correlate.parameters import DEFAULTS, Parameters
from correlate.scene import Finding, Floats, Int64s, Position, Series
from correlate.telemetry import blame, findings, flow, inquiry, surprise
from correlate.telemetry.assembly import Evidence, assemble, nothing
from correlate.telemetry.baseline import Bools
from correlate.telemetry.failing import failing
from correlate.telemetry.interner import Interner
from correlate.telemetry.logs import Logs
from correlate.telemetry.mentions import Mentions
from correlate.telemetry.nulls import Null
from correlate.telemetry.registry import Registry
from correlate.telemetry.roles import ERRORS, FAMILIES, owner_of
from correlate.telemetry.rows import LogRows, MetricRows, Span
from correlate.telemetry.series import SeriesTable
from schemas.signal import Kind, Subject

SERIES: Final = 30_000
"""Series of one estate; about 3.5 kB each, and 3 kB more after a day."""
SUBJECTS: Final = 200_000
"""Subjects remembered by id, of metrics and logs."""
MINUTE_NS: Final = 60_000_000_000
"""What changes slowly is renewed once a minute: local levels, peers, nulls."""
_UNKNOWN: Final = -1


class Telemetry:
    def __init__(self, parameters: Parameters = DEFAULTS) -> None:
        self.parameters = parameters
        self.registry = Registry()
        self.series = SeriesTable(parameters, SERIES)
        self.logs = Logs(parameters)
        self.mentions = Mentions()
        self.nulls = [Null() for _ in FAMILIES]
        self.partitions: list[tuple[str, int]] = []
        self._subjects = Interner(SUBJECTS)
        self._series_of: Int64s = np.zeros(0, np.int64)  # subject number → series
        self._log_owner: Int64s = np.zeros(0, np.int64)  # subject number → entity
        self._metrics: list[MetricRows] = []
        self._quiet: deque[tuple[int, Floats]] = deque()  # raw evidence that waits to be learned as quiet
        self._renewed = 0
        self.now_ns = 0
        self.shed: Counter[str] = Counter()
        self.evidence = nothing()
        self.calibrated = np.zeros((0, len(FAMILIES)))
        self.total = np.zeros(0)

    # --- learning who is who ----------------------------------------------------------------------------------------------

    def place(self, topic: str, partition: int) -> int:
        """The number by which rows name their topic and partition."""
        if (topic, partition) not in self.partitions:
            self.partitions.append((topic, partition))
        return self.partitions.index((topic, partition))

    def position(self, place: int, offset: int, row: int) -> Position:
        topic, partition = self.partitions[place]
        return Position(topic, partition, offset, row)

    def declare(self, calls: Mapping[str, frozenset[str]]) -> None:
        self.registry.declare(calls)

    def calls(self) -> dict[str, frozenset[str]]:
        """Entity → entities it depends on: declared and observed."""
        names = self.registry.entities
        return {names[caller]: frozenset(names[callee] for callee in callees) for caller, callees in self.registry.calls().items()}

    def entities(self) -> tuple[str, ...]:
        return tuple(self.registry.entities)

    def learn(self, subjects: Mapping[int, Subject]) -> None:
        """Announces the subjects of coming rows; known ones cost nothing."""
        ids = np.fromiter(subjects, np.int64, len(subjects))
        new = ids[self._subjects.find(ids) < 0]
        metrics = [identity for identity in new.tolist() if subjects[identity].kind is Kind.METRIC]
        logs = [identity for identity in new.tolist() if subjects[identity].kind is Kind.LOG]
        numbers = self._subjects.number(np.array(metrics + logs, np.int64))
        more = len(self._subjects) - len(self._series_of)
        self._series_of = np.concatenate((self._series_of, np.full(more, _UNKNOWN)))
        self._log_owner = np.concatenate((self._log_owner, np.full(more, _UNKNOWN)))
        self.shed["subjects over capacity"] += int(np.count_nonzero(numbers < 0))
        known = [(number, subjects[identity]) for number, identity in zip(numbers.tolist(), metrics + logs, strict=True) if number >= 0]
        self._learn_series([pair for pair in known if pair[1].kind is Kind.METRIC])
        for number, subject in known:
            if subject.kind is Kind.LOG:
                self._log_owner[number] = self.registry.witness(owner_of(subject))

    def _learn_series(self, known: list[tuple[int, Subject]]) -> None:
        if self.series.count + len(known) > self.series.capacity:
            self._make_room()
            spare = self.series.capacity - self.series.count
            self.shed["series over capacity"] += max(0, len(known) - spare)
            known = known[:spare]
        for (number, _), kind in zip(known, self.registry.add([subject for _, subject in known]), strict=True):
            self._series_of[number] = self.series.add(*kind)

    def _make_room(self) -> None:
        before = self.series.count
        kept = self.series.make_room()
        self.registry.keep(kept)
        moved = np.full(before + 1, _UNKNOWN)
        moved[kept] = np.arange(len(kept))
        self._series_of = moved[self._series_of]
        self.evidence.deviation, self.evidence.nats = self.evidence.deviation[kept], self.evidence.nats[kept]
        self.shed["silent series forgotten"] += before - len(kept)

    # --- one tick ---------------------------------------------------------------------------------------------------------

    def feed_metrics(self, rows: MetricRows) -> None:
        self._metrics.append(rows)

    def feed_logs(self, rows: LogRows) -> None:
        number = self._subjects.find(rows.subject_ids)
        owner = np.where(number >= 0, self._log_owner[number], _UNKNOWN) if len(self._log_owner) else np.full(len(number), _UNKNOWN)
        known = owner >= 0
        self.shed["log rows of shed subjects"] += int(np.count_nonzero(~known))
        texts = rows.texts if known.all() else rows.texts.filter(known)
        where = np.vstack((rows.places, rows.offsets, rows.rows))[:, known]
        self.logs.take(owner[known], rows.times_ns[known], rows.template_ids[known], rows.traces[known], texts, where)
        self.mentions.take(owner[known], rows.template_ids[known], texts)

    def advance(self, now_ns: int, troubled: Sequence[Span]) -> bool:
        """Closes the tick that ends at `now_ns`, learning nothing from the troubled spans; True if there is something new to judge."""
        self.now_ns = now_ns
        self.series.season.advance(now_ns)
        touched = self._take_metrics()
        self.series.learn(touched, now_ns, [(span.begin_ns, span.end_ns, self._series_of_entities(span.entities)) for span in troubled])
        news = self.logs.close(now_ns) or bool(len(touched))
        self._learn_quiet(troubled)
        minute = now_ns - self._renewed >= MINUTE_NS
        if minute and news:
            self._renewed = now_ns
            self._learn_calls()
            self.series.compare_peers()
            for null in self.nulls:
                null.fit()
        if news:
            self._judge(touched)
            if minute:
                self._quiet.append((now_ns, self.evidence.raw))
        return news

    def _learn_calls(self) -> None:
        """Calls that logs tell of."""
        for caller, callee in self.mentions.calls(self.registry.number_of):
            self.registry.observe(caller, callee)
        for caller, callee in self.logs.nested.calls():
            self.registry.infer(caller, callee)

    def _take_metrics(self) -> Int64s:
        if not self._metrics:
            return np.zeros(0, np.int64)
        rows, self._metrics = self._metrics, []
        ids = np.concatenate([part.subject_ids for part in rows])
        subject = self._subjects.find(ids)
        series = np.where(subject >= 0, self._series_of[subject], _UNKNOWN) if len(self._series_of) else np.full(len(ids), _UNKNOWN)
        known = series >= 0
        self.shed["samples of shed series"] += int(np.count_nonzero(~known))
        columns = [
            np.concatenate([getattr(part, name) for part in rows])[known] for name in ("times_ns", "values", "places", "offsets", "rows")
        ]
        touched, late = self.series.take(series[known], *columns)
        self.shed["late or repeated samples"] += late
        return touched

    def _judge(self, touched: Int64s) -> None:
        """Renews the surprise of the touched series over their windows, and from all of them what each entity shows."""
        table, last = self.series, self.evidence
        grown = table.count - len(last.nats)
        deviation = np.concatenate((last.deviation, np.full(grown, np.nan)))
        nats = np.concatenate((last.nats, np.full(grown, np.nan)))
        window = table.window
        due = touched[table.local_at[touched] <= self.now_ns - MINUTE_NS]
        table.local[due] = table.local_levels(due, table.last_time[due] - window[due])
        table.local_at[due] = self.now_ns
        end = table.last_time[: table.count]
        slack = np.maximum(table.step[: table.count], self.parameters.tick_ns) // 2
        begin = end - window + slack
        deviation[touched], nats[touched] = self._surprise(touched, begin[touched], end[touched], table.local[touched], 2, remember=True)
        gone = end <= self.now_ns - window + slack
        nats[gone] = np.nan
        deviation[gone] = np.nan
        shifts = {} if self.logs.silent else self.logs.shifts(self.now_ns - self.parameters.window_ns, self.now_ns)
        self.evidence = assemble(self.registry, deviation, nats, flow.calls(table, self.registry, np.where(gone, end, begin), end), shifts)
        self.calibrated = self.calibrate(self.evidence.raw)
        _, callers = self.registry.links()
        self.total = blame.corroborated(blame.totals(self.calibrated, self.parameters, detecting=True), self.calibrated, callers)

    def still(self, entities: Sequence[str], local: Floats) -> float:
        """The most that any of some entities' symptoms shows now against the local levels of an earlier moment: what has lasted long enough
        to be its own local level may still be far from normal.  Resources do not count: a restart leaves them elsewhere for good."""
        series = np.nonzero(self._series_of_entities(tuple(entities)) & (np.arange(self.series.count) < len(local)))[0]
        fresh = series[~np.isnan(self.evidence.nats[series])] if len(self.evidence.nats) == self.series.count else series[:0]
        if not len(fresh):
            return 0.0
        end, step = self.series.last_time[fresh], np.maximum(self.series.step[fresh], self.parameters.tick_ns)
        deviation, nats = np.full(self.series.count, np.nan), np.full(self.series.count, np.nan)
        deviation[fresh], nats[fresh] = self._surprise(fresh, end - self.series.window[fresh] + step // 2, end, local[fresh], 2)
        shown = self.calibrate(assemble(self.registry, deviation, nats, nothing().flow, {}).raw)
        shown[:, blame.RESOURCE_FAMILIES] = 0.0
        return float(blame.totals(shown, self.parameters, detecting=True).max())

    def adopt(self, entities: Sequence[str]) -> None:
        """Takes what some entities show now for their normal."""
        self.series.relearn(np.nonzero(self._series_of_entities(tuple(entities)))[0])

    def _surprise(
        self, series: Int64s, begin: Int64s, end: Int64s, local: Floats, need: int, remember: bool = False
    ) -> tuple[Floats, Floats]:
        deviation, cap = self.series.deviations(series, begin, end, local, need, remember)
        return deviation, surprise.nats(deviation, self.series.learned[series], self.registry.direction[series], cap)

    def calibrate(self, raw: Floats) -> Floats:
        """Raw surprise against each family's quiet times."""
        return np.stack([null.calibrate(raw[:, family]) for family, null in enumerate(self.nulls)], axis=1)

    def _series_of_entities(self, entities: tuple[str, ...] | None) -> Bools:
        if entities is None:
            return np.ones(self.series.count, dtype=bool)
        numbers = [self.registry.number_of[entity] for entity in entities if entity in self.registry.number_of]
        return np.isin(self.registry.owner, numbers)

    def _learn_quiet(self, troubled: Sequence[Span]) -> None:
        """What was shown long enough ago outside troubled times becomes part of the nulls."""
        reach = self.parameters.window_ns
        lag = int((1.0 + self.parameters.lag_windows) * reach)
        while self._quiet and self._quiet[0][0] <= self.now_ns - lag:
            moment, raw = self._quiet.popleft()
            if any(span.begin_ns <= at <= span.end_ns for span in troubled if span.entities is None for at in (moment, moment - reach)):
                continue
            for family, null in enumerate(self.nulls):
                shown = raw[:, family]
                null.add(shown[shown >= 0])

    # --- being asked ------------------------------------------------------------------------------------------------------

    def witnesses(self) -> int:
        """How many entities have telemetry of their own."""
        return len(self.registry.witnesses)

    def totals(self) -> dict[str, float]:
        """Detection nats of each entity now, corroborated by its callers."""
        return {self.registry.entities[number]: float(self.total[number]) for number in np.nonzero(self.total > 0)[0].tolist()}

    def families(self, entity: str) -> dict[str, float]:
        """Calibrated nats per family of an entity now."""
        number = self.registry.number_of.get(entity, len(self.calibrated))
        if number >= len(self.calibrated):
            return {}
        return {FAMILIES[family]: float(self.calibrated[number, family]) for family in np.nonzero(self.calibrated[number])[0].tolist()}

    @property
    def silent(self) -> bool:
        """Neither a sample nor a log line has come: there is nothing to judge."""
        return self.series.count == 0 and self.logs.silent

    def local_levels_at(self, at_ns: int) -> Floats:
        """Of every series the local level just before a moment."""
        everyone = np.arange(self.series.count)
        return self.series.local_levels(everyone, np.full(len(everyone), at_ns))

    def judge_span(self, begin_ns: int, end_ns: int, local: Floats) -> Evidence:
        """What the samples and logs of (begin, end] show against the local levels of a moment; one sample is enough."""
        everyone = np.arange(self.series.count)
        begin, end = np.full(len(everyone), begin_ns), np.full(len(everyone), end_ns)
        local = np.concatenate((local, np.full(len(everyone) - len(local), np.nan))) if len(local) < len(everyone) else local
        deviation, nats = self._surprise(everyone, begin, end, local, 1)
        shifts = {} if self.logs.silent else self.logs.shifts(begin_ns, end_ns)
        found = assemble(self.registry, deviation, nats, flow.calls(self.series, self.registry, begin, end), shifts)
        np.maximum.at(found.raw[:, ERRORS], *failing(self.series, self.registry, begin, end))
        return found

    def window_ns(self, entity: str) -> int:
        return inquiry.clock(self, entity)

    def onset(self, entity: str, since_ns: int = 0) -> inquiry.Begin | None:
        return inquiry.onset(self, entity, since_ns)

    def findings(self, onset_ns: int, now_ns: int, limit: int = 200, seen_ns: int = 0) -> list[Finding]:
        return findings.findings(self, onset_ns, now_ns, limit, max(now_ns, seen_ns))

    def series_window(self, from_ns: int, to_ns: int, owners: frozenset[str] | None = None) -> list[Series]:
        return inquiry.series_window(self, from_ns, to_ns, owners)
