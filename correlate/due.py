"""Rows that wait for their time, and those whose time has come, cut into ticks.

Knows:   how frames of signals become, tick by tick, the columns that the telemetry takes and the rows that the journal takes.
Ignores: what anybody makes of them.

Within a tick rows are in one order, whatever batches and interleavings brought them: by event time, then by where they lie.

A *lot* is a frame of rows of one topic and partition in the order of their offsets.  Lots are moved as they are and only gathered into
order column by column, where a column is needed: a frame has 27 of them, and each copy of all costs more than what is done with the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from correlate.scene import Int64s
from correlate.telemetry.baseline import Bools
from correlate.telemetry.rows import LogRows, MetricRows
from schemas import severity
from schemas.signal import Kind, Signal, signals_of

LOG_EXEMPLARS_PER_TICK: Final = 40
"""Log rows a tick, alarming and healthy each, that are kept whole as evidence; all are counted.  40 in 10 s is more than anyone reads."""
_KINDS: Final = [kind.value for kind in Kind]
_METRIC, _LOG = _KINDS.index(Kind.METRIC.value), _KINDS.index(Kind.LOG.value)

_MIX: Final = np.int64(-7046029254386353131)
"""An odd number of 64 bits without a pattern (2^64 by the golden ratio)."""
_UNSIGNED_MIX: Final = _MIX.view(np.uint64)

Source = tuple[str, int]
"""A topic and its partition."""


@dataclass(slots=True)
class Tick:
    end_ns: int
    """The tick holds event times in (end - length, end]."""
    metrics: MetricRows | None
    logs: LogRows | None
    rows: list[Signal]
    """All rows that are neither metric nor log, whole."""
    exemplars: list[Signal]
    """Some log rows, whole."""


def tick_end(time_ns: int, length_ns: int) -> int:
    """End of the tick that holds an instant."""
    return -(-time_ns // length_ns) * length_ns


def lots_of(batch: pl.DataFrame) -> Iterator[tuple[Source, pl.DataFrame]]:
    """A batch as lots; most batches are one."""
    if batch.is_empty():
        return
    source = _source(batch)
    if (batch["partition"] == source[1]).all() and (batch["topic"] == source[0]).all():
        yield source, batch
        return
    for (topic, partition), rows in batch.group_by("topic", "partition", maintain_order=True):
        yield (str(topic), int(partition)), rows


def split(lots: Sequence[pl.DataFrame], until_ns: int) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """(rows up to a moment, rows after it), as lots."""
    due: list[pl.DataFrame] = []
    rest: list[pl.DataFrame] = []
    for lot in lots:
        times = lot["event_time_ns"]
        if times.is_sorted():
            cut = int(np.searchsorted(times.to_numpy(), until_ns, side="right"))
            parts = lot[:cut], lot[cut:]
        else:
            parts = lot.filter(times <= until_ns), lot.filter(times > until_ns)
        for part, side in zip(parts, (due, rest), strict=True):
            if len(part):
                side.append(part)
    return due, rest


def ticks(lots: Sequence[pl.DataFrame], length_ns: int, place: Callable[[str, int], int]) -> Iterator[Tick]:
    """The ticks that hold rows, in order.  `place` numbers a topic's partition."""
    if not lots:
        return
    lots = sorted(lots, key=_source)
    rows = pl.concat(lots)
    times = rows["event_time_ns"].to_numpy()
    order = np.argsort(times, kind="stable")
    kinds = rows["kind"].to_physical().to_numpy()[order]
    places = np.repeat([place(*_source(lot)) for lot in lots], [len(lot) for lot in lots])
    metrics, logs = _metric_columns(rows, order[kinds == _METRIC], places), _log_columns(rows, order[kinds == _LOG], places)
    others = signals_of(rows[order[(kinds != _METRIC) & (kinds != _LOG)]])
    exemplars = signals_of(rows[order[kinds == _LOG][_exemplars(logs, length_ns)]])
    ends = np.unique(-(-times // length_ns) * length_ns)
    cuts = (
        np.searchsorted(metrics.times_ns, ends, side="right").tolist(),
        np.searchsorted(logs.times_ns, ends, side="right").tolist(),
        _cuts(others, ends),
        _cuts(exemplars, ends),
    )
    m = i = o = x = 0
    for end, m2, i2, o2, x2 in zip(ends.tolist(), *cuts, strict=True):
        yield Tick(
            end,
            _slice_metrics(metrics, m, m2) if m2 > m else None,
            _slice_logs(logs, i, i2) if i2 > i else None,
            others[o:o2],
            exemplars[x:x2],
        )
        m, i, o, x = m2, i2, o2, x2


def _source(lot: pl.DataFrame) -> Source:
    return lot.item(0, "topic"), lot.item(0, "partition")


def _cuts(signals: list[Signal], ends: Int64s) -> list[int]:
    times = np.array([signal.event_time_ns for signal in signals], np.int64)
    cuts: list[int] = np.searchsorted(times, ends, side="right").tolist()
    return cuts


def _exemplars(logs: LogRows, length_ns: int) -> Int64s:
    """Places of alarming rows first come, and of healthy ones of the first of each template of a tick."""
    tick = -(-logs.times_ns // length_ns)
    alarming = logs.severities >= severity.WARN
    # Subjects and templates are 63-bit hashes; one number made of all three is distinct as surely as they are, and 13 times faster to tell.
    told = pl.Series((logs.subject_ids * _MIX ^ logs.template_ids) * _MIX ^ tick)
    new = told.is_first_distinct().to_numpy()
    return np.sort(np.concatenate((_first(alarming, tick), _first(new & ~alarming, tick))))


def _first(chosen: Bools, tick: Int64s) -> Int64s:
    """Of the chosen rows the first LOG_EXEMPLARS_PER_TICK of each tick; ticks are in order."""
    places = np.flatnonzero(chosen)
    mine = tick[places]
    rank = np.arange(len(places)) - np.searchsorted(mine, mine)
    return places[rank < LOG_EXEMPLARS_PER_TICK]


def _metric_columns(rows: pl.DataFrame, picked: Int64s, places: Int64s) -> MetricRows:
    values = rows["value"].to_numpy()[picked]
    measured = ~np.isnan(values)  # a row without a value
    if not measured.all():
        picked, values = picked[measured], values[measured]
    subject_ids, times_ns, offsets, row = _gathered(rows, ("subject_id", "event_time_ns", "offset", "row"), picked)
    return MetricRows(subject_ids, times_ns, values, places[picked], offsets, row)


def _log_columns(rows: pl.DataFrame, picked: Int64s, places: Int64s) -> LogRows:
    names = ("subject_id", "event_time_ns", "template_id", "severity_number", "offset", "row")
    subject_ids, times_ns, template_ids, severities, offsets, row = _gathered(rows, names, picked)
    traces, texts = trace_keys(rows["trace_id"].gather(picked)), rows["text"].gather(picked)
    return LogRows(subject_ids, times_ns, template_ids, severities, traces, texts, places[picked], offsets, row)


def trace_keys(ids: pl.Series) -> Int64s:
    """A positive number for each trace id, 0 for none or one of zeros: the same for the same id on any machine.

    Most ids are hexadecimal digits (W3C Trace Context: 32 of them), whose two halves make the number: either may be the same in all ids of
    one sender.  Other ids are hashed one by one.
    """
    known = (ids.str.len_bytes() > 0).to_numpy()
    keys = np.zeros(len(ids), np.int64)
    if not known.any():
        return keys
    halves = [part.str.to_integer(base=16, dtype=pl.UInt64, strict=False) for part in (ids.str.slice(0, 16), ids.str.slice(16))]
    short = (ids.str.len_bytes() <= 16).to_numpy()
    digits = known & halves[0].is_not_null().to_numpy() & (short | halves[1].is_not_null().to_numpy())
    head, tail = (half.fill_null(0).to_numpy() for half in halves)
    tail = np.where(short & (head != 0), _UNSIGNED_MIX, tail)  # 64 bits alone are not the 128 that begin with them
    keys[digits] = (_mixed(_mixed(head) + tail) >> np.uint64(1)).view(np.int64)[digits]
    others = np.flatnonzero(known & ~digits)
    if len(others):
        keys[others] = [1 + (int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) >> 2) for name in ids.gather(others).to_list()]
    return keys


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spreads numbers over 64 bits, each to another and 0 to 0: by the shifts each bit hangs on all above it, by the products on all below."""
    spread = numbers * _UNSIGNED_MIX
    spread = (spread ^ (spread >> np.uint64(32))) * _UNSIGNED_MIX
    return spread ^ (spread >> np.uint64(29))


def _gathered(rows: pl.DataFrame, names: Sequence[str], picked: Int64s) -> list[Int64s]:
    return [rows[name].to_numpy()[picked].astype(np.int64, copy=False) for name in names]


def _slice_metrics(columns: MetricRows, start: int, end: int) -> MetricRows:
    return MetricRows(
        columns.subject_ids[start:end],
        columns.times_ns[start:end],
        columns.values[start:end],
        columns.places[start:end],
        columns.offsets[start:end],
        columns.rows[start:end],
    )


def _slice_logs(columns: LogRows, start: int, end: int) -> LogRows:
    return LogRows(
        columns.subject_ids[start:end],
        columns.times_ns[start:end],
        columns.template_ids[start:end],
        columns.severities[start:end],
        columns.traces[start:end],
        columns.texts[start:end],
        columns.places[start:end],
        columns.offsets[start:end],
        columns.rows[start:end],
    )
