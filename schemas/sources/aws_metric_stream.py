"""Amazon CloudWatch metric streams, JSON: one statistic set a metric and minute.

Reference: CloudWatch user guide, "CloudWatch metric stream JSON format".
Identity:  the dimensions.  Time: timestamp (ms), the start of the minute.  Severity, state, dedup: none.
Value:     the mean, sum/count; count, min, max and percentiles are kept in details.  An empty set (count 0) has no value to give.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.aws_logs import unit_of
from schemas.sources.aws_names import names_in, split_ids
from schemas.sources.cloud import first, mapping, number, row
from schemas.sources.fields import labels
from schemas.sources.source import Received, Source

FORMAT: Final = "aws.metric_stream"


def _recognises(document: Any) -> bool:
    return isinstance(document, dict) and "metric_stream_name" in document and "metric_name" in document


def read_record(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    statistics = {str(key): found for key, entry in mapping(document.get("value")).items() if (found := number(entry)) is not None}
    count, total = statistics.get("count"), statistics.get("sum")
    mean = total / count if count and total is not None else number(document.get("value"))
    if mean is None:
        yield Rejected("no_value", "A metric's value is a statistic set with a sum and a count above 0.", "value", FORMAT)
        return
    dimensions = labels(document.get("dimensions"))
    named, ids = split_ids(names_in(dimensions))
    namespace, metric = first(document, "namespace"), first(document, "metric_name")
    yield row(
        received,
        Kind.METRIC,
        FORMAT,
        {
            **dimensions,
            **named,
            "cloud.provider": "aws",
            "cloud.account.id": first(document, "account_id"),
            "cloud.region": first(document, "region"),
        },
        ids=ids,
        fallback=f"service:{namespace.rpartition('/')[2].lower()}" if namespace else "",
        name=f"{namespace}/{metric}" if namespace else metric,
        event_time_ns=times.parse(document.get("timestamp"), unit="ms"),
        value=mean,
        unit=unit_of(first(document, "unit")),
        details=dict(statistics),
    )


SOURCES: Final = (Source(FORMAT, _recognises, read_record),)
