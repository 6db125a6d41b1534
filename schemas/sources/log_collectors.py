"""Log messages in the forms of two collectors: Graylog's GELF, and what Splunk's HTTP Event Collector takes.

Knows:   GELF 1.0 and 1.1 with its additional fields (`_container_name`, …); HEC events whose `event` is a text or an object.
Ignores: what a message means (linux_meaning.py, json_log.py).
Identity host; additional fields that name a service, a container or a unit.
Time     timestamp or time, seconds since 1970 with a fraction.  Severity GELF's syslog level, else what the message says.
Source:  Graylog "GELF Payload Specification"; Splunk "Format events for HTTP Event Collector"; Docker "gelf" and "splunk" logging drivers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from schemas import times
from schemas.identity import is_private
from schemas.rejected import Rejected
from schemas.severity import BY_SYSLOG
from schemas.signal import Signal
from schemas.sources import json_log, syslog, windows_event_xml, windows_listing
from schemas.sources.cloud import decoded, first, mapping, text
from schemas.sources.fields import labels
from schemas.sources.linux_meaning import Line, signal_of
from schemas.sources.source import Received, Source

_GELF, _HEC = "graylog.gelf", "splunk.hec"
_NAMES: Final = {
    "_service": "service.name", "_app": "service.name", "_application": "service.name", "_container_name": "container.name", "_container_id": "container.id",
    "_image_name": "container.image.name", "_pod_name": "k8s.pod.name", "_namespace": "k8s.namespace.name", "_environment": "deployment.environment.name",
}  # fmt: skip


def recognises_gelf(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("short_message"), str) and "host" in document


def recognises_hec(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("event"), dict | str)
        and ("sourcetype" in document or ("source" in document and "index" in document) or {"time", "host", "event"} == document.keys())
    )


def read_gelf(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    level = text(document.get("level"))
    own = labels(document)
    yield signal_of(
        Line(
            source=_GELF,
            message=first(document, "full_message") or first(document, "short_message"),
            time_ns=times.parse(document.get("timestamp"), unit="s"),
            host=text(document.get("host")),
            program=first(document, "_facility", "facility", "_program", "_application_name"),
            unit=first(document, "_systemd_unit", "_unit"),
            severity_number=BY_SYSLOG[int(level)] if level in ("0", "1", "2", "3", "4", "5", "6", "7") else 0,
            attributes=tuple({name: own[key] for key, name in reversed(_NAMES.items()) if key in own}.items()),
            facts=tuple((key, said) for key, said in own.items() if key[:1] == "_" and key not in _NAMES and not is_private(key[1:])),
            trace_id=first(document, "_trace_id", "_traceId"),
        ),
        received,
    )


def read_hec(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """An object is a structured log; a text may be a syslog line with a header of its own."""
    event, host = decoded(document["event"]), text(document.get("host"))
    if isinstance(event, dict):
        yield from json_log.read(_flattened(document, event), received)
        return
    for source in (*windows_event_xml.SOURCES, *windows_listing.SOURCES):
        if source.recognises(event):
            yield from source.read(event, received)
            return
    if isinstance(event, str) and syslog.recognises(event):
        carrier = {**(received.carrier or {}), "host.name": host} if host else received.carrier
        near_ns = times.parse(document.get("time")) or received.ingest_time_ns
        yield from syslog.read(event, replace(received, carrier=carrier, ingest_time_ns=near_ns))
        return
    named = labels(document.get("fields"))
    yield signal_of(
        Line(
            _HEC, text(event), times.parse(document.get("time")), host, attributes=tuple(named.items()), trace_id=named.get("trace_id", "")
        ),
        received,
    )


def _flattened(document: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with what Splunk keeps beside it; Docker's driver puts the line under `line` and the container's labels under `attrs`."""
    beside = {key: document[key] for key in ("host", "time") if key in document}
    said = {"message": event["line"], **mapping(event.get("attrs"))} if "line" in event and "message" not in event else {}
    return {**beside, **labels(document.get("fields")), **event, **said}


SOURCES: Final = (Source(_GELF, recognises_gelf, read_gelf), Source(_HEC, recognises_hec, read_hec))
