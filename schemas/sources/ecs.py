"""Elastic Common Schema logs, as Filebeat, Elastic Agent and the ECS loggers write them; nested or with dotted keys.

Reference: Elastic Common Schema 8 field reference; Beats exported fields ("kubernetes", "host", "cloud", "log").
Identity:  `service.name` (never `service.type`, which names the Beats module), `kubernetes.*`, `container.*`, `host.name`; `agent.name`
           only where no host is named, since a forwarder speaks for others.
Time:      `@timestamp`.
Severity:  `log.level`, else the level a JSON logger calls `level` or `severity`, else what syslog or the journal said; a request that the
           server failed, and an error that APM caught, are errors; else what the message opens with.
State:     none, unless `event.kind` is `alert` or `signal`: then firing.
Attributes that vary from line to line (`labels.*`, `url.path`, `http.*`, `error.type` …) are no part of the subject: they
lie in `details.attributes`, as evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from schemas import severity, times
from schemas.identity import identify, is_private
from schemas.redact import redact, redact_label
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status, Subject
from schemas.sources.cloud import decoded, mapping, number, sequence, text
from schemas.sources.fields import at, flat, text_at
from schemas.sources.json_log import level_of
from schemas.sources.linux_meaning import level_in
from schemas.sources.linux_programs import service_of
from schemas.sources.source import Received, Source

ECS: Final = "elastic.ecs"
IDENTITY: Final = (
    "service.name", "service.version", "service.environment", "service.node.name", "host.name", "host.hostname", "kubernetes.pod.name",
    "kubernetes.namespace", "kubernetes.container.name", "kubernetes.deployment.name", "kubernetes.statefulset.name", "kubernetes.daemonset.name",
    "kubernetes.cronjob.name", "kubernetes.job.name", "kubernetes.node.name", "container.name", "container.id", "cloud.instance.id", "cloud.region",
    "cloud.availability_zone", "cloud.account.id", "orchestrator.cluster.name", "event.dataset", "log.logger", "fields.service", "fields.env",
    "kubernetes.labels.app", "kubernetes.labels.app_kubernetes_io/name", "systemd.unit",
)  # fmt: skip
"""Fields that stay the same from line to line of one emitter."""
EVIDENCE: Final = (
    "url.path", "url.domain", "http.request.method", "http.response.status_code", "error.type", "error.code", "event.code", "event.action", "event.outcome",
    "event.reason", "destination.address", "destination.domain", "destination.ip", "destination.port", "process.name",
)  # fmt: skip
_MAX_EVIDENCE_CHARS: Final = 256


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    alert = text_at(document, "event.kind") in ("alert", "signal")
    yield Signal(
        subject=subject_of(document, Kind.ALERT if alert else Kind.LOG),
        event_time_ns=times.parse(document.get("@timestamp")),
        severity_number=severity_of(document),
        status=Status.FIRING if alert else None,
        text=redact(text_of(document), received.redaction_key),
        trace_id=text_at(document, "trace.id"),
        details=details_of(document),
    )


def subject_of(document: Mapping[str, Any], kind: Kind = Kind.LOG) -> Subject:
    named = identity_of_line(document)
    logger = named.pop("log.logger", "")
    return identify(named).subject(kind, ECS, logger or text_at(document, "event.dataset"))


def identity_of_line(document: Mapping[str, Any]) -> dict[str, str]:
    """What the fields of a document name; a syslog header's host goes before the host that received it, a unit names its service."""
    named = {path: said for path in IDENTITY if (said := text_at(document, path))}
    if sender := text_at(document, "log.syslog.hostname"):
        named["host.name"] = sender
    elif not named.keys() & {"host.name", "host.hostname"} and (
        agent := text(document.get("host")) or text_at(document, "agent.hostname", "agent.name", "beat.hostname")
    ):
        named["host.name"] = agent
    if "service.name" not in named and (service := service_of(named.get("systemd.unit", ""))):
        named["service.name"] = service
    return named


def severity_of(document: Mapping[str, Any]) -> int:
    if found := severity.from_word(text_at(document, "log.level", "level")) or severity.from_word(text(document.get("severity"))):
        return found
    code = number(at(document, "log.syslog.severity.code"))
    if code is not None and 0 <= code <= 7:
        return severity.BY_SYSLOG[int(code)]
    priority = number(text_at(document, "log.syslog.priority", "syslog.priority"))  # PRI; of the journal the severity alone
    if priority is not None and 0 <= priority < 192:
        return severity.BY_SYSLOG[int(priority) & 7]
    status = number(at(document, "http.response.status_code"))
    failed = (status is not None and 500 <= status < 600) or text_at(document, "processor.event") == "error"
    return severity.ERROR if failed else level_said(text_at(document, "message"))


def level_said(message: str) -> int:
    """The level that a shipped line tells itself: the first word of a plain one, a field of a JSON one."""
    if message.startswith("{"):
        inner = mapping(decoded(message))
        return level_of(inner, "") if inner else severity.UNSPECIFIED
    return level_in(message)


def text_of(document: Mapping[str, Any]) -> str:
    """The message; the error's own words and its stack trace follow where the message lacks them."""
    message = text_at(document, "message") or text_at(document, "event.original")
    parts = [message]
    for said in (text_at(document, "error.message"), _exception(document), text_at(document, "error.stack_trace")):
        if said and said not in message and said not in parts:
            parts.append(said)
    return "\n".join(part for part in parts if part)


def _exception(document: Mapping[str, Any]) -> str:
    """APM keeps the exceptions of an error in an array, the outermost first."""
    outermost = mapping(next(iter(sequence(at(document, "error.exception"))), None))
    return ": ".join(part for part in (text(outermost.get("type")), text(outermost.get("message"))) if part)


def details_of(document: Mapping[str, Any]) -> str:
    found = {key: value for key, value in flat(mapping(document.get("labels"))).items() if not is_private(key)}
    found |= {
        key.removeprefix("labels."): said
        for key, item in document.items()
        if key.startswith("labels.") and (said := text(item)) and not is_private(key)
    }
    found |= {path: said for path in EVIDENCE if (said := text_at(document, path))}
    if not found:
        return ""
    told = {key: redact_label(value[:_MAX_EVIDENCE_CHARS]) for key, value in found.items()}
    return orjson.dumps({"attributes": told}, option=orjson.OPT_SORT_KEYS).decode()


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict) or "@timestamp" not in document or "winlog" in document or "metricset" in document:
        return False
    known = {"ecs", "ecs.version", "agent", "beat", "log", "log.level", "service", "service.name", "kubernetes", "data_stream", "host"}
    return not document.keys().isdisjoint(known)


SOURCES: Final = (Source(ECS, _recognises, read),)
