"""The journal's other outputs that keep every field: the export format, `-o verbose`, and `-o json-sse` as systemd-journal-gatewayd streams it.

Knows:   `FIELD=value` lines with an empty line between entries, binary fields with their length in front, verbose's indented fields.
Ignores: what the fields mean (journald.py) and the outputs that look like syslog (syslog_headers.py).
Identity, severity and dedup as in journald.py.
Time     likewise; verbose writes the receipt's time into the line above the fields.
Source:  systemd.io "Journal Export Formats"; journalctl(1) "--output="; systemd-journal-gatewayd.service(8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources import journald
from schemas.sources.source import Received, Source

_EXPORT: Final = "linux.journald_export"
_FIELD: Final = r"[A-Z_][A-Z0-9_]{0,63}"
_STARTS: Final = re.compile(
    rf"\s{{0,4}}(?:__CURSOR|__REALTIME_TIMESTAMP)=\S|data: ?\{{\"|[A-Z][a-z]{{2}} \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d[^\n]{{0,32}} \[s=[^\n]{{1,256}}\]\n +{_FIELD}="
)
_VERBOSE_HEAD: Final = re.compile(
    r"[A-Z][a-z]{2} (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: \S{1,6})?) \[(?P<cursor>s=[^\]]{1,256})\]"
)
_TEXT_FIELD: Final = re.compile(rf"[ \t]{{0,8}}(?P<name>{_FIELD})=(?P<value>.*)")
_BINARY: Final = re.compile(
    rf"^(?P<name>{_FIELD})\n(?P<length>.{{1,8}}?\0{{3,7}})(?P<value>.*?)(?=\n(?:{_FIELD}(?:=|\n.{{1,8}}?\0)|\n|\Z)|\Z)",
    re.DOTALL | re.MULTILINE,
)
"""A field that holds line breaks or bytes: its name alone, 64 bits of length (little end first), the value."""


def recognises(document: Any) -> bool:
    return isinstance(document, str) and _STARTS.match(document) is not None


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    for number, entry in enumerate(_entries(document), start=1):
        if journald.recognises(entry):
            yield from journald.read(entry, received)
        else:
            yield Rejected("not_an_entry", "An entry needs MESSAGE or __CURSOR and a time of its own.", f"entry {number}", _EXPORT)


def _entries(document: str) -> Iterator[dict[str, Any]]:
    binary = {f"\x00{place}": match["value"] for place, match in enumerate(_BINARY.finditer(document))}
    marks = iter(binary)
    document = _BINARY.sub(lambda match: f"{match['name']}={next(marks)}", document)
    entry: dict[str, Any] = {}
    for line in document.split("\n"):
        if line.startswith("data:"):
            yield _object(line.removeprefix("data:"))
        elif head := _VERBOSE_HEAD.match(line):
            if entry:
                yield entry
            entry = {"__CURSOR": head["cursor"], "timestamp": head["time"]}
        elif not line.strip():
            if entry:
                yield entry
            entry = {}
        elif field := _TEXT_FIELD.match(line):
            _put(entry, field["name"], binary.get(field["value"], field["value"].removesuffix("\r")))
        elif "MESSAGE" in entry and isinstance(entry["MESSAGE"], str):
            entry["MESSAGE"] += "\n" + line.strip()  # verbose indents the further lines of a message
    if entry:
        yield entry


def _put(entry: dict[str, Any], name: str, value: str) -> None:
    """A repeated field becomes an array, as in the JSON output."""
    if name in entry:
        held = entry[name]
        entry[name] = [*held, value] if isinstance(held, list) else [held, value]
    else:
        entry[name] = value


def _object(said: str) -> dict[str, Any]:
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


SOURCES: Final = (Source(_EXPORT, recognises, read),)
