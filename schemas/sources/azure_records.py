"""Azure records as diagnostic settings and exports write them: one resource log or Activity Log event each.

Knows:   Activity Log events (Event Hub, REST, AzureActivity table), resource logs of every service, tables of Application Insights.
Ignores: batches `{records: […]}` and arrays, which intake takes apart before; metric records (azure_metrics.py); what an Activity Log event
         means (azure_activity.py) and what a service puts into its log (azure_log_texts.py).
Identity resourceId, case-folded; a pod, worker or role beside it narrows it.  Time: `time`, finer where the text has its own.
Severity level or Level (word, or .NET's number), else the text's own, else the HTTP status.
State    none: resource logs are log rows, save control-plane changes: Key Vault writes, Kubernetes writes, directory audits.
Source:  Microsoft Learn, "Azure resource logs common schema", "Activity log schema", "Azure Monitor tables".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import severity
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.azure import first_number, level, outcome_of, target, time_of
from schemas.sources.azure_activity import activity_row
from schemas.sources.azure_activity_event import CATEGORIES, Envelope
from schemas.sources.azure_changes import control_plane_change
from schemas.sources.azure_log_texts import Told, told_by
from schemas.sources.cloud import decoded, first, row, text, words
from schemas.sources.source import Received, Source

_ACTIVITY, _DIAGNOSTIC, _FLOW = "azure.activity_log", "azure.diagnostic", "azure.nsg_flow"
_TIMES: Final = (
    "time",
    "timestamp",
    "timeStamp",
    "TimeGenerated",
    "TimeGenerated [UTC]",
    "eventTimestamp",
    "EventTimeString",
    "EventTimestamp",
)
_IDS: Final = ("targetResourceID", "targetResourceId", "resourceId", "ResourceId", "resourceID", "_ResourceId", "resourceUri")
_PODS: Final = {
    "pod": "k8s.pod.name",
    "PodName": "k8s.pod.name",
    "ContainerName": "k8s.container.name",
    "containerID": "container.id",
    "ContainerAppName": "service.name",
    "AppName": "service.name",
    "InstanceName": "k8s.pod.name",
}
_COMMON: Final = words(
    "time resourceId operationName operationVersion category resultType resultSignature resultDescription durationMs callerIpAddress correlationId identity"
    " level Level location properties tenantId uri"
)
"""The fields of every resource log.  A record that has a time and a category and nothing else is one, though it names no resource."""
MAX_LITERAL_CHARS: Final = 65_536
"""Longest single-quoted properties text that is parsed as a Python literal."""


def recognises_activity(document: Any) -> bool:
    if not isinstance(document, dict) or not _keyed(document, ("operationName", "OperationNameValue", "OperationName")):
        return False
    if "eventTimestamp" in document and ("eventDataId" in document or "resourceId" in document or "caller" in document):
        return True
    if "OperationNameValue" in document and ("ActivityStatusValue" in document or "CategoryValue" in document):
        return True
    category = text(document.get("category")).lower().replace(" ", "")
    return (
        "time" in document
        and _keyed(document, _IDS)
        and (category in CATEGORIES or (not category and "correlationId" in document and "identity" in document))
    )


def recognises_diagnostic(document: Any) -> bool:
    if not isinstance(document, dict) or "metricName" in document or "publisherId" in document or _is_windows_event(document):
        return False
    if text(document.get("category", document.get("Category"))).startswith(("NetworkSecurityGroupFlow", "FlowLogFlow")):
        return True
    timed = _keyed(document, _TIMES) or _keyed(document, ("EventName",))
    resource = next((said for key in _IDS if (said := text(document.get(key)))), "")
    known = (
        "operationName" in document or "category" in document or "Category" in document or "properties" in document or "Type" in document
    )
    bare = document.keys() >= {"time", "category"} and document.keys() <= _COMMON
    placed = resource.startswith("/") and document.keys() >= {"time", "category", "operationName"}
    return bare or (timed and known and (placed or resource.lower().startswith(("/subscriptions/", "/tenants/", "/providers/"))))


def _is_windows_event(document: Mapping[str, Any]) -> bool:
    """Rows of the tables Event, SecurityEvent and WindowsEvent are events of Windows, those of Perf its counters, whatever exported them."""
    type_ = text(document.get("Type"))
    return ("EventID" in document and type_ in ("Event", "SecurityEvent", "WindowsEvent")) or (
        type_ == "Perf" and "CounterName" in document
    )


def _keyed(document: Mapping[str, Any], keys: Iterable[str]) -> bool:
    return any(key in document for key in keys)


def read_activity(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    yield activity_row(document, Envelope(source=f"{_ACTIVITY}.eventhub" if "time" in document else _ACTIVITY), received)


def read_diagnostic(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    category = first(document, "category", "Category", "Type")
    properties = properties_of(document)
    told = told_by(category, document, properties, time_of(first(document, *_TIMES)))
    change = control_plane_change(category, document, properties)
    flow = "flow" in category.lower() and ("flows" in properties or "flowRecords" in document)
    yield row(
        received,
        change.kind if change else Kind.LOG,
        _FLOW if flow else _DIAGNOSTIC,
        _attributes(document, properties, category) | told.attributes | (change.attributes if change else {}),
        name=first(document, "operationName", "OperationName") or category,
        text=told.text or _fallback_text(document, properties, category),
        event_time_ns=told.time_ns or time_of(first(document, *_TIMES)),
        severity_number=_severity(document, properties, told),
        trace_id=first(document, "operation_Id", "OperationId") if "Type" in document else "",
        dedup_key=change.dedup_key if change else "",
        change_id=change.change_id if change else "",
        value=change.value if change else None,
        details=change.details if change else None,
        fallback=f"resource:azure/{category or 'diagnostic'}",
    )


def properties_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The properties: an object, JSON in a string, or a Python literal that some forwarders leave (`{'message': …}`)."""
    said = document.get("properties", document.get("Properties"))
    found = decoded(said)
    if isinstance(found, str) and found.lstrip().startswith("{'") and len(found) <= MAX_LITERAL_CHARS:
        try:
            found = ast.literal_eval(found)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return {"message": said}
    if isinstance(found, str) and found.strip():
        return {"message": found}
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def _attributes(document: Mapping[str, Any], properties: Mapping[str, Any], category: str) -> dict[str, str]:
    named = dict.fromkeys(_PODS.values(), "")
    named |= {name: said for key, name in _PODS.items() if (said := text(properties.get(key, document.get(key))))}
    if named["k8s.container.name"].count("-") and named["container.id"] == "":
        named["k8s.container.name"] = ""
    worker = first(document, "Host", "host", "EventStampName") if "Host" in document or "host" in document else ""
    named |= {
        "azure.category": category,
        "cloud.region": first(document, "location", "resourceLocation", "Region"),
        "host.name": worker or first(document, "Computer", "RoleInstance") or first(properties, "Host", "RoleInstance"),
        "service.name": named["service.name"] or first(document, "AppRoleName"),
        "service.instance.id": first(document, "AppRoleInstance"),
        "faas.name": text(properties.get("functionName")),
        "azure.server.name": first(document, "LogicalServerName"),
    }
    return target(*(document.get(key) for key in _IDS), named=named)


def _severity(document: Mapping[str, Any], properties: Mapping[str, Any], told: Told) -> int:
    said = document.get("level", document.get("Level", document.get("SeverityLevel")))
    if "SeverityLevel" in document and said is document.get("SeverityLevel"):
        return _INSIGHTS.get(text(said), severity.UNSPECIFIED) or told.severity_number
    found = level(said) or told.severity_number or level(properties.get("level", properties.get("Level")))
    if found:
        return found
    status = first_number(*(said.get(key) for said in (document, properties) for key in _HTTP_STATUS))
    if status is not None and 100 <= status < 600:
        return severity.ERROR if status >= 500 else severity.WARN if status >= 400 else severity.INFO
    return severity.ERROR if outcome_of(document.get("resultType"), document.get("Status")) == "failed" else severity.UNSPECIFIED


_HTTP_STATUS: Final = ("statusCode", "httpStatusCode", "httpStatus", "httpStatusDetails", "ScStatus", "responseCode", "resultSignature")
_INSIGHTS: Final = {"0": severity.DEBUG, "1": severity.INFO, "2": severity.WARN, "3": severity.ERROR, "4": severity.CRITICAL}
"""SeverityLevel of Application Insights: verbose, information, warning, error, critical."""


def _fallback_text(document: Mapping[str, Any], properties: Mapping[str, Any], category: str) -> str:
    """What the record says in its own terms when it has no sentence: the operation, its result, and the scalars of its properties."""
    head = " ".join(
        part
        for part in (first(document, "operationName", "OperationName") or category, first(document, "resultType", "statusText"))
        if part
    )
    facts = ", ".join(f"{key}={said}" for key, value in properties.items() if (said := text(value)) and not _PERSONAL.search(key))
    return f"{head}: {facts}" if head and facts else head or facts


_PERSONAL: Final = re.compile(
    r"(?i)user|displayname|givenname|surname|initiatedby|caller|upn|email|principal|identity|claims|(?:client|caller)?_?ip$|ipaddress|callerip|accountname|useragent|requestid|etag"
)
"""Properties that tell of people, or nothing: left out of a text made from properties."""

SOURCES: Final = (
    Source(_ACTIVITY, recognises_activity, read_activity),
    Source(_DIAGNOSTIC, recognises_diagnostic, read_diagnostic),
)
