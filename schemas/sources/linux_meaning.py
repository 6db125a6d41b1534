"""From one message of a Linux host to one row: a log line, or the state that systemd or the kernel tells of.

Knows:   systemd's catalogue of unit messages by MESSAGE_ID and by wording; kernel_messages.py and linux_daemons.py know the kernel's and others'.
Ignores: how the message was carried (journald.py, syslog.py, linux_shippers.py).
State    a unit that fails fires under `host|unit`; its next start resolves it.  The three lines of one failure share the key.
Source:  systemd catalog (catalog/systemd.catalog.in), sd-messages.h, systemd.exec(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from schemas import severity
from schemas.identity import identify
from schemas.redact import redact
from schemas.signal import Kind, Signal, Status, Subject
from schemas.sources.kernel_messages import kernel_event
from schemas.sources.linux_daemons import DaemonEvent, daemon_event
from schemas.sources.linux_programs import identity_attributes, is_unit, service_of, without_accounts, without_uid
from schemas.sources.source import Received

MAX_TEXT_CHARS: Final = 8192
"""Of one message: syslog daemons cut at 8 kB by default."""
MAX_FACT_CHARS: Final = 256

_BY_ID: Final = {
    "39f53479d3a045ac8e11786248231fbf": "started", "7d4958e842da4a758f6c1cdc7b36dcc5": "starting", "be02cf6855d2428ba40df7e9d022f03d": "failed",
    "de5b426a63be47a7b6ac3eaac82e2f6f": "stopping", "9d1aaa27d60140bd96365438aad20286": "stopped", "d9b373ed55a64feb8242e02dbe79a49c": "failed",
    "98e322203f7a4ed290d09fe03c09fe15": "exited", "5eb03494b6584870a536b337290809b3": "restarting", "7ad2d189f7e94e70a38c781354912448": "succeeded",
    "641257651c1b4ec9a8624d7a40a9e1e7": "failed", "fe6faa94e7774663a0da52717891d8ef": "oom_killed", "d34d037fff1847e6ae669a370e694725": "reloading",
    "7b05ebc668384222baa8881179cfda54": "reloaded", "fc2e22bc6ee647b6b90729ab34a250b1": "crashed",
}  # fmt: skip
"""MESSAGE_ID of messages about a unit → what became of it."""
_HOST_BY_ID: Final = {
    "b07a249cd024414a82dd00cd181378ff": "host.boot", "98268866d1d54a499c4e98921d93bc40": "host.shutdown", "c7a787079b354eaaa9e77b371893cd27": "host.time_changed",
    "6bbd95ee977941e497c48be27c254128": "host.sleep", "8811e6df2a8e40f58a94cea26f8ebf14": "host.resume",
}  # fmt: skip
_ABOUT_UNIT: Final = re.compile(
    r"(?:Unit )?(?P<unit>[\w@.:\\-]{1,255}\.(?:service|socket|mount|timer|scope|target|path|swap|device|automount))(?::| ) ?(?P<said>.*)",
    re.DOTALL,
)
_UNIT_SAID: Final = (
    (re.compile(r"(?i)main process exited, code=(?:exited, status=0/|killed, status=15/TERM)"), "succeeded"),
    (re.compile(r"(?i)(?:main|control) process exited"), "exited"),
    (re.compile(r"(?i)failed with result|(?:unit )?entered failed state|failed\.?$|failed to run|start(?:-limit| request repeated)|failed to (?:start|execute)|(?:start|stop|watchdog).{0,40}timed? ?out|changed .* to failed"), "failed"),
    (re.compile(r"(?i).*(?:killed by the oom killer|result 'oom-kill')"), "oom_killed"),
    (re.compile(r"(?i)scheduled restart|service (?:hold-off|restartsec)"), "restarting"),
    (re.compile(r"(?i)(?:succeeded|deactivated successfully)"), "succeeded"),
)  # fmt: skip
_JOB: Final = re.compile(
    r"(?P<verb>Started|Starting|Stopped|Stopping|Finished|Reloaded|Reloading|Failed to start|Dependency failed for|Timed out starting|Mounted|Unmounted|Listening on)"
    r"(?: (?P<unit>[\w@.:\\-]{1,255}\.\w{4,9})(?= - |\.|$))?(?: - | )?(?P<what>.*)", re.DOTALL,
)  # fmt: skip
_VERBS: Final = {
    "Started": "started", "Finished": "started", "Mounted": "started", "Listening on": "started", "Starting": "starting", "Stopped": "stopped",
    "Unmounted": "stopped", "Stopping": "stopping", "Reloaded": "reloaded", "Reloading": "reloading",
}  # fmt: skip
_STATUS: Final = {
    "failed": Status.FIRING, "exited": Status.FIRING, "oom_killed": Status.FIRING, "crashed": Status.FIRING, "started": Status.RESOLVED,
}  # fmt: skip
_FLOOR: Final = {"failed": severity.ERROR, "exited": severity.WARN, "oom_killed": severity.ERROR, "crashed": severity.ERROR}
"""Severity where the line carries none."""
_WORDS = "trace|debug|info|notice|warn|warning|err|error|crit|critical|alert|emerg|emergency|fatal|panic"
_LEVEL_WORD: Final = re.compile(
    rf"""(?ix) (?:\S+\ ){{0,3}}? (?: (?:level|lvl|severity)[=:]\s?"?(?P<named>{_WORDS})\b | [\[(<](?P<boxed>{_WORDS})[\])>] | (?P<bare>{_WORDS}):(?=\s)
    | (?-i:(?P<shouted>{_WORDS.upper()})\b(?=\s)) )"""
)
_SINCE_BOOT: Final = re.compile(r"^\[\s*\d{1,10}\.\d{3,9}\]\s*")
"""Seconds since boot, which kernels with `printk.time` write into messages that syslog has dated already."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message with what its carrier said of it."""

    source: str
    message: str
    time_ns: int = 0
    host: str = ""
    program: str = ""
    unit: str = ""
    """The unit the message is about, else the one it came from."""
    severity_number: int = 0
    message_id: str = ""
    dedup_key: str = ""
    cgroup: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    """What tells subjects apart beside host, program and unit."""
    facts: tuple[tuple[str, str], ...] = ()
    """What is true of this message alone: kept in the details."""
    trace_id: str = ""
    exit_failed: bool | None = None
    """Whether the exit that a structured message tells of was a failure; None where only the words can tell."""


def signal_of(line: Line, received: Received) -> Signal:
    """The row of one message; never raises."""
    if line.program == "kernel":
        return _kernel(line, received)
    became, unit = _unit_event(line)
    if became:
        return _unit(line, became, unit, received)
    if event := daemon_event(line.program, line.message):
        return _daemon(line, event, received)
    name = _HOST_BY_ID.get(line.message_id, "")
    return _row(line, Kind.STATE if name else Kind.LOG, name or line.program, received)


def level_in(message: str) -> int:
    """Severity that the message itself opens with (`[error] …`, `level=warn …`); 0 where it does not."""
    match = _LEVEL_WORD.match(message[:160])
    return severity.from_word(match[match.lastgroup or 0]) if match else severity.UNSPECIFIED


def _unit_event(line: Line) -> tuple[str, str]:
    """What became of which unit; empty for a message about none."""
    if line.message_id in _BY_ID and line.unit:
        became = _BY_ID[line.message_id]
        return ("succeeded" if became == "exited" and line.exit_failed is False else became), line.unit
    if line.program != "systemd":
        return "", ""
    if (match := _ABOUT_UNIT.match(line.message)) and is_unit(match["unit"]):
        became = next((name for pattern, name in _UNIT_SAID if pattern.match(match["said"])), "")
        return became, without_uid(match["unit"]) if became else ""
    if match := _JOB.match(line.message):
        unit = match["unit"] if match["unit"] and is_unit(match["unit"]) else line.unit if line.unit not in ("", "init.scope") else ""
        return (
            (_VERBS.get(match["verb"], "failed"), without_uid(unit) or without_accounts(match["what"]).rstrip(". ")[:128])
            if unit or match["what"]
            else ("", "")
        )
    return "", ""


def _unit(line: Line, became: str, unit: str, received: Received) -> Signal:
    signal = _row(line, Kind.STATE, f"unit.{became}", received, unit if is_unit(unit) else "")
    signal.subject = _held(signal.subject, line.host, unit)
    signal.status = _STATUS.get(became)
    signal.severity_number = line.severity_number or _FLOOR.get(became, severity.INFO)
    signal.dedup_key = f"systemd|{line.host}|{unit}".lower()
    return signal


def _held(subject: Subject, host: str, unit: str) -> Subject:
    """About the unit: the service where the unit is one, else the unit on its host."""
    name = f"unit:{host}/{unit}" if host else f"unit:{unit}"
    if subject.entity.startswith("service:") and service_of(unit):
        return _with(subject, subject.entity, subject.ancestors, (*subject.aliases, name))
    holders = (subject.entity, *subject.ancestors) if subject.entity.startswith("host:") else subject.ancestors
    return _with(subject, name, holders, ())


def _with(subject: Subject, entity: str, ancestors: tuple[str, ...], aliases: tuple[str, ...]) -> Subject:
    return Subject(
        kind=subject.kind, entity=entity, name=subject.name, ancestors=ancestors, aliases=aliases, attributes=subject.attributes,
        unit=subject.unit, source=subject.source,
    )  # fmt: skip


def _kernel(line: Line, received: Received) -> Signal:
    line = replace(line, message=_SINCE_BOOT.sub("", line.message))
    event = kernel_event(line.message)
    if event is None:
        return _row(line, Kind.LOG, "kernel", received)
    signal = _row(line, event.kind, event.name, received, cgroup=event.cgroup, program=event.process)
    if event.process and not signal.subject.entity.startswith(("service:", "container:", "pod:")):
        signal.subject = _held(signal.subject, line.host, event.process)
    signal.severity_number = max(line.severity_number, event.floor)
    signal.status = event.status
    signal.dedup_key = f"{event.dedup}|{line.host}".lower() if event.dedup else line.dedup_key
    if event.facts:
        signal.details = orjson.dumps(event.facts).decode()
    return signal


def _daemon(line: Line, event: DaemonEvent, received: Received) -> Signal:
    signal = _row(line, event.kind, event.name, received)
    if event.unit:
        signal.subject = _held(signal.subject, line.host, event.unit)
    signal.severity_number = max(signal.severity_number, event.floor)
    signal.status = event.status
    signal.dedup_key = f"{event.dedup}|{line.host}".lower() if event.dedup else line.dedup_key
    signal.details = (
        orjson.dumps({key: value for key, value in event.details.items() if value}).decode() if event.details else signal.details
    )
    return signal


def _row(line: Line, kind: Kind, name: str, received: Received, unit: str = "", cgroup: str = "", program: str = "") -> Signal:
    return Signal(
        subject=subject_of(line, kind, name, unit, cgroup, program),
        event_time_ns=line.time_ns,
        severity_number=line.severity_number or level_in(line.message),
        text=redact(without_accounts(line.message[:MAX_TEXT_CHARS]), received.redaction_key),
        dedup_key=line.dedup_key,
        trace_id=line.trace_id,
        details=_details(line, received),
    )


def subject_of(line: Line, kind: Kind, name: str, unit: str = "", cgroup: str = "", program: str = "") -> Subject:
    """What a message is about: host, program, unit and container as far as the line or the message names them."""
    attributes: dict[str, Any] = {
        **identity_attributes(line.host, line.program, unit or line.unit, cgroup or line.cgroup),
        **dict(line.attributes),
    }
    if program:
        attributes["process.executable.name"] = program
    return identify(attributes).subject(kind, line.source, name, fallback=f"unit:{unit or line.unit or line.program or 'syslog'}")


def _details(line: Line, received: Received) -> str:
    facts = {key: redact(value[:MAX_FACT_CHARS], received.redaction_key) for key, value in line.facts}
    return orjson.dumps({"attributes": facts}).decode() if facts else ""
