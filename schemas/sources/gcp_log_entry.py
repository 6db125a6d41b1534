"""Google Cloud Logging entries of every payload: text, JSON, proto, and requests of load balancers and Cloud Run.

Reference: Cloud Logging API, `LogEntry`, `LogSeverity`, `HttpRequest`; exports by Pub/Sub sinks, and copies with other spellings of the keys
           (`log_name`, `logname`; BigQuery's columns `protopayload_auditlog`, `requestJson`).
Identity:  resource.type with its labels (gcp_names.py), then the entry's own labels.  Audit logs: resourceName too (gcp_audit.py).
Time:      timestamp, else receiveTimestamp, else the request's own or the p_event_time of Panther's copy.  Severity: absent is DEFAULT, which says nothing: a payload's `level`
           or a status of 500 and more then does.  CRITICAL is 18, ALERT 19, EMERGENCY 21 (OpenTelemetry's mapping).
State:     none, but incidents of Service Health and alerting's own violation events, which open and close.  Dedup: logName, timestamp and insertId, which together are
           unique; of a change its operation's id, since a long operation is logged twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from schemas import times
from schemas.rejected import Rejected
from schemas.severity import CRITICAL, DEBUG, ERROR, INFO, NOTICE, WARN, from_word
from schemas.signal import Kind, Signal, Status
from schemas.sources import gcp_audit
from schemas.sources.cloud import dumped, first, mapping, number, row, text, words
from schemas.sources.gcp_names import of_autoscaler, of_labels, of_name, of_resource, of_vm
from schemas.sources.gcp_requests import lines_of, request_of, told
from schemas.sources.source import Received, Source

FORMAT: Final = "gcp.log_entry"
SEVERITY: Final = {
    "DEBUG": DEBUG, "INFO": INFO, "NOTICE": NOTICE, "WARNING": WARN, "WARN": WARN, "ERROR": ERROR, "CRITICAL": CRITICAL, "ALERT": 19, "EMERGENCY": 21,
    "100": DEBUG, "200": INFO, "300": NOTICE, "400": WARN, "500": ERROR, "600": CRITICAL, "700": 19, "800": 21,
}  # fmt: skip
_KEYS: Final = {
    key.lower(): key
    for key in words("logName insertId receiveTimestamp protoPayload jsonPayload textPayload httpRequest spanId sourceLocation")
}
SERVICE_HEALTH: Final = "servicehealth.googleapis.com/activity"
_PAYLOADS: Final = ("protoPayload", "jsonPayload", "textPayload", "httpRequest")
MESSAGES: Final = (
    "message", "msg", "MESSAGE", "log", "textPayload", "event", "statusDetails", "statusdetails", "error", "title", "description", "short_message",
)  # fmt: skip


def _entry(document: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with its keys as the API spells them; a column that a copy left empty says nothing."""
    return {_spelling(str(key)): value for key, value in document.items() if value is not None}


def _spelling(key: str) -> str:
    """`protoPayload` of `proto_payload`, and of `protopayload_auditlog` as a sink into BigQuery calls the column."""
    folded = key.lower()
    typed = folded.startswith(("protopayload_", "jsonpayload_"))
    return _KEYS.get(folded.partition("_")[0] if typed else folded.replace("_", ""), key)


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict) or len(document) > 64:
        return False
    entry = _entry(document)
    if any(key in entry for key in _PAYLOADS) and ("resource" in entry or "logName" in entry or "insertId" in entry):
        return True
    if isinstance(entry.get("protoPayload"), dict) and gcp_audit.is_audit(entry["protoPayload"]):
        return True
    return isinstance(entry.get("logName"), str) and "/logs/" in entry["logName"] and ("insertId" in entry or "resource" in entry)


def _read(document: Any, received: Received) -> Iterator[Signal]:
    entry = _entry(document)
    payload = mapping(entry.get("protoPayload"))
    yield _audit(entry, payload, received) if gcp_audit.is_audit(payload) else _log(entry, received)


def _audit(entry: Mapping[str, Any], payload: Mapping[str, Any], received: Received) -> Signal:
    operation = mapping(entry.get("operation"))
    log_name, service, method = unquote(first(entry, "logName")), first(payload, "serviceName"), gcp_audit.method_of(payload)
    kind = gcp_audit.kind_of(payload, log_name)
    of_monitored, ids = of_resource(mapping(entry.get("resource")))
    named, own = of_name(service, gcp_audit.resource_of(payload))
    change = kind in (Kind.CHANGE, Kind.SCALING)
    id_ = first(operation, "id") or first(entry, "insertId")
    return row(
        received,
        kind,
        "gcp.audit_log",
        {**of_monitored, **named, "event.name": method, "gcp.service": service},
        ids=[*own, *ids],
        fallback=f"service:{service.removesuffix('.googleapis.com') or 'gcp'}",
        name=method,
        text=gcp_audit.line_of(payload) or f"{service} audit log",
        event_time_ns=_time(entry),
        severity_number=severity_of(entry, {}) or (ERROR if gcp_audit.code_of(payload) else INFO),
        dedup_key=f"gcp.audit_log|{id_}" if change and first(operation, "id") else _key(entry),
        change_id=id_ if change else "",
        details=gcp_audit.details_of(payload, operation, received),
    )


def _log(entry: Mapping[str, Any], received: Received) -> Signal:
    payload = mapping(entry.get("jsonPayload")) or mapping(entry.get("protoPayload"))
    request = request_of(entry)
    labels = mapping(entry.get("labels"))
    log_name = unquote(first(entry, "logName"))
    named, ids = attributes_of(log_name, mapping(entry.get("resource")), labels)
    kind, status = _meaning(log_name, payload, labels)
    involved = mapping(payload.get("involvedObject"))
    own = (
        of_vm(payload)
        or (of_autoscaler(payload) if kind is Kind.SCALING else {})
        or (
            {f"k8s.{first(involved, 'kind').lower()}.name": first(involved, "name"), "k8s.namespace.name": first(involved, "namespace")}
            if involved
            else {}
        )
    )
    return row(
        received,
        kind,
        FORMAT,
        {**named, **own},
        ids=ids,
        fallback=f"resource:{log_name or 'gcp'}",
        name=first(payload, "reason") if involved else "",
        text=_text(entry, payload, request, labels),
        event_time_ns=_time(entry),
        severity_number=severity_of(entry, request),
        status=status,
        dedup_key=_of_alert(entry, labels) if status else _key(entry),
        change_id=first(mapping(payload.get("decision")), "eventId") if kind is Kind.SCALING else "",
        trace_id=first(entry, "trace").rpartition("/")[2],
        details={"outcome": "succeeded", "actor": "automation"} if kind is Kind.SCALING else None,
    )


def attributes_of(log_name: str, monitored: Mapping[str, Any], labels: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Attributes and ids of what logged: the monitored resource, and where it is silent the entry's own labels."""
    named, ids = of_resource(monitored)
    return {**of_labels(labels), **named, "log.logger": log_name.rpartition("/")[2]}, ids


def _meaning(log_name: str, payload: Mapping[str, Any], labels: Mapping[str, Any]) -> tuple[Kind, Status | None]:
    """Kubernetes events are states, the cluster autoscaler scales, alerting's violations are alerts; the rest are logs."""
    if "ViolationOpenEvent" in log_name:
        return Kind.ALERT, Status.FIRING
    if "ViolationAutoResolveEvent" in log_name or "ViolationResolve" in log_name:
        return Kind.ALERT, Status.RESOLVED
    if log_name.endswith("cluster-autoscaler-visibility"):
        scaled = bool({"decision", "resultInfo"} & payload.keys())
        return (Kind.SCALING if scaled else Kind.LOG), None
    if log_name.endswith("/events") and "involvedObject" in payload:
        return Kind.STATE, None
    if log_name.endswith(SERVICE_HEALTH) and first(payload, "category") == "INCIDENT":
        return Kind.ALERT, Status.RESOLVED if first(payload, "state") == "CLOSED" else Status.FIRING
    if "event_subtype" in payload and first(payload, "event_type").startswith("GCE_"):
        return Kind.CHANGE, None
    return Kind.LOG, None


def _of_alert(entry: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    event = first(mapping(mapping(entry.get("resource")).get("labels")), "event_id")
    if event:
        return f"gcp.service_health|{event}"
    return "|".join(
        ("gcp.violation", first(labels, "policy_display_name"), first(labels, "violation_id", "resource_display_name", "terse_message"))
    )


def _text(entry: Mapping[str, Any], payload: Mapping[str, Any], request: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    involved = mapping(payload.get("involvedObject"))
    about = (
        f"{first(payload, 'reason')} {first(involved, 'kind')}/{first(involved, 'name')}" if involved else first(payload, "event_subtype")
    )
    said = (
        text(entry.get("textPayload")) or lines_of(entry) or first(payload, *MESSAGES) or first(labels, "verbose_message", "terse_message")
    )
    asked = told(request)
    if said or asked or about:
        return ": ".join(part for part in (asked, about, said) if part)
    facts = {key: value for key, value in payload.items() if key != "@type"}
    return (dumped(facts) if facts else "") or unquote(first(entry, "logName"))


def _time(entry: Mapping[str, Any]) -> int:
    payload = mapping(entry.get("protoPayload"))
    request = mapping(mapping(payload.get("requestMetadata")).get("requestAttributes"))
    within = (request.get("time"), payload.get("timestamp"))  # copies may have lost the entry's own
    candidates = (entry.get("timestamp"), entry.get("receiveTimestamp"), *within, entry.get("p_event_time"))
    return next((ns for candidate in candidates if (ns := _parsed(candidate))), 0)


def _parsed(value: object) -> int:
    """RFC 3339, or the protobuf form of it: an object of seconds and nanos."""
    if isinstance(value, dict):
        seconds, nanos = number(value.get("seconds")), number(value.get("nanos"))
        return times.parse(int(seconds), unit="s") + int(nanos or 0) if seconds and seconds < 1e11 else 0
    return times.parse(value)


def severity_of(entry: Mapping[str, Any], request: Mapping[str, Any]) -> int:
    stated = SEVERITY.get(first(entry, "severity").upper(), 0)
    if stated:
        return stated
    payload = mapping(entry.get("jsonPayload"))
    for key in ("severity", "level", "levelname", "log.level", "loglevel"):
        if found := SEVERITY.get(first(payload, key).upper(), 0) or from_word(payload.get(key)):
            return found
    status = number(request.get("status"))
    return ERROR if status and status >= 500 else WARN if first(payload, "type") == "Warning" else 0


def _key(entry: Mapping[str, Any]) -> str:
    insert_id = first(entry, "insertId")
    return "|".join((FORMAT, first(entry, "logName"), first(entry, "timestamp"), insert_id)) if insert_id else ""


def entries_in(document: Any) -> bool:
    """True for the answer of `entries.list`."""
    return isinstance(document, dict) and isinstance(document.get("entries"), list) and _recognises(next(iter(document["entries"]), None))


def _read_list(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    for place, entry in enumerate(document["entries"]):
        if _recognises(entry):
            yield from _read(entry, received)
        else:
            yield Rejected("not_an_entry", "a log entry has a payload and names its log or resource", f"entries[{place}]", FORMAT)


SOURCES: Final = (Source(FORMAT, _recognises, _read), Source(f"{FORMAT}.list", entries_in, _read_list))
