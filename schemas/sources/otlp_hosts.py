"""Log records of OTLP whose body is an entry of a host's log: what the Collector's journald and Windows event log receivers make.

Knows:   that such a body is a map with the fields of the journal or of a Windows event.
Ignores: what the fields mean (journald.py, windows_event_json.py) and every other body, which is text (otlp.py).
Identity the entry's own host, else host.name of the resource.  Time and severity the entry's, else the record's.
Source:  opentelemetry-collector-contrib, journaldreceiver and windowseventlogreceiver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from schemas.signal import Signal
from schemas.sources import journald, windows_event_json
from schemas.sources.source import Received, Source

_READERS: Final[tuple[Source, ...]] = (*journald.SOURCES, *windows_event_json.SOURCES)


def host_row(body: Any, resource: Mapping[str, str], time_ns: int, severity_number: int, received: Received) -> Signal | None:
    """The row of an entry; None for a body that is none."""
    if not isinstance(body, dict):
        return None
    reader = next((source for source in _READERS if source.recognises(body)), None)
    if reader is None:
        return None
    host = resource.get("host.name", "")
    named = {"_HOSTNAME": host} if host and reader in journald.SOURCES else {}
    signal = next((row for row in reader.read({**named, **body}, replace(received, carrier=None)) if isinstance(row, Signal)), None)
    if signal is not None:
        signal.event_time_ns = signal.event_time_ns or time_ns
        signal.severity_number = signal.severity_number or severity_number
    return signal
