"""Windows servicing logs: ReportingEvents.log, CBS.log (and DISM), WindowsUpdate.log.

Knows:   ReportingEvents' TAB-separated fields, CBS's `time, level, component` lines with continuation, WindowsUpdate's TABs.
Ignores: Windows events (windows_event_*.py).
Identity not in the lines: the host that the record's header or carrier names.
Time     ReportingEvents `2022-08-05 22:17:58:914-0700`; the others write local time without zone, read as UTC.
State    an install, download or restart line is a change, joined by the update's id; all else is a log line.
Source:  Microsoft Learn, "Windows Update log files" and "Understanding the CBS log".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from schemas import severity, times
from schemas.identity import identify
from schemas.redact import redact
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.carried import carried_host
from schemas.sources.lines import numbered
from schemas.sources.source import Received, Source

_REPORTING: Final = re.compile(
    r"\ufeff?(?P<id>\{[0-9A-Fa-f-]{36}\})\t(?P<time>\d{4}-\d\d-\d\d[ \t]\d\d:\d\d:\d\d:\d{3}[+-]\d{4})\t(?P<rest>.*)"
)
_CBS: Final = re.compile(r"\ufeff?(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d), (?P<level>[A-Z]\w+)\s+(?P<part>[A-Z][\w.]*)?\s*(?P<text>.*)")
_WINDOWS_UPDATE: Final = re.compile(
    r"\ufeff?(?P<time>\d{4}[-/]\d\d[-/]\d\d[ \t]\d\d:\d\d:\d\d[:.]\d{3,7})\s+(?P<pid>\d+)\s+(?P<tid>[0-9a-fA-F]+)\s+(?P<part>\w+)\s+(?P<text>.*)"
)
_ACTIONS: Final = (
    ("INSTALL", "update.installed"), ("UNINSTALL", "update.removed"), ("DOWNLOAD", "update.downloaded"), ("REBOOT", "host.restart"), ("RESTART", "host.restart"),
)  # fmt: skip
_OUTCOMES: Final = (
    ("SUCCEEDED", "succeeded"),
    ("FAILED", "failed"),
    ("CANCELED", "cancelled"),
    ("PENDING", "started"),
    ("STARTED", "started"),
    ("STARTING", "started"),
)
_CBS_CHANGE: Final = re.compile(
    r"(?:Exec: (?:Processing (?:started|complete)|Package:)|Session: \S+ (?:initialized|finalized)|Perf: (?:InstallUninstallChain|Doqe)|Reboot mark|Appl: \S+, Update:)"
)
_SETTLED: Final = re.compile(r"\[HRESULT = 0x(?P<code>[0-9A-Fa-f]{8})")
MAX_TEXT_CHARS: Final = 4096


def recognises_reporting(document: Any) -> bool:
    return isinstance(document, str) and _REPORTING.match(document) is not None


def recognises_servicing(document: Any) -> bool:
    return isinstance(document, str) and (_CBS.match(document) is not None or _WINDOWS_UPDATE.match(document) is not None)


def read_reporting(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    for number, line in numbered(document):
        match = _REPORTING.match(line)
        fields = match["rest"].split("\t") if match else []
        if match is None or len(fields) < 4:
            yield Rejected(
                "not_reporting_event",
                "A line needs an id in braces, a time with zone and TAB-separated fields.",
                f"line {number}",
                "windows.update_reportingevents",
            )
        else:
            yield _reported(match, fields, received)


def _reported(match: re.Match[str], fields: list[str], received: Received) -> Signal:
    """Fields: 1, `183 [AGENT_INSTALLING_SUCCEEDED]`, category, {update id}, revision, error code, client, result, phase, text, …"""
    fields += [""] * (10 - len(fields))
    event, update, code, client, result, phase, said = fields[1], fields[3], fields[5], fields[6], fields[7], fields[8], fields[9]
    code_name = (re.findall(r"\[(\w+)\]", event) or [""])[0]
    action = next((name for word, name in _ACTIONS if word in code_name), "")
    failed = result.lower() == "failure" or code_name.endswith("FAILED")
    outcome = (
        "failed"
        if failed
        else next((out for word, out in _OUTCOMES if code_name.endswith(word)), "succeeded" if result.lower() == "success" else "")
    )
    change = bool(action) and bool(outcome)
    attributes = {**carried_host(received), "windows.update.client": client, "windows.update.phase": phase}
    subject = identify({k: v for k, v in attributes.items() if v}).subject(
        Kind.CHANGE if change else Kind.LOG,
        "windows.update_reportingevents",
        action if change else code_name,
        fallback="resource:windows/windows update",
    )
    facts = {"action": action, "outcome": outcome, "actor": "automation", "error_code": code if failed else ""} if change else {}
    return Signal(
        subject=subject,
        event_time_ns=times.parse(match["time"].replace("\t", " ")),
        severity_number=severity.ERROR if failed else severity.INFO,
        text=redact((said or f"{phase} {event}").strip()[:MAX_TEXT_CHARS], received.redaction_key),
        dedup_key=f"windows.update|{attributes.get('host.name', '')}|{update.strip('{}')}".lower()
        if change
        else f"windows.update|{match['id']}".lower(),
        change_id=update.strip("{}").lower() if change else "",
        details=orjson.dumps({k: v for k, v in facts.items() if v}).decode() if facts else "",
    )


def read_servicing(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    host = carried_host(received)
    cbs = _CBS.match(document) is not None
    source = "windows.cbs_log" if cbs else "windows.windowsupdate_log"
    for lines, number in _entries(document, _CBS if cbs else _WINDOWS_UPDATE):
        match = (_CBS if cbs else _WINDOWS_UPDATE).match(lines)
        if match is None:
            yield Rejected("no_time", "A line before the first dated one; entries start with a date and a time.", f"line {number}", source)
        else:
            yield _serviced(match, lines, source, host, received)


def _entries(document: str, opens: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """Entries with the number of their first line; lines without a date continue the entry above."""
    held: list[str] = []
    start = 1
    for number, line in numbered(document):
        if opens.match(line):
            if held:
                yield "\n".join(held), start
            held, start = [line], number
        else:
            held.append(line)
    if held:
        yield "\n".join(held), start


def _serviced(match: re.Match[str], entry: str, source: str, host: dict[str, str], received: Received) -> Signal:
    said = entry[match.start("text") :].strip()
    level = match.groupdict().get("level") or (
        "Error" if re.search(r"\b(?:FATAL|ERROR|failed)\b", said) else "Warning" if "WARNING" in said else "Info"
    )
    change = source == "windows.cbs_log" and _CBS_CHANGE.match(said) is not None
    settled = _SETTLED.search(said)
    number = severity.from_word(level)
    if settled and int(settled["code"], 16) >> 31:
        number = max(number, severity.ERROR)
    subject = identify(host).subject(
        Kind.CHANGE if change else Kind.LOG,
        source,
        "package.changed" if change else match["part"] or "",
        fallback="resource:windows/servicing",
    )
    outcome = "failed" if number >= severity.ERROR else "started" if re.search(r"initialized|started|Update:", said) else "succeeded"
    return Signal(
        subject=subject,
        event_time_ns=times.parse(match["time"].replace("\t", " ").replace("/", "-")),
        severity_number=number,
        text=redact(said[:MAX_TEXT_CHARS], received.redaction_key),
        details=orjson.dumps({"action": "package.changed", "outcome": outcome, "actor": "automation"}).decode() if change else "",
    )


SOURCES: Final = (
    Source("windows.update_reportingevents", recognises_reporting, read_reporting),
    Source("windows.servicing_log", recognises_servicing, read_servicing),
)
