"""Alerts in a body that somebody wrote: webhook templates of Zabbix, Nagios, Kibana and Sensu, scripts, routers of alerts.

Reference: Zabbix "Webhook media type" and macros; Kibana "Webhook connector"; none is canonical, so words decide: a title, a state as monitoring
           tools call it, and a field that only alerts have.  Asked after every known format, before application logs.
Identity:  every field, label and tag under a name that the alias dictionary knows.
Time:      of a firing alert its start, of a resolved one its end, else the time of the message.
Severity:  severity, priority or level as words.
State:     firing, triggered, problem, open, down … fire; resolved, recovered, ok, closed, up … resolve.
Dedup:     fingerprint, alert, incident, problem, trigger or rule id, else title and labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import times
from schemas.identity import DEFAULT, fold
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, number, row, sequence, text, words
from schemas.sources.fields import flat, labels
from schemas.sources.prometheus import labels_hash, severity_of
from schemas.sources.source import Received, Source

ALERT_TEMPLATE: Final = "alert.template"
_SAYS_IT: Final = {
    **dict.fromkeys(words("firing alerting triggered trigger problem alarm recovering"), Status.FIRING),
    **dict.fromkeys(words("resolved resolve recovered recovery"), Status.RESOLVED),
}
"""States that only alerts have."""
_MAY_SAY_IT: Final = {
    **dict.fromkeys(words("open opened active down new critical warning failing failed acknowledged unhealthy"), Status.FIRING),
    **dict.fromkeys(words("ok closed close up normal inactive passing clear cleared healthy success"), Status.RESOLVED),
}
"""States that other things have too."""
_STATE: Final = (
    "status", "state", "alert_status", "alertStatus", "alert_state", "alertState", "event_status", "eventStatus", "current_state", "new_state",
    "transition", "message_type", "NOTIFICATIONTYPE", "event_type", "action", "event", "type",
)  # fmt: skip
_TITLE: Final = (
    "title", "alertname", "alert_name", "alertName", "event_name", "eventName", "rule_name", "ruleName", "monitor_name", "monitorName", "check_name",
    "problem", "trigger_name", "alert", "subject", "summary", "name", "entity_display_name", "entity_id", "SERVICEDESC", "service",
)  # fmt: skip
_WORDS: Final = (
    "message",
    "description",
    "summary",
    "reason",
    "details",
    "text",
    "body",
    "output",
    "state_message",
    "SERVICEOUTPUT",
    "HOSTOUTPUT",
    "cause",
)
_BEGIN: Final = (
    "startsAt",
    "started_at",
    "startedAt",
    "start_time",
    "startTime",
    "triggered_at",
    "triggeredAt",
    "opened_at",
    "activeAt",
    "fired_at",
    "created_at",
    "createdAt",
)
_END: Final = (
    "endsAt",
    "ended_at",
    "endedAt",
    "end_time",
    "endTime",
    "resolved_at",
    "resolvedAt",
    "closed_at",
    "closedAt",
    "recovered_at",
    "updated_at",
    "updatedAt",
)
_AT: Final = (
    "timestamp",
    "time",
    "date",
    "datetime",
    "event_time",
    "eventTime",
    "occurred_at",
    "updated_at",
    "updatedAt",
    "@timestamp",
    "ts",
)
_KEY: Final = (
    "fingerprint", "dedup_key", "dedupKey", "alias", "alert_id", "alertId", "incident_id", "incidentId", "problem_id", "trigger_id", "rule_id", "ruleId",
    "monitor_id", "check_id", "entity_id", "id", "event_id",
)  # fmt: skip
_ALERTS_ONLY: Final = re.compile(r"alert|trigger|incident|problem|monitor|fingerprint|runbook")
_STATE_WORDS: Final = ("SERVICESTATE", "HOSTSTATE", "state", "message_type")
"""Where Nagios and its kin say how bad it is: CRITICAL, WARNING."""
_LABELS: Final = ("labels", "tags", "dimensions", "commonLabels", "attributes", "context", "host", "resource", "entity")


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    status, title = _state(document), first(document, *_TITLE)
    named = _named(document)
    begun = next((at for key in _BEGIN if (at := times.parse(document.get(key)))), 0)
    ended = next((at for key in _END if (at := times.parse(document.get(key)))), 0) if status is Status.RESOLVED else 0
    said = dict.fromkeys([title, *(text(document.get(key)) for key in _WORDS)])
    yield row(
        received, Kind.ALERT, ALERT_TEMPLATE, named, name=title[:256], fallback=f"alarm:{title[:128]}",
        event_time_ns=ended or (begun if status is Status.FIRING else 0) or _at(document) or begun, starts_at_ns=begun,
        value=number(first(document, "value", "current_value", "currentValue", "metric_value")), severity_number=severity_of(_spoken(document)), status=status,
        text="\n".join(part for part in said if part), dedup_key=f"alert:{first(document, *_KEY) or labels_hash({**named, 'title': title})}",
        evidence_url=first(document, "url", "link", "generatorURL", "alert_url"), details={"threshold": first(document, "threshold"), "runbook": first(document, "runbook_url", "runbook")},
    )  # fmt: skip


def _state(document: Mapping[str, Any]) -> Status | None:
    """The first field that says a state; words that other things have too count only beside a field that only alerts have."""
    said = [text(document.get(key)).lower().rpartition(".")[2] for key in _STATE]
    sure = next((_SAYS_IT[word] for word in said if word in _SAYS_IT), None)
    if sure or not any(_ALERTS_ONLY.search(key.lower()) for key in document):
        return sure
    return next((_MAY_SAY_IT[word] for word in said if word in _MAY_SAY_IT), None)


def _named(document: Mapping[str, Any]) -> dict[str, str]:
    found = {key: value for key, value in labels(document).items() if fold(key) in DEFAULT.names}
    for key in _LABELS:
        found |= {
            name: value for name, value in flat(document.get(key)).items() if (name and key != "context") or fold(name) in DEFAULT.names
        }
        for item in sequence(document.get(key))[:64]:
            name, sign, value = text(item).partition(":" if ":" in text(item) else "=")
            found |= {name: value} if sign and name else {}
    return {key: value for key, value in found.items() if key not in ("severity", "alertname", "priority", "level")}


def _spoken(document: Mapping[str, Any]) -> dict[str, str]:
    """Where an alert may say how bad it is, under the three words that are looked for."""
    inner = labels(document.get("labels"))
    return {
        word: said
        for word in ("severity", "priority", "level")
        if (
            said := first(document, word, f"event_{word}", f"alert_{word}", word.capitalize())
            or inner.get(word, "")
            or (first(document, *_STATE_WORDS) if word == "level" else "")
        )
    }


def _at(document: Mapping[str, Any]) -> int:
    if "event_date" in document and "event_time" in document:  # Zabbix' macros {EVENT.DATE} and {EVENT.TIME}
        return times.parse(f"{first(document, 'event_date').replace('.', '-')} {first(document, 'event_time')}")
    return next((at for key in _AT if (at := times.parse(document.get(key)))), 0)


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict) or document.keys().isdisjoint(_STATE):
        return False
    return any(isinstance(document.get(key), str) for key in _TITLE) and _state(document) is not None


SOURCES: Final = (Source(ALERT_TEMPLATE, _recognises, read),)
