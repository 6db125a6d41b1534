"""Alerts as resources of Azure's REST API: Alerts Management, and security alerts of Defender for Cloud.

Knows:   `Microsoft.AlertsManagement/alerts` and `Microsoft.Security/locations/alerts`, alone; pages of them are taken apart before.
Ignores: the same alerts as action groups send them (azure_common_alert.py).
Identity the target resource, or those that resourceIdentifiers name.  Time when it was resolved, else when it started.
Severity Sev0–Sev4; of security alerts High, Medium, Low, Informational.
State    monitorCondition; of security alerts status Active, InProgress, Resolved, Dismissed.  Dedup the alert's id.
Source:  Microsoft Learn, "Alerts - Get All" (Alerts Management), "Alerts - List" (Defender for Cloud).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from schemas import severity
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.azure import joined, severity_of, status_of, target, time_of
from schemas.sources.cloud import first, mapping, row, sequence, text
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

_MANAGED, _SECURITY = "azure.alerts_management", "azure.security_alert"


def recognises_managed(document: Any) -> bool:
    return isinstance(document, dict) and bool(mapping(mapping(document.get("properties")).get("essentials")))


def recognises_security(document: Any) -> bool:
    properties = mapping(document.get("properties")) if isinstance(document, dict) else {}
    return "alertDisplayName" in properties and ("systemAlertId" in properties or "alertType" in properties)


def read_managed(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    said = mapping(mapping(document["properties"]).get("essentials"))
    status = status_of(said.get("monitorCondition"))
    started = time_of(said.get("startDateTime"))
    over = time_of(said.get("monitorConditionResolvedDateTime")) if status is Status.RESOLVED else 0
    rule = text(said.get("alertRule")).rpartition("/")[2] or text(document.get("name"))
    yield row(
        received, Kind.ALERT, _MANAGED, target(said.get("targetResource"), named={"azure.target.name": text(said.get("targetResourceName"))}),
        name=rule,
        text=joined((text(document.get("name")) or rule, text(said.get("description")))),
        event_time_ns=over or started,
        starts_at_ns=started if over else 0,
        severity_number=severity_of(said.get("severity")),
        status=status,
        dedup_key=f"azure.alert|{first(said, 'sourceCreatedId') or text(document.get('id'))}".lower(),
        fallback=f"alarm:{rule or 'azure'}",
    )  # fmt: skip


def read_security(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    said = mapping(document["properties"])
    ids = [text_at(item, "azureResourceId") for item in sequence(said.get("resourceIdentifiers"))]
    over = text(said.get("status")).lower() in ("resolved", "dismissed")
    name = text(said.get("alertDisplayName"))
    yield row(
        received, Kind.ALERT, _SECURITY, target(*ids, named={"host.name": "" if any(ids) else text(said.get("compromisedEntity"))}),
        name=name,
        text=joined((name, text(said.get("description")))),
        event_time_ns=time_of(said.get("timeGeneratedUtc")) or time_of(said.get("startTimeUtc")),
        severity_number=severity.from_word(said.get("severity")),
        status=Status.RESOLVED if over else Status.FIRING,
        dedup_key=f"azure.security|{first(said, 'systemAlertId') or text(document.get('name'))}".lower(),
        evidence_url=text(said.get("alertUri")),
        details={"alert_type": text(said.get("alertType"))},
        fallback=f"alarm:{name}",
    )  # fmt: skip


SOURCES: Final = (Source(_MANAGED, recognises_managed, read_managed), Source(_SECURITY, recognises_security, read_security))
