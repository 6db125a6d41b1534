"""Azure Event Grid events, in its own schema and as CloudEvents.

Knows:   resource operations of Microsoft.Resources, alerts and health of Microsoft.ResourceNotifications, Key Vault expiries, container
         registry pushes, web app and AKS events, storage and messaging events.
Ignores: the validation handshake's answer (a handshake is refused, it tells nothing) and custom topics' own data beyond its scalars.
Identity data.resourceUri, else the subject or source that is a resource id.  Time eventTime or time.  Dedup id with topic or source.
State    a resource operation is a change that succeeded, failed or was cancelled, as its type's ending says.
Source:  Microsoft Learn, "Azure Event Grid event schema", "CloudEvents v1.0 schema with Event Grid", "System topics".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import severity
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.azure import joined, kind_of_operation, outcome_of, status_of, target, time_of
from schemas.sources.cloud import decoded, first, mapping, row, text
from schemas.sources.source import Received, Source

_NATIVE, _CLOUD = "azure.eventgrid", "azure.eventgrid.cloudevent"
_OUTCOME: Final = re.compile(r"(?<=\w)(?P<outcome>Success|Failure|Cancel|Cancelled|Completed|Failed|Started|Succeeded)$")
_KINDS: Final = (
    (re.compile(r"(?i)microsoft\.resources\.resource(?:write|delete)\w+"), Kind.CHANGE),
    (re.compile(r"(?i)microsoft\.keyvault\.\w*(?:newversioncreated|nearexpiry|expired|accesspolicychanged)"), Kind.CHANGE),
    (re.compile(r"(?i)microsoft\.(?:containerregistry\.(?:image|chart)\w+|web\.(?:app|slot|site|backup|appserviceplan)\w*|appconfiguration\.keyvalue\w+|api(?:management)\.\w+)"), Kind.CHANGE),
    (re.compile(r"(?i)microsoft\.containerservice\.\w+|microsoft\.maintenance\.\w+|microsoft\.policyinsights\.\w+"), Kind.CHANGE),
    (re.compile(r"(?i)microsoft\.resourcenotifications\.(?:healthresources|maintenanceresources)\.\w+"), Kind.STATE),
    (re.compile(r"(?i)microsoft\.(?:devices\.device(?:connected|disconnected)|cache\.\w+|machinelearningservices\.\w+|compute\.\w+)"), Kind.STATE),
)  # fmt: skip
_ODD_SUBJECT: Final = re.compile(r"(?i)/subscriptions/[^/]+/resourcegroups/[^/]+/microsoft\..*")
"""Web apps write their subject without `/providers`; the topic has the whole id."""
_HANDSHAKE: Final = "microsoft.eventgrid.subscriptionvalidationevent"


def recognises_native(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and "eventType" in document
        and ("eventTime" in document or "topic" in document)
        and ("dataVersion" in document or "metadataVersion" in document or "topic" in document)
    )


def recognises_cloud_event(document: Any) -> bool:
    if not isinstance(document, dict) or "specversion" not in document:
        return False
    return text(document.get("type")).lower().startswith("microsoft.") or "/providers/microsoft." in text(document.get("source")).lower()


def read_native(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    yield _event(document, text(document.get("eventType")), text(document.get("topic")), document.get("eventTime"), _NATIVE, received)


def read_cloud_event(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    yield _event(document, text(document.get("type")), text(document.get("source")), document.get("time"), _CLOUD, received)


def _event(event: Mapping[str, Any], type_: str, origin: str, time: Any, source: str, received: Received) -> Signal | Rejected:
    if type_.lower() == _HANDSHAKE:
        return Rejected(
            "handshake", "A subscription's validation event tells nothing of the system; answer it where events are received.", "", source
        )
    data = mapping(decoded(event.get("data")))
    operation = text(data.get("operationName"))
    kind = _kind(type_, operation)
    resource = _resource(data, text(event.get("subject")), origin)
    match = _OUTCOME.search(type_)
    outcome = outcome_of(data.get("status"), match["outcome"] if match else "", data.get("provisioningState"))
    health = text(mapping(mapping(data.get("resourceInfo")).get("properties")).get("availabilityState"))
    status = (Status.RESOLVED if health.lower() == "available" else Status.FIRING) if health else status_of(data.get("alertStatus"))
    changed = kind in (Kind.CHANGE, Kind.SCALING)
    subject = text(event.get("subject"))
    detail = text(mapping(data.get("appEventTypeDetail", data.get("appServicePlanEventTypeDetail"))).get("action"))
    return row(
        received, kind, source, target(*resource, named={"azure.event.type": type_, "azure.operation": operation, "cloud.region": text(data.get("location")), **_parts(data)}),
        name=type_,
        text=joined((type_, joined((operation, text(data.get("api")), text(data.get("status")), health, detail), " "), subject if not operation else "")),
        event_time_ns=time_of(time),
        severity_number=severity.ERROR if outcome == "failed" or "expired" in type_.lower() else severity.WARN if "nearexpiry" in type_.lower() else severity.INFO if changed else severity.UNSPECIFIED,
        status=status,
        dedup_key=f"azure.resourcehealth|{resource[0]}".lower() if health and resource else f"azure.eventgrid|{origin}|{text(event.get('id'))}".lower(),
        change_id=(text(data.get("correlationId")) or text(event.get("id"))) if changed else "",
        details={"action": operation or type_, "outcome": outcome, "actor": _actor(data), "to": _what(data)} if changed else None,
        fallback=f"resource:azure/{type_ or 'event grid'}",
    )  # fmt: skip


def _kind(type_: str, operation: str) -> Kind:
    """By the type, but an operation that only scales or reads says so itself."""
    kind = next((kind for pattern, kind in _KINDS if pattern.fullmatch(type_)), Kind.LOG)
    if kind is Kind.CHANGE and operation and (by_operation := kind_of_operation(operation)) is Kind.SCALING:
        return by_operation
    return (
        Kind.LOG
        if type_.lower().startswith("microsoft.resources.resourceaction") and kind_of_operation(operation) is Kind.LOG
        else _action(type_, kind)
    )


def _action(type_: str, kind: Kind) -> Kind:
    return Kind.CHANGE if type_.lower().startswith("microsoft.resources.resourceaction") else kind


def _resource(data: Mapping[str, Any], subject: str, origin: str) -> list[str]:
    said = (text(data.get("resourceUri")), text(mapping(data.get("resourceInfo")).get("id")), subject, origin)
    return [id_ for id_ in said if id_.lower().startswith("/subscriptions/") and not _ODD_SUBJECT.fullmatch(id_)]


def _parts(data: Mapping[str, Any]) -> dict[str, str]:
    """The device, queue or topic inside the hub or namespace that sent the event."""
    return {
        "device.id": text(data.get("deviceId")),
        "messaging.destination.name": first(data, "queueName", "topicName"),
        "messaging.destination.subscription.name": text(data.get("subscriptionName")),
    }


def _what(data: Mapping[str, Any]) -> str:
    """What was put there: an image tag, a secret's name, a key of a configuration store, an upgraded version."""
    image = mapping(data.get("target"))
    tag = text(image.get("tag"))
    return (f"{text(image.get('repository'))}:{tag}" if tag else text(image.get("repository"))) or first(
        data, "ObjectName", "key", "latestSupportedKubernetesVersion"
    )


def _actor(data: Mapping[str, Any]) -> str:
    claims = mapping(decoded(data.get("claims")))
    evidence = mapping(mapping(decoded(data.get("authorization"))).get("evidence"))
    kind = text(evidence.get("principalType")).lower()
    if kind:
        return "user" if kind in ("user", "group") else "automation"
    return "automation" if text(claims.get("idtyp")) == "app" else role_of(text(claims.get("name")))


SOURCES: Final = (
    Source(_CLOUD, recognises_cloud_event, read_cloud_event),
    Source(_NATIVE, recognises_native, read_native),
)
