"""Findings and notices of AWS: Health, GuardDuty, Security Hub, Inspector, Macie, Access Analyzer, DevOps Guru.

Reference: AWS Health user guide, "EventBridge schema"; GuardDuty, "finding format"; Security Hub, "ASFF"; Inspector, "EventBridge schema".
Identity:  affected entities or resources; the account when a notice is about all of it.
Time:      GuardDuty eventLastSeen, then updatedAt; the others updatedAt, lastObservedAt; Health the notice's own time (startTime is when it
           begins, perhaps in days) kept as starts_at.
Severity:  GuardDuty 1..8.9 (below 4 low, below 7 medium), ASFF label or normalised 0..100, Inspector and Macie words; Health by category.
State:     open until closed, archived or resolved.  Dedup: the finding's id; Health's eventArn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import times
from schemas.severity import CRITICAL, ERROR, INFO, WARN, from_word
from schemas.signal import Kind, Signal, Status
from schemas.sources.aws_event import Event, line
from schemas.sources.aws_names import arns_in, hosts, instances_in, names_in, split_ids
from schemas.sources.aws_states import alert_status
from schemas.sources.cloud import first, mapping, number, row, sequence, text
from schemas.sources.source import Received

_HEALTH: Final = {"issue": (Kind.ALERT, ERROR), "scheduledChange": (Kind.CHANGE, WARN), "accountNotification": (Kind.LOG, INFO)}
_SEEN: Final = ("eventLastSeen", "updatedAt", "UpdatedAt", "LastObservedAt", "lastObservedAt", "createdAt", "CreatedAt", "eventFirstSeen")


def read_health(event: Event, received: Received) -> Iterator[Signal]:
    detail = event.detail
    kind, severity = _HEALTH.get(first(detail, "eventTypeCategory"), (Kind.ALERT, WARN))
    affected = [text(mapping(entity).get("entityValue")) for entity in sequence(detail.get("affectedEntities"))]
    told = next((first(mapping(entry), "latestDescription") for entry in sequence(detail.get("eventDescription"))), "")
    closed = first(detail, "statusCode") == "closed"
    ids = list(dict.fromkeys([*event.resources, *affected]))
    instances = [id_ for id_ in ids if id_.startswith("i-")]
    begins, ends = times.parse(detail.get("startTime")), times.parse(detail.get("endTime"))
    yield row(
        received,
        kind,
        "aws.health",
        {
            **hosts(instances),
            **event.place,
            "event.name": first(detail, "eventTypeCode"),
            "aws.service": first(detail, "service"),
            "cloud.region": first(detail, "eventRegion") or event.region,
        },
        ids=[id_ for id_ in ids if id_ not in instances],
        fallback=f"service:{first(detail, 'service') or 'health'}",
        name=first(detail, "eventTypeCode") or "health.event",
        text=line(f"AWS Health {first(detail, 'service')} {first(detail, 'eventTypeCode')}", first(detail, "statusCode"), told),
        event_time_ns=event.time_ns or times.parse(detail.get("lastUpdatedTime")) or begins,
        starts_at_ns=begins,
        severity_number=severity,
        status=(Status.RESOLVED if closed else Status.FIRING) if kind is Kind.ALERT else None,
        dedup_key=f"aws.health|{first(detail, 'eventArn')}" if first(detail, "eventArn") else "",
        change_id=first(detail, "eventArn") if kind is Kind.CHANGE else "",
        details={
            "action": first(detail, "eventTypeCode"), "outcome": first(detail, "statusCode") or "announced", "actor": "provider",
            "scope": first(detail, "eventScopeCode"), "ends_at_ns": ends or None,
        },
    )  # fmt: skip


def read_finding(event: Event, received: Received) -> Iterator[Signal]:
    """GuardDuty and its like have one finding in the detail, Security Hub a list of them."""
    for finding in sequence(event.detail.get("findings")) or [event.detail]:
        yield _finding(mapping(finding), event, received)


def _finding(finding: Mapping[str, Any], event: Event, received: Received) -> Signal:
    service = mapping(finding.get("service"))
    resources = finding.get("Resources") or finding.get("resources") or finding.get("resource")
    resources = resources or finding.get("resourcesAffected") or [finding.get("resourceCollection"), finding.get("anomalies")]
    id_ = first(finding, "Id", "id", "findingArn", "arn", "insightId")
    title = first(finding, "Title", "title", "insightDescription", "type")
    state = first(mapping(finding.get("Workflow")), "Status") or first(finding, "RecordState", "status", "insightSeverity")
    archived = service.get("archived") is True or first(finding, "RecordState") == "ARCHIVED"
    named, ids = split_ids(names_in(resources))
    named = named or hosts(instances_in(finding))
    return row(
        received,
        Kind.ALERT,
        f"aws.{event.source.removeprefix('aws.') or _service_of(event.type)}",
        {
            **named,
            **event.place,
            "cloud.account.id": first(finding, "AwsAccountId", "accountId", "awsAccountId") or event.account,
            "cloud.region": first(finding, "Region", "region") or event.region,
            "rule.name": first(finding, "type", "Type", "GeneratorId"),
        },
        ids=[*arns_in(resources), *_resource_ids(resources), *ids, *event.resources],
        fallback=f"alarm:{first(finding, 'type', 'GeneratorId') or event.type}",
        name=first(finding, "type", "GeneratorId") or event.type,
        text=line(event.type, title, first(finding, "Description", "description")),
        event_time_ns=_seen(service) or _seen(finding) or event.time_ns,
        starts_at_ns=times.parse(service.get("eventFirstSeen")) or times.parse(finding.get("FirstObservedAt")),
        severity_number=_severity(finding),
        status=Status.RESOLVED if archived else alert_status(state, event.type),
        value=number(finding.get("severity")),
        dedup_key=f"aws.finding|{id_}" if id_ else f"aws.event|{event.id}",
        details={"count": number(service.get("count")), "state": state, "finding": id_},
    )


def _severity(finding: Mapping[str, Any]) -> int:
    """Numbers are GuardDuty's; an object is ASFF's or Macie's; words are everybody's."""
    severity = finding.get("severity", finding.get("Severity"))
    if isinstance(severity, dict):
        label = from_word(first(severity, "Label", "description"))
        scored = number(severity.get("Normalized"))
        return label or (_by_score(scored / 10) if scored is not None else INFO)
    scored = number(severity)
    if scored is not None:
        return _by_score(scored)
    return from_word(severity) or from_word(first(finding, "insightSeverity")) or WARN


def _by_score(score: float) -> int:
    return INFO if score < 1 else WARN if score < 7 else ERROR if score < 9 else CRITICAL


def _seen(found: Mapping[str, Any]) -> int:
    return next((ns for key in _SEEN if (ns := times.parse(found.get(key)))), 0)


def _resource_ids(resources: object) -> list[str]:
    """ASFF and Inspector resources have a bare id (an ARN, or `i-…`)."""
    found = resources if isinstance(resources, list) else [resources]
    return [id_ for resource in found if (id_ := text(resource) or first(mapping(resource), "Id", "id"))]


def _service_of(detail_type: str) -> str:
    return detail_type.split(" ")[0].lower()
