"""Events of the Azure Activity Log, in whatever envelope they come: alert context, Event Hub record, REST answer, table row.

Knows:   the categories Administrative, Autoscale, ServiceHealth, ResourceHealth, Alert, Security, Recommendation and Policy.
Ignores: the envelopes (azure_common_alert.py, azure_legacy_alerts.py, azure_records.py, azure_event_grid.py).
Identity resourceId; autoscale: the scaled resource; service health: the Azure service and the subscription.
Time     eventTimestamp, else time.  Severity level, raised by a failed outcome or lost health.
State    health fires until its status says resolved or its resource is available; operations are changes: start, accept and success
         of one operation are three records joined by correlationId.
Source:  Microsoft Learn, "Azure Activity Log event schema".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas import severity
from schemas.redact import role_of
from schemas.signal import Kind, Signal, Status
from schemas.sources.azure import joined, kind_of_operation, level, outcome_of, status_of, target, time_of
from schemas.sources.cloud import decoded, mapping, number, row, sequence, text
from schemas.sources.source import Received
from schemas.times import rfc3339

CATEGORIES: Final = frozenset(
    [
        "administrative",
        "write",
        "delete",
        "action",
        "autoscale",
        "servicehealth",
        "resourcehealth",
        "alert",
        "security",
        "recommendation",
        "policy",
    ]
)
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEALTH: Final = {
    "available": (Status.RESOLVED, severity.INFO), "unavailable": (Status.FIRING, severity.ERROR), "degraded": (Status.FIRING, severity.WARN),
    "unknown": (Status.FIRING, severity.WARN),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the envelope says beside the event."""

    source: str
    rule: str = ""
    """Name of the alert rule that passed the event on."""
    targets: tuple[str, ...] = ()
    time_ns: int = 0
    """Fallback for an event without its own time."""
    severity_number: int = 0
    description: str = ""
    origin: str = ""
    """The envelope's own dedup id."""


@dataclass(frozen=True, slots=True)
class _Event:
    """One event with its fields under one name each."""

    operation: str
    category: str
    resource: str
    status: str
    time_ns: int
    level: int
    correlation: str
    id: str
    location: str
    properties: dict[str, Any]
    raw: Mapping[str, Any]


def activity_row(raw: Mapping[str, Any], envelope: Envelope, received: Received) -> Signal:
    """The row of one event of the Activity Log."""
    event = _event(raw, envelope)
    reader = _READERS.get(_category(event), _administrative)
    return reader(event, envelope, received)


def _event(raw: Mapping[str, Any], envelope: Envelope) -> _Event:
    def said(*names: str) -> str:
        return next((found for name in names if (found := _plain(raw.get(name)))), "")

    properties = _properties(raw)
    authorization = mapping(decoded(raw.get("authorization"))) or mapping(mapping(decoded(raw.get("identity"))).get("authorization"))
    return _Event(
        operation=said("operationName", "OperationNameValue", "OperationName") or text(authorization.get("action")),
        category=said("category", "eventSource", "eventCategory", "CategoryValue", "Category", "channels") or text(properties.get("eventCategory")),
        resource=said("resourceId", "resourceUri", "ResourceId", "_ResourceId") or text(authorization.get("scope")) or (envelope.targets or ("",))[0],
        status=said("status", "resultType", "ActivityStatusValue", "ActivityStatus", "resultSignature"),
        time_ns=time_of(said("eventTimestamp", "time", "EventSubmissionTimestamp", "TimeGenerated", "submissionTimestamp")) or envelope.time_ns,
        level=level(_plain(raw.get("level", raw.get("Level")))) or envelope.severity_number,
        correlation=said("correlationId", "CorrelationId"),
        id=said("eventDataId", "EventDataId"),
        location=said("location", "resourceLocation"),
        properties=properties,
        raw=raw,
    )  # fmt: skip


def _properties(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The properties; exports to Event Hubs put those of the event one level deeper and write their names with a capital."""
    properties = mapping(decoded(raw.get("properties", raw.get("Properties"))))
    inner = mapping(decoded(properties.get("eventProperties")))
    return {**{key[:1].lower() + key[1:]: value for key, value in inner.items()}, **inner, **properties}


def _plain(value: Any) -> str:
    """A field's text; the REST form wraps it as {value, localizedValue}."""
    return text(value.get("value", value.get("localizedValue"))) if isinstance(value, dict) else text(value)


def _category(event: _Event) -> str:
    """The category in lower case; some senders write it as a number, then the operation tells."""
    operation, category = event.operation.lower(), event.category.lower().replace(" ", "")
    for word in ("servicehealth", "resourcehealth"):
        if word in operation or category == word:
            return word
    if "autoscalesettings/" in operation and "scale" in operation.rpartition("autoscalesettings/")[2]:
        return "autoscale"
    return (
        category
        if category in _READERS
        else "alert"
        if re.search(r"/alertrules/(?:activated|resolved|throttled)", operation)
        else "administrative"
    )


def _administrative(event: _Event, envelope: Envelope, received: Received) -> Signal:
    kind = kind_of_operation(event.operation)
    outcome = outcome_of(event.status, event.properties.get("statusCode"))
    message = event.properties.get("statusMessage") if outcome == "failed" else ""
    details = {"action": event.operation, "outcome": outcome, "actor": _actor(event), "alert_rule": envelope.rule}
    return row(
        received, kind, envelope.source, _attributes(event, envelope),
        name=event.operation,
        text=joined((joined((event.operation, event.status or outcome), " "), _message(message), envelope.rule)),
        event_time_ns=event.time_ns,
        severity_number=max(event.level, severity.ERROR) if outcome == "failed" else event.level,
        dedup_key=_joins(event),
        change_id=(event.correlation or event.id) if kind is not Kind.LOG else "",
        details=details if kind is not Kind.LOG else None,
        fallback=_fallback(envelope, event),
    )  # fmt: skip


def _autoscale(event: _Event, envelope: Envelope, received: Received) -> Signal:
    """`resourceName` is the scaled thing; the event's own resource is the autoscale setting."""
    said = event.properties
    before, after = text(said.get("oldInstancesCount")), text(said.get("newInstancesCount"))
    scaled = text(said.get("resourceName"))
    outcome = outcome_of(event.status)
    return row(
        received, Kind.SCALING, envelope.source, _attributes(event, envelope, scaled if scaled.startswith("/") else ""),
        name=event.operation or "autoscale",
        text=joined((text(said.get("description")) or joined((event.operation, event.status), " "), f"{before} to {after} instances" if before and after and not text(said.get("description")) else "")),
        event_time_ns=event.time_ns,
        severity_number=max(event.level, severity.ERROR) if outcome == "failed" else event.level,
        value=number(after),
        dedup_key=_joins(event),
        change_id=event.correlation or event.id,
        details={"action": event.operation, "from": before, "to": after, "outcome": outcome, "actor": "automation", "alert_rule": envelope.rule},
        fallback=_fallback(envelope, event),
    )  # fmt: skip


def _service_health(event: _Event, envelope: Envelope, received: Received) -> Signal:
    """`monitorCondition` is always Fired: stage and status tell whether the trouble is over."""
    said = event.properties
    impacted = [mapping(item) for item in sequence(decoded(said.get("impactedServices")))]
    service = text(said.get("service")) or next((text(item.get("ServiceName")) for item in impacted), "")
    region = text(said.get("region"))
    subscription = next((t for t in (*envelope.targets, event.resource) if t.lower().startswith("/subscriptions/")), "")
    attributes = {
        **target(subscription), "service.name": service, "cloud.region": region, "azure.incident.type": text(said.get("incidentType")),
        "azure.tracking_id": text(said.get("trackingId")),
    }  # fmt: skip
    title = text(said.get("title")) or text(said.get("defaultLanguageTitle"))
    status = status_of(said.get("stage"), event.status) or Status.FIRING
    started = time_of(said.get("impactStartTime"))
    ended = time_of(said.get("impactMitigationTime"))
    return row(
        received, Kind.ALERT, envelope.source, attributes,
        name=envelope.rule or text(said.get("incidentType")) or "ServiceHealth",
        text=joined((title, joined((service, region), ", "), _without_tags(text(said.get("communication")))[:1024])),
        event_time_ns=event.time_ns,
        starts_at_ns=started if started != event.time_ns else 0,
        severity_number=event.level or severity.WARN,
        status=status,
        dedup_key=f"azure.servicehealth|{text(said.get('trackingId')) or event.correlation or envelope.origin}".lower(),
        details={"stage": text(said.get("stage")), "mitigated_at": rfc3339(ended), "regions": ", ".join(text(item.get("RegionName")) for entry in impacted for item in map(mapping, sequence(entry.get("ImpactedRegions"))))},
        fallback=_fallback(envelope, event),
    )  # fmt: skip


def _resource_health(event: _Event, envelope: Envelope, received: Received) -> Signal:
    said = event.properties
    now, before = text(said.get("currentHealthStatus")), text(said.get("previousHealthStatus"))
    status, worst = _HEALTH.get(now.lower(), (status_of(event.status), severity.UNSPECIFIED))
    attributes = _attributes(event, envelope)
    return row(
        received, Kind.ALERT, envelope.source, attributes,
        name=envelope.rule or "ResourceHealth",
        text=joined((text(said.get("title")), joined((f"health {before} to {now}" if now else event.status, text(said.get("cause"))), ", "), text(said.get("details")))),
        event_time_ns=event.time_ns,
        severity_number=max(event.level, worst),
        status=status,
        dedup_key=f"azure.resourcehealth|{attributes.get('cloud.resource_id') or envelope.origin}".lower(),
        details={"from": before, "to": now, "cause": text(said.get("cause"))},
        fallback=_fallback(envelope, event),
    )  # fmt: skip


def _alert(event: _Event, envelope: Envelope, received: Received) -> Signal:
    """A metric alert that fired, as the Activity Log tells it; security alerts and recommendations likewise."""
    said = event.properties
    rule = text(said.get("RuleName")) or envelope.rule or text(said.get("alertDisplayName"))
    told = (
        text(said.get("RuleDescription"))
        or text(said.get("description"))
        or text(said.get("recommendationName"))
        or text(said.get("alertDisplayName"))
    )
    verb = event.operation.rstrip("/").split("/")[-2] if event.operation.count("/") > 1 else ""
    serious = text(said.get("severity")) or text(said.get("recommendationImpact"))
    resource = text(said.get("ResourceId")) or text(said.get("compromisedEntity"))
    return row(
        received, Kind.ALERT, envelope.source, _attributes(event, envelope, resource if resource.startswith("/") else ""),
        name=rule or event.operation,
        text=joined((rule, told or event.operation, event.status)),
        event_time_ns=event.time_ns,
        severity_number=max(event.level, severity.from_word(serious)),
        status=status_of(verb, event.status) or Status.FIRING,
        dedup_key=f"azure.activityalert|{event.resource or envelope.origin}|{rule}".lower(),
        fallback=_fallback(envelope, event),
    )  # fmt: skip


_READERS: Final = {
    "administrative": _administrative, "write": _administrative, "delete": _administrative, "action": _administrative, "autoscale": _autoscale,
    "servicehealth": _service_health, "resourcehealth": _resource_health, "alert": _alert, "security": _alert, "recommendation": _alert,
    "policy": _administrative,
}  # fmt: skip


def _attributes(event: _Event, envelope: Envelope, resource: str = "") -> dict[str, str]:
    named = {
        "cloud.region": event.location,
        "azure.category": event.category if not event.category.isdecimal() else "",
        "azure.operation": event.operation,
    }
    return target(resource, event.resource, *envelope.targets, named=named)


def _joins(event: _Event) -> str:
    """One operation on one resource, over its start, accept and end."""
    if not event.correlation:
        return f"azure.activity|{event.id}".lower() if event.id else ""
    return f"azure.activity|{event.correlation}|{event.operation}|{event.resource}".lower()


def _actor(event: _Event) -> str:
    """user or automation: by the kind of principal, else by the caller's name; a bare id is a service principal's."""
    identity = mapping(decoded(event.raw.get("identity")))
    authorization = mapping(identity.get("authorization")) or mapping(decoded(event.raw.get("authorization")))
    kind = text(mapping(authorization.get("evidence")).get("principalType")).lower()
    claims = mapping(decoded(event.raw.get("claims"))) or mapping(identity.get("claims"))
    caller = _plain(event.raw.get("caller", event.raw.get("Caller"))) or text(claims.get("name"))
    if kind:
        return "user" if kind in ("user", "group") else "automation"
    if text(claims.get("idtyp")).lower() == "app" or _GUID.fullmatch(caller):
        return "automation"
    return "user" if role_of(caller) == "user" or "name" in claims else role_of(caller)


def _message(status_message: Any) -> str:
    """The sentence in a failed operation's answer, which is JSON in a string."""
    answer = mapping(decoded(status_message))
    error = mapping(answer.get("error")) or answer
    return joined((text(error.get("code")), text(error.get("message")))) or text(status_message)


def _without_tags(html: str) -> str:
    return " ".join(re.sub(r"<[^<>]{0,512}>|&nbsp;", " ", html[:4096]).split())


def _fallback(envelope: Envelope, event: _Event) -> str:
    return f"alarm:{envelope.rule}" if envelope.rule else f"resource:azure/{event.category or 'activity'}".lower()
