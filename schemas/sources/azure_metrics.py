"""Azure platform metrics: the records diagnostic settings export, and the answer of the Monitor metrics API.

Knows:   count, total, minimum, maximum, average per timeGrain; REST `value[].timeseries[].data[]`; rows of the AzureMetrics table.
Ignores: which of the statistics an alert would use: the row's value is the average, else what there is; all are attributes of none.
Identity resourceId, case-folded, with the dimensions of a series.  Time `time` or `timeStamp`: the start of the grain.
Source:  Microsoft Learn, "Azure Monitor metrics export" and "Metrics - List" (2018-01-01).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.azure import first_number, target, time_of
from schemas.sources.cloud import mapping, number, row, sequence, text
from schemas.sources.source import Received, Source

_RECORD, _REST = "azure.metric_records", "azure.metrics_api"
_METRIC_ID: Final = re.compile(r"/providers/microsoft\.insights/metrics/.*", re.IGNORECASE)
_STATISTICS: Final = ("average", "total", "maximum", "minimum", "count", "last")
_UNITS: Final = {
    "bytes": "By", "seconds": "s", "milliseconds": "ms", "percent": "%", "count": "1", "bytespersecond": "By/s", "countpersecond": "1/s", "cores": "{cpu}",
}  # fmt: skip


def recognises_record(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and ("metricName" in document or "MetricName" in document)
        and ("timeGrain" in document or "TimeGrain" in document)
    )


def recognises_rest(document: Any) -> bool:
    values = document.get("value") if isinstance(document, dict) else None
    return isinstance(values, list) and bool(values) and isinstance(values[0], dict) and "timeseries" in values[0]


def read_record(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    name = text(document.get("metricName", document.get("MetricName")))
    resource = document.get("resourceId", document.get("ResourceId"))
    statistics = _statistics(document)
    if not statistics:
        yield Rejected("no_value", "A metric record needs one of average, total, maximum, minimum, count.", "", _RECORD)
        return
    named = {text(key): text(value) for key, value in mapping(document.get("dimensions")).items()}
    named["azure.time_grain"] = text(document.get("timeGrain", document.get("TimeGrain")))
    yield _point(
        name, target(resource, named=named), document.get("time", document.get("TimeGenerated")), statistics, "", _RECORD, received
    )


def read_rest(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """A point without any statistic says that nothing was measured; it is refused, not read as zero."""
    for metric_at, metric in enumerate(map(mapping, document["value"])):
        name = text(mapping(metric.get("name")).get("value")) or text(metric.get("name"))
        unit = _UNITS.get(text(metric.get("unit")).lower(), "")
        resource = _METRIC_ID.sub("", text(metric.get("id")))
        for series_at, series in enumerate(map(mapping, sequence(metric.get("timeseries")))):
            pairs = map(mapping, sequence(series.get("metadatavalues")))
            named = {text(mapping(pair.get("name")).get("value")): text(pair.get("value")) for pair in pairs}
            for point_at, point in enumerate(map(mapping, sequence(series.get("data")))):
                if statistics := _statistics(point):
                    yield _point(name, target(resource, named=named), point.get("timeStamp"), statistics, unit, _REST, received)
                else:
                    at = f"value[{metric_at}].timeseries[{series_at}].data[{point_at}]"
                    yield Rejected("no_value", "The point holds no statistic: nothing was measured in this grain.", at, _REST)


def _statistics(point: Mapping[str, Any]) -> dict[str, float]:
    folded = {key.lower(): value for key, value in point.items()}
    return {name: found for name in _STATISTICS if (found := number(folded.get(name))) is not None}


def _point(
    name: str, attributes: dict[str, str], time: Any, statistics: dict[str, float], unit: str, source: str, received: Received
) -> Signal:
    value = first_number(*statistics.values())
    return row(
        received, Kind.METRIC, source, attributes,
        name=name,
        unit=unit,
        text=f"{name} " + " ".join(f"{key}={found:g}" for key, found in statistics.items()),
        event_time_ns=time_of(time),
        value=value,
        details={key: found for key, found in statistics.items() if found != value or key == "count"},
        fallback=f"resource:azure/{name}",
    )  # fmt: skip


SOURCES: Final = (Source(_RECORD, recognises_record, read_record), Source(_REST, recognises_rest, read_rest))
