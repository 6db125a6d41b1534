"""The Linux audit log: auditd's files, ausearch --raw, and audit lines inside the kernel's log or the journal.

Knows:   records of one event share `audit(<seconds>.<millis>:<serial>)` and may interleave; hex-encoded values; the enriched part behind
         0x1D; `node=` in front; numeric types of the kernel's own lines.
Ignores: which rules audit what.
Identity node= or the carrier's host (a line names none otherwise); the unit of service records; the program.
Time     of the event id.  Severity error for failed services and crashes, warn for denials.
State    a service record is the unit's state: a failed one fires, a started one resolves; configuration and software records are changes.
People   uid, auid, acct and the enriched names are never put into the text.
Source:  Red Hat "Audit record types"; audit(8), "Audit event fields" of linux-audit/audit-documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status, Subject
from schemas.sources.carried import carried_host
from schemas.sources.cloud import row
from schemas.sources.lines import numbered
from schemas.sources.linux_meaning import Line, signal_of
from schemas.sources.linux_programs import identity_attributes, is_unit, service_of
from schemas.sources.source import Received, Source

FORMAT: Final = "linux.auditd"
_LINE: Final = re.compile(
    r"(?:.{0,256}?\b)?(?:node=(?P<node>\S{1,255}) )?(?:audit: )?type=(?P<type>[\w\[\]]{1,48}) (?:msg=)?audit\((?P<time>\d{9,11}(?:\.\d{1,9})?|\d\d/\d\d/\d{4} \d\d:\d\d:\d\d(?:\.\d{1,9})?):(?P<serial>\d{1,20})\) ?: ?(?P<rest>.*)",
    re.DOTALL,
)
_STARTS: Final = re.compile(
    r"\s{0,8}(?:----\s{1,4})?(?:time->[^\n]{1,64}\n)?(?:node=\S{1,255} )?(?:<\d{1,3}>)?(?:audit: )?type=[\w\[\]]{1,48} (?:msg=)?audit\(\d"
)
_JOURNAL: Final = re.compile(r"(?:<audit-(?P<number>\d{4})>|(?P<type>[A-Z][A-Z_]{2,31}\d?)) (?P<rest>(?:avc: |[\w-]{1,32}=).*)", re.DOTALL)
"""A record as journald keeps it: without its event id, which the entry tells instead."""
_PAIR: Final = re.compile(r"""(?<![\w-])(?P<key>[\w-]{1,64})=(?P<value>"[^"]*"|'[^']*'|[^\s'"]*)""")
_NUMBERED: Final = {
    "1100": "USER_AUTH", "1101": "USER_ACCT", "1105": "USER_START", "1106": "USER_END", "1112": "USER_LOGIN", "1130": "SERVICE_START", "1131": "SERVICE_STOP",
    "1200": "DAEMON_START", "1300": "SYSCALL", "1302": "PATH", "1305": "CONFIG_CHANGE", "1307": "CWD", "1309": "EXECVE", "1326": "SECCOMP", "1327": "PROCTITLE",
    "1400": "AVC", "1701": "ANOM_ABEND", "1127": "SYSTEM_BOOT", "1128": "SYSTEM_SHUTDOWN", "1138": "SOFTWARE_UPDATE", "1334": "BPF", "1325": "NETFILTER_CFG",
}  # fmt: skip
_KINDS: Final = {
    "SERVICE_START": Kind.STATE, "SERVICE_STOP": Kind.STATE, "SYSTEM_BOOT": Kind.STATE, "SYSTEM_SHUTDOWN": Kind.STATE, "ANOM_ABEND": Kind.STATE,
    "DAEMON_START": Kind.STATE, "DAEMON_END": Kind.STATE, "DAEMON_ABORT": Kind.STATE, "SYSTEM_RUNLEVEL": Kind.STATE, "CONFIG_CHANGE": Kind.CHANGE,
    "DAEMON_CONFIG": Kind.CHANGE, "SOFTWARE_UPDATE": Kind.CHANGE, "NETFILTER_CFG": Kind.CHANGE, "MAC_CONFIG_CHANGE": Kind.CHANGE, "MAC_STATUS": Kind.CHANGE,
    "MAC_POLICY_LOAD": Kind.CHANGE, "ADD_USER": Kind.CHANGE, "DEL_USER": Kind.CHANGE, "ADD_GROUP": Kind.CHANGE, "DEL_GROUP": Kind.CHANGE,
    "USER_CHAUTHTOK": Kind.CHANGE, "KERN_MODULE": Kind.CHANGE, "TIME_ADJNTPVAL": Kind.LOG, "TIME_INJOFFSET": Kind.CHANGE, "VIRT_CONTROL": Kind.CHANGE,
}  # fmt: skip
_DENIALS: Final = frozenset(["AVC", "USER_AVC", "SECCOMP", "ANOM_LOGIN_FAILURES", "ANOM_ROOT_TRANS", "RESP_ACCT_LOCK", "SELINUX_ERR"])
_NAMING: Final = _DENIALS | {"ANOM_ABEND"}
"""Types whose program is in trouble itself; a system call names whatever was run, services or not."""
_CRASHES: Final = frozenset(["ANOM_ABEND", "DAEMON_ABORT"])
_TOLD: Final = (
    "unit", "apparmor", "operation", "profile", "op", "sw", "sw_type", "audit_enabled", "audit_backlog_limit", "audit_backlog_wait_time", "audit_failure", "audit_pid", "list", "old", "table",
    "family", "entries", "name", "exe", "comm", "proctitle", "cwd", "SYSCALL", "syscall", "success", "exit", "sig", "reason", "key", "scontext", "tcontext",
    "tclass", "permissive", "denied", "vm", "res", "result",
)  # fmt: skip
"""Fields a text is made of, in this order; who did it (uid, auid, acct, UID=, addr=) is not among them."""
CARRIERS: Final = ("audit", "audispd", "audisp-syslog", "auditd", "kernel")
"""Programs that write audit records into other logs."""
_HEXED: Final = frozenset(["exe", "comm", "proctitle", "name", "cwd", "cmd", "unit", "key", "sw", "data"])
MAX_VALUE_CHARS: Final = 512


@dataclass(slots=True)
class _Event:
    time: str
    serial: str
    node: str
    types: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


def recognises(document: Any) -> bool:
    return isinstance(document, str) and _STARTS.match(document) is not None


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    host = carried_host(received).get("host.name", "")
    events: dict[tuple[str, str, str], _Event] = {}
    for number, line in numbered(document):
        if line.startswith(("----", "time->")):  # ausearch draws a line between events and says their time again
            continue
        match = _LINE.match(line)
        if match is None:
            yield Rejected("not_audit", "A line needs type=… msg=audit(<seconds>:<serial>): and fields.", f"line {number}", FORMAT)
            continue
        event = events.setdefault(
            (match["node"] or "", match["time"], match["serial"]), _Event(match["time"], match["serial"], match["node"] or "")
        )
        _add(event, match["type"], match["rest"])
    for event in events.values():
        yield _signal(event, event.node or host, received)


def event_of(message: str, host: str, received: Received) -> Signal | None:
    """The row of an audit line that another log carried; None where the message is none."""
    match = _LINE.match(message) if "audit(" in message[:512] else None
    if match is None:
        return None
    event = _Event(match["time"], match["serial"], match["node"] or "")
    _add(event, match["type"], match["rest"])
    return _signal(event, event.node or host, received)


def signal_of_line(line: Line, received: Received) -> Signal:
    """The row of a line from another log: an audit record where it holds one, else what the message means."""
    if line.program in CARRIERS and "audit(" in line.message[:128]:
        return event_of(line.message, line.host, received) or signal_of(line, received)
    if line.program == "audit" and (match := _JOURNAL.match(line.message)) and not severity.from_word(match["type"] or ""):
        return _signal_of_entry(line, match, received)
    return signal_of(line, received)


def _signal_of_entry(line: Line, match: re.Match[str], received: Received) -> Signal:
    event = _Event("", "", "")
    _add(event, match["type"] or match["number"], match["rest"])
    signal = _signal(event, line.host, received)
    signal.event_time_ns = line.time_ns
    if not signal.dedup_key.startswith("systemd|"):
        signal.dedup_key = line.dedup_key
    return signal


def _add(event: _Event, type_: str, rest: str) -> None:
    event.types.append(_NUMBERED.get(type_.removeprefix("UNKNOWN[").rstrip("]"), type_))
    raw, _, enriched = rest.partition("\x1d")
    inner = re.search(r"\bmsg='(?P<inside>.*?)'(?:\s|$|[A-Z])", raw, re.DOTALL)
    said = raw[: inner.start()] + " " + inner["inside"] if inner else raw
    if denied := re.search(r"avc:\s+denied\s+\{ ?([^}]{1,128})\}", raw):
        event.fields.setdefault("denied", denied[1].strip())
    for pair in _PAIR.finditer(said):
        event.fields.setdefault(pair["key"], _value(pair["key"], pair["value"]))
    if syscall := re.search(r"(?:^|\s)SYSCALL=(\w+)", enriched):
        event.fields.setdefault("SYSCALL", syscall[1])


def _value(key: str, raw: str) -> str:
    """Quoted as written; unquoted hex of a field that may hold blanks decoded, NULs between arguments as blanks."""
    if raw[:1] in "\"'":
        return raw[1:-1][:MAX_VALUE_CHARS]
    if key in _HEXED and len(raw) >= 4 and len(raw) % 2 == 0 and re.fullmatch(r"[0-9A-F]+", raw):
        return bytes.fromhex(raw[: 2 * MAX_VALUE_CHARS]).decode("utf-8", "replace").replace("\0", " ").strip()
    # auditd glues the enriched part to the last value where its separator was lost: `res=successAUID`
    return re.sub(r"(?<=^success)(?:AUID|UID)$|(?<=^failed)(?:AUID|UID)$|(?<=^\d)(?:AUID|UID)$", "", raw)[:MAX_VALUE_CHARS]


def _signal(event: _Event, host: str, received: Received) -> Signal:
    type_ = next((name for name in event.types if name in _KINDS), event.types[0])
    said = event.fields
    failed = said.get("res", said.get("result", "")) in ("failed", "0", "no") or said.get("success") == "no"
    kind = _KINDS.get(type_, Kind.LOG)
    unit = said.get("unit", "") if type_.startswith("SERVICE_") else ""
    unit = f"{unit}.service" if unit and not is_unit(unit) else unit
    program = said.get("comm", "") or said.get("exe", "").rpartition("/")[2]
    told = " ".join(f"{key}={said[key]}" for key in _TOLD if said.get(key) not in (None, "", "?", "(null)"))
    signal = row(
        received, kind, FORMAT, {**identity_attributes(host, program if type_ in _NAMING else "", unit), "audit.type": type_},
        name=type_,
        text=f"{type_} {told}".strip(),
        event_time_ns=times.parse(event.time),
        severity_number=_severity(type_, failed),
        status=_status(type_, failed),
        dedup_key=f"systemd|{host}|{unit}".lower() if unit else f"audit|{host}|{event.time}:{event.serial}",
        details=_details(type_, said, failed) if kind is Kind.CHANGE else None,
        fallback=f"unit:{unit or program or 'auditd'}",
    )  # fmt: skip
    if unit and not (signal.subject.entity.startswith("service:") and service_of(unit)):
        signal.subject = _about_unit(signal.subject, host, unit)
    return signal


def _about_unit(subject: Subject, host: str, unit: str) -> Subject:
    short = unit.removesuffix(".service")  # as the audit log writes it
    return Subject(
        kind=subject.kind, entity=f"unit:{host}/{unit}" if host else f"unit:{unit}", name=subject.name,
        ancestors=(subject.entity, *subject.ancestors) if subject.entity.startswith("host:") else subject.ancestors,
        aliases=(f"unit:{host}/{short}" if host else f"unit:{short}",), attributes=subject.attributes, source=subject.source,
    )  # fmt: skip


def _severity(type_: str, failed: bool) -> int:
    if type_ in _CRASHES or (failed and type_ in ("SERVICE_START", "SERVICE_STOP", "SOFTWARE_UPDATE")):
        return severity.ERROR
    return severity.WARN if type_ in _DENIALS or (failed and type_.startswith(("USER_", "CONFIG_"))) else severity.INFO


def _status(type_: str, failed: bool) -> Status | None:
    if not type_.startswith("SERVICE_"):
        return None
    return Status.FIRING if failed else Status.RESOLVED if type_ == "SERVICE_START" else None


def _details(type_: str, said: dict[str, str], failed: bool) -> dict[str, object]:
    changed = next(
        (
            said[key]
            for key in ("sw", "audit_backlog_limit", "audit_failure", "audit_backlog_wait_time", "audit_enabled", "table")
            if key in said
        ),
        "",
    )
    return {
        "action": type_.lower(),
        "from": said.get("old", ""),
        "to": changed,
        "outcome": "failed" if failed else "succeeded",
        "actor": _actor(said),
    }


def _actor(said: dict[str, str]) -> str:
    """auid is the account somebody logged in with; unset for what the system did by itself."""
    return "automation" if said.get("auid", "4294967295") in ("4294967295", "-1", "unset") else "user"


SOURCES: Final = (Source(FORMAT, recognises, read),)
