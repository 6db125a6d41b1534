"""Kubernetes objects as a watch, a list or a controller's notification sends them: how a thing stands, by its own status.

Reference: Kubernetes API "Pod", "Node", "Deployment", "HorizontalPodAutoscaler" …; "API conventions: typical status properties"; Argo Rollouts
           "Rollout", Argo Workflows "Workflow", Flux "HelmRelease" and "Kustomization", Tekton "PipelineRun" and "TaskRun" (which its
           CloudEvents hold without a kind).  Events are kubernetes.py's, Argo CD Applications argocd.py's.
Identity:  metadata.name by its kind, its namespace, and of a pod its node.
Time:      when the worst condition became so, else the last one; else the end, the start or the creation of the thing.
Severity:  error when a condition, the phase or a container says that it does not work, else info.
State:     state; a rollout or a release with a revision is a change, an autoscaler that scaled is a scaling.  No row fires.
Change id: the revision or pod hash that is rolled out.
Dedup:     kind, namespace, name and revision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, outcome, row, sentence, sequence, text, words
from schemas.sources.fields import text_at
from schemas.sources.kubernetes import ATTRIBUTE
from schemas.sources.source import Received, Source

OBJECT: Final = "kubernetes.object"
_GOOD: Final = words("Ready Available Progressing ContainersReady PodScheduled Initialized Healthy Succeeded Synced Released Established")
"""Conditions that are trouble when they are not true."""
_BAD: Final = words(
    "MemoryPressure DiskPressure PIDPressure NetworkUnavailable Failed FailureTarget ReplicaFailure Stalled Degraded InvalidSpec KernelDeadlock"
    " ReadonlyFilesystem CorruptDockerOverlay2 FrequentKubeletRestart FrequentContainerdRestart"
)
"""Conditions that are trouble when they are true."""
_HARMLESS: Final = words(
    "PodCompleted RolloutPaused DeploymentPaused Running Started Pending Progressing ReplicaSetUpdated NewReplicaSetCreated Completed"
)
"""Reasons for which a condition is not true that are no trouble."""
_FAILED_PHASES: Final = words("Failed Error Degraded Lost Unknown")
_REVISION: Final = ("currentPodHash", "lastAttemptedRevision", "lastAppliedRevision")
_ROLLED_OUT: Final = words("Rollout HelmRelease Kustomization")
_RUNS: Final = {"pipelineRun": "PipelineRun", "taskRun": "TaskRun", "customRun": "CustomRun"}
_MAX_ITEMS: Final = 32


class _Trouble(NamedTuple):
    """What an object complains of; `said` is empty when it does not."""

    at_ns: int
    said: str


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    kind, thing = _thing(document)
    metadata, status = mapping(thing.get("metadata")), mapping(thing.get("status"))
    name, namespace = text(metadata.get("name")), text(metadata.get("namespace"))
    phase, revision = text(status.get("phase")), first(status, *_REVISION)
    conditions = [mapping(item) for item in sequence(status.get("conditions"))[:_MAX_ITEMS]]
    trouble = _trouble(status, conditions)
    failed = bool(trouble.said) or phase in _FAILED_PHASES
    calm = next((said for item in reversed(conditions) if (said := text(item.get("message")))), "")
    removed = (received.carrier or {}).get("k8s.watch") == "DELETED"
    replicas = _replicas(kind, status)
    attributes = {
        "k8s.node.name": text_at(thing, "spec.nodeName"),
        ATTRIBUTE.get(kind.lower(), "k8s.object.name"): name,
        "k8s.object.kind": kind,
        "k8s.namespace.name": namespace,
        "cicd.pipeline.name": text_at(metadata, "labels.tekton.dev/pipeline")
        or text_at(thing, "spec.pipelineRef.name", "spec.taskRef.name"),
    }
    released = kind in _ROLLED_OUT and bool(revision)
    yield row(
        received, Kind.SCALING if replicas else Kind.CHANGE if released else Kind.STATE, OBJECT, {key: value for key, value in attributes.items() if value},
        name=f"{kind.lower()}.{'deleted' if removed else 'scaled' if replicas else 'released' if released else 'status'}", fallback=f"resource:{kind}/{name}",
        event_time_ns=trouble.at_ns or _time(thing, status, conditions), severity_number=severity.ERROR if failed else severity.INFO,
        text=sentence(f"{kind} {name}", "deleted" if removed else phase, trouble.said or first(status, "reason"), text(status.get("message")), "" if trouble.said else calm),
        change_id=revision if released else "", dedup_key=f"k8s:{kind}/{namespace}/{name}:{revision}" if released else "",
        details={"action": "release" if released else "scale" if replicas else "", "to": revision if released else "", **replicas,
                 "outcome": "failed" if failed and released else outcome(phase) if released else "", "actor": "automation" if released or replicas else ""},
    )  # fmt: skip


def _thing(document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The object and its kind, which Tekton tells by the key that holds it."""
    for key, kind in _RUNS.items():
        if isinstance(document.get(key), dict):
            return kind, document[key]
    return text(document.get("kind")), document


def _trouble(status: dict[str, Any], conditions: list[dict[str, Any]]) -> _Trouble:
    """The container or else the condition that does not work.  A container says why its pod's conditions are not true."""
    found = [item for item in conditions if _is_trouble(item)]
    at_ns = max((times.parse(item.get("lastTransitionTime")) for item in found), default=0)
    for key in ("initContainerStatuses", "containerStatuses"):
        for item in map(mapping, sequence(status.get(key))[:_MAX_ITEMS]):
            waiting, ended = mapping(mapping(item.get("state")).get("waiting")), mapping(mapping(item.get("state")).get("terminated"))
            last = mapping(mapping(item.get("lastState")).get("terminated"))
            reason = text(waiting.get("reason")) if "Back" in text(waiting.get("reason")) or "Err" in text(waiting.get("reason")) else ""
            if reason or text(ended.get("exitCode")) not in ("", "0"):
                why = sentence(
                    reason or text(ended.get("reason")), first(waiting, "message") or first(ended, "message"), text(last.get("reason"))
                )
                return _Trouble(
                    at_ns or times.parse(ended.get("finishedAt")) or times.parse(last.get("finishedAt")),
                    f"container {text(item.get('name'))} {why}",
                )
    if not found:
        return _Trouble(0, "")
    worst = next((item for item in found if text(item.get("message"))), found[0])
    return _Trouble(times.parse(worst.get("lastTransitionTime")) or at_ns, sentence(f"{text(worst.get('type'))} {text(worst.get('status'))}", text(worst.get("reason")), text(worst.get("message"))))  # fmt: skip


def _is_trouble(condition: dict[str, Any]) -> bool:
    type_, holds = text(condition.get("type")), text(condition.get("status"))
    if text(condition.get("reason")) in _HARMLESS:
        return False
    return (type_ in _GOOD and holds in ("False", "false", "Unknown")) or (type_ in _BAD and holds in ("True", "true"))


def _replicas(kind: str, status: dict[str, Any]) -> dict[str, str]:
    """From → to of an autoscaler that has scaled."""
    current, desired = text(status.get("currentReplicas")), text(status.get("desiredReplicas"))
    scaled = kind == "HorizontalPodAutoscaler" and "lastScaleTime" in status and current != desired
    return {"from": current, "to": desired} if scaled else {}


def _time(thing: dict[str, Any], status: dict[str, Any], conditions: list[dict[str, Any]]) -> int:
    ends = ("lastScaleTime", "finishedAt", "completionTime")
    if at := next((at for key in ends if (at := times.parse(status.get(key)))), 0):
        return at
    if at := max((times.parse(item.get("lastTransitionTime")) for item in conditions), default=0):
        return at
    metadata = mapping(thing.get("metadata"))
    rest = (metadata.get("deletionTimestamp"), status.get("startedAt"), status.get("startTime"), metadata.get("creationTimestamp"))
    return next((at for stamp in rest if (at := times.parse(stamp))), 0)


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    named = isinstance(document.get("metadata"), dict) and "name" in document["metadata"]
    if named and isinstance(document.get("kind"), str) and isinstance(document.get("apiVersion"), str):
        return True
    return any(isinstance(document.get(key), dict) and "metadata" in document[key] for key in _RUNS)


def refuse(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    yield Rejected("not_telemetry", "what the API server says of a watch itself, not of an object", "", OBJECT)


def _is_of_the_watch(document: Any) -> bool:
    """A bookmark, or the error with which a watch ends."""
    if not isinstance(document, dict):
        return False
    return (document.get("type") in ("BOOKMARK", "ERROR") and isinstance(document.get("object"), dict)) or (
        document.get("kind") == "Status" and "apiVersion" in document
    )


SOURCES: Final = (Source(OBJECT, _recognises, read), Source("kubernetes.watch", _is_of_the_watch, refuse))
