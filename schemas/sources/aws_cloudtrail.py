"""AWS CloudTrail records: API calls, service events, sign-ins and insights.

Reference: CloudTrail user guide, "CloudTrail record contents", "Insights event record".
Wrappers:  `{"Records": […]}` (S3 file), a bare array, one bare record, a CloudWatch Logs message (all opened by envelope.py), an EventBridge
           detail (aws_eventbridge.py).
Identity:  what the call names: ARNs in `resources`, ids in requestParameters and (created ones) responseElements.  Never the caller.
Time:      eventTime.  Severity: an error code is an error, throttling a warning.  State: an insight starts (firing) and ends (resolved).
Kind:      schemas/sources/aws_actions.py; a call with an error code changed nothing and is a log.
Dedup:     eventID (a call reaches several trails); an insight's sharedEventID joins its start and its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import times
from schemas.severity import WARN
from schemas.signal import Kind, Signal, Status
from schemas.sources.aws_actions import action_of, actor_of, failed, kind_of, severity_of
from schemas.sources.aws_event import subject_of
from schemas.sources.aws_names import arns_in, names_by_ending, names_in, split_ids
from schemas.sources.cloud import first, mapping, number, row, sequence, text
from schemas.sources.source import Received, Source

FORMAT: Final = "aws.cloudtrail"
_OF_PEOPLE: Final = ("iam", "sso", "identitystore", "cognito-idp", "signin", "sts", "workmail")
"""Services whose `name` may be a person's."""
_FROM_TO: Final = (
    ("desiredCapacity", "desiredCapacity"), ("minSize", "minSize"), ("maxSize", "maxSize"), ("desiredCount", "desiredCount"), ("taskDefinition", "taskDefinition"),
    ("instanceType", "instanceType"), ("dBInstanceClass", "instanceClass"), ("engineVersion", "engineVersion"), ("allocatedStorage", "allocatedStorage"),
    ("memorySize", "memorySize"), ("timeout", "timeout"), ("runtime", "runtime"), ("imageUri", "image"), ("functionVersion", "version"),
    ("reservedConcurrentExecutions", "reservedConcurrency"), ("policyArn", "policy"), ("targetCapacity", "targetCapacity"), ("forceNewDeployment", "forceNewDeployment"),
)  # fmt: skip
"""Request parameters that say what something was set to, and how we name them."""


def is_record(document: object) -> bool:
    return (
        isinstance(document, dict)
        and "eventVersion" in document
        and isinstance(document.get("awsRegion") or document.get("userIdentity") or document.get("insightDetails"), str | dict)
        and not str(document.get("eventSource", "")).startswith("aws:")  # aws:s3, aws:sqs … are Lambda's wrappers
        and ("eventName" in document or "insightDetails" in document)
    )


def read_record(record: Mapping[str, Any], received: Received, source: str = FORMAT, time_ns: int = 0) -> Iterator[Signal]:
    """The row of one record; `time_ns` stands in when the record has no time of its own."""
    insight = mapping(record.get("insightDetails"))
    if insight:
        yield _insight(record, insight, received, source, time_ns)
    else:
        yield _call(record, received, source, time_ns)


def _call(record: Mapping[str, Any], received: Received, source: str, time_ns: int) -> Signal:
    kind = kind_of(record)
    service = first(record, "eventSource").removesuffix(".amazonaws.com")
    action = action_of(first(record, "eventName"))
    request, response = mapping(record.get("requestParameters")), mapping(record.get("responseElements"))
    error = failed(record)
    named, ids = split_ids(names_in(request, response))
    named = {**_of_ecs(service, request), **named}
    arns = arns_in(record.get("resources"), request, response, record.get("serviceEventDetails"), record.get("additionalEventData"))
    done = f"failed with {error}" if error else "done"
    if service not in _OF_PEOPLE:
        ids = list(dict.fromkeys([*ids, *_named_besides(request, response)]))
    return row(
        received,
        kind,
        source,
        {**named, **_place(record), "event.name": action, "aws.service": service},
        ids=[*arns, *ids],
        fallback=f"service:{service}" if service else "",
        name=f"{service}.{action}" if service else action,
        text=_line(service, first(record, "eventName"), subject_of(named, [*ids, *arns]), done, text(record.get("errorMessage"))),
        event_time_ns=times.parse(record.get("eventTime")) or time_ns,
        severity_number=severity_of(record),
        dedup_key=_key("event", first(record, "eventID", "requestID")),
        change_id=first(record, "eventID", "requestID"),
        details={
            "action": action,
            "outcome": "failed" if error else "succeeded",
            "error": error,
            "actor": actor_of(record),
            "from": _before(response),
            "to": _state(response, "currentState") or {name: text(request[key]) for key, name in _FROM_TO if text(request.get(key))},
            "read_only": kind is Kind.LOG and not error,
            "tool": first(record, "invokedBy") or text(mapping(record.get("userIdentity")).get("invokedBy")),
        },
    )


def _named_besides(request: Mapping[str, Any], response: Mapping[str, Any]) -> list[str]:
    """Names under keys of one API only; a DNS change names records, which a client knows its service by."""
    created = [mapping(found) for found in response.values()]
    changes = [mapping(mapping(change).get("resourceRecordSet")) for change in sequence(mapping(request.get("changeBatch")).get("changes"))]
    told = [text(request.get(key)) for key in ("name", "id")] + [first(record, "name") for record in changes]
    besides = [name for found in (request, response, *created) for name in names_by_ending(found)]
    return [name for name in (*told, *besides) if name and not name.startswith("arn:")][:_MOST_NAMES]


_MOST_NAMES: Final = 8


def _insight(record: Mapping[str, Any], insight: dict[str, Any], received: Received, source: str, time_ns: int) -> Signal:
    service = first(insight, "eventSource").removesuffix(".amazonaws.com")
    action, state = action_of(first(insight, "eventName")), first(insight, "state")
    statistics = mapping(mapping(insight.get("insightContext")).get("statistics"))
    usual, seen = (number(mapping(statistics.get(key)).get("average")) for key in ("baseline", "insight"))
    rate = f"{seen:g} calls a minute, usually {usual:g}" if seen is not None and usual is not None else ""
    error = first(insight, "errorCode")
    return row(
        received,
        Kind.ALERT,
        source,
        {"event.name": action, "aws.service": service, "metric.name": first(insight, "insightType"), **_place(record)},
        fallback=f"service:{service}" if service else "",
        name=f"{service}.{action}",
        text=_line(service, action, f"{first(insight, 'insightType')} {error}".rstrip(), state, rate),
        event_time_ns=times.parse(record.get("eventTime")) or time_ns,
        severity_number=WARN,
        status={"Start": Status.FIRING, "End": Status.RESOLVED}.get(state),
        value=seen,
        dedup_key=_key("insight", first(record, "sharedEventID", "eventID")),
        details={"baseline": usual, "duration_min": number(statistics.get("insightDuration")), "error": error},
    )


def _before(response: Mapping[str, Any]) -> object:
    """What was: an instance's previous state, or the values of a database that a pending modification will replace."""
    pending = mapping(response.get("pendingModifiedValues"))
    return _state(response, "previousState") or {
        name: text(response[key]) for key, name in _FROM_TO if key in pending and text(response.get(key))
    }


def _state(response: Mapping[str, Any], which: str) -> str:
    """Of StartInstances and its like."""
    items = sequence(mapping(response.get("instancesSet")).get("items"))
    return first(mapping(mapping(items[0]).get(which)), "name") if items else ""


def _of_ecs(service: str, request: Mapping[str, Any]) -> dict[str, str]:
    """ECS calls say just `service` and `cluster`, by name or ARN."""
    if service != "ecs":
        return {}
    name = text(request.get("service")) or text(request.get("serviceName"))
    return {"service.name": name} if name and not name.startswith("arn:") else {}


def _place(record: Mapping[str, Any]) -> dict[str, str]:
    identity = mapping(record.get("userIdentity"))
    return {
        "cloud.provider": "aws",
        "cloud.region": first(record, "awsRegion"),
        "cloud.account.id": first(record, "recipientAccountId") or first(identity, "accountId"),
    }


def _line(service: str, action: str, what: str, done: str, why: str) -> str:
    said = " ".join(part for part in (service, action, what, done) if part)
    return f"{said}: {why}" if why else said


def _key(what: str, id_: str) -> str:
    return f"aws.cloudtrail|{what}|{id_}" if id_ else ""


def _read(document: Any, received: Received) -> Iterator[Signal]:
    yield from read_record(document, received, time_ns=times.parse((received.carrier or {}).get("time", "")))


SOURCES: Final = (Source(FORMAT, is_record, _read),)
