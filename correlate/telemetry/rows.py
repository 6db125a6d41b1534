"""What is handed to the telemetry each tick: columns of rows, and the times that must not be learned from.

Knows:   the columns and their units.
Ignores: where they come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from correlate.scene import Floats, Int64s


@dataclass(slots=True)
class MetricRows:
    """Metric samples; every value is a finite number."""

    subject_ids: Int64s
    times_ns: Int64s
    values: Floats
    places: Int64s
    """Topic and partition, as `Telemetry.place` numbers them."""
    offsets: Int64s
    rows: Int64s


@dataclass(slots=True)
class LogRows:
    """Log rows; `template_ids` are hashes of the masked text."""

    subject_ids: Int64s
    times_ns: Int64s
    template_ids: Int64s
    severities: Int64s
    """OpenTelemetry severity numbers; 0 where the source says nothing."""
    traces: Int64s
    """Trace ids as numbers (`correlate.due.trace_keys`); 0 where there is none."""
    texts: pl.Series
    places: Int64s
    offsets: Int64s
    rows: Int64s


class Span(NamedTuple):
    """A troubled time."""

    begin_ns: int
    end_ns: int
    entities: tuple[str, ...] | None
    """Whom it troubles; None: everybody."""
