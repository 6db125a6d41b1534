"""Runs that AWS tells the end of by a message of their own: Systems Manager commands, asynchronous Lambda invocations.

Reference: Systems Manager user guide, "Monitoring Systems Manager status changes using Amazon SNS notifications"; Lambda developer guide,
           "Capturing records of Lambda asynchronous invocations".
Identity:  the command's instance, else its document; the function's ARN.
Time:      eventTime, else requestedDateTime; timestamp.  Severity: by status; an invocation that was given up is an error.  State: none.
Dedup:     commandId and instanceId, as in EventBridge's copy; an invocation's requestId.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.severity import ERROR, INFO
from schemas.signal import Kind, Signal
from schemas.sources.aws_event import Event, line, tell
from schemas.sources.aws_event_types import telling_of
from schemas.sources.cloud import first, mapping, row
from schemas.sources.source import Received, Source

_KEYS: Final = {
    "commandId": "command-id",
    "instanceId": "instance-id",
    "documentName": "document-name",
    "status": "status",
    "detailedStatus": "reason",
}
"""How EventBridge spells what the SNS message says."""


def _is_command(document: Any) -> bool:
    return isinstance(document, dict) and {"commandId", "documentName", "status"} <= document.keys()


def _read_command(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    detail = {theirs: found for ours, theirs in _KEYS.items() if (found := first(document, ours))}
    invocation = " Invocation" if "instance-id" in detail else ""
    time_ns = next((ns for key in ("eventTime", "requestedDateTime") if (ns := times.parse(document.get(key)))), 0)
    event = Event("", f"EC2 Command{invocation} Status-change Notification", "aws.ssm", "", "", time_ns, (), detail)
    yield from tell(event, telling_of(event.type, event.source), received, event.source)


def is_invocation(document: object) -> bool:
    context = document.get("requestContext") if isinstance(document, dict) else None
    return isinstance(context, dict) and "functionArn" in context and "condition" in context


def read_invocation(document: Any, received: Received) -> Iterator[Signal]:
    context, response, answer = (mapping(document.get(key)) for key in ("requestContext", "responseContext", "responsePayload"))
    arn, condition = first(context, "functionArn"), first(context, "condition")
    function = arn.split(":")[6] if arn.count(":") >= 6 else arn
    id_ = first(context, "requestId")
    yield row(
        received,
        Kind.LOG,
        "aws.lambda",
        {"faas.name": function, "cloud.provider": "aws"},
        ids=[":".join(arn.split(":")[:7])],
        fallback="service:lambda",
        name="lambda.invocation",
        text=line(f"Lambda invocation of {function} {condition}", first(response, "functionError"), first(answer, "errorMessage")),
        event_time_ns=times.parse(document.get("timestamp")),
        severity_number=INFO if condition == "Success" else ERROR,
        dedup_key=f"aws.lambda|{id_}" if id_ else "",
    )


SOURCES: Final = (Source("aws.ssm.sns", _is_command, _read_command), Source("aws.lambda.destination", is_invocation, read_invocation))
