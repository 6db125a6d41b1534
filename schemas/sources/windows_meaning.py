"""From one Windows event to one row: kind, entity, wording, state and dedup.

Knows:   which events are states, changes or metrics (the table in windows_events_known.py), how a service on a host is named, how a
         message is worded when the export dropped it.
Ignores: the shapes events arrive in, and where the people are in them (windows_people.py).

Identity Computer; a Windows service is `unit:<computer>/<service>` held by its host.  Forwarders are never the host.
Severity Level, audits by Keywords; a table entry may raise it (a crash written as information).
State    a service that failed fires under `computer|service`; entering the running state resolves it.
Dedup    updates join on updateGuid, all else is Computer+Channel+EventRecordID with its time, since clearing a log restarts the ids.
People   account names and SIDs of accounts are taken out of the wording; the actor of a change is a role.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from schemas import times
from schemas.identity import Identity, identify
from schemas.redact import redact, role_of
from schemas.signal import Kind, Signal, Status, Subject
from schemas.sources.source import Received
from schemas.sources.windows_event import ABSENT, WindowsEvent, outage_start, short_name
from schemas.sources.windows_events_known import Meaning, meaning_of
from schemas.sources.windows_people import is_personal, without_people

MAX_TEXT_CHARS: Final = 4096
"""Of one message: .NET crash messages carry stack traces of several kB, whose tail tells nothing more."""
_FIELD: Final = re.compile(r"\{(\w[\w ]*)\}")
_GUID: Final = re.compile(r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?")
_PIECES: Final = re.compile(r"(\{\d\})")
_NUMBERED: Final = re.compile(r"\{\d\}")
_MARKS: Final = re.compile("[\u200e\u200f]")
"""Direction marks that Windows puts around the parts of a date."""
_MESSAGE_REF: Final = re.compile(r"%%(\d{1,10})")
_RUNNING, _STOPPED = "4", "1"  # SERVICE_RUNNING and SERVICE_STOPPED, which Binary holds in every language


def signal_of(event: WindowsEvent, source: str, received: Received) -> Signal:
    """The row of one event; never raises."""
    meaning = meaning_of(event.provider, event.event_id)
    if meaning and event.message and not event.data:
        event.data.update(told_by_message(meaning.wording, event.message))
    service = event.param(*meaning.service) if meaning else ""
    subject = subject_of(event, meaning, service, source)
    status = _status(event, meaning)
    started = outage_start(event.binary) if event.event_id == 6008 and event.binary else 0
    return Signal(
        subject=subject,
        event_time_ns=event.time_ns,
        starts_at_ns=started,
        value=_value(event, meaning),
        severity_number=max(event.severity_number, meaning.floor if meaning else 0),
        status=status,
        text=redact(wording_of(event, meaning), received.redaction_key),
        dedup_key=key_of(event, meaning, service),
        change_id=_change_id(event, meaning),
        details=_details(event, meaning, started, received),
    )


def subject_of(event: WindowsEvent, meaning: Meaning | None, service: str, source: str) -> Subject:
    attributes = {
        "host.name": event.computer, "event.code": str(event.event_id), "windows.channel": event.channel, "windows.provider": event.provider,
    }  # fmt: skip
    if service:
        attributes["windows.service.name"] = short_name(event.binary) or service
        if attributes["windows.service.name"] != service:
            attributes["windows.service.display_name"] = service
        other = event.param(1) if meaning and meaning.service[:1] == (4,) else ""
        if other and other != service:
            attributes["windows.service.display_name"] = other
    if program := _program(event, meaning):
        attributes["process.executable.name"] = program
    identity = identify({name: value for name, value in attributes.items() if value})
    kind, name = (meaning.kind, meaning.name) if meaning else (Kind.LOG, event.provider)
    fallback = f"resource:windows/{event.provider or event.channel or 'event log'}"
    subject = identity.subject(kind, source, name, unit="s" if name == "system.uptime" else "", fallback=fallback)
    part = attributes.get("windows.service.name") or (program if kind is Kind.STATE else "")
    return _held(subject, identity, part, attributes.get("windows.service.display_name", ""), event.computer) if part else subject


def _held(subject: Subject, identity: Identity, part: str, shown: str, computer: str) -> Subject:
    """The subject narrowed to a service or program on its host; a service is also known by the name it is shown under."""
    within = f"unit:{computer}/" if computer else "unit:"
    return Subject(
        kind=subject.kind, entity=f"{within}{part}", name=subject.name, ancestors=(identity.entity, *identity.ancestors) if identity.entity else (),
        aliases=(f"{within}{shown}",) if shown else (), attributes=subject.attributes, unit=subject.unit, source=subject.source,
    )  # fmt: skip


def _program(event: WindowsEvent, meaning: Meaning | None) -> str:
    if meaning is None or not meaning.name.startswith("process."):
        return ""
    named = event.param("AppName", "Application") or event.param(1)
    match = re.match(r"(?:Application: )?([\w.$ -]{1,120}?\.(?:exe|dll|com))", named, re.IGNORECASE)
    return match[1] if match else ""


def _status(event: WindowsEvent, meaning: Meaning | None) -> Status | None:
    if meaning is None or meaning.name != "service.state":
        return meaning.status if meaning else None
    return Status.RESOLVED if _service_state(event) == "running" else None


def _service_state(event: WindowsEvent) -> str:
    """The state a service entered, by the number in Binary, else by the word; words are localised."""
    raw = re.sub(r"00", "", event.binary[-16:]) if event.binary else ""
    number = {"2F0034": _RUNNING, "2F34": _RUNNING, "2F0031": _STOPPED, "2F31": _STOPPED}.get(raw[-4:].upper(), "")
    if number:
        return "running" if number == _RUNNING else "stopped"
    return event.param(2).lower()


def _value(event: WindowsEvent, meaning: Meaning | None) -> float | None:
    """Uptime in seconds: parameter 5, or the only number of the message where empty parameters were dropped."""
    if meaning is None or meaning.kind is not Kind.METRIC:
        return None
    said = event.param(5)
    if not said.isdecimal() and (match := re.search(r"\b(\d{1,12})\b", event.message)):
        said = match[1]
    return float(said) if said.isdecimal() and len(said) <= 12 else None


def wording_of(event: WindowsEvent, meaning: Meaning | None) -> str:
    """What the event says, without people: its message, else the wording of the table, else its parameters.  Secrets are still in it."""
    said = event.message.strip()
    if said and "security-auditing" in event.provider.lower():
        said = re.split(r"\r?\n\s*\r?\n|\r?\n(?=\S[^\n]{0,40}:\s*$)", said, maxsplit=1)[0]  # the rest is a form full of accounts
    if not said and meaning and meaning.wording:
        said = _FIELD.sub(lambda match: event.param(int(match[1]) if match[1].isdecimal() else match[1]), meaning.wording)
    if not said:
        told = ", ".join(f"{name}: {value}" for name, value in event.data.items() if value not in ABSENT and not is_personal(name))
        said = f"{event.provider or event.channel} event {event.event_id}" + (f". {told}" if told else "")
    said = said[: 2 * MAX_TEXT_CHARS].replace("\r\n", "\n")
    if "%%" in said:
        said = _MESSAGE_REF.sub(lambda match: _error_text(match[1]), said)
    if not said.isascii():
        said = _MARKS.sub("", said)
    return without_people(said, event, meaning.person if meaning else ())[:MAX_TEXT_CHARS].strip()


def _error_text(number: str) -> str:
    """`%%2147942414` as `error 0x8007000E`: the message table lies on the host, the code can be looked up."""
    code = int(number)
    return f"error {code}" if code < 65536 else f"error 0x{code & 0xFFFFFFFF:08X}"


def _change_id(event: WindowsEvent, meaning: Meaning | None) -> str:
    """An update's GUID or a package's name; a GUID without braces and in lower case, as half of the exporters write it."""
    said = event.param(*meaning.change) if meaning and meaning.change else ""
    return said.strip("{}").lower() if _GUID.fullmatch(said) else said if meaning and not meaning.name.startswith("update.") else ""


def told_by_message(wording: str, message: str) -> dict[str, str]:
    """Parameters read back out of an English message, for exports that keep the message alone (Snare, Get-EventLog); of one cut short, those
    of its first sentence."""
    if wording.count("{1}") != 1:
        return {}
    sentence, _, more = wording.partition(". ")
    match = re.match(_pattern_of(wording) + r"[.\s]*(?:$|\r?\n)", message[:1024])
    if match is None and more and "{1}" in sentence:
        match = re.match(_pattern_of(sentence) + r"\.(?:$|\s)", message[:1024])
    return {f"param{name[1:]}": value.strip() for name, value in match.groupdict().items()} if match else {}


def _pattern_of(wording: str) -> str:
    pattern = "".join(
        rf"(?P<p{piece[1:-1]}>.+?)" if _NUMBERED.fullmatch(piece) else re.escape(piece) for piece in _PIECES.split(wording.rstrip("."))
    )
    return re.sub(r"(?:\\ )+", r"\\s+", pattern)


def key_of(event: WindowsEvent, meaning: Meaning | None, service: str) -> str:
    if meaning and meaning.name.startswith("update.") and (update := _change_id(event, meaning)):
        return f"windows.update|{event.computer}|{update}".lower()
    if meaning and service and meaning.kind is Kind.STATE:
        return f"windows.service|{event.computer}|{service}".lower()
    if not event.record_id:
        return ""
    return f"windows|{event.computer}|{event.channel}|{event.record_id}|{event.time_ns}".lower()


def _details(event: WindowsEvent, meaning: Meaning | None, started: int, received: Received) -> str:
    facts: dict[str, Any] = {}
    if meaning and meaning.kind is Kind.CHANGE:
        actor = role_of(event.param(*meaning.person) if meaning.person else event.user, received.redaction_key)
        facts = {
            "action": meaning.name, "from": event.param(*meaning.before) if meaning.before else "",
            "to": event.param(*meaning.after) if meaning.after else "", "outcome": meaning.outcome or _installer_outcome(event),
            "actor": _role_of_sid(event.user) if actor == "user" and event.user.upper().startswith("S-1-5-") and not meaning.person else actor,
        }  # fmt: skip
    if meaning and meaning.name == "service.state":
        facts = {"to": _service_state(event)}
    if started:
        facts["outage_started_at"] = times.rfc3339(started)
    if (code := event.param("BugcheckCode")) and code not in ("0", "0x0"):
        facts["bugcheck_code"] = code
    if event.event_id in (20, 3) and (code := event.param("errorCode", "ErrorCode")):
        facts["error_code"] = code
    facts = {key: redact(value, received.redaction_key) if isinstance(value, str) else value for key, value in facts.items() if value}
    return orjson.dumps(facts).decode() if facts else ""


def _installer_outcome(event: WindowsEvent) -> str:
    """Windows Installer's parameter 4 is the status: 0 for success."""
    status = event.param(4)
    return "succeeded" if status == "0" else "failed" if status.isdecimal() else ""


def _role_of_sid(sid: str) -> str:
    """S-1-5-18, -19 and -20 are the local system and its services, S-1-5-80 a service's own account."""
    return "automation" if re.fullmatch(r"(?i)S-1-5-(?:18|19|20|80(?:-\d+)*)", sid) else "user"
