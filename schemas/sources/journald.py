"""systemd's journal as JSON: `journalctl -o json`, and the agents that keep its field names (Vector, Fluent Bit, Fluentd, Promtail).

Knows:   that any field may be text, null (too large), an array of bytes (not UTF-8) or an array of repeated values.
Ignores: what a message means (linux_meaning.py; auditd.py for what the audit log sent).
Identity _HOSTNAME; the unit a message is about: UNIT or USER_UNIT of systemd's own messages, else _SYSTEMD_UNIT; container fields.
Time     _SOURCE_REALTIME_TIMESTAMP, else __REALTIME_TIMESTAMP (µs, as text), else the agent's.  Severity PRIORITY 0–7.
Dedup    __CURSOR, unique for an entry; messages about a unit's state share the unit's key.
Source:  systemd.journal-fields(7), journalctl(1) "-o json", "Journal JSON Format" of systemd.io.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.severity import BY_SYSLOG
from schemas.signal import Signal
from schemas.sources.auditd import signal_of_line
from schemas.sources.linux_meaning import Line
from schemas.sources.linux_programs import without_uid
from schemas.sources.source import Received, Source

FORMAT: Final = "linux.journald"
_MARKS: Final = (
    "__REALTIME_TIMESTAMP",
    "__CURSOR",
    "_SYSTEMD_UNIT",
    "_BOOT_ID",
    "_SOURCE_REALTIME_TIMESTAMP",
    "SYSLOG_IDENTIFIER",
    "_TRANSPORT",
)
_OWN_TIMES: Final = ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", "realtime_timestamp", "_realtime_timestamp_")
_AGENT_TIMES: Final = ("timestamp", "@timestamp", "date", "time")
_CONTAINER: Final = {
    "CONTAINER_NAME": "container.name", "CONTAINER_ID_FULL": "container.id", "CONTAINER_ID": "container.id", "IMAGE_NAME": "container.image.name",
}  # fmt: skip
"""What Docker's journald driver adds.  Of other fields none is kept: a boot id would make a new subject of every restart."""
_PROCESS_EXIT: Final = "98e322203f7a4ed290d09fe03c09fe15"


def recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    return any(mark in document for mark in _MARKS) and (
        "MESSAGE" in document or "message" in document or "__CURSOR" in document or "PRIORITY" in document
    )


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    yield signal_of_line(line_of(document), received)


def line_of(entry: Mapping[str, Any]) -> Line:
    """One entry under the names of Line; never raises."""
    about = said(entry, "UNIT") or said(entry, "USER_UNIT") or said(entry, "COREDUMP_UNIT")
    priority = said(entry, "PRIORITY")
    kernel = said(entry, "_TRANSPORT") == "kernel"
    program = said(entry, "SYSLOG_IDENTIFIER") or said(entry, "_COMM") or ("kernel" if kernel else "")
    message_id = said(entry, "MESSAGE_ID")
    return Line(
        source=FORMAT,
        message=said(entry, "MESSAGE") or said(entry, "message"),
        time_ns=_time(entry),
        host=said(entry, "_HOSTNAME") or said(entry, "host") or said(entry, "hostname"),
        program=program,
        unit=without_uid(about or said(entry, "_SYSTEMD_UNIT") or said(entry, "_SYSTEMD_USER_UNIT")),
        severity_number=BY_SYSLOG[int(priority)] if priority in ("0", "1", "2", "3", "4", "5", "6", "7") else 0,
        message_id=message_id,
        dedup_key=said(entry, "__CURSOR"),
        cgroup=said(entry, "_SYSTEMD_CGROUP") if "kubepods" in said(entry, "_SYSTEMD_CGROUP") else "",
        attributes=tuple({name: value for key, name in reversed(_CONTAINER.items()) if (value := said(entry, key))}.items()),
        exit_failed=_failed(entry) if message_id == _PROCESS_EXIT else None,
    )


def said(entry: Mapping[str, Any], key: str) -> str:
    """A field as text: bytes decoded, repeated values joined by line breaks, null and absent as the empty text."""
    value = entry.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, list) or not value:
        return ""
    if all(isinstance(item, int) and not isinstance(item, bool) and 0 <= item < 256 for item in value):
        return bytes(value).decode("utf-8", "replace")
    return "\n".join(part for item in value if (part := said({"_": item}, "_")))


def _time(entry: Mapping[str, Any]) -> int:
    own = next((found for key in _OWN_TIMES if (found := times.parse(said(entry, key), unit="us"))), 0)
    return own or next((found for key in _AGENT_TIMES if (found := times.parse(entry.get(key)))), 0)


def _failed(entry: Mapping[str, Any]) -> bool:
    """An exit with status 0, or by the SIGTERM of an ordinary stop, is no failure."""
    return (said(entry, "EXIT_CODE"), said(entry, "EXIT_STATUS")) not in (("exited", "0"), ("killed", "15"), ("killed", "TERM"))


SOURCES: Final = (Source(FORMAT, recognises, read),)
