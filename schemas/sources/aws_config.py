"""AWS Config: a resource's configuration changed, or its compliance with a rule did.

Reference: AWS Config developer guide, "Example notifications" and "Example events for AWS Config rules".
Shapes:    Lambda rule event (`invokingEvent` is JSON in a string); SNS message or EventBridge detail (`messageType`); history and snapshot
           files (`configurationItems`).
Identity:  ARN, resourceId and resourceName of the item.  Time: configurationItemCaptureTime, else notificationCreationTime.
Severity:  NON_COMPLIANT is a warning, else information.  State: NON_COMPLIANT firing, COMPLIANT and NOT_APPLICABLE resolved.
Dedup:     rule and resource for compliance; resource and capture time for an item, which every rule receives anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.severity import INFO, WARN
from schemas.signal import Kind, Signal, Status
from schemas.sources.aws_event import Event, line
from schemas.sources.cloud import decoded, first, mapping, row, text
from schemas.sources.source import Received, Source

FORMAT: Final = "aws.config"
_DONE: Final = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete"}
_KINDS: Final = {
    "AWS::EC2::Instance": "host.id",
    "AWS::RDS::DBInstance": "db.instance.id",
    "AWS::RDS::DBCluster": "db.instance.id",
    "AWS::DynamoDB::Table": "db.instance.id",
    "AWS::Lambda::Function": "faas.name",
    "AWS::ECS::Service": "service.name",
    "AWS::SQS::Queue": "messaging.destination.name",
    "AWS::SNS::Topic": "messaging.destination.name",
    "AWS::AutoScaling::AutoScalingGroup": "service.name",
}
_PEOPLE: Final = ("AWS::IAM::User", "AWS::SSO::")


def read_event(event: Event, received: Received) -> Iterator[Signal | Rejected]:
    """`Config Rules Compliance Change`, `Config Configuration Item Change` and the notices about deliveries."""
    yield from _message(event.detail, received, event.time_ns, event.place)


def _message(message: Mapping[str, Any], received: Received, time_ns: int, place: Mapping[str, str]) -> Iterator[Signal | Rejected]:
    item = mapping(message.get("configurationItem")) or mapping(message.get("configurationItemSummary"))
    time_ns = times.parse(message.get("notificationCreationTime")) or time_ns
    if "newEvaluationResult" in message or message.get("messageType") == "ComplianceChangeNotification":
        yield _compliance(message, received, time_ns, place)
    elif item:
        yield _item(item, mapping(message.get("configurationItemDiff")), received, time_ns)
    else:
        what = first(message, "messageType") or "notice"
        yield row(
            received, Kind.LOG, FORMAT, {**place, "event.name": what}, fallback="service:config", name=f"config.{what}",
            text=line("AWS Config", what, first(message, "message")), event_time_ns=time_ns, severity_number=INFO,
        )  # fmt: skip


def _item(item: Mapping[str, Any], diff: Mapping[str, Any], received: Received, time_ns: int) -> Signal:
    type_, id_ = first(item, "resourceType"), _thing(item)
    captured = first(item, "configurationItemCaptureTime")
    action = _DONE.get(first(diff, "changeType")) or {"ResourceDiscovered": "create", "ResourceDeleted": "delete"}.get(
        first(item, "configurationItemStatus"), "update"
    )
    changed = mapping(diff.get("changedProperties"))
    before, after = ({key: found for key, entry in changed.items() if (found := text(mapping(entry).get(side)))} for side in _SIDES)
    return row(
        received,
        Kind.CHANGE,
        FORMAT,
        {
            **_attributes(type_, id_),
            "cloud.account.id": first(item, "awsAccountId"),
            "cloud.region": first(item, "awsRegion"),
            "aws.resource_type": type_,
        },
        ids=[_arn(type_, first(item, "ARN", "arn")), id_],
        fallback=f"resource:{type_}",
        name=f"config.{action}",
        text=line(f"AWS Config {action}d {type_} {id_ or 'account'}", ", ".join(list(changed)[:20])),
        event_time_ns=times.parse(captured) or time_ns,
        severity_number=INFO,
        dedup_key=f"{FORMAT}|{_keyed(type_, first(item, 'ARN', 'resourceId'))}|{captured}",
        change_id=first(
            {**item, "configurationStateId": item.get("configurationStateId") or None}, "configurationStateId", "configurationStateMd5Hash"
        ),
        details={"action": action, "outcome": "succeeded", "changed": list(changed)[:50], "from": before, "to": after},
    )


_SIDES: Final = ("previousValue", "updatedValue")


def _compliance(message: Mapping[str, Any], received: Received, time_ns: int, place: Mapping[str, str]) -> Signal:
    new, old = mapping(message.get("newEvaluationResult")), mapping(message.get("oldEvaluationResult"))
    rule, type_ = first(message, "configRuleName"), first(message, "resourceType")
    id_ = "" if type_.startswith(_PEOPLE) else first(message, "resourceId")
    state, before = first(new, "complianceType"), first(old, "complianceType")
    status = Status.FIRING if state == "NON_COMPLIANT" else Status.RESOLVED
    return row(
        received,
        Kind.ALERT,
        FORMAT,
        {**_attributes(type_, id_), **place, "cloud.region": first(message, "awsRegion"), "aws.resource_type": type_, "rule.name": rule},
        ids=[id_],
        fallback=f"alarm:{rule}",
        name=rule or "config.compliance",
        text=line(
            f"AWS Config rule {rule} {f'{before} -> ' if before else ''}{state} on {type_} {id_ or 'account'}", first(new, "annotation")
        ),
        event_time_ns=times.parse(new.get("resultRecordedTime")) or time_ns,
        severity_number=WARN if status is Status.FIRING else INFO,
        status=status,
        dedup_key=f"{FORMAT}|{first(message, 'configRuleARN') or rule}|{_keyed(type_, first(message, 'resourceId'))}",
        details={"from": before, "to": state},
    )


def _attributes(type_: str, id_: str) -> dict[str, str]:
    key = _KINDS.get(type_)
    return {"cloud.provider": "aws", **({key: id_.split("/")[-1]} if key and id_ else {})}


def _thing(item: Mapping[str, Any]) -> str:
    """The resource's name or id; nothing of an item that is a person."""
    if first(item, "resourceType").startswith(_PEOPLE):
        return ""
    return first(item, "resourceId") if first(item, "resourceType") == "AWS::EC2::Instance" else first(item, "resourceName", "resourceId")


def _keyed(type_: str, id_: str) -> str:
    """An id for a key; of a person a digest, so that repeats still meet."""
    return blake2b(id_.encode("utf-8", "replace"), digest_size=8).hexdigest() if type_.startswith(_PEOPLE) else id_


def _arn(type_: str, arn: str) -> str:
    return "" if type_.startswith(_PEOPLE) else arn


def _is_rule(document: Any) -> bool:
    return isinstance(document, dict) and "invokingEvent" in document and ("configRuleName" in document or "configRuleArn" in document)


def _is_notice(document: Any) -> bool:
    return isinstance(document, dict) and (
        (isinstance(document.get("configurationItem"), dict) or "newEvaluationResult" in document or "configurationItemSummary" in document)
        and ("messageType" in document or "configurationItemDiff" in document or "configRuleName" in document)
    )


def _is_file(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("configurationItems"), list)


def _read_rule(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    invoking = mapping(decoded(document.get("invokingEvent")))
    if not invoking:
        yield Rejected("not_json", "invokingEvent holds a JSON object in a string.", "invokingEvent", FORMAT)
        return
    place = {"cloud.provider": "aws", "cloud.account.id": first(document, "accountId"), "rule.name": first(document, "configRuleName")}
    yield from _message(invoking, received, 0, place)


def _read_notice(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    yield from _message(document, received, times.parse((received.carrier or {}).get("time", "")), {"cloud.provider": "aws"})


def _read_file(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    for place, item in enumerate(document["configurationItems"]):
        if isinstance(item, dict):
            yield _item(item, {}, received, 0)
        else:
            yield Rejected("not_an_object", "A configuration item is an object.", f"configurationItems[{place}]", FORMAT)


SOURCES: Final = (
    Source(f"{FORMAT}.rule", _is_rule, _read_rule),
    Source(f"{FORMAT}.notification", _is_notice, _read_notice),
    Source(f"{FORMAT}.history", _is_file, _read_file),
)
