"""What AWS sends as a message of its own form: SNS and SQS texts, CloudFormation and Elastic Beanstalk notices, CodeDeploy triggers, S3 events.

Reference: SNS developer guide, "HTTP/HTTPS notification JSON format"; CloudFormation, "stack event notifications"; CodeDeploy, "JSON data formats
           for triggers"; S3 user guide, "Event message structure"; Lambda, "Using Lambda with Amazon SQS".
Identity:  stack, application or bucket where the message names one; else the topic or queue.
Time:      the message's own, else the envelope's.  Severity: what a state says, else information.  State: none.
Dedup:     MessageId; of a stack event its EventId, of a deployment its deploymentId.
A subscription confirmation is a request to the receiver and refused as such.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_plus

from schemas import times
from schemas.rejected import Rejected
from schemas.severity import ERROR, INFO
from schemas.signal import Kind, Signal
from schemas.sources.aws_event import Event, Telling, line, tell
from schemas.sources.aws_event_special import read_stack
from schemas.sources.aws_event_types import telling_of
from schemas.sources.aws_names import is_thing
from schemas.sources.aws_states import severity_of
from schemas.sources.cloud import decoded, first, mapping, row, sequence
from schemas.sources.source import Received, Source

_FIELD: Final = re.compile(r"^(\w+)='((?:[^'\\]|\\.|'(?!\n|\Z))*)'$", re.MULTILINE)
_BEANSTALK: Final = re.compile(
    r"(?:^|\n)\s*(Timestamp|Message|Environment|Application|Environment URL|RequestId|NotificationProcessId): (.*)"
)
_TRIGGER: Final = Telling(
    Kind.CHANGE,
    "codedeploy.deployment",
    time=("completeTime", "createTime"),
    change=("deploymentId",),
    dedup=("deploymentId", "instanceId"),
)
_ARN: Final = re.compile(r"arn:aws[\w-]*:[\w-]+:[^\s\"'<>,;]+")
_ARNS_WITHIN: Final = 8192
"""Characters of a text that are searched for ARNs: AWS Backup and Budgets name what they speak of within the first lines."""
_CONTROL: Final = ("SubscriptionConfirmation", "UnsubscribeConfirmation")


def _is_sns(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("Message"), str) and ("TopicArn" in document or "MessageId" in document)


def _read_sns(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    said, subject = document["Message"], first(document, "Subject")
    time_ns = times.parse(document.get("Timestamp"))
    if first(document, "Type") in _CONTROL:
        yield Rejected(
            "control_message", "a subscription has to be confirmed by its receiver; it tells of nothing that happened", "Type", "aws.sns"
        )
    elif said.startswith("StackId='"):
        yield from _stack(dict(_FIELD.findall(said)), time_ns, received)
    elif "Environment: " in said and "Application: " in said:
        yield _beanstalk(dict(_BEANSTALK.findall(said)), subject, time_ns, received)
    else:
        said_state = first(mapping(mapping(document.get("MessageAttributes")).get("State")), "Value")
        yield from _message(
            said, subject, first(document, "TopicArn"), first(document, "MessageId"), time_ns, received, "aws.sns", said_state
        )


def _message(
    said: str, subject: str, queue_arn: str, id_: str, time_ns: int, received: Received, source: str, state: str = ""
) -> Iterator[Signal | Rejected]:
    """A text, or JSON that nobody knows."""
    body = mapping(decoded(said))
    if body:
        event = Event(id_, subject or "message", "aws.sns", "", "", time_ns, (), body)
        yield from tell(event, Telling(Kind.LOG, subject), received, source)
        return
    named = [found for arn in _ARN.findall(said[:_ARNS_WITHIN]) if is_thing(found := arn.rstrip(".,;"))]
    yield row(
        received, Kind.LOG, source, {"cloud.provider": "aws"}, ids=named[:8] or [queue_arn], fallback=f"queue:{source.removeprefix('aws.')}",
        text=line(subject, said), event_time_ns=time_ns, severity_number=severity_of({}, state or subject.partition(":")[0]),
        dedup_key=f"aws.message|{id_}" if id_ else "",
    )  # fmt: skip


def _stack(found: dict[str, str], time_ns: int, received: Received) -> Iterator[Signal | Rejected]:
    """CloudFormation's `Key='value'` lines say what its EventBridge events say."""
    whole = found.get("ResourceType") == "AWS::CloudFormation::Stack"
    detail = {
        "stack-id": found.get("StackId"),
        "logical-resource-id": found.get("LogicalResourceId"),
        "physical-resource-id": found.get("PhysicalResourceId"),
        "status-details": {"status": found.get("ResourceStatus"), "status-reason": found.get("ResourceStatusReason")},
        "client-request-token": found.get("ClientRequestToken", "").replace("null", ""),
    }
    type_ = f"CloudFormation {'Stack' if whole else 'Resource'} Status Change"
    event = Event(found.get("EventId", ""), type_, "aws.cloudformation", "", "", times.parse(found.get("Timestamp")) or time_ns, (), detail)
    yield from read_stack(event, received)


def _beanstalk(found: dict[str, str], subject: str, time_ns: int, received: Received) -> Signal:
    said = found.get("Message", "")
    failed = bool(re.search(r"(?i)fail|severe|degraded|unsuccessful|error", said))
    return row(
        received,
        Kind.CHANGE if re.search(r"(?i)deploy|updat|version|launch|terminat|config", said) else Kind.STATE,
        "aws.elasticbeanstalk",
        {
            "service.name": found.get("Environment", ""),
            "cloud.provider": "aws",
            "aws.elasticbeanstalk.application.name": found.get("Application", ""),
        },
        name="elasticbeanstalk.environment",
        text=line(subject, said),
        event_time_ns=times.parse(found.get("Timestamp")) or time_ns,
        severity_number=severity_of({}, "failed" if failed else "") or INFO,
        change_id=found.get("RequestId", ""),
        details={"action": "environment", "outcome": "failed" if failed else "succeeded"},
    )


def _is_trigger(document: Any) -> bool:
    return (
        isinstance(document, dict) and "deploymentId" in document and ("eventTriggerName" in document or "deploymentGroupName" in document)
    )


def _read_trigger(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    place = (first(document, "accountId"), first(document, "region"))
    told = {**document, "status": first(document, "status", "instanceStatus"), "errorInformation": "", "message": _error(document)}
    event = Event("", "CodeDeploy deployment", "aws.codedeploy", *place, times.parse((received.carrier or {}).get("time", "")), (), told)
    yield from tell(event, _TRIGGER, received, "aws.codedeploy")


def _error(document: dict[str, Any]) -> str:
    return first(mapping(decoded(document.get("errorInformation"))), "ErrorMessage", "message")


def _is_s3(document: Any) -> bool:
    return isinstance(document, dict) and document.get("eventSource") == "aws:s3" and isinstance(document.get("s3"), dict)


def _read_s3(document: Any, received: Received) -> Iterator[Signal]:
    bucket, key = mapping(document["s3"].get("bucket")), first(mapping(document["s3"].get("object")), "key")
    yield row(
        received,
        Kind.LOG,
        "aws.s3",
        {"cloud.provider": "aws", "cloud.region": first(document, "awsRegion"), "event.name": first(document, "eventName")},
        ids=[first(bucket, "arn"), first(bucket, "name")],
        fallback="service:s3",
        name="s3.object",
        text=line(f"s3 {first(document, 'eventName')}", f"{first(bucket, 'name')}/{unquote_plus(key)}"),
        event_time_ns=times.parse(document.get("eventTime")),
        severity_number=ERROR if "Fail" in first(document, "eventName") or "Lost" in first(document, "eventName") else INFO,
    )


def _is_push(document: Any) -> bool:
    return isinstance(document, dict) and document.get("eventSource") == "aws:codecommit" and isinstance(document.get("codecommit"), dict)


def _read_push(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    reference = next((mapping(found) for found in sequence(document["codecommit"].get("references"))), {})
    arn = first(document, "eventSourceARN")
    detail = {"repositoryName": arn.rpartition(":")[2], "commitId": first(reference, "commit"), "referenceName": first(reference, "ref")}
    time_ns = times.parse(document.get("eventTime"))
    event = Event(
        first(document, "eventId"),
        "CodeCommit Repository State Change",
        "aws.codecommit",
        "",
        first(document, "awsRegion"),
        time_ns,
        (arn,),
        detail,
    )
    yield from tell(event, telling_of(event.type, event.source), received, event.source)


def _is_stream_record(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("data"), str) and bool(document.keys() & {"recordId", "sequenceNumber"})


def _read_stream_record(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """A text that was put on a Kinesis or Firehose stream and is of no known format."""
    try:
        said = base64.b64decode(document["data"], validate=True).decode()
    except (binascii.Error, ValueError):
        yield Rejected("unknown_format", "the record's data is neither text nor any known format", "data", "aws.kinesis")
        return
    time_ns = times.parse(document.get("approximateArrivalTimestamp"))
    arn = first(document, "eventSourceARN") or (received.carrier or {}).get("aws.kinesis.arn", "")
    yield from _message(said, "", arn, first(document, "recordId", "sequenceNumber"), time_ns, received, "aws.kinesis")


def _is_sqs(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("body"), str)
        and ("receiptHandle" in document or "eventSourceARN" in document)
    )


def _read_sqs(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    time_ns = times.parse(mapping(document.get("attributes")).get("SentTimestamp"))
    yield from _message(document["body"], "", first(document, "eventSourceARN"), first(document, "messageId"), time_ns, received, "aws.sqs")


SOURCES: Final = (
    Source("aws.codedeploy.trigger", _is_trigger, _read_trigger),
    Source("aws.s3", _is_s3, _read_s3),
    Source("aws.codecommit", _is_push, _read_push),
    Source("aws.sns", _is_sns, _read_sns),
    Source("aws.sqs", _is_sqs, _read_sqs),
    Source("aws.kinesis", _is_stream_record, _read_stream_record),
)
