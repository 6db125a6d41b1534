"""One estate's correlator: rows in, incidents out.

It opens no socket, reads no clock and draws no random number, so the same rows give the same incidents on any machine, whatever batches,
interleavings, repetitions and deaths brought them.  It has four verbs: `feed`, `advance`, `snapshot`, `restore`.

Knows:   the order of the steps, and nothing else: each step is a room of its own.
Ignores: Kafka, Faust, the wall clock (an argument), and who reads the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from correlate.accounts import View
from correlate.alarms import Alarms
from correlate.alarms.alarm import alarm_of
from correlate.bridge import Bridge
from correlate.clock import NEVER_NS, Clock, Patience
from correlate.due import Source, Tick, lots_of, split, tick_end, ticks
from correlate.incidents import IncidentBook
from correlate.journal import Hearing, Journal
from correlate.memory import freeze, thaw
from correlate.parameters import DEFAULTS
from correlate.reporting import Emission, Reporter
from correlate.telemetry import Telemetry
from correlate.units import MINUTE_NS
from schemas.signal import Kind, Subject, signals_of, subject_of

_IDLE_STEP_NS = MINUTE_NS
"""Without rows, time is still looked at once a minute: traces close, incidents end."""
_SERIES_KINDS = (Kind.METRIC.value, Kind.LOG.value)


@dataclass(slots=True)
class Engine:
    estate: str
    clock: Clock = field(default_factory=Clock)
    telemetry: Telemetry = field(default_factory=Telemetry)
    alarms: Alarms = field(default_factory=Alarms)
    book: IncidentBook = field(default_factory=IncidentBook)
    journal: Journal = field(default_factory=Journal)
    bridge: Bridge = field(default_factory=Bridge)
    reporter: Reporter = field(default_factory=Reporter)
    applied: dict[Source, int] = field(default_factory=dict)
    """Last offset taken in, per source partition: what comes again is not counted again."""
    pending: list[pl.DataFrame] = field(default_factory=list)
    """Lots of rows whose tick has not come."""
    strangers: dict[int, Subject] = field(default_factory=dict)
    """Subjects of pending rows that the telemetry has not met."""
    acquainted: set[int] = field(default_factory=set)
    done_ns: int = NEVER_NS
    """End of the last closed tick; NEVER before the first."""
    stepped_ns: int = NEVER_NS
    shed: dict[str, int] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()

    @classmethod
    def of(cls, estate: str, patience: Patience | None = None, calls: Mapping[str, frozenset[str]] | None = None) -> Engine:
        """A new engine.  calls: the catalogue's dependencies, entity → entities it depends on."""
        engine = cls(estate, Clock(patience or Patience()))
        engine.declare(calls or {})
        return engine

    def declare(self, calls: Mapping[str, frozenset[str]]) -> None:
        self.telemetry.declare(calls)
        self.alarms.entities.update(calls)
        self.declared = frozenset(calls)

    def expect(self, sources: Iterable[tuple[str, int]], now_ns: int, *, alerting: bool = False) -> None:
        """Source partitions that will speak.  alerting: the alerts topic holds records, so alerts are connected to this estate."""
        for source in sources:
            self.clock.expect(source, now_ns)
        self.book.alerting = self.book.alerting or alerting

    def feed(self, batch: pl.DataFrame, now_ns: int) -> None:
        """Takes rows (columns of SIGNAL_SCHEMA) in the order of their offsets; rows already taken are left out."""
        for source, lot in lots_of(batch):
            fresh = self._fresh(source, lot)
            if len(fresh):
                self._feed(source, fresh, now_ns)

    def _feed(self, source: Source, lot: pl.DataFrame, now_ns: int) -> None:
        times = lot["event_time_ns"].to_numpy()
        self.clock.hear(source, int(times.max()), now_ns)
        self.applied[source] = lot.item(-1, "offset")
        self._meet(lot)
        late = times <= self.done_ns
        if late.any():
            self._amend(lot.filter(late))
            lot = lot.filter(~late)
        if len(lot):
            self.pending.append(lot)

    def advance(self, now_ns: int) -> list[Emission]:
        """Closes every tick that the watermark has passed and returns what there is to publish."""
        low_ns = self.clock.watermark_ns(now_ns)
        length_ns = DEFAULTS.tick_ns
        until_ns = low_ns // length_ns * length_ns
        if low_ns > NEVER_NS and until_ns > self.done_ns:
            for tick in ticks(self._due(until_ns), length_ns, self.telemetry.place):
                self._pass_until(tick.end_ns)
                self._step(tick)
            self._pass_until(until_ns)
            self.done_ns = until_ns
        self.reporter.amend(self.view(), self.stepped_ns)
        return self.reporter.take()

    def view(self) -> View:
        return View(self.estate, self.telemetry, self.alarms, self.book, self.journal, self.bridge, self.declared, self.shed)

    def finish(self) -> list[Emission]:
        """All sources are at their end: closes every tick that holds rows."""
        newest_ns = max(self.clock.newest_ns.values(), default=NEVER_NS)
        if newest_ns == NEVER_NS:
            return []
        for source in self.clock.heard_ns:
            self.clock.end(source)
        self.clock.low_ns = max(self.clock.low_ns, tick_end(newest_ns, DEFAULTS.tick_ns))
        emissions = self.advance(0)
        self.reporter.last_word(self.view(), self.stepped_ns)
        return emissions + self.reporter.take()

    def snapshot(self) -> bytes:
        return freeze(self)

    @staticmethod
    def restore(memory: bytes) -> Engine:
        """Raises correlate.memory.MemoryFormatError for bytes that are no memory of this version."""
        engine: Engine = thaw(memory)
        return engine

    def _fresh(self, source: Source, lot: pl.DataFrame) -> pl.DataFrame:
        last = self.applied.get(source)
        if last is None or last < lot.item(0, "offset"):
            return lot
        return lot.filter(lot["offset"] > last)

    def _meet(self, lot: pl.DataFrame) -> None:
        """Keeps the subjects of coming rows that nobody here has met."""
        new = set(np.unique(lot["subject_id"].to_numpy()).tolist()) - self.acquainted - self.strangers.keys()
        if not new:
            return
        series = lot.filter(lot["subject_id"].is_in(list(new)) & lot["kind"].is_in(_SERIES_KINDS))
        first = series.unique("subject_id", maintain_order=True)
        self.strangers.update({row["subject_id"]: subject_of(row) for row in first.iter_rows(named=True)})

    def _due(self, until_ns: int) -> list[pl.DataFrame]:
        due, self.pending = split(self.pending, until_ns)
        return due

    def _pass_until(self, end_ns: int) -> None:
        """Looks at the time in steps where no rows are: an idle minute, again and again."""
        while self.stepped_ns > NEVER_NS and self.stepped_ns + _IDLE_STEP_NS < end_ns:
            self._step(Tick(self.stepped_ns + _IDLE_STEP_NS, None, None, [], []))

    def _step(self, tick: Tick) -> None:
        """One tick: take in, hear, judge, tell."""
        now_ns = self.stepped_ns = tick.end_ns
        self._take_in(tick)
        self.telemetry.advance(now_ns, self.book.troubled())
        for signal in tick.rows:
            if signal.subject.kind is not Kind.ALERT:
                self.journal.note(signal)
                continue
            self.book.alerting = True
            if self.journal.alert(signal) is Hearing.NEWS:
                self.alarms.feed(alarm_of(signal))
        for signal in tick.exemplars:
            self.journal.log(signal)
        self.alarms.listen(now_ns)
        self.bridge.carry(self.alarms, self.journal, self.book, self.telemetry, now_ns)
        self.reporter.report(self.view(), self.book.advance(now_ns, self.telemetry), now_ns)

    def _take_in(self, tick: Tick) -> None:
        for columns in (tick.metrics, tick.logs):
            if columns is not None:
                new = {key: self.strangers.pop(key) for key in dict.fromkeys(columns.subject_ids.tolist()) if key in self.strangers}
                self.acquainted.update(new)
                self.telemetry.learn(new)
        if tick.metrics is not None:
            self.telemetry.feed_metrics(tick.metrics)
        if tick.logs is not None:
            self.telemetry.feed_logs(tick.logs)

    def _amend(self, late: pl.DataFrame) -> None:
        """Rows whose time is closed: alerts, changes and states amend the incidents they belong to; samples and log lines are counted."""
        bulk = late["kind"].is_in(_SERIES_KINDS)
        for kind, count in late.filter(bulk)["kind"].value_counts().rows():
            self.shed[f"late_{kind}_rows"] = self.shed.get(f"late_{kind}_rows", 0) + count
        for signal in signals_of(late.filter(~bulk)):
            if signal.subject.kind is Kind.ALERT:
                self.journal.alert(signal)
            else:
                self.journal.note(signal)
            self.reporter.heard_late(signal)
