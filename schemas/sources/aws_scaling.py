"""Amazon EC2 Auto Scaling and Application Auto Scaling: instances launched and terminated, limits moved.

Reference: EC2 Auto Scaling user guide, "EventBridge event reference" and "SNS notifications"; Application Auto Scaling, "EventBridge".
Shapes:    EventBridge details; SNS notification (`Event: autoscaling:EC2_INSTANCE_LAUNCH`); lifecycle hook to SNS or SQS (`LifecycleTransition`).
Identity:  the group is a service; the instance is what holds it.  Time: EndTime, else StartTime or Time, else the envelope's.
Severity:  an unsuccessful launch or termination is an error.  State: none.  `StatusCode` may say InProgress in an event called successful.
Dedup:     ActivityId, also the change's id; a lifecycle action's token.  From → to: the capacities in `Cause`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.severity import ERROR, INFO
from schemas.signal import Kind, Signal
from schemas.sources.aws_event import Event, line
from schemas.sources.cloud import first, mapping, outcome, row
from schemas.sources.source import Received, Source

FORMAT: Final = "aws.autoscaling"
_CAPACITY: Final = re.compile(r"capacity from (\d+) to (\d+)")
_LAST_WORD: Final = {"Started": "started", "Action": "started", "Cancelled": "cancelled"}
"""Of a detail-type, where the detail has no StatusCode."""
_FAILED: Final = re.compile(r"(?i)unsuccessful|error|failed")


def read_group(event: Event, received: Received) -> Iterator[Signal]:
    """`EC2 Instance Launch Successful` and its kin, lifecycle actions and instance refreshes."""
    yield _activity(event.type, event.detail, event.place, event.time_ns, event.resources, received)


def read_target(event: Event, received: Received) -> Iterator[Signal]:
    """Application Auto Scaling: a target (`service/cluster/name`, `table/name`) moved to a new capacity."""
    detail = event.detail
    target, before, after = first(detail, "resourceId"), first(detail, "oldDesiredCapacity"), first(detail, "newDesiredCapacity")
    what = target.split("/")[-1] or target
    key = {"service": "service.name", "table": "db.instance.id", "function": "faas.name"}.get(
        target.split("/")[0].split(":")[0], "service.name"
    )
    state = first(detail, "statusCode")
    yield row(
        received,
        Kind.SCALING,
        FORMAT,
        {key: what, **event.place, "event.name": event.type},
        ids=event.resources,
        name="autoscaling.target",
        text=line(f"{event.type} {target}", f"{first(detail, 'scalableDimension')} {before} -> {after}" if after else "", state),
        event_time_ns=times.parse(detail.get("endTime")) or times.parse(detail.get("startTime")) or event.time_ns,
        severity_number=ERROR if outcome(state) == "failed" else INFO,
        dedup_key=f"aws.event|{event.id}",
        details={
            "action": first(detail, "direction") or "scale", "outcome": outcome(state), "actor": "automation", "from": before, "to": after,
            "at_limit": first(detail, "scaledToMax"), "min": first(detail, "minCapacity"), "max": first(detail, "maxCapacity"),
        },
    )  # fmt: skip


def _activity(
    what: str, detail: Mapping[str, Any], place: Mapping[str, str], time_ns: int, ids: tuple[str, ...], received: Received
) -> Signal:
    group, instance = first(detail, "AutoScalingGroupName"), first(detail, "EC2InstanceId")
    cause, moved = first(detail, "Cause"), _CAPACITY.search(first(detail, "Cause"))
    change_id = first(detail, "ActivityId", "InstanceRefreshId", "LifecycleActionToken", "RequestId")
    failed = bool(_FAILED.search(what)) or outcome(first(detail, "StatusCode")) == "failed"
    return row(
        received,
        Kind.SCALING,
        FORMAT,
        {
            "service.name": group,
            "host.id": instance,
            "cloud.availability_zone": first(mapping(detail.get("Details")), "Availability Zone"),
            **place,
            "event.name": what,
        },
        ids=[id_ for id_ in ids if id_.startswith("arn:")],
        fallback="service:autoscaling",
        name="autoscaling.activity",
        text=line(f"{what} {group} {instance}".strip(), first(detail, "StatusMessage"), first(detail, "Description"), cause),
        event_time_ns=next((ns for key in ("EndTime", "StartTime", "Time") if (ns := times.parse(detail.get(key)))), 0) or time_ns,
        severity_number=ERROR if failed else INFO,
        dedup_key=f"aws.autoscaling|{group}|{change_id}" if change_id else "",
        change_id=change_id,
        details={
            "action": first(detail, "LifecycleTransition") or what,
            "outcome": "failed" if failed else outcome(first(detail, "StatusCode") or _LAST_WORD.get(what.rpartition(" ")[2], "succeeded")),
            "actor": "user" if "user request" in cause.lower() else "automation",
            "from": moved[1] if moved else "",
            "to": moved[2] if moved else "",
            "reason": cause,
        },
    )


def _is_notification(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and ("AutoScalingGroupName" in document or "AutoScalingGroupARN" in document)
        and (str(document.get("Event", "")).startswith("autoscaling:") or "LifecycleTransition" in document)
    )


def _read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    what = first(document, "Event", "LifecycleTransition")
    if what == "autoscaling:TEST_NOTIFICATION":
        yield Rejected("control_message", "A test notification tells of nothing that happened.", "Event", FORMAT)
        return
    place = {"cloud.provider": "aws", "cloud.account.id": first(document, "AccountId")}
    yield _activity(what, document, place, times.parse(document.get("Time")), (first(document, "AutoScalingGroupARN"),), received)


SOURCES: Final = (Source(f"{FORMAT}.sns", _is_notification, _read),)
