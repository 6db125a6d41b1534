"""Problem notifications of monitoring suites: Dynatrace, Graylog, Splunk, Falco, Sensu, Robusta.

Reference: Dynatrace "Webhook integration" (placeholders) and "Davis events" (workflow HTTP action); Graylog "HTTP notification"; Splunk "Use a
           webhook alert action"; Falco "Alerts: JSON output"; Sensu Go "Events reference"; Robusta "Finding" (reporting/base.py).
Identity:  Dynatrace ImpactedEntities, of Davis the OpenTelemetry names and `dt.entity.*.name`; Graylog the event's fields; Splunk the first result;
           Falco `output_fields` and the host; Sensu the entity; Robusta the subject, its labels and its node.
Time:      each tool's own; Dynatrace's default body has none, its problem id holds the start.
Severity:  Dynatrace by the sort of problem; Graylog priority 1–4; Falco priority; Sensu the check's status.
State:     open fires, closed and resolved resolve; Sensu passing resolves, as does a Robusta finding with an end.  Splunk, Graylog and Falco
           never tell an end.  A Robusta finding about a changed configuration is a change.
Dedup:     the problem's, event definition's or search's id; Davis the event's; Robusta the fingerprint; Falco rule, host and pod; Sensu entity and check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.aliases import ENTITY_KIND
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, number, row, sentence, sequence, text
from schemas.sources.fields import has_keys, labels, text_at
from schemas.sources.kubernetes import ATTRIBUTE
from schemas.sources.prometheus import severity_of
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
_ENDED: Final = ("resolved", "closed", "inactive")
_DAVIS_NAMES: Final = {
    "dt.entity.service.name": "service.name", "dt.entity.host.name": "host.name", "dt.entity.kubernetes_cluster.name": "k8s.cluster.name",
    "dt.entity.cloud_application.name": "service.name", "dt.entity.process_group.name": "dynatrace.process_group.name",
}  # fmt: skip
_SENSU_SEVERITY: Final = {"0": severity.INFO, "1": severity.WARN, "2": severity.CRITICAL}
_ALSO: Final = ("k8s.cluster.name", "k8s.namespace.name", "cloud.region")
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


def read_davis(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """A Davis event or problem: flat keys, of a problem arrays of one."""
    said = {key: text(value[0]) if isinstance(value, list) and value else text(value) for key, value in document.items()}
    named = {key: value for key, value in said.items() if key in ENTITY_KIND or key in _ALSO}
    for key, name in _DAVIS_NAMES.items():
        if value := said.get(key, ""):
            named.setdefault(name, value)
    ended = said.get("event.status", "").lower() in _ENDED
    begun, end = times.parse(said.get("event.start")), times.parse(said.get("event.end"))
    yield row(
        received, Kind.ALERT, "dynatrace.davis", named, name=said.get("event.type", "").lower(), fallback=f"resource:{said.get('dt.source_entity', 'dynatrace')}",
        event_time_ns=(end if ended else begun) or times.parse(said.get("timestamp")), starts_at_ns=begun,
        severity_number=_DYNATRACE_SEVERITY.get(said.get("event.category", "").upper(), severity.UNSPECIFIED), status=Status.RESOLVED if ended else Status.FIRING,
        text=sentence(said.get("event.name", ""), said.get("event.description", "")), dedup_key=f"dynatrace:{said.get('display_id') or said.get('event.id', '')}",
    )  # fmt: skip


def read_falco(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    fields, rule, host = labels(document.get("output_fields")), text(document.get("rule")), text(document.get("hostname"))
    named = {key: value for key, value in fields.items() if key.startswith(("container.", "k8s."))}
    pod = named.get("k8s.pod.name", "")
    yield row(
        received, Kind.ALERT, "falco", {**named, "k8s.namespace.name": named.get("k8s.ns.name", ""), "host.name": host}, name=rule, fallback=f"alarm:{rule}",
        event_time_ns=times.parse(document.get("time")), severity_number=severity.from_word(document.get("priority")), status=Status.FIRING, text=text(document.get("output")),
        dedup_key=f"falco:{rule}@{host}/{pod}", details={"tags": [text(tag) for tag in sequence(document.get("tags"))[:16]]},
    )  # fmt: skip


def read_sensu(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    check, entity = mapping(document.get("check")), mapping(document.get("entity"))
    name, host = text_at(check, "metadata.name") or text(check.get("name")), text_at(entity, "metadata.name") or text(entity.get("name"))
    status = text(check.get("status"))
    yield row(
        received, Kind.ALERT, "sensu", {"host.name": host, "sensu.check.name": name}, name=name, fallback=f"alarm:{name}",
        event_time_ns=times.parse(check.get("executed")) or times.parse(document.get("timestamp")), severity_number=_SENSU_SEVERITY.get(status, severity.UNSPECIFIED),
        status=Status.RESOLVED if status == "0" else Status.FIRING, text=sentence(name, text(check.get("output"))), dedup_key=f"sensu:{host}:{name}",
    )  # fmt: skip


def read_robusta(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    sort, name, said = text(document.get("subject_type")).lower(), text(document.get("subject_name")), labels(document.get("labels"))
    owner = text(document.get("service_key")).split("/")
    named = {
        "k8s.node.name": text(document.get("subject_node")), "k8s.cluster.name": text(document.get("cluster")), ATTRIBUTE.get(sort, "k8s.object.name"): name,
        "k8s.namespace.name": text(document.get("subject_namespace")), "k8s.object.kind": sort,
    }  # fmt: skip
    if len(owner) == 3:
        named.setdefault(ATTRIBUTE.get(owner[1].lower(), "k8s.owner.name"), owner[2])
    changed = text(document.get("finding_type")) == "configuration_change"
    ended, begun = (
        times.parse(document.get("ends_at")),
        times.parse(document.get("starts_at")) or times.parse(document.get("creation_date")),
    )
    yield row(
        received, Kind.CHANGE if changed else Kind.ALERT, "robusta", {**{key: value for key, value in said.items() if key not in ("severity", "alertname")}, **{key: value for key, value in named.items() if value}},
        name=text(document.get("aggregation_key")) or text(document.get("title"))[:128], fallback=f"resource:{sort}/{name}", event_time_ns=ended or begun, starts_at_ns=begun if ended else 0,
        severity_number=severity_of(said) or severity.from_word(document.get("priority")), status=None if changed else Status.RESOLVED if ended or document.get("failure") is False else Status.FIRING,
        text="\n".join(part for part in (text(document.get("title")), text(document.get("description"))) if part), dedup_key=f"robusta:{first(document, 'fingerprint', 'id')}",
        change_id=text(document.get("id")) if changed else "", details={"action": "configuration", "outcome": "succeeded"} if changed else {},
    )  # fmt: skip


def read_graylog_stream(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """Graylog before 3: an alert condition of a stream, and the messages that met it."""
    result, stream = mapping(document.get("check_result")), mapping(document.get("stream"))
    condition, title = mapping(result.get("triggered_condition")), first(stream, "title", "description")
    source = text(mapping(next(iter(sequence(result.get("matching_messages"))), None)).get("source"))
    yield row(
        received, Kind.ALERT, "graylog", {"host.name": source, "graylog.stream.name": title}, name=text(condition.get("type")).lower(), fallback=f"alarm:{title}",
        event_time_ns=times.parse(result.get("triggered_at")), status=Status.FIRING if result.get("triggered") is not False else Status.RESOLVED,
        text=sentence(title, text(result.get("result_description"))), dedup_key=f"graylog:{text(stream.get('id'))}:{text(condition.get('id'))}",
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


def _is_davis(document: Any) -> bool:
    return isinstance(document, dict) and text(document.get("event.kind")).startswith("DAVIS_")


def _is_sensu(document: Any) -> bool:
    return has_keys("check", "entity")(document) and isinstance(document["check"], dict) and "status" in document["check"]


SOURCES: Final = (
    Source("dynatrace", has_keys("ProblemID", "State"), read_dynatrace),
    Source("dynatrace.davis", _is_davis, read_davis),
    Source("graylog", has_keys("event_definition_id", "event"), read_graylog),
    Source("graylog.stream", has_keys("check_result", "stream"), read_graylog_stream),
    Source("robusta", has_keys("subject_name", "subject_type", "finding_type"), read_robusta),
    Source("splunk", has_keys("search_name", "result", "sid"), read_splunk),
    Source("falco", has_keys("rule", "output", "output_fields"), read_falco),
    Source("sensu", _is_sensu, read_sensu),
)
