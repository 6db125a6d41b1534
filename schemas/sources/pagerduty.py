"""PagerDuty: webhooks v3 and v2, and what is sent to it: alert and change events (Events API v2).

Reference: PagerDuty developer documentation "Webhooks Overview" (v3), "V2 Webhooks", "Send an alert event", "Send a change event".
Identity:  labels that the monitoring tool left in the title or in `client.url`; else the PagerDuty service.
Time:      `occurred_at` (v3), `created_on` (v2), `payload.timestamp` (events).
Severity:  a word in brackets in the title, else the priority (P1…P5), else urgency high or low.
State:     the incident's status: triggered and acknowledged fire, resolved resolves.
Dedup:     the incident's id; of an event its `dedup_key`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, row, sequence, text
from schemas.sources.fields import flat, labels_in, text_at
from schemas.sources.source import Received, Source

PAGERDUTY: Final = "pagerduty"
_STATUS: Final = {
    "triggered": Status.FIRING, "acknowledged": Status.FIRING, "reopened": Status.FIRING, "resolved": Status.RESOLVED,
    "trigger": Status.FIRING, "acknowledge": Status.FIRING, "unacknowledge": Status.FIRING, "resolve": Status.RESOLVED,
}  # fmt: skip
_PRIORITY: Final = {"p1": severity.FATAL, "p2": severity.ERROR, "p3": severity.WARN, "p4": severity.INFO, "p5": severity.INFO}
_BRACKETED: Final = re.compile(r"\[([A-Za-z]{2,12})\]")


def read_v3(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    event = mapping(document.get("event"))
    data = mapping(event.get("data"))
    incident = mapping(data.get("incident")) or data
    if not text(event.get("resource_type")).startswith("incident"):
        yield Rejected(
            "not_telemetry",
            f"a PagerDuty {text(event.get('resource_type'))} event tells of settings, not of a system",
            "event.resource_type",
        )
        return
    yield _row(
        incident,
        text_at(incident, "title", "summary"),
        received,
        what=text(event.get("event_type")),
        at_ns=times.parse(event.get("occurred_at")),
        url=text_at(event, "client.url"),
    )


def read_v2(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    for place, message in enumerate(sequence(document.get("messages"))):
        said = mapping(message)
        incident = mapping(said.get("incident")) or mapping(mapping(said.get("data")).get("incident"))
        if not incident:
            yield Rejected("wrong_type", "a v2 message holds an incident", f"messages[{place}]", PAGERDUTY)
            continue
        summary = text_at(incident, "title", "trigger_summary_data.subject", "trigger_summary_data.description", "description")
        yield _row(incident, summary, received, what=first(said, "event", "type"), at_ns=times.parse(said.get("created_on")), url="")


def _row(incident: dict[str, Any], title: str, received: Received, *, what: str, at_ns: int, url: str) -> Signal:
    service = text_at(incident, "service.summary", "service.name")
    named = {**_labels_of(url), **labels_in(title)}
    status = _STATUS.get(text(incident.get("status")).lower()) or _STATUS.get(what.rpartition(".")[2])
    return row(
        received, Kind.ALERT, PAGERDUTY,
        {**named, "pagerduty.service.name": service, "pagerduty.service.id": text_at(incident, "service.id")},
        name=what, fallback=f"service:{service}" if service else "", event_time_ns=at_ns, starts_at_ns=times.parse(first(incident, "created_at", "created_on")),
        severity_number=_severity(title, incident), status=status, text=title or what, dedup_key=f"pagerduty:{text(incident.get('id'))}",
        evidence_url=text(incident.get("html_url")), details={"action": what, "reason": text(incident.get("resolve_reason"))},
    )  # fmt: skip


def read_event(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    payload = mapping(document.get("payload"))
    action, source = text(document.get("event_action")), text(payload.get("source"))
    custom = flat(payload.get("custom_details"))
    component, group = text(payload.get("component")), text(payload.get("group"))
    yield row(
        received, Kind.ALERT, f"{PAGERDUTY}.event", {**custom, "host.name": source, "component": component, "group": group},
        name=text(payload.get("class")), fallback=f"alarm:{text(payload.get('summary'))[:128]}", event_time_ns=times.parse(payload.get("timestamp")),
        severity_number=severity.from_word(payload.get("severity")), status=_STATUS.get(action), text=text(payload.get("summary")),
        dedup_key=f"pagerduty:{text(document.get('dedup_key'))}" if document.get("dedup_key") else "", evidence_url=text(document.get("client_url")),
    )  # fmt: skip


def read_change(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """A change event: it has no action, key or severity."""
    payload = mapping(document.get("payload"))
    custom = flat(payload.get("custom_details"))
    summary = text(payload.get("summary"))
    yield row(
        received, Kind.CHANGE, f"{PAGERDUTY}.change", {**custom, "host.name": text(payload.get("source"))}, name="change", fallback=f"resource:{summary[:128]}",
        event_time_ns=times.parse(payload.get("timestamp")), text=summary, change_id=first(custom, "commit", "sha", "build_number", "version", "id"),
        evidence_url=next((text(mapping(link).get("href")) for link in sequence(document.get("links"))), ""), details={"action": "change", "outcome": "succeeded"},
    )  # fmt: skip


def _severity(title: str, incident: dict[str, Any]) -> int:
    for word in _BRACKETED.findall(title):
        if found := severity.from_word(word):
            return found
    priority = text_at(incident, "priority.summary", "priority.name").lower()
    if found := _PRIORITY.get(priority[:2]) or severity.from_word(priority):
        return found
    return {"high": severity.ERROR, "low": severity.WARN}.get(text(incident.get("urgency")), severity.UNSPECIFIED)


def _labels_of(url: str) -> dict[str, str]:
    """Labels that monitoring tools put in the query of their link: `label_set=pod="a", …`, `signal={"dimension_QueueName": …}`."""
    found: dict[str, str] = {}
    try:
        query = parse_qsl(urlsplit(url[:8192]).query, max_num_fields=64)
    except ValueError:
        return found
    for key, value in query:
        if key in ("label_set", "labels"):
            found |= labels_in(value)
        elif key == "signal" and value.startswith("{"):
            try:
                found |= {name.removeprefix("dimension_").removeprefix("tag_"): said for name, said in flat(orjson.loads(value)).items()}
            except orjson.JSONDecodeError:
                continue
    return found


def _is_v3(document: Any) -> bool:
    event = document.get("event") if isinstance(document, dict) else None
    return isinstance(event, dict) and "event_type" in event and "resource_type" in event


def _is_v2(document: Any) -> bool:
    messages = document.get("messages") if isinstance(document, dict) else None
    return isinstance(messages, list) and any(
        isinstance(m, dict) and (isinstance(m.get("incident"), dict) or isinstance(mapping(m.get("data")).get("incident"), dict))
        for m in messages
    )


def _is_event(document: Any) -> bool:
    if not isinstance(document, dict) or text(document.get("event_action")) not in _STATUS:
        return False
    return isinstance(document.get("payload"), dict) or "dedup_key" in document  # what acknowledges or resolves needs no payload


def _is_change(document: Any) -> bool:
    if not isinstance(document, dict) or "routing_key" not in document or "event_action" in document:
        return False
    return isinstance(document.get("payload"), dict) and "summary" in document["payload"]


SOURCES: Final = (
    Source(PAGERDUTY, _is_v3, read_v3),
    Source(f"{PAGERDUTY}.v2", _is_v2, read_v2),
    Source(f"{PAGERDUTY}.event", _is_event, read_event),
    Source(f"{PAGERDUTY}.change", _is_change, read_change),
)
