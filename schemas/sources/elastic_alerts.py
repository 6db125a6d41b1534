"""What Elastic itself judges: Kibana's alert documents, and the checks of Heartbeat and Elastic Synthetics.

Knows:   `kibana.alert.*` of stack rules and detections (`signal.rule.*` before 8.0), `monitor.status` of Heartbeat.
Ignores: the log lines they judge (ecs.py).
Identity the document's own ECS fields, else the rule's instance; the monitor, by name, and the host of its address.
Time     @timestamp; kibana.alert.start is when the alert began.  Severity kibana.alert.severity (critical … low).
State    kibana.alert.status active fires, recovered resolves; a monitor that is down fires until it is up.
Dedup    kibana.alert.uuid, or the rule and its instance; monitor.id.
Source:  Elastic "Kibana alerts as data: field reference"; Heartbeat "Exported fields: monitor, summary".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import number, row, sentence
from schemas.sources.ecs import identity_of_line
from schemas.sources.fields import at, text_at
from schemas.sources.source import Received, Source

_KIBANA, _HEARTBEAT = "elastic.kibana_alert", "elastic.heartbeat"
_STATUS: Final = {"active": Status.FIRING, "flapping": Status.FIRING, "recovered": Status.RESOLVED, "untracked": Status.RESOLVED}


def recognises_kibana(document: Any) -> bool:
    return isinstance(document, dict) and bool(text_at(document, "kibana.alert.rule.name", "signal.rule.name", "kibana.alert.rule.uuid"))


def recognises_heartbeat(document: Any) -> bool:
    return isinstance(document, dict) and text_at(document, "monitor.status") in ("up", "down") and "@timestamp" in document


def read_kibana(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    rule = text_at(document, "kibana.alert.rule.name", "signal.rule.name")
    instance = text_at(document, "kibana.alert.instance.id")
    reason = text_at(document, "kibana.alert.reason", "message")
    rule_id = text_at(document, "kibana.alert.rule.uuid", "signal.rule.id")
    yield row(
        received, Kind.ALERT, _KIBANA, identity_of_line(document) | {"kibana.rule.name": rule, "kibana.instance.id": instance if instance != "*" else ""},
        name=rule,
        text=sentence(f"{rule}:" if rule else "", reason),
        event_time_ns=times.parse(document.get("@timestamp")),
        starts_at_ns=times.parse(at(document, "kibana.alert.start")),
        value=number(at(document, "kibana.alert.evaluation.value")),
        severity_number=severity.from_word(text_at(document, "kibana.alert.severity", "signal.rule.severity")) or severity.WARN,
        status=_STATUS.get(text_at(document, "kibana.alert.status"), Status.FIRING),
        dedup_key=f"kibana|{text_at(document, 'kibana.alert.uuid') or f'{rule_id}|{instance}'}",
        details={"threshold": text_at(document, "kibana.alert.evaluation.threshold")},
        fallback=f"alarm:{rule}",
    )  # fmt: skip


def read_heartbeat(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """Each check is a state; the agent that checks is not what is checked."""
    name, id_ = text_at(document, "monitor.name"), text_at(document, "monitor.id")
    down = text_at(document, "monitor.status") == "down"
    duration_us = number(at(document, "monitor.duration.us"))
    named = {
        "service.name": text_at(document, "service.name"),
        "monitor.name": name,
        "monitor.id": id_,
        "server.address": text_at(document, "url.domain"),
    }
    yield row(
        received, Kind.STATE, _HEARTBEAT, named,
        name=name or id_,
        text=sentence(f"{name or id_} is {'down' if down else 'up'}", text_at(document, "error.message")),
        event_time_ns=times.parse(document.get("@timestamp")),
        value=duration_us / 1e6 if duration_us is not None else None,
        unit="s" if duration_us is not None else "",
        severity_number=severity.ERROR if down else severity.INFO,
        status=Status.FIRING if down else Status.RESOLVED,
        dedup_key=f"heartbeat|{id_ or name}",
        details={"to": "down" if down else "up", "from": text_at(document, "observer.geo.name", "observer.name")},
        fallback=f"service:{name or id_}",
    )  # fmt: skip


SOURCES: Final = (Source(_KIBANA, recognises_kibana, read_kibana), Source(_HEARTBEAT, recognises_heartbeat, read_heartbeat))
