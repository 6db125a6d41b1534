"""Windows events as JSON objects: evtx_dump and its like, and the flat records of agents and PowerShell.

Knows:   evtx_dump (`Event.System`, attributes under `#attributes`, `@Name` or `…_attributes`), Velociraptor (`System` on top),
         winlogbeat 6 (`event_id` beside `log_name`), winlogbeat 7 and 8 (`winlog`), nxlog, logstash, fluentd, fluent-bit winlog and
         winevtlog, `Get-WinEvent | ConvertTo-Json`, Win32_NTLogEvent, the Event and WindowsEvent tables of Azure.
Ignores: what an event means (windows_meaning.py).
Identity the event's own computer; `host`, `agent` and `beat` may be the collector of forwarded events and are never it.
Time     TimeCreated or its kin, else @timestamp; nxlog's EventTime has no zone, @timestamp beside it proves the offset.
Source:  Windows Event Log EventSchema.xsd; Winlogbeat "Exported fields" 6.8, 7.17, 8.x; NXLog im_msvistalog; Fluent Bit winlog, winevtlog.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources.cloud import decoded
from schemas.sources.source import Received, Source
from schemas.sources.windows_event import WindowsEvent, severity_of, text, whole
from schemas.sources.windows_meaning import signal_of
from schemas.sources.windows_parameters import MAX_DATA, attribute, content, take

WINLOGBEAT: Final = "windows.winlogbeat"

_ID: Final = ("EventID", "EventId", "event_id", "EventCode", "Id", "event_identifier")
_COMPUTER: Final = ("Computer", "ComputerName", "computer_name", "Hostname", "MachineName", "computer", "hostname")
_PROVIDER: Final = ("SourceName", "ProviderName", "provider_name", "source_name", "Provider", "Source", "EventSourceName", "provider")
_CHANNEL: Final = ("Channel", "LogName", "log_name", "EventLog", "Logfile", "channel", "ContainerLog")
_RECORD: Final = ("RecordNumber", "EventRecordID", "EventRecordId", "RecordId", "RecordID", "record_id", "record_number", "Index")
_TIME: Final = ("TimeCreated", "EventTime", "system_time", "TimeGenerated", "SystemTime", "time_created", "TimeWritten")
_MESSAGE: Final = ("Message", "message", "Description", "RenderedDescription", "Activity")
_DATA: Final = (
    "EventData",
    "event_data",
    "UserData",
    "user_data",
    "Data",
    "StringInserts",
    "ReplacementStrings",
    "InsertionStrings",
    "Properties",
    "Payload",
)
_LEVEL: Final = ("Level", "level", "LevelDisplayName", "LevelText", "EventLevelName", "EventType", "Severity", "Type")
_USER: Final = ("UserID", "UserId", "Sid", "AccountName", "User", "UserName")
_RESERVED: Final = frozenset(
    name.lower()
    for name in (
        *_ID, *_COMPUTER, *_PROVIDER, *_CHANNEL, *_RECORD, *_TIME, *_MESSAGE, *_DATA, *_LEVEL, *_USER, "@timestamp", "@version", "host", "port", "tags",
        "type", "ProviderGuid", "ProviderGUID", "provider_guid", "ProviderId", "Guid", "Version", "Task", "TaskDisplayName", "Opcode", "OpcodeValue",
        "OpcodeDisplayName", "Keywords", "KeywordsDisplayNames", "ExecutionProcessID", "ExecutionThreadID", "ProcessID", "ThreadID", "ProcessId",
        "ThreadId", "SeverityValue", "SourceModuleName", "SourceModuleType", "EventReceivedTime", "ActivityID", "RelatedActivityID", "ActivityId",
        "RelatedActivityId", "Domain", "AccountType", "Category", "CategoryNumber", "EventCategory", "Qualifiers", "EntryType", "InstanceId",
        "EventIdentifier", "Binary", "timestamp", "beat", "agent", "ecs", "@metadata", "xml", "Bookmark", "MatchedQueryIds", "TenantId", "input_type",
    )
)  # fmt: skip
_DOTNET_DATE: Final = re.compile(r"/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/")
_COLLECTION_GRACE_NS: Final = 300 * times.SECOND_NS
"""How far @timestamp may lie from the local clock's quarter hour and still prove its offset."""
_QUARTER_NS: Final = 900 * times.SECOND_NS
_WIDEST_OFFSET_NS: Final = 14 * 3600 * times.SECOND_NS


def recognises_rendered(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(_system(document), dict)


def recognises_winlogbeat(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    winlog = document.get("winlog")
    if isinstance(winlog, dict):
        return any(key in winlog for key in ("event_id", "channel", "provider_name", "record_id", "computer_name"))
    return "event_id" in document and "log_name" in document


def recognises_flat(document: Any) -> bool:
    if not isinstance(document, dict) or not any(name in document for name in _ID):
        return False
    if any(str(document.get("SourceModuleType", "")).startswith(kind) for kind in ("im_msvistalog", "im_mseventlog", "im_wseventing")):
        return True
    channel = any(name in document for name in _CHANNEL[:6]) or (
        "EntryType" in document and "MachineName" in document
    )  # Get-EventLog names no log
    return channel and (any(name in document for name in _PROVIDER) or "ProviderGuid" in document)


def read_rendered(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """evtx_dump and its like: the tree of the XML as JSON."""
    system = _system(document)
    root = document["Event"] if isinstance(document.get("Event"), dict) else document
    event = WindowsEvent(
        provider=attribute(system, "Provider", "Name") or attribute(system, "Provider", "EventSourceName") or text(system.get("Provider")),
        event_id=whole(content(system.get("EventID"))) or 0,
        channel=text(content(system.get("Channel"))),
        computer=text(content(system.get("Computer"))),
        record_id=text(content(system.get("EventRecordID"))),
        time_ns=times.parse(attribute(system, "TimeCreated", "SystemTime") or _seconds(system)),
        severity_number=severity_of(content(system.get("Level")), content(system.get("Keywords"))),
        message=_message(root) or _message(document),
        user=attribute(system, "Security", "UserID"),
        process_id=attribute(system, "Execution", "ProcessID"),
    )
    take(event, root.get("EventData"))
    take(event, root.get("UserData"))
    yield signal_of(event, "windows.evtx_json", received)


def read_winlogbeat(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """winlogbeat 6 has the fields on top, 7 and 8 under `winlog`; `winlog.time_created` beats @timestamp, which a pipeline may rewrite."""
    winlog = document.get("winlog")
    modern = isinstance(winlog, dict)
    fields: Mapping[str, Any] = winlog if isinstance(winlog, dict) else document
    log = document.get("log")
    original = document.get("event")
    event = WindowsEvent(
        provider=text(_first(fields, _PROVIDER)),
        event_id=whole(_first(fields, _ID)) or (whole(original.get("code")) if isinstance(original, dict) else None) or 0,
        channel=text(_first(fields, _CHANNEL)),
        computer=text(_first(fields, _COMPUTER)),
        record_id=text(_first(fields, _RECORD)),
        time_ns=times.parse(fields.get("time_created")) or times.parse(document.get("@timestamp")),
        severity_number=severity_of(
            log.get("level") if isinstance(log, dict) else document.get("log.level", document.get("level")),
            _audit_word(fields.get("keywords")),
        ),
        message=text(document.get("message")),
        user=text(fields["user"].get("identifier")) if isinstance(fields.get("user"), dict) else "",
    )
    take(event, fields.get("event_data"))
    take(event, fields.get("user_data"))
    yield signal_of(event, WINLOGBEAT if modern else "windows.winlogbeat6", received)


def read_flat(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """One object, fields on top, parameters beside them or in a list."""
    event = WindowsEvent(
        provider=text(_name(_first(document, _PROVIDER))),
        event_id=(whole(content(_first(document, _ID))) or 0) & 0xFFFF,
        channel=text(_first(document, _CHANNEL)),
        computer=text(_first(document, _COMPUTER)),
        record_id=text(_first(document, _RECORD)),
        time_ns=_flat_time(document),
        severity_number=severity_of(
            document.get("Level", document.get("level")), _audit_word(document.get("Keywords", document.get("EventType"))),
            word=_first(document, _LEVEL[2:]), nxlog=document.get("SeverityValue"), entry_type=document.get("EntryType", document.get("EventType")),
        ),
        message=text(_first(document, _MESSAGE)),
        user=text(_first(document, _USER)),
    )  # fmt: skip
    for key in _DATA:
        take(event, decoded(document.get(key)))
    event.data |= {key: said for key in (*_USER, "ParentUser") if (said := text(document.get(key)))}
    for key, value in document.items():
        if key.lower() not in _RESERVED and len(event.data) < MAX_DATA and not isinstance(value, dict | list):
            event.data.setdefault(key, text(value))
    event.binary = event.binary or text(document.get("Binary"))
    nxlog = "SourceModuleName" in document or "SourceModuleType" in document
    yield signal_of(event, "windows.nxlog" if nxlog else "windows.event_json", received)


def _system(document: dict[str, Any]) -> dict[str, Any]:
    """The System element of an event tree, or None: typed as a dict since callers ask `recognises_rendered` first."""
    event = document.get("Event")
    found = event.get("System") if isinstance(event, dict) else document.get("System")
    return found if isinstance(found, dict) and ("EventID" in found or "Provider" in found) else None  # type: ignore[return-value]


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "", "-")), None)


def _name(provider: Any) -> Any:
    return provider.get("Name") or provider.get("name") if isinstance(provider, dict) else provider


def _seconds(system: dict[str, Any]) -> Any:
    created = system.get("TimeCreated")
    return created.get("SystemTime") if isinstance(created, dict) else created


def _message(holder: dict[str, Any]) -> str:
    rendering = holder.get("RenderingInfo")
    return text(rendering.get("Message")) if isinstance(rendering, dict) else text(holder.get("Message", holder.get("message")))


def _audit_word(keywords: Any) -> Any:
    """The audit keyword of a list of keywords, else the keywords as they are."""
    if isinstance(keywords, list):
        return next((word for word in keywords if isinstance(word, str) and word.lower().startswith("audit ")), None)
    return keywords


def _flat_time(document: Mapping[str, Any]) -> int:
    written = _first(document, _TIME)
    if isinstance(written, dict):
        written = written.get("SystemTime", written.get("value"))
    if isinstance(written, str) and (match := _DOTNET_DATE.search(written[:64])):
        return times.parse(int(match[1]), unit="ms")
    stamped, local = times.parse(document.get("@timestamp")), times.parse(written)
    if (
        not local
        or not stamped
        or not isinstance(written, str)
        or not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?", written.strip())
    ):
        return local or stamped
    offset = (stamped - local + _QUARTER_NS // 2) // _QUARTER_NS * _QUARTER_NS
    proves = abs(stamped - local - offset) <= _COLLECTION_GRACE_NS and abs(offset) <= _WIDEST_OFFSET_NS
    return local + offset if proves else stamped


SOURCES: Final = (
    Source("windows.evtx_json", recognises_rendered, read_rendered),
    Source(WINLOGBEAT, recognises_winlogbeat, read_winlogbeat),
    Source("windows.event_json", recognises_flat, read_flat),
)
