"""CloudEvents whose data nobody reads: the event itself is a row.

Reference: CNCF CloudEvents 1.0.2, "JSON event format"; 0.1 said `cloudEventsVersion`, `eventType`, `eventID`, `eventTime`.  Known data is opened by layers.py and read by its own source.
Identity:  none that is trusted: the source and subject are attributes.
Time:      `time`.  Severity and state: none.
Dedup:     source and id, as the specification demands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import dumped, first, row, text
from schemas.sources.source import Received, Source

CLOUDEVENTS: Final = "cloudevents"


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    data, source, type_ = document.get("data"), text(document.get("source")), first(document, "type", "eventType")
    said = dumped(data) if isinstance(data, dict | list) else text(data)
    yield row(
        received,
        Kind.LOG,
        CLOUDEVENTS,
        {"cloudevents.source.name": source, "cloudevents.subject.name": text(document.get("subject"))},
        name=type_,
        fallback=f"resource:{source}",
        event_time_ns=times.parse(first(document, "time", "eventTime")),
        text=said or type_,
        dedup_key=f"{source}#{first(document, 'id', 'eventID')}",
    )


def _recognises(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and "source" in document
        and ({"specversion", "type"} <= document.keys() or {"cloudEventsVersion", "eventType"} <= document.keys())
    )


SOURCES: Final = (Source(CLOUDEVENTS, _recognises, read),)
