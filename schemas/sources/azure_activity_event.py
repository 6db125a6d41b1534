"""One event of the Azure Activity Log with its fields under one name each, whatever spelling its envelope uses.

Knows:   the spellings of alert contexts, Event Hub records, the REST answer (`{value, localizedValue}`) and the AzureActivity table.
Ignores: what an event means (azure_activity.py).
Identity resourceId in any spelling, else the scope that was authorised, else what the envelope aims at.
Source:  Microsoft Learn, "Azure Activity Log event schema", "AzureActivity" (table reference).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.redact import role_of
from schemas.sources.azure import level, target, time_of
from schemas.sources.cloud import decoded, mapping, text, words

CATEGORIES: Final = words("administrative write delete action autoscale servicehealth resourcehealth alert security recommendation policy")
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


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
class Event:
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


def event_of(raw: Mapping[str, Any], envelope: Envelope) -> Event:
    def said(*names: str) -> str:
        return next((found for name in names if (found := plain(raw.get(name)))), "")

    properties = _properties(raw)
    authorization = mapping(decoded(raw.get("authorization"))) or mapping(mapping(decoded(raw.get("identity"))).get("authorization"))
    return Event(
        operation=said("operationName", "OperationNameValue", "OperationName") or text(authorization.get("action")),
        category=said("category", "eventSource", "eventCategory", "CategoryValue", "Category", "channels") or text(properties.get("eventCategory")),
        resource=said("resourceId", "resourceUri", "ResourceId", "_ResourceId") or text(authorization.get("scope")) or (envelope.targets or ("",))[0],
        status=said("status", "resultType", "ActivityStatusValue", "ActivityStatus", "resultSignature"),
        time_ns=time_of(said("eventTimestamp", "time", "EventSubmissionTimestamp", "TimeGenerated", "submissionTimestamp")) or envelope.time_ns,
        level=level(plain(raw.get("level", raw.get("Level")))) or envelope.severity_number,
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


def plain(value: Any) -> str:
    """A field's text; the REST form wraps it as {value, localizedValue}."""
    return text(value.get("value", value.get("localizedValue"))) if isinstance(value, dict) else text(value)


def attributes_of(event: Event, envelope: Envelope, resource: str = "") -> dict[str, str]:
    named = {
        "cloud.region": event.location,
        "azure.category": event.category if not event.category.isdecimal() else "",
        "azure.operation": event.operation,
    }
    return target(resource, event.resource, *envelope.targets, named=named)


def joins(event: Event) -> str:
    """One operation on one resource, over its start, accept and end."""
    if not event.correlation:
        return f"azure.activity|{event.id}".lower() if event.id else ""
    return f"azure.activity|{event.correlation}|{event.operation}|{event.resource}".lower()


def actor_of(event: Event) -> str:
    """user or automation: by the kind of principal, else by the caller's name; a bare id is a service principal's."""
    identity = mapping(decoded(event.raw.get("identity")))
    authorization = mapping(identity.get("authorization")) or mapping(decoded(event.raw.get("authorization")))
    kind = text(mapping(authorization.get("evidence")).get("principalType")).lower()
    claims = mapping(decoded(event.raw.get("claims"))) or mapping(identity.get("claims"))
    caller = plain(event.raw.get("caller", event.raw.get("Caller"))) or text(claims.get("name"))
    if kind:
        return "user" if kind in ("user", "group") else "automation"
    if text(claims.get("idtyp")).lower() == "app" or _GUID.fullmatch(caller):
        return "automation"
    return "user" if role_of(caller) == "user" or "name" in claims else role_of(caller)


def fallback_of(envelope: Envelope, event: Event) -> str:
    return f"alarm:{envelope.rule}" if envelope.rule else f"resource:azure/{event.category or 'activity'}".lower()
