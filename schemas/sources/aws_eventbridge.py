"""Amazon EventBridge (CloudWatch Events): whatever an AWS service, a partner or you put on a bus, and CodeStar's copies of it.

Reference: EventBridge user guide, "Events structure" and "Events from AWS services"; Developer Tools console user guide, "Notification concepts".
Shapes:    `detail-type` + `detail`, also rebuilt from a PutEvents request by layers.py; CodeStar notification (`detailType` +
           `notificationRuleArn`, same details).
Identity:  `resources` (may be empty, or hold ids that are no ARNs) and the names in the detail, whose keys follow no rule.
Time:      a finer time of the detail where the type has one, else `time` (the second of delivery; 1970 is a placeholder).
Severity:  the detail's, else what its state says.  Kind, change id and dedup: aws_event_types.py; else the event's id, equal on redelivery.
An unknown detail-type is told by its name and never refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources import aws_alarm, aws_cloudtrail, aws_config, aws_findings, aws_notices, aws_runs, aws_scaling
from schemas.sources.aws_event import Event, tell
from schemas.sources.aws_event_special import read_object, read_scan, read_stack, read_task, read_volume
from schemas.sources.aws_event_types import telling_of
from schemas.sources.cloud import decoded, first, mapping, sequence, text
from schemas.sources.source import Received, Source

FORMAT: Final = "aws.eventbridge"
_Reader = Callable[[Event, Received], Iterator[Signal | Rejected]]


def _alarm(event: Event, received: Received) -> Iterator[Signal]:
    arn = event.resources[0] if event.resources else ""
    alarm = aws_alarm.from_event(event.detail, arn=arn, account=event.account, region=event.region, time_ns=event.time_ns)
    yield aws_alarm.alarm_row(alarm, received, aws_alarm.FORMAT)


def _alarm_configuration(event: Event, received: Received) -> Iterator[Signal]:
    arn = event.resources[0] if event.resources else ""
    yield aws_alarm.configuration_row(
        event.detail, arn=arn, place=event.place, time_ns=event.time_ns, received=received, source=aws_alarm.FORMAT
    )


def _cloudtrail(event: Event, received: Received) -> Iterator[Signal]:
    yield from aws_cloudtrail.read_record(event.detail, received, time_ns=event.time_ns)


def _invocation(event: Event, received: Received) -> Iterator[Signal]:
    yield from aws_runs.read_invocation(event.detail, received)


_BY_TYPE: Final[dict[str, _Reader]] = {
    "CloudWatch Alarm State Change": _alarm,
    "CloudWatch Alarm Configuration Change": _alarm_configuration,
    "AWS Health Event": aws_findings.read_health,
    "AWS Health Abuse Event": aws_findings.read_health,
    "GuardDuty Finding": aws_findings.read_finding,
    "GuardDuty Malware Protection Object Scan Result": read_scan,
    "Security Hub Findings - Imported": aws_findings.read_finding,
    "Security Hub Findings - Custom Action": aws_findings.read_finding,
    "Inspector2 Finding": aws_findings.read_finding,
    "Macie Finding": aws_findings.read_finding,
    "Access Analyzer Finding": aws_findings.read_finding,
    "DevOps Guru New Insight Open": aws_findings.read_finding,
    "DevOps Guru Insight Severity Upgraded": aws_findings.read_finding,
    "DevOps Guru Insight Closed": aws_findings.read_finding,
    "Application Auto Scaling Scaling Activity State Change": aws_scaling.read_target,
    "ECS Task State Change": read_task,
    "CloudFormation Stack Status Change": read_stack,
    "CloudFormation Resource Status Change": read_stack,
    "CloudFormation Drift Detection Status Change": read_stack,
    "EBS Volume Notification": read_volume,
    "EBS Snapshot Notification": read_volume,
}
_BY_SOURCE: Final[dict[str, _Reader]] = {
    "aws.autoscaling": aws_scaling.read_group,
    "aws.config": aws_config.read_event,
    "aws.s3": read_object,
    "aws.rds": aws_notices.read_rds,
    "aws.docdb": aws_notices.read_rds,
    "aws.neptune": aws_notices.read_rds,
    "aws.dms": aws_notices.read_rds,
}


def _reader_of(event: Event) -> _Reader | None:
    if event.type.endswith("via CloudTrail") and aws_cloudtrail.is_record(event.detail):
        return _cloudtrail
    if aws_runs.is_invocation(event.detail):
        return _invocation
    return _BY_TYPE.get(event.type) or _BY_SOURCE.get(event.source)


def read_event(event: Event, received: Received) -> Iterator[Signal | Rejected]:
    reader = _reader_of(event)
    if reader:
        yield from reader(event, received)
    else:
        yield from tell(event, telling_of(event.type, event.source), received, event.source or FORMAT)


def _event(document: dict[str, Any], type_key: str) -> Event:
    detail = decoded(document.get("detail"))
    return Event(
        id=first(document, "id"),
        type=first(document, type_key),
        source=first(document, "source"),
        account=first(document, "account"),
        region=first(document, "region"),
        time_ns=times.parse(document.get("time")),
        resources=tuple(found for resource in sequence(document.get("resources")) if (found := text(resource))),
        detail=mapping(detail),
        message=text(detail),
    )


def _is_event(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("detail-type"), str) and "detail" in document


def _is_codestar(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("detailType"), str) and isinstance(document.get("detail"), dict)


def _read_event(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    yield from read_event(_event(document, "detail-type"), received)


def _read_codestar(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    yield from read_event(_event(document, "detailType"), received)


SOURCES: Final = (Source(FORMAT, _is_event, _read_event), Source("aws.codestar_notification", _is_codestar, _read_codestar))
