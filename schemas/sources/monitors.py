"""Small alert formats of monitoring and paging tools: Pingdom, Zenduty, VMware Aria (vRealize) Operations, Riemann, Server Density.

Reference: Pingdom "State change webhooks"; Zenduty "Outgoing webhooks"; vRealize Operations "REST notification plug-in"; Riemann "Events"; Server Density "Webhooks".
Identity:  Pingdom: the checked host.  Zenduty: labels listed in the summary, else its service.  VMware: resourceName.  Riemann: service and host.
Time:      Pingdom state_changed_timestamp (s); Zenduty creation_date; VMware startDate, or cancelDate once canceled (ms); Riemann time (s).
Severity:  Pingdom importance_level; Zenduty a label `severity`, else urgency; VMware criticality; Riemann its state.
State:     Pingdom DOWN and UP; Zenduty its status 1 triggered, 2 acknowledged, 3 resolved; VMware ACTIVE, CANCELED; Riemann critical, warning, ok.
Dedup:     the id of check, incident or alert; Riemann host and service.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, number, row, sentence, text
from schemas.sources.fields import has_keys, labels_in, text_at
from schemas.sources.prometheus import severity_of
from schemas.sources.source import Received, Source

_PINGDOM_STATUS: Final = {"DOWN": Status.FIRING, "FAILING": Status.FIRING, "UP": Status.RESOLVED, "SUCCESS": Status.RESOLVED}
_ZENDUTY_STATUS: Final = {"1": Status.FIRING, "2": Status.FIRING, "3": Status.RESOLVED}
_RIEMANN_SEVERITY: Final = {"critical": severity.CRITICAL, "warning": severity.WARN, "error": severity.ERROR, "ok": severity.INFO}


def read_pingdom(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    state = text(document.get("current_state")).upper()
    host, check = text_at(document, "check_params.hostname"), text(document.get("check_name"))
    yield row(
        received, Kind.ALERT, "pingdom", {"server.address": host, "pingdom.check.name": check, "pingdom.check.type": text(document.get("check_type"))},
        name=check, fallback=f"service:{host or check}",
        event_time_ns=times.parse(document.get("state_changed_timestamp")) or times.parse(document.get("state_changed_utc_time")),
        severity_number=severity.from_word(document.get("importance_level")), status=_PINGDOM_STATUS.get(state),
        text=sentence(check, f"is {state}:", first(document, "long_description"), first(document, "description")),
        dedup_key=f"pingdom:{text(document.get('check_id'))}", details={"from": text(document.get("previous_state")), "to": state},
    )  # fmt: skip


def read_zenduty(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    payload = mapping(document.get("payload")) or document
    incident = mapping(payload.get("incident"))
    summary, title, service = text(incident.get("summary")), text(incident.get("title")), text_at(incident, "service.name")
    named = {key: value for key, value in labels_in(summary).items() if key not in ("summary", "description", "alertname")}
    yield row(
        received, Kind.ALERT, "zenduty", {**named, "zenduty.service.name": service, "zenduty.service.id": text_at(incident, "service.unique_id")},
        name=labels_in(summary).get("alertname", "") or title, fallback=f"service:{service}", event_time_ns=times.parse(incident.get("creation_date")),
        severity_number=severity_of(named) or (severity.ERROR if text(incident.get("urgency")) == "1" else severity.WARN),
        status=Status.RESOLVED if text(payload.get("event_type")) == "resolved" else _ZENDUTY_STATUS.get(text(incident.get("status")), Status.FIRING),
        text="\n".join(part for part in (title, summary) if part), dedup_key=f"zenduty:{text(incident.get('unique_id'))}",
    )  # fmt: skip


def read_vmware(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    canceled = text(document.get("status")).upper() in ("CANCELED", "CANCELLED", "INACTIVE")
    name, begin = first(document, "alertName") or text(document.get("subType")), times.parse(document.get("startDate"))
    resource = text(document.get("resourceName"))
    kind = text(document.get("resourceKind"))
    yield row(
        received, Kind.ALERT, "vmware.operations",
        {"host.name": resource if kind in ("VirtualMachine", "HostSystem") else "", "vmware.resource.name": resource, "vmware.resource.id": text(document.get("resourceId")),
         "vmware.resource.kind": kind},
        name=name, fallback=f"resource:{resource}", event_time_ns=(times.parse(document.get("cancelDate")) if canceled else 0) or begin, starts_at_ns=begin,
        severity_number=severity.from_word(text(document.get("criticality")).rpartition("_")[2]), status=Status.RESOLVED if canceled else Status.FIRING,
        text=sentence(name, f"on {resource}:", text(document.get("info"))), dedup_key=f"vmware:{text(document.get('alertId'))}",
    )  # fmt: skip


def read_riemann(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    state, service, host = text(document.get("state")).lower(), text(document.get("service")), text(document.get("host"))
    failing = state in ("critical", "warning", "error", "expired")
    yield row(
        received, Kind.ALERT if failing else Kind.METRIC if document.get("metric") is not None else Kind.STATE, "riemann",
        {"service.name": service, "host.name": host}, name=service, event_time_ns=times.parse(document.get("time")),
        value=number(document.get("metric")), severity_number=_RIEMANN_SEVERITY.get(state, 0), status=Status.FIRING if failing else None,
        text=sentence(text(document.get("description")), state), dedup_key=f"riemann:{host}:{service}",
    )  # fmt: skip


def _is_zenduty(document: Any) -> bool:
    payload = document.get("payload", document) if isinstance(document, dict) else None
    return isinstance(payload, dict) and isinstance(payload.get("incident"), dict) and "unique_id" in payload["incident"]


def read_serverdensity(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """`fixed` says whether it is over; times are texts in the account's zone, so none is read."""
    item, kind, fixed = text(document.get("item_name")), text(document.get("item_type")), text(document.get("fixed")).lower() == "true"
    name = text(document.get("alert_type"))
    yield row(
        received, Kind.ALERT, "serverdensity", {"host.name" if kind.lower() == "device" else "service.name": item, "serverdensity.item.id": text(document.get("item_id"))},
        name=name, fallback=f"resource:{item}", value=number(text(document.get("trigger_value")).rstrip("% ")), status=Status.RESOLVED if fixed else Status.FIRING,
        text=sentence(name, f"of {kind} {item}", text(document.get("configured_trigger_value"))), dedup_key=f"serverdensity:{text(document.get('alert_id'))}",
    )  # fmt: skip


SOURCES: Final = (
    Source("serverdensity", has_keys("alert_id", "item_name", "fixed"), read_serverdensity),
    Source("pingdom", has_keys("check_id", "current_state", "check_name"), read_pingdom),
    Source("zenduty", _is_zenduty, read_zenduty),
    Source("vmware.operations", has_keys("alertId", "criticality", "resourceName"), read_vmware),
    Source("riemann", has_keys("host", "service", "state", "metric"), read_riemann),
)
