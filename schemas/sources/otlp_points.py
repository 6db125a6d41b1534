"""What OTLP's metric points say: which numbers, under which suffix of the metric's name, and when.

Knows:   gauges, sums, histograms of both kinds and summaries, cumulative and delta, of both encodings.
Ignores: whom they are about (otlp.py).
Source:  opentelemetry-proto 1.9 metrics.proto; "Metrics data model"; suffixes as otlp.py tells them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from schemas import times

DELTA: Final = (1, "1", "AGGREGATION_TEMPORALITY_DELTA")
COUNTS: Final = (".count", ".count.delta")
_COUNTER_NAMES: Final = ("_total", ".total", "_count", ".count", "_sum", ".sum", "_bucket")
DISTRIBUTIONS: Final = ("histogram", "exponential_histogram", "summary")


def points_of(
    metric: Any, kinds: Sequence[str] = ("gauge", "sum", *DISTRIBUTIONS)
) -> Iterator[tuple[Any, int, str, dict[str, str], float | None]]:
    """What each point says: the point, its time, the suffix of the name, attributes of the kind of value, the value."""
    for kind in kinds:
        data = _data(metric, kind)
        if data is None:
            continue
        delta = kind in ("sum", "histogram", "exponential_histogram") and data.aggregation_temporality in DELTA
        told = temporality(delta)
        for point in data.data_points:
            at = times.parse(point.time_unix_nano, unit="ns")
            for suffix, more, value in _values(kind, data, point, metric.name, delta):
                yield point, at, suffix, {**told, **more}, value


def temporality(delta: bool) -> dict[str, str]:
    """The attribute that tells a delta from a running total."""
    return {"otel.metric.temporality": "delta"} if delta else {}


def _values(kind: str, data: Any, point: Any, name: str, delta: bool) -> Iterator[tuple[str, dict[str, str], float | None]]:
    """What one point says: the suffix of the name, further attributes, the value."""
    if kind in ("gauge", "sum"):
        yield number_suffix(name, kind == "sum" and data.is_monotonic, delta), {}, number_of(point)
        return
    count, total = _finite(point.count), _finite(point.sum) if _has(point, "sum") else None
    if delta:
        yield ".count.delta", {}, count
        if count and total is not None:
            yield ".mean", {}, total / count
        if _has(point, "max"):
            yield ".max", {}, _finite(point.max)
        return
    yield ".count", {}, count
    if total is not None:
        yield ".sum", {}, total
    for item in point.quantile_values if kind == "summary" else ():
        yield "", {"quantile": format(_finite(item.quantile) or 0.0, "g")}, _finite(item.value)


def number_suffix(name: str, monotonic: bool, delta: bool) -> str:
    """What is put behind the name of a gauge or sum."""
    if name.endswith(_COUNTER_NAMES):
        return ".delta" if delta else ""
    return ".total" if monotonic and not delta else ""


def _data(metric: Any, kind: str) -> Any:
    if isinstance(metric, msgspec.Struct):
        return getattr(metric, kind)
    return getattr(metric, kind) if metric.WhichOneof("data") == kind else None


def _has(point: Any, field: str) -> bool:
    if isinstance(point, msgspec.Struct):
        return getattr(point, field) is not None
    return point.DESCRIPTOR.fields_by_name.get(field) is not None and (
        not point.DESCRIPTOR.fields_by_name[field].has_presence or point.HasField(field)
    )


def number_of(point: Any) -> float | None:
    """The value of a gauge's or a sum's point."""
    if isinstance(point, msgspec.Struct):
        return _finite(point.as_double if point.as_double is not None else point.as_int)  # type: ignore[attr-defined]
    which = point.WhichOneof("value")
    return _finite(getattr(point, which)) if which else None


def _finite(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
