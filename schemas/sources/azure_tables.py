"""Rows of Log Analytics tables, as data export and queries write them.

Knows:   AzureDiagnostics with its typed column names (`httpStatus_d`), tables of one service (`AGWAccessLogs`), InsightsMetrics, AppMetrics,
         KubeEvents, Syslog, the audit tables of AKS.
Ignores: AzureActivity (azure_activity.py), AzureMetrics (azure_metrics.py), Application Insights' other tables (azure_log_texts.py), tables of
         Windows events and counters (windows_event_json.py, windows_perf.py).
Identity _ResourceId, narrowed by Computer, pod or the object an event is about.  Time TimeGenerated.
Severity as of the resource log that the row was; KubeEventType Warning is a warning.  State none.
Source:  Microsoft Learn, "Azure Monitor Logs reference: tables", "Log Analytics workspace data export".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import severity
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.azure import first_number, target, time_of
from schemas.sources.azure_records import read_diagnostic
from schemas.sources.cloud import decoded, dumped, first, mapping, row, text, words
from schemas.sources.fields import labels
from schemas.sources.source import Received, Source

_TABLE: Final = "azure.log_analytics"
_TYPED: Final = re.compile(r"(?P<name>\w+)_[sdgbt]")
"""AzureDiagnostics keeps each property in a column of its type: text, number, GUID, boolean, time."""
_COMMON: Final = words(
    "TenantId SourceSystem MG ManagementGroupName Type _ResourceId ResourceId _SubscriptionId SubscriptionId TimeGenerated _ItemId _BilledSize"
)
_METRICS: Final = {
    "InsightsMetrics": ("Name", ("Val",)),
    "AppMetrics": ("Name", ("Sum", "Max")),
    "AppPerformanceCounters": ("Counter", ("Value",)),
}
"""Table → the column that names its metric, and those that hold the value."""
_OTHERS: Final = words("AzureActivity AzureMetrics Perf Event SecurityEvent WindowsEvent")


def recognises(document: Any) -> bool:
    if not isinstance(document, dict) or "TimeGenerated" not in document:
        return False
    type_ = text(document.get("Type"))
    known = type_ in _METRICS or not type_.startswith("App")
    return (
        bool(type_) and known and type_ not in _OTHERS and ("_ResourceId" in document or "TenantId" in document or "Computer" in document)
    )


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    type_ = text(document.get("Type"))
    if type_ in _METRICS:
        yield _metric(document, type_, received)
    elif type_ == "KubeEvents":
        yield _kubernetes_event(document, received)
    else:
        yield from read_diagnostic(_as_record(document, type_), received)


def _as_record(document: Mapping[str, Any], type_: str) -> dict[str, Any]:
    """The resource log that the row was: columns of the table are its properties, under the names they had."""
    properties = {_property(key): value for key, value in document.items() if key not in _COMMON and value not in (None, "")}
    category = first(document, "Category") or type_
    if type_.startswith("AKSAudit"):
        category, properties["log"] = "kube-audit", _audit(properties)
    return {
        **document,
        "time": document.get("TimeGenerated"),
        "resourceId": first(document, "_ResourceId", "ResourceId"),
        "category": category,
        "operationName": first(document, "OperationName"),
        "resultType": first(document, "ResultType", "Status"),
        "correlationId": first(document, "CorrelationId"),
        "properties": properties,
    }


def _property(column: str) -> str:
    """`httpStatus_d` and `HttpStatus` as `httpStatus`."""
    name = match["name"] if (match := _TYPED.fullmatch(column)) else column
    return name[:1].lower() + name[1:]


def _audit(properties: Mapping[str, Any]) -> str:
    """The audit event that AKS spread over columns."""
    event = {key: decoded(properties.get(key)) for key in ("verb", "stage", "user", "objectRef", "responseStatus")}
    return dumped({**event, "auditID": text(properties.get("auditId")), "stageTimestamp": text(properties.get("stageReceivedTime"))})


def _metric(document: Mapping[str, Any], type_: str, received: Received) -> Signal:
    column, values = _METRICS[type_]
    name = text(document.get(column))
    tags = {key: said for key, said in labels(mapping(decoded(document.get("Tags")))).items() if "/" not in key}
    named = {
        "host.name": first(document, "Computer"),
        "service.name": first(document, "AppRoleName"),
        "azure.namespace": first(document, "Namespace", "Category"),
        **tags,
    }
    return row(
        received, Kind.METRIC, _TABLE, target(document.get("_ResourceId"), named=named),
        name=name,
        text=f"{first(document, 'Namespace', 'Category')} {name}".strip(),
        event_time_ns=time_of(document.get("TimeGenerated")),
        value=first_number(*(document.get(key) for key in values)),
        fallback=f"resource:azure/{name}",
    )  # fmt: skip


def _kubernetes_event(document: Mapping[str, Any], received: Received) -> Signal:
    kind, name = text(document.get("ObjectKind")).lower(), text(document.get("Name"))
    named = {
        f"k8s.{kind}.name" if kind else "k8s.object.name": name,
        "k8s.namespace.name": text(document.get("Namespace")),
        "k8s.cluster.name": text(document.get("ClusterName")),
    }
    return row(
        received, Kind.LOG, _TABLE, target(document.get("_ResourceId"), named=named),
        name=text(document.get("Reason")),
        text=" ".join(part for part in (text(document.get("Reason")), text(document.get("Message"))) if part),
        event_time_ns=time_of(document.get("LastSeen")) or time_of(document.get("TimeGenerated")),
        severity_number=severity.WARN if text(document.get("KubeEventType")) == "Warning" else severity.INFO,
        details={"count": first_number(document.get("Count"))},
        fallback=f"resource:kubernetes/{name}",
    )  # fmt: skip


SOURCES: Final = (Source(_TABLE, recognises, read),)
