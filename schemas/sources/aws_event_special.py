"""EventBridge details that hold their names where no other does: ECS tasks, CloudFormation stacks, EBS volumes, S3 objects and their scans.

Reference: ECS developer guide, "ECS events"; CloudFormation, "Monitoring stack events with EventBridge"; EBS, "EventBridge for EBS"; S3, "EventBridge".
Each rewrites the detail so that aws_event.tell finds the names, the state and the severity in it, and leaves the telling to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from schemas.rejected import Rejected
from schemas.severity import ERROR, INFO
from schemas.signal import Kind, Signal
from schemas.sources.aws_event import Event, Telling, tell
from schemas.sources.aws_event_types import telling_of
from schemas.sources.cloud import first, mapping, number, sequence
from schemas.sources.source import Received


def read_task(event: Event, received: Received) -> Iterator[Signal | Rejected]:
    """A task belongs to what `group` says (`service:checkout`, `family:batch`); it failed if a container ended with an error."""
    detail = event.detail
    group_kind, _, group = first(detail, "group").partition(":")
    codes = [code for container in sequence(detail.get("containers")) if (code := number(mapping(container).get("exitCode"))) is not None]
    failed = any(codes) or (first(detail, "stopCode") in ("TaskFailedToStart", "EssentialContainerExited") and not _ended_well(codes))
    reasons = [first(mapping(container), "reason") for container in sequence(detail.get("containers"))]
    task = first(detail, "taskArn").rpartition("/")[2]
    told: dict[str, Any] = {
        **detail,
        "serviceName": group if group_kind in ("service", "family") else "",
        "message": "; ".join(
            part for part in (first(detail, "stoppedReason"), *reasons, *(f"exit code {code:g}" for code in codes if code)) if part
        ),
        "severity": "error" if failed else "",
    }
    telling = Telling(
        Kind.STATE,
        "ecs.task",
        time=("updatedAt", "stoppedAt", "createdAt"),
        names=(("serviceName", "service.name"), ("task", "aws.ecs.task.id")),
    )
    yield from tell(replace(event, detail={**told, "task": task}), telling, received, event.source)


def read_stack(event: Event, received: Received) -> Iterator[Signal | Rejected]:
    """A stack's ARN ends with a uuid; its name stands before."""
    detail = event.detail
    parts = first(detail, "stack-id").split("/")
    name = parts[1] if len(parts) > 1 else ""
    resource = first(detail, "physical-resource-id") or first(detail, "logical-resource-id")
    status = mapping(detail.get("status-details") or detail.get("stack-drift-detection-status-details"))
    state = first(status, "status", "detection-status", "stack-drift-status")
    failed = "FAILED" in state or state in (
        "ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
    )
    told = {
        **detail,
        "stackName": name,
        "resourceId": resource,
        "status": state,
        "reason": first(status, "status-reason"),
        "severity": "error" if failed else "",
    }
    yield from tell(replace(event, detail=told), telling_of(event.type, event.source), received, event.source)


def read_volume(event: Event, received: Received) -> Iterator[Signal | Rejected]:
    """The volume or snapshot is in `resources`, what was done in `event`, how it went in `result`."""
    detail = event.detail
    result = first(detail, "result")
    told = {
        **detail,
        "status": " ".join(part for part in (first(detail, "event"), result) if part),
        "severity": "error" if result.lower() == "failed" else "",
    }
    yield from tell(replace(event, detail=told), telling_of(event.type, event.source), received, event.source)


def read_object(event: Event, received: Received) -> Iterator[Signal | Rejected]:
    """Bucket and object stand in objects of their own."""
    detail = event.detail
    bucket, key = first(mapping(detail.get("bucket")), "name"), first(mapping(detail.get("object")), "key")
    told = {**detail, "bucketName": bucket, "message": f"{bucket}/{key}", "bucket": "", "object": ""}
    yield from tell(replace(event, detail=told), Telling(Kind.LOG, "s3.object"), received, event.source)


def read_scan(event: Event, received: Received) -> Iterator[Signal | Rejected]:
    """GuardDuty's scan of an object: `COMPLETED` says nothing yet, the result does."""
    detail = event.detail
    thing, result = mapping(detail.get("s3ObjectDetails")), mapping(detail.get("scanResultDetails"))
    threats = [first(mapping(threat), "name") for threat in sequence(result.get("threats"))]
    bucket, key = first(thing, "bucketName"), first(thing, "objectKey")
    found = first(result, "scanResultStatus") == "THREATS_FOUND"
    told = {
        "bucketName": bucket,
        "status": first(result, "scanResultStatus") or first(detail, "scanStatus"),
        "message": ": ".join(part for part in (f"{bucket}/{key}" if key else "", ", ".join(filter(None, threats))) if part),
        "plan": event.resources[0] if event.resources else "",
    }
    telling = Telling(Kind.ALERT if found else Kind.STATE, "guardduty.scan", severity=ERROR if found else INFO)
    yield from tell(replace(event, detail=told, resources=()), telling, received, event.source)


def _ended_well(codes: list[float]) -> bool:
    return bool(codes) and not any(codes)
