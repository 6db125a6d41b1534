"""Rows whose time has come, cut into ticks.

Knows:   how a frame of signals becomes, tick by tick, the columns that the telemetry takes and the rows that the journal takes.
Ignores: what anybody makes of them.

Within a tick rows are in one order, whatever batches and interleavings brought them: by event time, then by where they lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from correlate.scene import Int64s
from correlate.telemetry.rows import LogRows, MetricRows
from schemas import severity
from schemas.signal import Kind, Signal, signals_of

ORDER: Final = ("event_time_ns", "topic", "partition", "offset", "row")
LOG_EXEMPLARS_PER_TICK: Final = 40
"""Log rows a tick, alarming and healthy each, that are kept whole as evidence; all are counted.  40 in 10 s is more than anyone reads."""


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


def ticks(due: pl.DataFrame, length_ns: int, place: Callable[[str, int], int]) -> Iterator[Tick]:
    """The ticks that hold rows, in order.  `place` numbers a topic's partition."""
    due = due.sort(ORDER)
    metrics = due.filter(kind=Kind.METRIC.value).drop_nulls("value")
    logs = due.filter(kind=Kind.LOG.value)
    others = signals_of(due.filter(~pl.col("kind").is_in([Kind.METRIC.value, Kind.LOG.value])))
    exemplars = signals_of(_exemplars(logs, length_ns))
    metric_columns, log_columns = _metric_columns(metrics, place), _log_columns(logs, place)
    ends = np.unique(-(-due["event_time_ns"].to_numpy() // length_ns) * length_ns)
    metric_cuts, log_cuts = (np.searchsorted(columns.times_ns, ends, side="right") for columns in (metric_columns, log_columns))
    other_cuts, exemplar_cuts = (_cuts(signals, ends) for signals in (others, exemplars))
    m = i = o = x = 0
    for end, m2, i2, o2, x2 in zip(ends.tolist(), metric_cuts.tolist(), log_cuts.tolist(), other_cuts, exemplar_cuts, strict=True):
        yield Tick(
            end,
            _slice_metrics(metric_columns, m, m2) if m2 > m else None,
            _slice_logs(log_columns, i, i2) if i2 > i else None,
            others[o:o2],
            exemplars[x:x2],
        )
        m, i, o, x = m2, i2, o2, x2


def _cuts(signals: list[Signal], ends: Int64s) -> list[int]:
    times = np.array([signal.event_time_ns for signal in signals], np.int64)
    cuts: list[int] = np.searchsorted(times, ends, side="right").tolist()
    return cuts


def _exemplars(logs: pl.DataFrame, length_ns: int) -> pl.DataFrame:
    """Alarming rows first come, and of healthy ones the first of each template of a tick."""
    if logs.is_empty():
        return logs
    tick = -(-pl.col("event_time_ns") // length_ns)
    alarming = pl.col("severity_number") >= severity.WARN
    new = pl.struct(tick, "subject_id", "template_id").is_first_distinct() & ~alarming
    return logs.filter(
        (alarming & (alarming.cum_sum().over(tick) <= LOG_EXEMPLARS_PER_TICK)) | (new & (new.cum_sum().over(tick) <= LOG_EXEMPLARS_PER_TICK))
    )


def _places(rows: pl.DataFrame, place: Callable[[str, int], int]) -> Int64s:
    numbers = np.zeros(len(rows), np.int64)
    topics, partitions = rows["topic"], rows["partition"]
    for topic, partition in rows.select("topic", "partition").unique().rows():
        numbers[((topics == topic) & (partitions == partition)).to_numpy()] = place(topic, partition)
    return numbers


def _metric_columns(rows: pl.DataFrame, place: Callable[[str, int], int]) -> MetricRows:
    return MetricRows(
        subject_ids=rows["subject_id"].to_numpy(),
        times_ns=rows["event_time_ns"].to_numpy(),
        values=rows["value"].to_numpy(),
        places=_places(rows, place),
        offsets=rows["offset"].to_numpy(),
        rows=rows["row"].cast(pl.Int64).to_numpy(),
    )


def _log_columns(rows: pl.DataFrame, place: Callable[[str, int], int]) -> LogRows:
    return LogRows(
        subject_ids=rows["subject_id"].to_numpy(),
        times_ns=rows["event_time_ns"].to_numpy(),
        template_ids=rows["template_id"].to_numpy(),
        severities=rows["severity_number"].cast(pl.Int64).to_numpy(),
        traces=rows["trace_id"].to_list(),
        texts=rows["text"].to_list(),
        places=_places(rows, place),
        offsets=rows["offset"].to_numpy(),
        rows=rows["row"].cast(pl.Int64).to_numpy(),
    )


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
