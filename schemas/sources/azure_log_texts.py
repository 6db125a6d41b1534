"""What the services of Azure put into a resource log: the sentence, its own time and severity.

Knows:   where each category keeps its text, klog and Kubernetes audit lines of AKS, tables of Log Analytics.
Ignores: the common fields of a record (azure_records.py) and which records tell of a change (azure_changes.py).
Source:  Microsoft Learn, "Supported resource log categories"; Kubernetes klog header and audit.k8s.io/v1 Event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas import severity, times
from schemas.sources.azure import joined
from schemas.sources.cloud import decoded, dumped, first, mapping, sequence, text

_TEXTS: Final = (
    "message",
    "Message",
    "log",
    "Log",
    "logMessage",
    "msg",
    "Msg",
    "resultDescription",
    "ResultDescription",
    "description",
    "eventMessage",
    "error_message",
    "statusMessage",
    "operationResult",
    "SyslogMessage",
    "LogEntry",
    "EventName",
)
_KLOG: Final = re.compile(
    r"(?P<level>[IWEF])(?P<month>\d\d)(?P<day>\d\d) (?P<clock>\d\d:\d\d:\d\d\.\d{1,9})\s+\d+ (?P<where>[\w./-]+:\d+)\] ?(?P<said>.*)",
    re.DOTALL,
)
_KLOG_LEVEL: Final = {"I": severity.INFO, "W": severity.WARN, "E": severity.ERROR, "F": severity.FATAL}
_LOGFMT_LEVEL: Final = re.compile(r"(?:^|\s)(?:level|lvl|severity)=\"?(?P<word>[A-Za-z]{3,12})\b")
_LEADING_LEVEL: Final = re.compile(r"(?:\S+ ){0,4}?\[?(?P<word>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)\]?:?\s")
_SQL_SEVERITY: Final = ((20, severity.FATAL), (11, severity.ERROR), (0, severity.INFO))
"""SQL Server's severity: up to 10 a message, from 11 an error (the caller's, from 17 the server's), from 20 the end of the connection."""


@dataclass(frozen=True, slots=True)
class Told:
    text: str = ""
    time_ns: int = 0
    severity_number: int = 0
    attributes: dict[str, str] = field(default_factory=dict)


def told_by(category: str, document: Mapping[str, Any], properties: Mapping[str, Any], time_ns: int) -> Told:
    """The sentence a record holds; `time_ns` is the record's own time, from which a klog line takes its year."""
    said = first(properties, *_TEXTS) or first(document, *_TEXTS)
    if match := _KLOG.match(said):
        return _klog(match, time_ns)
    if said.startswith("{") and "kube-audit" in category:
        return _audit(mapping(decoded(said)))
    if said.startswith("{") and (inner := mapping(decoded(said))):
        return Told(
            first(inner, "message", "msg", "@m", "Message") or said,
            0,
            severity.from_word(first(inner, "level", "severity", "lvl", "Level")),
        )
    if entry := document.get("LogMessage"):
        return _entry(entry, first(document, "LogLevel"))
    if text(document.get("Type")).startswith("App") and (not said or document.get("Success") in (False, "False", "false")):
        return Told(joined((_insights(document), said)), 0, _failed_call(document))
    if "CsMethod" in properties or "ScStatus" in properties:
        return Told(
            " ".join(part for part in (text(properties.get(key)) for key in ("CsMethod", "CsHost", "CsUriStem", "ScStatus")) if part)
        )
    if "flows" in properties or "flowRecords" in document:
        return Told(_flows(properties, document))
    if "error_number" in properties:
        return Told(f"SQL error {text(properties['error_number'])}: {said}", 0, _sql_severity(properties.get("severity")))
    if match := _LEADING_LEVEL.match(said[:200]) or _LOGFMT_LEVEL.search(said[:200]):
        return Told(said, 0, severity.from_word(match["word"]))
    return Told(
        said, 0, severity.from_word(first(properties, "errorLevel", "logLevel", "severity") or first(document, "SeverityLevel", "LogLevel"))
    )


def _entry(entry: Any, level: str) -> Told:
    """ContainerLogV2: a container's line, parsed where it was JSON."""
    said = mapping(decoded(entry))
    words = first(said, "message", "msg", "Message", "@m") or (text(entry) if isinstance(entry, str) else dumped(entry))
    return Told(words, 0, severity.from_word(level) or severity.from_word(first(said, "level", "severity")))


def _klog(match: re.Match[str], near_ns: int) -> Told:
    """klog writes no year: the record's own time, a second coarse, has it."""
    year = times.rfc3339(near_ns)[:4]
    own = times.parse(f"{year}-{match['month']}-{match['day']}T{match['clock']}Z") if year else 0
    fine = own if abs(own - near_ns) < times.DAY_NS else near_ns
    return Told(match["said"].strip(), fine, _KLOG_LEVEL[match["level"]])


def _audit(event: Mapping[str, Any]) -> Told:
    """verb, object and answer; the user is left out, it may be a person."""
    where = mapping(event.get("objectRef"))
    thing = "/".join(part for part in (text(where.get(key)) for key in ("namespace", "resource", "name", "subresource")) if part)
    code = text(mapping(event.get("responseStatus")).get("code"))
    at = times.parse(event.get("stageTimestamp")) or times.parse(event.get("requestReceivedTimestamp"))
    return Told(f"{text(event.get('verb'))} {thing} {code}".strip(), at, severity.WARN if code[:1] in ("4", "5") else severity.INFO)


def _insights(document: Mapping[str, Any]) -> str:
    """Rows of Application Insights tables without a message: requests, dependencies, exceptions."""
    parts = ("Name", "OperationName", "ExceptionType", "OuterMessage", "InnermostMessage", "Target", "ResultCode")
    said = dict.fromkeys(found for key in parts if (found := text(document.get(key))))
    failed = document.get("Success") in (False, "False", "false")
    return " ".join([*said, "failed"] if failed else said)


def _failed_call(document: Mapping[str, Any]) -> int:
    """A request or dependency says only whether it succeeded and with which code."""
    if document.get("Success") not in (False, "False", "false"):
        return severity.UNSPECIFIED
    code = text(document.get("ResultCode"))
    return severity.WARN if len(code) == 3 and code.startswith("4") else severity.ERROR


def _flows(properties: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """How many flows each rule let through or refused: a tuple holds `A` or `D` (v1, v2), `D` or a state (VNet)."""
    rules = sequence(properties.get("flows")) or sequence(mapping(document.get("flowRecords")).get("flows"))
    told = []
    for rule in map(mapping, rules):
        groups = [group for key in ("flows", "flowGroups") for group in map(mapping, sequence(rule.get(key)))]
        tuples = [text(item) for group in groups for item in sequence(group.get("flowTuples"))]
        name = text(rule.get("rule")) or ", ".join(text(group.get("rule")) for group in groups if text(group.get("rule")))
        denied = sum(1 for item in tuples if ",D," in item)
        told.append(f"{name}: {len(tuples) - denied} allowed, {denied} denied")
    return "; ".join(told)


def _sql_severity(value: Any) -> int:
    said = text(value)
    return next((found for floor, found in _SQL_SEVERITY if said.isdecimal() and int(said) >= floor), severity.UNSPECIFIED)
