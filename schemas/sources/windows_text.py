"""Windows events as text lines: Snare (syslog with TABs) and telegraf's win_eventlog (influx line protocol).

Knows:   the order of Snare's fields, with or without a syslog header, TABs kept or written `#011`; tags, fields and escapes of a line.
Ignores: what an event means (windows_meaning.py).
Time     Snare's inner date has no zone and is read as UTC; telegraf's TimeCreated is the event's, the trailing number is the
         collection's.  Identity Computer.  Severity by word.  Dedup Computer+Channel+record.
Source:  InterSect Alliance, "Snare for Windows", appendix "Event output format"; InfluxDB line protocol; telegraf win_eventlog README.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources.fields import labels
from schemas.sources.lines import numbered
from schemas.sources.source import Received, Source
from schemas.sources.windows_event import ABSENT, WindowsEvent, severity_of, whole
from schemas.sources.windows_meaning import signal_of

_SNARE_MARK: Final = re.compile(r"(?:^|[\s:])(?P<host>[\w.-]{0,255})[ \t]?\bMSWinEventLog(?:\t|#011)")
_SNARE_FIELDS: Final = (
    "criticality",
    "channel",
    "counter",
    "time",
    "event_id",
    "provider",
    "user",
    "sid_type",
    "type",
    "computer",
    "category",
    "data",
    "message",
    "checksum",
)
_LINE: Final = re.compile(r"win_eventlog[,\s]")
_SPLIT: Final = re.compile(r"""(?P<key>(?:\\.|[^\\,= ])+)=(?P<value>"(?:\\.|[^"\\])*"|(?:\\.|[^\\, ])*)(?P<end>,| |$)""", re.DOTALL)
MAX_PAIRS: Final = 300
"""Tags and fields read of one line; telegraf's widest events carry fewer than 100."""


def recognises_snare(document: Any) -> bool:
    return isinstance(document, str) and _SNARE_MARK.search(document[:1024]) is not None


def read_snare(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    for number, line in numbered(document):
        event = _snare_event(line)
        if event is None:
            why = "The line has no MSWinEventLog marker followed by at least ten TAB-separated fields."
            yield Rejected("not_snare", why, f"line {number}", "windows.snare")
        else:
            yield signal_of(event, "windows.snare", received)


def _snare_event(line: str) -> WindowsEvent | None:
    mark = _SNARE_MARK.search(line[:1024])
    values = re.split(r"\t|#011", line[mark.end() :]) if mark else []
    if len(values) < 10:
        return None
    fields = dict(zip(_SNARE_FIELDS, (value.strip() for value in values), strict=False))
    message = fields.get("message", "") or fields.get("data", "")
    return WindowsEvent(
        provider=fields["provider"],
        event_id=(whole(fields["event_id"]) or 0) & 0xFFFF,
        channel=fields["channel"],
        computer=fields["computer"] if fields["computer"] not in ABSENT else (mark["host"] if mark else ""),
        record_id=fields["counter"],
        time_ns=times.parse(fields["time"]),
        severity_number=severity_of(word=fields["type"]),
        message=message if message not in ABSENT else "",
        user="" if fields["user"].lower() in ("unknown user", "n/a") else fields["user"],
    )


def recognises_telegraf(document: Any) -> bool:
    return isinstance(document, str) and _LINE.match(document) is not None


def read_telegraf(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    for number, line in enumerate(_lines(document)):
        if line.strip() and not line.startswith("#"):
            pairs = influx_pairs(line)
            yield (
                signal_of(_telegraf_event(pairs), "windows.telegraf_eventlog", received)
                if "EventID" in pairs
                else Rejected(
                    "no_event_id", "A win_eventlog line needs the tag or field EventID.", f"line {number + 1}", "windows.telegraf_eventlog"
                )
            )


def influx_pairs(line: str) -> dict[str, str]:
    """Tags and fields of one line of line protocol, values unescaped and without quotes; the time and the measurement are left out."""
    start = re.match(r"(?:\\.|[^\\, ])+", line)
    found: dict[str, str] = {}
    at = start.end() + 1 if start else 0
    for _ in range(MAX_PAIRS):
        if (match := _SPLIT.match(line, at)) is None:
            break
        value = match["value"]
        if value.startswith('"'):
            value = re.sub(r'\\(["\\])', r"\1", value[1:-1])
        else:
            value = re.sub(r"\\([, =])", r"\1", re.sub(r"(?<=\d)[iu]$", "", value))
        found[re.sub(r"\\([, =])", r"\1", match["key"])] = value
        at = match.end()
    return found


def _lines(document: str) -> Iterable[str]:
    """Lines of line protocol: a quoted field may hold line breaks, so a line ends where the next measurement starts."""
    return (line.rstrip() for line in re.split(r"\n(?=win_eventlog[,\s]|#)", document))


def _telegraf_event(pairs: dict[str, str]) -> WindowsEvent:
    event = WindowsEvent(
        provider=pairs.get("Source", ""),
        event_id=whole(pairs.get("EventID")) or 0,
        channel=pairs.get("Channel", ""),
        computer=pairs.get("Computer", "") or pairs.get("host", ""),
        record_id=pairs.get("EventRecordID", ""),
        time_ns=times.parse(pairs.get("TimeCreated", "")),
        severity_number=severity_of(pairs.get("Level"), pairs.get("Keywords"), word=pairs.get("LevelText")),
        message=pairs.get("Message", ""),
        user=pairs.get("UserName", "") or pairs.get("UserID", ""),
    )
    event.data = {key.removeprefix("Data_"): value for key, value in pairs.items() if key.startswith("Data_")}
    return event


def recognises_telegraf_json(document: Any) -> bool:
    return isinstance(document, dict) and document.get("name") == "win_eventlog" and isinstance(document.get("fields"), dict)


def read_telegraf_json(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """The same tags and fields as a line's, in telegraf's JSON."""
    pairs = {**labels(document.get("fields")), **labels(document.get("tags"))}
    if "EventID" in pairs:
        yield signal_of(_telegraf_event(pairs), "windows.telegraf_eventlog", received)
    else:
        yield Rejected("no_event_id", "A win_eventlog metric needs the tag or field EventID.", "", "windows.telegraf_eventlog")


SOURCES: Final = (
    Source("windows.telegraf_json", recognises_telegraf_json, read_telegraf_json),  # asked before telegraf's own metrics
    Source("windows.snare", recognises_snare, read_snare),
    Source("windows.telegraf_eventlog", recognises_telegraf, read_telegraf),
)
