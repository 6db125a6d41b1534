"""Azure records inside the documents of Elastic's forwarders, which keep the record as JSON in `message`.

Knows:   Filebeat's azure-eventhub input and the native forwarder (`azure_log_forwarder`).
Ignores: what a record means: identity, time and severity are the record's own (azure_records.py, azure_metrics.py).
Source:  Elastic "Azure Event Hub input", "Azure Logs integration".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources import azure_metrics, azure_records
from schemas.sources.cloud import decoded
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

_FORWARDED: Final = "azure.forwarded"
_INPUTS: Final = ("azure-eventhub", "azure-log-forwarder")
_READERS: Final = (*azure_metrics.SOURCES, *azure_records.SOURCES)


def recognises(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and text_at(document, "input.type") in _INPUTS
        and isinstance(document.get("message"), str)
        and _reader(decoded(document["message"])) is not None
    )


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    record = decoded(document["message"])
    reader = _reader(record)
    return reader.read(record, received) if reader else ()


def _reader(record: Any) -> Source | None:
    return next((source for source in _READERS if source.recognises(record)), None) if isinstance(record, dict) else None


SOURCES: Final = (Source(_FORWARDED, recognises, read),)
