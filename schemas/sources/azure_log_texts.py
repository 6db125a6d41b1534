"""What the services of Azure put into a resource log: the sentence, its own time and severity, and the changes among them.

Knows:   where each category keeps its text, klog and Kubernetes audit lines of AKS, writes to Key Vault and the directory.
Ignores: the common fields of a record (azure_records.py).
Source:  Microsoft Learn, "Supported resource log categories"; Kubernetes klog header and audit.k8s.io/v1 Event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas import severity, times
from schemas.redact import role_of
from schemas.signal import Kind
from schemas.sources.azure import outcome_of
from schemas.sources.cloud import decoded, first, mapping, sequence, text

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
)
_KLOG: Final = re.compile(
    r"(?P<level>[IWEF])(?P<month>\d\d)(?P<day>\d\d) (?P<clock>\d\d:\d\d:\d\d\.\d{1,9})\s+\d+ (?P<where>[\w./-]+:\d+)\] ?(?P<said>.*)",
    re.DOTALL,
)
_KLOG_LEVEL: Final = {"I": severity.INFO, "W": severity.WARN, "E": severity.ERROR, "F": severity.FATAL}
_LEADING_LEVEL: Final = re.compile(r"(?:\S+ ){0,4}?\[?(?P<word>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)\]?:?\s")
_VAULT_WRITE: Final = re.compile(
    r"(?:Secret|Key|Certificate|Vault|ManagedStorageAccount|StorageAccount)(?:\w*)(?:Set|Create|Import|Delete|Update|Rotate|Restore|Recover|Purge|Put|Patch|Renew|Enable|Disable|Merge)\w*"
)
_CONTROLLED: Final = frozenset(
    [
        "deployments",
        "statefulsets",
        "daemonsets",
        "replicasets",
        "configmaps",
        "secrets",
        "services",
        "ingresses",
        "cronjobs",
        "jobs",
        "networkpolicies",
        "horizontalpodautoscalers",
        "nodes",
        "namespaces",
    ]
)
_SQL_SEVERITY: Final = ((20, severity.FATAL), (17, severity.ERROR), (11, severity.WARN), (0, severity.INFO))
"""SQL Server's severity: from 20 the connection dies, from 17 it is the server's fault, from 11 the caller's."""


@dataclass(frozen=True, slots=True)
class Told:
    text: str = ""
    time_ns: int = 0
    severity_number: int = 0
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    kind: Kind
    details: dict[str, object]
    attributes: dict[str, str]
    change_id: str = ""
    dedup_key: str = ""


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
    if document.get("Type") and not said:
        return Told(_insights(document))
    if "CsMethod" in properties or "ScStatus" in properties:
        return Told(
            " ".join(part for part in (text(properties.get(key)) for key in ("CsMethod", "CsHost", "CsUriStem", "ScStatus")) if part)
        )
    if "flows" in properties or "flowRecords" in document:
        return Told(_flows(properties, document))
    if "error_number" in properties:
        return Told(f"SQL error {text(properties['error_number'])}: {said}", 0, _sql_severity(properties.get("severity")))
    if match := _LEADING_LEVEL.match(said[:200]):
        return Told(said, 0, severity.from_word(match["word"]))
    return Told(said, 0, severity.from_word(first(properties, "errorLevel", "logLevel", "severity")))


def control_plane_change(category: str, document: Mapping[str, Any], properties: Mapping[str, Any]) -> Change | None:
    """The change a resource log tells of, or None: most tell of none."""
    if category == "AuditEvent":
        return _vault(document, properties)
    if category == "AuditLogs":
        return _directory(document, properties)
    if "kube-audit" in category:
        return _kubernetes(mapping(decoded(first(properties, "log", "Log"))))
    return None


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


def _vault(document: Mapping[str, Any], properties: Mapping[str, Any]) -> Change | None:
    operation = first(document, "operationName")
    if not _VAULT_WRITE.fullmatch(operation):
        return None
    what = re.sub(r".*\.vault\.azure\.net/", "", text(properties.get("id")))
    outcome = outcome_of(document.get("resultType"), document.get("resultSignature"))
    return Change(
        Kind.CHANGE, {"action": operation, "to": what, "outcome": outcome, "actor": _caller(document)}, {"azure.keyvault.object": what},
        first(document, "correlationId"), f"azure.vault|{first(document, 'correlationId')}" if first(document, "correlationId") else "",
    )  # fmt: skip


def _directory(document: Mapping[str, Any], properties: Mapping[str, Any]) -> Change | None:
    verb = text(properties.get("operationType"))
    if verb.lower() not in ("add", "update", "delete", "assign", "unassign", "disable", "enable"):
        return None
    by_app = bool(mapping(mapping(properties.get("initiatedBy")).get("app")))
    outcome = outcome_of(properties.get("result"), document.get("resultType"))
    what = next((text(mapping(item).get("type")) for item in sequence(properties.get("targetResources"))), "")
    details: dict[str, object] = {
        "action": first(document, "operationName"),
        "to": what,
        "outcome": outcome,
        "actor": "automation" if by_app else "user",
    }
    return Change(Kind.CHANGE, details, {}, first(document, "correlationId"))


def _kubernetes(event: Mapping[str, Any]) -> Change | None:
    """A write to what an operator controls, by somebody who is no controller."""
    where = mapping(event.get("objectRef"))
    resource, name, verb = text(where.get("resource")), text(where.get("name")), text(event.get("verb"))
    user = text(mapping(event.get("user")).get("username"))
    if (
        verb not in ("create", "update", "patch", "delete")
        or resource not in _CONTROLLED
        or not name
        or user.startswith(("system:node", "system:kube", "system:apiserver", "aksService"))
    ):
        return None
    if text(event.get("stage")) not in ("ResponseComplete", ""):
        return None
    code = text(mapping(event.get("responseStatus")).get("code"))
    scaling = text(where.get("subresource")) == "scale" or resource == "horizontalpodautoscalers"
    attributes = {"k8s.namespace.name": text(where.get("namespace"))}
    if resource in ("deployments", "statefulsets", "daemonsets", "cronjobs", "services"):
        attributes["service.name"] = name
    details: dict[str, object] = {
        "action": f"{verb} {resource}",
        "to": name,
        "outcome": outcome_of(code),
        "actor": "automation" if user.startswith("system:") else role_of(user),
    }
    return Change(
        Kind.SCALING if scaling else Kind.CHANGE, details, attributes, text(event.get("auditID")), f"k8s.audit|{text(event.get('auditID'))}"
    )


def _caller(document: Mapping[str, Any]) -> str:
    claims = mapping(mapping(decoded(document.get("identity"))).get("claim", mapping(decoded(document.get("identity"))).get("claims")))
    person = first(claims, "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "upn", "unique_name")
    return "user" if person else "automation"
