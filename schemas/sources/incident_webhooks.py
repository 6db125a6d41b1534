"""Incidents as paging tools and status pages tell them: Grafana OnCall, incident.io, Statuspage, Uptime Robot.

Reference: Grafana OnCall "Outgoing webhooks"; incident.io API "Webhooks"; Statuspage "Webhook notifications"; Uptime Robot "Web-hook alert contacts".
Identity:  OnCall the labels of the alert it groups; incident.io labels in the summary; Statuspage the component, else the page; Uptime Robot the
           monitor's host.  What a paging tool calls its service is a team, so it is no service.
Time:      of an open incident its creation, of one that ended its end, else its last update.
Severity:  OnCall the alert's label `severity`; incident.io `severity.name`; Statuspage `impact`.
State:     fires until it is resolved, closed, learned from, declined, merged or canceled; up and operational resolve.
Dedup:     the group's, incident's or monitor's id.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, row, sentence, sequence, text
from schemas.sources.fields import has_keys, labels, labels_in, text_at
from schemas.sources.prometheus import labels_hash, severity_of
from schemas.sources.source import Received, Source

_ENDED: Final = (
    "resolved",
    "closed",
    "completed",
    "postmortem",
    "up",
    "operational",
    "resolve",
    "learning",
    "declined",
    "merged",
    "canceled",
)
_NO_IDENTITY: Final = frozenset({"alertname", "severity", "__name__", "summary", "description"})
_MAX_ENTITIES: Final = 16


def read_statuspage(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    incident, component = mapping(document.get("incident")), mapping(document.get("component"))
    about = incident or component
    update = mapping(next(iter(sequence(incident.get("incident_updates"))), None)) or mapping(document.get("component_update"))
    state = (first(about, "status") or text(update.get("new_status"))).lower()
    ended, begun = state in _ENDED, times.parse(about.get("created_at")) if incident else 0
    names = [name for item in sequence(incident.get("components"))[:_MAX_ENTITIES] if (name := text(mapping(item).get("name")))]
    named = {"service.name": (names or [text(component.get("name"))])[0], "statuspage.page.id": text_at(document, "page.id")}
    changed = times.parse(incident.get("resolved_at")) or times.parse(about.get("updated_at")) or times.parse(update.get("created_at"))
    yield row(
        received, Kind.ALERT, "statuspage", named, name=first(about, "name"), fallback=f"resource:{text_at(document, 'page.id')}",
        event_time_ns=changed if ended or not begun else begun, starts_at_ns=begun, severity_number=severity.from_word(first(incident, "impact")),
        status=Status.RESOLVED if ended else Status.FIRING, text=sentence(first(about, "name"), f"is {state}:", text(update.get("body"))), dedup_key=f"statuspage:{text(about.get('id'))}",
        evidence_url=first(incident, "shortlink"),
    )  # fmt: skip


def read_uptimerobot(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    word = text(document.get("alertTypeFriendlyName"))
    up = text(document.get("alertType")) == "2" or word.lower() in _ENDED
    name, url = text(document.get("monitorFriendlyName")), text(document.get("monitorURL"))
    yield row(
        received, Kind.ALERT, "uptimerobot", {"server.address": url.partition("://")[2].partition("/")[0] or url, "uptimerobot.monitor.name": name}, name=name, fallback=f"service:{name}",
        event_time_ns=times.parse(document.get("alertDateTime")), status=Status.RESOLVED if up else Status.FIRING,
        text=sentence(name, f"is {word}:", text(document.get("alertDetails"))), dedup_key=f"uptimerobot:{text(document.get('monitorID'))}",
    )  # fmt: skip


def read_oncall(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    group, event = mapping(document.get("alert_group")), mapping(document.get("event"))
    ended = text(group.get("state")).lower() in _ENDED
    payload = mapping(document.get("alert_payload"))
    alert = mapping(next(iter(sequence(payload.get("alerts"))), None)) or payload
    named = {**labels(group.get("labels")), **labels(payload.get("commonLabels")), **labels(alert.get("labels"))}
    begun = times.parse(group.get("created_at"))
    title = text(group.get("title")) or named.get("alertname", "")
    yield row(
        received, Kind.ALERT, "grafana.oncall", {key: value for key, value in named.items() if key not in _NO_IDENTITY},
        name=named.get("alertname", "") or title, fallback=f"alarm:{title[:128]}",
        event_time_ns=times.parse(event.get("time")) or (times.parse(group.get("resolved_at")) if ended else begun), starts_at_ns=begun, severity_number=severity_of(named),
        status=Status.RESOLVED if ended else Status.FIRING, text=title, dedup_key=f"oncall:{first(group, 'id') or text(document.get('alert_group_id')) or labels_hash(named)}",
        evidence_url=text_at(group, "permalinks.web"), details={"action": text(event.get("type"))},
    )  # fmt: skip


def read_incident_io(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    event = text(document.get("event_type"))
    said = mapping(document.get(event))
    incident = mapping(said.get("incident")) or said
    if "incident_status" not in incident:
        yield Rejected("not_telemetry", f"an incident.io event {event[:64]} tells of no incident's state", "event_type", "incident.io")
        return
    named, summary = labels_in(text(incident.get("summary"))), text(incident.get("summary"))
    ended, begun = text_at(incident, "incident_status.category").lower() in _ENDED, times.parse(incident.get("created_at"))
    yield row(
        received, Kind.ALERT, "incident.io", {key: value for key, value in named.items() if key not in _NO_IDENTITY}, name=named.get("alertname", "") or event,
        fallback=f"alarm:{text(incident.get('name'))[:128]}", event_time_ns=(times.parse(incident.get("updated_at")) if ended else 0) or begun, starts_at_ns=begun,
        severity_number=severity_of(named) or severity.from_word(text_at(incident, "severity.name")), status=Status.RESOLVED if ended else Status.FIRING,
        text="\n".join(part for part in (text(incident.get("name")), summary) if part), dedup_key=f"incident.io:{text(incident.get('id'))}",
        evidence_url=text(incident.get("permalink")), details={"state": text_at(incident, "incident_status.name")},
    )  # fmt: skip


def _is_statuspage(document: Any) -> bool:
    return has_keys("page", "meta")(document) and (
        isinstance(document.get("incident"), dict) or isinstance(document.get("component"), dict)
    )


def _is_incident_io(document: Any) -> bool:
    event = document.get("event_type") if isinstance(document, dict) else None
    return isinstance(event, str) and "incident." in event and isinstance(document.get(event), dict)


SOURCES: Final = (
    Source("statuspage", _is_statuspage, read_statuspage),
    Source("uptimerobot", has_keys("monitorID", "alertType", "monitorFriendlyName"), read_uptimerobot),
    Source("grafana.oncall", has_keys("alert_group", "event"), read_oncall),
    Source("incident.io", _is_incident_io, read_incident_io),
)
