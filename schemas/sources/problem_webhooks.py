"""Problem notifications of monitoring suites: Dynatrace, Graylog, Splunk, Statuspage, Uptime Robot, Grafana OnCall.

Reference: Dynatrace "Webhook integration" (placeholders); Graylog "HTTP notification"; Splunk "Use a webhook alert action"; Statuspage "Webhook
           notifications"; Uptime Robot "Web-hook alert contacts"; Grafana OnCall "Outgoing webhooks".
Identity:  Dynatrace ImpactedEntities; Graylog the event's fields; Splunk the first result; Statuspage the page or component; Uptime Robot the
           monitor's host; OnCall the labels of the alert it groups.
Time:      each tool's own; Dynatrace's default body has none, its problem id holds the start.
Severity:  Dynatrace by the sort of problem; Graylog priority 1–4; Statuspage impact; OnCall the alert's label `severity`.
State:     open or firing fires; resolved, closed, completed, up resolves.  Splunk and Graylog never tell an end.
Dedup:     the problem's, event definition's, search's, incident's, monitor's or group's id.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, number, row, sentence, sequence, text
from schemas.sources.fields import labels, text_at
from schemas.sources.prometheus import labels_hash, severity_of
from schemas.sources.source import Received, Source

_DYNATRACE_SEVERITY: Final = {
    "AVAILABILITY": severity.CRITICAL, "ERROR": severity.ERROR, "PERFORMANCE": severity.ERROR, "RESOURCE_CONTENTION": severity.WARN,
    "RESOURCE": severity.WARN, "CUSTOM_ALERT": severity.WARN, "MONITORING_UNAVAILABLE": severity.WARN, "INFO": severity.INFO,
}  # fmt: skip
_DYNATRACE_KIND: Final = {
    "HOST": "host.name", "SERVICE": "service.name", "APPLICATION": "service.name", "PROCESS_GROUP": "service.name", "PROCESS_GROUP_INSTANCE": "service.name",
    "KUBERNETES_CLUSTER": "k8s.cluster.name", "CLOUD_APPLICATION": "service.name", "CLOUD_APPLICATION_NAMESPACE": "k8s.namespace.name",
}  # fmt: skip
_GRAYLOG_PRIORITY: Final = {"1": severity.INFO, "2": severity.WARN, "3": severity.ERROR, "4": severity.CRITICAL}
_ENDED: Final = ("resolved", "closed", "completed", "postmortem", "up", "ok", "operational", "resolve", "merged")
_MAX_ENTITIES: Final = 16


def read_dynatrace(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    ended = text(document.get("State")).lower() in _ENDED
    named: dict[str, str] = {}
    for place, item in enumerate(map(mapping, sequence(document.get("ImpactedEntities"))[:_MAX_ENTITIES]), start=1):
        key = _DYNATRACE_KIND.get(text(item.get("type")), "dynatrace.entity.name")
        named.setdefault(key if key not in named else f"dynatrace.entity.{place}.name", text(item.get("name")))
        named[f"dynatrace.entity.{place}.id"] = text(item.get("entity"))
    title, impacted = text(document.get("ProblemTitle")), text(document.get("ImpactedEntity"))
    known, sign, name = impacted.partition(" ")
    if not named and sign and known.upper() in _DYNATRACE_KIND:
        named[_DYNATRACE_KIND[known.upper()]] = name
    pid = text(document.get("PID"))
    begun = times.parse(pid.partition("_")[2].partition("V")[0])
    yield row(
        received, Kind.ALERT, "dynatrace", named, name=title, fallback=f"resource:{impacted}" if impacted else "", event_time_ns=0 if ended else begun, starts_at_ns=begun,
        severity_number=_DYNATRACE_SEVERITY.get(text(document.get("ProblemSeverity")), severity.UNSPECIFIED), status=Status.RESOLVED if ended else Status.FIRING,
        text=sentence(title, impacted and f"on {impacted}:", first(document, "ProblemDetailsText", "ProblemDetails")), dedup_key=f"dynatrace:{pid or text(document.get('ProblemID'))}",
        evidence_url=text(document.get("ProblemURL")), details={"impact": text(document.get("ProblemImpact")), "tags": text(document.get("Tags"))},
    )  # fmt: skip


def read_graylog(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    event, title = mapping(document.get("event")), text(document.get("event_definition_title"))
    fields, key = labels(event.get("fields")), ",".join(text(part) for part in sequence(event.get("key_tuple")))
    yield row(
        received, Kind.ALERT if event.get("alert") is not False else Kind.STATE, "graylog", fields, name=title, fallback=f"alarm:{title}",
        event_time_ns=times.parse(event.get("timestamp")), value=number(fields.get("value")), severity_number=_GRAYLOG_PRIORITY.get(text(event.get("priority")), 0),
        status=Status.FIRING if event.get("alert") is not False else None, text=sentence(text(event.get("message")) or title, text(document.get("event_definition_description"))),
        dedup_key=f"graylog:{text(document.get('event_definition_id'))}:{key}",
    )  # fmt: skip


def read_splunk(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    search, result = text(document.get("search_name")), labels(document.get("result"))
    yield row(
        received, Kind.ALERT, "splunk", {key: value for key, value in result.items() if not key.startswith("_")}, name=search, fallback=f"alarm:{search}",
        event_time_ns=times.parse(result.get("_time")), value=number(first(result, "count", "value")), severity_number=severity_of(result), status=Status.FIRING,
        text=sentence(search, result.get("_raw", "")), dedup_key=f"splunk:{text(document.get('app'))}:{search}:{first(result, 'host', 'service')}",
        evidence_url=text(document.get("results_link")),
    )  # fmt: skip


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
        received, Kind.ALERT, "grafana.oncall", {key: value for key, value in named.items() if key not in ("alertname", "severity", "__name__")},
        name=named.get("alertname", "") or title, fallback=f"alarm:{title[:128]}",
        event_time_ns=times.parse(event.get("time")) or (times.parse(group.get("resolved_at")) if ended else begun), starts_at_ns=begun, severity_number=severity_of(named),
        status=Status.RESOLVED if ended else Status.FIRING, text=title, dedup_key=f"oncall:{first(group, 'id') or text(document.get('alert_group_id')) or labels_hash(named)}",
        evidence_url=text_at(group, "permalinks.web"), details={"action": text(event.get("type"))},
    )  # fmt: skip


def _has(*keys: str) -> Any:
    wanted = frozenset(keys)
    return lambda document: isinstance(document, dict) and wanted <= document.keys()


def _is_statuspage(document: Any) -> bool:
    return _has("page", "meta")(document) and (isinstance(document.get("incident"), dict) or isinstance(document.get("component"), dict))


SOURCES: Final = (
    Source("dynatrace", _has("ProblemID", "State"), read_dynatrace),
    Source("graylog", _has("event_definition_id", "event"), read_graylog),
    Source("splunk", _has("search_name", "result", "sid"), read_splunk),
    Source("statuspage", _is_statuspage, read_statuspage),
    Source("uptimerobot", _has("monitorID", "alertType", "monitorFriendlyName"), read_uptimerobot),
    Source("grafana.oncall", _has("alert_group", "event"), read_oncall),
)
