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
from typing import Any, Final

from schemas import severity
from schemas.signal import Kind, Signal, Status
from schemas.sources.azure import joined, kind_of_operation, outcome_of, status_of, target, time_of
from schemas.sources.azure_activity_event import Envelope, Event, actor_of, attributes_of, event_of, fallback_of, joins
from schemas.sources.cloud import decoded, first, mapping, number, row, sentence, sequence, text
from schemas.sources.source import Received
from schemas.times import rfc3339

_HEALTH: Final = {
    "available": (Status.RESOLVED, severity.INFO), "unavailable": (Status.FIRING, severity.ERROR), "degraded": (Status.FIRING, severity.WARN),
    "unknown": (Status.FIRING, severity.WARN),
}  # fmt: skip


def activity_row(raw: Mapping[str, Any], envelope: Envelope, received: Received) -> Signal:
    """The row of one event of the Activity Log."""
    event = event_of(raw, envelope)
    reader = _READERS.get(_category(event), _administrative)
    return reader(event, envelope, received)


def _category(event: Event) -> str:
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


def _administrative(event: Event, envelope: Envelope, received: Received) -> Signal:
    kind = kind_of_operation(event.operation)
    outcome = outcome_of(event.status, event.properties.get("statusCode"))
    message = event.properties.get("statusMessage") if outcome == "failed" else ""
    details = {"action": event.operation, "outcome": outcome, "actor": actor_of(event), "alert_rule": envelope.rule}
    return row(
        received, kind, envelope.source, attributes_of(event, envelope),
        name=event.operation,
        text=joined((joined((event.operation, event.status or outcome), " "), _message(message), envelope.rule)),
        event_time_ns=event.time_ns,
        severity_number=max(event.level, severity.ERROR) if outcome == "failed" else event.level,
        dedup_key=joins(event),
        change_id=(event.correlation or event.id) if kind is not Kind.LOG else "",
        details=details if kind is not Kind.LOG else None,
        fallback=fallback_of(envelope, event),
    )  # fmt: skip


def _autoscale(event: Event, envelope: Envelope, received: Received) -> Signal:
    """`resourceName` is the scaled thing; the event's own resource is the autoscale setting."""
    said = event.properties
    before, after = text(said.get("oldInstancesCount")), text(said.get("newInstancesCount"))
    scaled = text(said.get("resourceName"))
    outcome = outcome_of(event.status)
    return row(
        received, Kind.SCALING, envelope.source, attributes_of(event, envelope, scaled if scaled.startswith("/") else ""),
        name=event.operation or "autoscale",
        text=joined((text(said.get("description")) or joined((event.operation, event.status), " "), f"{before} to {after} instances" if before and after and not text(said.get("description")) else "")),
        event_time_ns=event.time_ns,
        severity_number=max(event.level, severity.ERROR) if outcome == "failed" else event.level,
        value=number(after),
        dedup_key=joins(event),
        change_id=event.correlation or event.id,
        details={"action": event.operation, "from": before, "to": after, "outcome": outcome, "actor": "automation", "alert_rule": envelope.rule},
        fallback=fallback_of(envelope, event),
    )  # fmt: skip


def _service_health(event: Event, envelope: Envelope, received: Received) -> Signal:
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
        fallback=fallback_of(envelope, event),
    )  # fmt: skip


def _resource_health(event: Event, envelope: Envelope, received: Received) -> Signal:
    said = event.properties
    now, before = text(said.get("currentHealthStatus")), text(said.get("previousHealthStatus"))
    status, worst = _HEALTH.get(now.lower(), (status_of(event.status), severity.UNSPECIFIED))
    attributes = attributes_of(event, envelope)
    return row(
        received, Kind.ALERT, envelope.source, attributes,
        name=envelope.rule or "ResourceHealth",
        text=joined((text(said.get("title")), joined((f"health {before} to {now}" if now else event.status, text(said.get("cause"))), ", "), text(said.get("details")))),
        event_time_ns=event.time_ns,
        severity_number=max(event.level, worst),
        status=status,
        dedup_key=f"azure.resourcehealth|{attributes.get('cloud.resource_id') or envelope.origin}".lower(),
        details={"from": before, "to": now, "cause": text(said.get("cause"))},
        fallback=fallback_of(envelope, event),
    )  # fmt: skip


def _alert(event: Event, envelope: Envelope, received: Received) -> Signal:
    """A metric alert that fired, as the Activity Log tells it; security alerts and recommendations likewise."""
    said = event.properties
    rule = text(said.get("RuleName")) or envelope.rule or text(said.get("alertDisplayName"))
    told = sentence(
        first(said, "RuleDescription", "description", "recommendationName", "alertDisplayName"), text(event.raw.get("resultDescription"))
    )
    segments = event.operation.rstrip("/").split("/")
    verb = segments[-2] if len(segments) > 2 else ""
    serious = text(said.get("severity")) or text(said.get("recommendationImpact"))
    resource = text(said.get("ResourceId")) or text(said.get("compromisedEntity"))
    return row(
        received, Kind.ALERT, envelope.source,
        attributes_of(event, envelope, resource if resource.startswith("/") else "") | ({"azure.alert_rule.name": rule} if rule else {}),
        name=rule or event.operation,
        text=joined((rule, told or event.operation, event.status)),
        event_time_ns=event.time_ns,
        severity_number=max(event.level, severity.from_word(serious)),
        status=status_of(verb, event.status) or Status.FIRING,
        dedup_key=f"azure.activityalert|{event.resource or envelope.origin}|{rule}".lower(),
        fallback=fallback_of(envelope, event),
    )  # fmt: skip


_READERS: Final = {
    "administrative": _administrative, "write": _administrative, "delete": _administrative, "action": _administrative, "autoscale": _autoscale,
    "servicehealth": _service_health, "resourcehealth": _resource_health, "alert": _alert, "security": _alert, "recommendation": _alert,
    "policy": _administrative,
}  # fmt: skip


def _message(status_message: Any) -> str:
    """The sentence in a failed operation's answer, which is JSON in a string."""
    answer = mapping(decoded(status_message))
    error = mapping(answer.get("error")) or answer
    return joined((text(error.get("code")), text(error.get("message")))) or text(status_message)


def _without_tags(html: str) -> str:
    return " ".join(re.sub(r"<[^<>]{0,512}>|&nbsp;", " ", html[:4096]).split())
