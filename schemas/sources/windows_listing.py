"""Windows events as people and Splunk list them: `wevtutil /f:text`, Event Viewer's copied details, Splunk's WinEventLog text.

Knows:   the labels of each listing and where its message begins; several events in a text.
Ignores: what an event means (windows_meaning.py); listings in other languages than English, whose labels are translated.
Identity Computer or ComputerName.  Time Date, or the line above Splunk's fields: without a zone they are read as UTC.
Severity Level or Type, audits by Keywords.  Dedup Computer+Channel+RecordNumber where there is one.
Source:  wevtutil(1) "/f:text"; Splunk Add-on for Windows, "WinEventLog" (classic format).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources.source import Received, Source
from schemas.sources.windows_event import ABSENT, WindowsEvent, severity_of, whole
from schemas.sources.windows_meaning import signal_of

_LISTING: Final = "windows.listing"
_SPLUNK_TIME: Final = r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d(?:\.\d{1,9})? [AP]M"
_STARTS: Final = re.compile(
    rf"\s{{0,16}}(?:Event\[\d{{1,10}}\]:?\s{{0,8}}\n\s{{0,8}}Log Name:|Log Name:\s|{_SPLUNK_TIME}\s{{0,4}}\n(?:LogName|SourceName|EventCode)=)"
)
_NEXT: Final = re.compile(rf"\n(?=Event\[\d{{1,10}}\]:?\s|Log Name:\s|{_SPLUNK_TIME}\s{{0,4}}\n(?:LogName|SourceName|EventCode)=)")
_MESSAGE: Final = re.compile(r"(?m)^[ \t]{0,8}(?:Description:|Message=)[ \t]{0,8}")
_FIELD: Final = re.compile(r"(?m)^[ \t]{0,8}(?P<name>[A-Z][A-Za-z ]{1,24}?)[ \t]{0,16}[:=][ \t]{0,16}(?P<value>[^\r\n]{0,1024})")
_TIME: Final = re.compile(rf"\s{{0,16}}(?P<time>{_SPLUNK_TIME})")


def recognises(document: Any) -> bool:
    return isinstance(document, str) and _STARTS.match(document[:1024].replace("\r\n", "\n")) is not None


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    for place, listed in enumerate(_NEXT.split(document.replace("\r\n", "\n")), start=1):
        event = _event(listed)
        if event.event_id:
            yield signal_of(event, _LISTING, received)
        else:
            yield Rejected("no_event_id", "A listed event needs `Event ID:` or `EventCode=`.", f"event {place}", _LISTING)


def _event(listed: str) -> WindowsEvent:
    head, message = listed, ""
    if match := _MESSAGE.search(listed):
        head, message = listed[: match.start()], listed[match.end() :].partition("\nEvent Xml:")[0].strip()
    said = {field["name"].replace(" ", ""): field["value"].strip() for field in _FIELD.finditer(head)}
    stamped = _TIME.match(listed)
    return WindowsEvent(
        provider=said.get("Source", "") or said.get("SourceName", ""),
        event_id=(whole(said.get("EventID", said.get("EventCode"))) or 0) & 0xFFFF,
        channel=said.get("LogName", ""),
        computer=said.get("Computer", "") or said.get("ComputerName", ""),
        record_id=said.get("RecordNumber", ""),
        time_ns=times.parse(said.get("Date", "")) or (times.parse(stamped["time"]) if stamped else 0),
        severity_number=severity_of(
            said.get("Level"), said.get("Keywords", said.get("Keyword")), word=said.get("Type"), entry_type=said.get("EventType")
        ),
        message=message,
        user=next((user for key in ("UserName", "User") if (user := said.get(key, "")) not in ABSENT), ""),
    )


SOURCES: Final = (Source(_LISTING, recognises, read),)
