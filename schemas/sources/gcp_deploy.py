"""Google Cloud Build, Cloud Deploy and GKE notifications: what builds, deploys and upgrades, told by Pub/Sub.

Reference: Cloud Build API `Build` and "Subscribing to build notifications"; Cloud Deploy, "Using Cloud Deploy notifications"; GKE, "Cluster notifications".
Shapes:    a Build object; Pub/Sub messages of attributes only (`ResourceType` + `Action`); attributes `type_url` + `payload` (JSON text).
Identity:  a build's service is its `_SERVICE_NAME`, repository, trigger or image; a rollout's its delivery pipeline; the cluster.
Time:      finishTime, startTime, createTime of the build as far as it got; else the message's publishTime.
Severity:  a failure is an error, a timeout too, else information.  State: none.  `status` may be the enum's number.
Dedup:     build id; Cloud Deploy's resource name, one key from Start to Succeed; GKE's operation or the message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import times
from schemas.severity import ERROR, INFO, WARN
from schemas.signal import Kind, Signal
from schemas.sources.cloud import decoded, first, mapping, outcome, row, sequence, text
from schemas.sources.source import Received, Source

_BUILD_STATUS: Final = {
    "0": "STATUS_UNKNOWN", "10": "PENDING", "1": "QUEUED", "2": "WORKING", "3": "SUCCESS", "4": "FAILURE", "5": "INTERNAL_ERROR", "6": "TIMEOUT",
    "7": "CANCELLED", "9": "EXPIRED",
}  # fmt: skip
_OVER: Final = ("SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED")
_ACTIONS: Final = {
    "succeed": "succeeded",
    "failure": "failed",
    "start": "started",
    "terminated": "cancelled",
    "required": "pending",
    "advanced": "succeeded",
}


def _is_build(document: Any) -> bool:
    return isinstance(document, dict) and "projectId" in document and len(document.keys() & _OF_A_BUILD) >= (1 if "id" in document else 3)


_OF_A_BUILD: Final = {"steps", "buildTriggerId", "logUrl", "logsBucket", "finishTime", "substitutions", "queueTtl"}
"""Keys that only a build has: one of them beside an id, three without."""


def _read_build(document: Any, received: Received) -> Iterator[Signal]:
    given, carrier = mapping(document.get("substitutions")), received.carrier or {}
    id_ = first(document, "id") or carrier.get("pubsub.buildId", "")
    status = first(document, "status") or carrier.get("pubsub.status", "")
    status = _BUILD_STATUS.get(status, status)
    done = outcome(status)
    service = first(given, "_SERVICE_NAME", "_SERVICE", "REPO_NAME", "TRIGGER_NAME") or _repository(document) or _image(document)
    order = (
        ("finishTime", "startTime", "createTime")
        if status in _OVER
        else ("startTime", "createTime")
        if status == "WORKING"
        else ("createTime",)
    )
    time_ns = next((ns for key in (*order, "createTime") if (ns := times.parse(document.get(key)))), 0)
    link = first(document, "logUrl")
    yield row(
        received,
        Kind.CHANGE,
        "gcp.cloud_build",
        {
            "service.name": service,
            "service.version": first(given, "SHORT_SHA", "TAG_NAME", "COMMIT_SHA"),
            "vcs.ref.head.revision": first(given, "COMMIT_SHA", "REVISION_ID"),
            "vcs.ref.head.name": first(given, "BRANCH_NAME", "TAG_NAME"),
            "cloud.provider": "gcp",
            "cloud.account.id": first(document, "projectId"),
        },
        ids=[first(document, "name") if first(document, "name").startswith("projects/") else "", id_],
        fallback="service:cloudbuild",
        name="cloudbuild.build",
        text=": ".join(
            part
            for part in (
                " ".join(said for said in ("Cloud Build", id_, "of", service or first(document, "projectId"), status) if said),
                first(document, "statusDetail") or first(mapping(document.get("failureInfo")), "detail"),
            )
            if part
        ),
        event_time_ns=time_ns or times.parse(carrier.get("time", "")),
        severity_number=ERROR if done == "failed" else INFO,
        dedup_key=f"gcp.cloud_build|{id_}" if id_ else "",
        change_id=id_,
        evidence_url=link if link.startswith("https://") else "",
        details={
            "action": "build", "outcome": done, "actor": "automation" if first(document, "buildTriggerId") else "",
            "images": [text(image) for image in sequence(document.get("images"))[:20]], "trigger": first(document, "buildTriggerId"),
        },
    )  # fmt: skip


def _repository(document: Mapping[str, Any]) -> str:
    source = mapping(document.get("source"))
    return first(mapping(source.get("repoSource")), "repoName") or first(mapping(source.get("gitSource")), "url").rpartition("/")[
        2
    ].removesuffix(".git")


def _image(document: Mapping[str, Any]) -> str:
    image = next((said for entry in sequence(document.get("images")) if (said := text(entry))), "")
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0]


def is_rollout(attributes: Mapping[str, Any]) -> bool:
    return "ResourceType" in attributes and "Action" in attributes


def read_rollout(attributes: Mapping[str, Any], id_: str, time_ns: int, received: Received) -> Signal:
    """A Cloud Deploy message: everything is in the attributes."""
    action, resource = first(attributes, "Action"), first(attributes, "Resource", "Rollout", "Release")
    done = _ACTIONS.get(action.lower(), outcome(action))
    pipeline, target = first(attributes, "DeliveryPipelineId"), first(attributes, "TargetId")
    what = " ".join(
        part for part in (first(attributes, "ReleaseId"), first(attributes, "RolloutId"), f"to {target}" if target else "") if part
    )
    change_id = resource or first(attributes, "RolloutId", "ReleaseId", "JobRunId")
    return row(
        received,
        Kind.CHANGE,
        "gcp.cloud_deploy",
        {
            "service.name": pipeline,
            "deployment.environment.name": target,
            "service.version": first(attributes, "ReleaseId"),
            "gcp.deploy.rollout.id": first(attributes, "RolloutId"),
            "cloud.provider": "gcp",
            "cloud.region": first(attributes, "Location"),
            "cloud.account.id": first(attributes, "ProjectNumber"),
        },
        ids=[f"//clouddeploy.googleapis.com/{resource}" if resource else ""],
        fallback="service:clouddeploy",
        name=f"clouddeploy.{first(attributes, 'ResourceType').lower()}",
        text=f"Cloud Deploy {first(attributes, 'ResourceType')} {action}: {pipeline} {what}".rstrip(),
        event_time_ns=time_ns,
        severity_number=ERROR if done == "failed" else WARN if done == "cancelled" else INFO,
        dedup_key=f"gcp.cloud_deploy|{change_id}" if change_id else f"gcp.pubsub|{id_}",
        change_id=change_id,
        details={
            "action": action,
            "outcome": done,
            "type": first(attributes, "ResourceType"),
            "phase": first(attributes, "PhaseId"),
            "to": target,
        },
    )


def is_cluster_notice(attributes: Mapping[str, Any]) -> bool:
    return "type_url" in attributes and ("cluster_name" in attributes or "payload" in attributes)


def read_cluster_notice(attributes: Mapping[str, Any], said: str, id_: str, time_ns: int, received: Received) -> Signal:
    """A GKE notification: an upgrade under way is a change; one that may come, and bulletins, are not."""
    payload = mapping(decoded(attributes.get("payload")))
    what = first(attributes, "type_url").rpartition(".")[2]
    before, after = first(payload, "currentVersion"), first(payload, "targetVersion", "version")
    change, bulletin = what in ("UpgradeEvent", "UpgradeInfoEvent"), what == "SecurityBulletinEvent"
    state = first(payload, "state")
    operation = first(payload, "operation")
    return row(
        received,
        Kind.CHANGE if change else Kind.ALERT if bulletin else Kind.LOG,
        "gcp.gke_notification",
        {
            "k8s.cluster.name": first(attributes, "cluster_name"),
            "cloud.provider": "gcp",
            "cloud.region": first(attributes, "cluster_location"),
            "cloud.account.id": first(attributes, "project_id"),
            "gcp.gke.resource_type": first(payload, "resourceType"),
        },
        ids=[
            f"//container.googleapis.com/{first(payload, 'resource')}" if first(payload, "resource") else first(attributes, "cluster_name")
        ],
        fallback="service:gke",
        name=f"gke.{what}",
        text=": ".join(
            part
            for part in (
                f"GKE {what} {first(attributes, 'cluster_name')} {first(payload, 'resourceType')}".rstrip(),
                f"{before} -> {after}" if before and after else after,
                said or first(payload, "description", "briefDescription"),
            )
            if part
        ),
        event_time_ns=times.parse(payload.get("operationStartTime")) or time_ns,
        severity_number=ERROR if outcome(state) == "failed" else WARN if bulletin else INFO,
        dedup_key=f"gcp.gke_notification|{operation}" if operation else f"gcp.pubsub|{id_}",
        change_id=operation,
        details={
            "action": what,
            "outcome": outcome(state) or ("started" if change else ""),
            "from": before,
            "to": after,
            "actor": "provider",
        },
    )


SOURCES: Final = (Source("gcp.cloud_build", _is_build, _read_build),)
