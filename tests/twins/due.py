"""Ticks as one would cut them by hand: row by row, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from correlate.due import LOG_EXEMPLARS_PER_TICK
from schemas import severity
from schemas.signal import Kind, Signal, signals_of


@dataclass(slots=True)
class PlainTick:
    end_ns: int
    metrics: list[Signal] = field(default_factory=list)
    logs: list[Signal] = field(default_factory=list)
    rows: list[Signal] = field(default_factory=list)
    exemplars: list[Signal] = field(default_factory=list)


def ticks(frames: list[pl.DataFrame], length_ns: int) -> list[PlainTick]:
    signals = [signal for frame in frames for signal in signals_of(frame)]
    signals.sort(key=lambda signal: (signal.event_time_ns, signal.topic, signal.partition, signal.offset, signal.row))
    found: dict[int, PlainTick] = {}
    for signal in signals:
        end_ns = -(-signal.event_time_ns // length_ns) * length_ns
        _file(signal, found.setdefault(end_ns, PlainTick(end_ns)))
    return list(found.values())


def _file(signal: Signal, tick: PlainTick) -> None:
    if signal.subject.kind is Kind.METRIC:
        if signal.value is not None:
            tick.metrics.append(signal)
    elif signal.subject.kind is Kind.LOG:
        if _is_exemplar(signal, tick):
            tick.exemplars.append(signal)
        tick.logs.append(signal)
    else:
        tick.rows.append(signal)


def _is_exemplar(signal: Signal, tick: PlainTick) -> bool:
    kept = sum((other.severity_number >= severity.WARN) == (signal.severity_number >= severity.WARN) for other in tick.exemplars)
    if kept == LOG_EXEMPLARS_PER_TICK:
        return False
    new = all(other.template_id != signal.template_id or other.subject != signal.subject for other in tick.logs)
    return signal.severity_number >= severity.WARN or new
