"""Deployments and other changes in a body that somebody wrote: Argo CD notification templates, deploy scripts, release bots.

Reference: Argo CD "Notifications: webhook" (the body is the user's; `{{toJson .app.status.operationState.syncResult}}` is its own example);
           none is canonical, so words decide: a thing, a version of it, and a word for what was done.  Asked after every known format;
           a body with a log level is an application's log.
Identity:  service, app, repository, environment … under any name that the alias dictionary knows; of a sync result what it applied.
Time:      when it finished, else the message's own time, else when it started.
Severity:  error when it failed.
Change id: the commit or revision, else the deployment's id, else the version.
Dedup:     the thing and that id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import severity, times
from schemas.identity import DEFAULT, fold
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, outcome, row, sentence, sequence, text
from schemas.sources.fields import labels, text_at
from schemas.sources.source import Received, Source

CHANGE_TEMPLATE: Final = "change.template"
SYNC_RESULT: Final = "argocd.sync_result"
_THING: Final = (
    "service",
    "service_name",
    "serviceName",
    "app",
    "application",
    "app_name",
    "appName",
    "component",
    "repository",
    "repo",
    "project",
)
_DONE: Final = re.compile(
    r"deploy|releas|roll-?(?:back|out|ed)|promot|upgrad|migrat|canary|sync|config.?change|feature.?flag|restart", re.IGNORECASE
)
_WHAT: Final = ("event", "event_type", "eventType", "event_name", "type", "action", "kind", "operation", "title", "trigger")
_COMMIT: Final = ("commit", "commit_sha", "commitSha", "sha", "git_sha", "git_commit", "revision", "commit_id")
_VERSION: Final = (
    "version",
    "new_version",
    "newVersion",
    "release",
    "tag",
    "image",
    "image_tag",
    "imageTag",
    "to",
    "to_version",
    "build",
    "build_number",
)
_BEFORE: Final = ("previous_version", "previousVersion", "old_version", "oldVersion", "from", "from_version", "previous_revision")
_ID: Final = ("deployment_id", "deploymentId", "deploy_id", "release_id", "change_id", "id")
_OUTCOME: Final = ("outcome", "result", "status", "state", "phase", "syncStatus", "sync_status")
_END: Final = ("finishedAt", "finished_at", "completed_at", "completedAt", "deployed_at", "deployedAt", "ended_at", "end_time")
_AT: Final = ("timestamp", "time", "date", "datetime", "@timestamp", "created_at", "createdAt", "startedAt", "started_at", "start_time")
_WHO: Final = ("deployed_by", "deployedBy", "user", "author", "actor", "triggered_by", "initiator", "username")
_LEVELS: Final = frozenset(("level", "lvl", "loglevel", "log_level", "levelname"))
_SYNC_WORDS: Final = frozenset(("syncStatus", "sync_status", "healthStatus", "health_status"))


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    thing, action = first(document, *_THING), _action(document)
    commit, version, environment = (
        first(document, *_COMMIT),
        first(document, *_VERSION),
        first(document, "environment", "env", "stage", "cluster"),
    )
    state = outcome(first(document, *_OUTCOME))
    result = "succeeded" if state in ("synced", "finished", "") else state
    id_ = commit or first(document, *_ID) or version
    at_ns = next((at for key in (*_END, *_AT) if (at := times.parse(document.get(key)))), 0)
    named = {key: value for key, value in labels(document).items() if fold(key) in DEFAULT.names}
    yield row(
        received, Kind.CHANGE, CHANGE_TEMPLATE, {**named, "service.version": version, "vcs.repository.name": first(document, "repository", "repo")}, name=action[:128],
        fallback=f"service:{thing}", event_time_ns=at_ns, severity_number=severity.ERROR if result == "failed" else severity.UNSPECIFIED,
        text=sentence(f"{action} {thing}", version and f"to {version}", environment and f"in {environment}", result, first(document, "message", "description", "comment")),
        change_id=id_, dedup_key=f"change:{thing}:{environment}:{id_}", evidence_url=first(document, "url", "link", "titleLink", "build_url", "pipeline_url"),
        details={"action": action, "from": first(document, *_BEFORE), "to": version or commit, "commit": commit, "outcome": result,
                 "health": first(document, "healthStatus", "health_status"), "actor": role_of(first(document, *_WHO), received.redaction_key)},
    )  # fmt: skip


def read_sync_result(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """What Argo CD applied; the Application itself is not named, so its workloads are."""
    resources = [mapping(item) for item in sequence(document.get("resources"))]
    workloads = [
        item for item in resources if text(item.get("kind")) in ("Deployment", "StatefulSet", "DaemonSet", "Rollout", "CronJob")
    ] or resources
    revision, path = text(document.get("revision")), text_at(document, "source.path")
    failed = any(
        text(item.get("status")) in ("SyncFailed", "PruneFailed") or text(item.get("hookPhase")) in ("Failed", "Error")
        for item in resources
    )
    head = workloads[0] if workloads else {}
    said = next((said for item in resources if (said := text(item.get("message")))), "")
    yield row(
        received, Kind.CHANGE, SYNC_RESULT,
        {"k8s.deployment.name": text(head.get("name")), "k8s.namespace.name": text(head.get("namespace")), "vcs.repository.name": text_at(document, "source.repoURL"), "argocd.path.name": path},
        name="application.synced", fallback=f"resource:{path}", severity_number=severity.ERROR if failed else severity.UNSPECIFIED,
        text=sentence(f"sync of {path or text(head.get('name'))} to {revision}", said), change_id=revision, dedup_key=f"argocd:{path}:{revision}",
        details={"action": "sync", "to": revision, "outcome": "failed" if failed else "succeeded", "actor": "automation",
                 "resources": [f"{text(item.get('kind'))}/{text(item.get('name'))}" for item in resources[:32]]},
    )  # fmt: skip


def _action(document: Mapping[str, Any]) -> str:
    said = next((said for key in _WHAT if _DONE.search(said := text(document.get(key)))), "")
    return said or ("sync" if not _SYNC_WORDS.isdisjoint(document) else "")


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict) or not _LEVELS.isdisjoint(document):
        return False
    return bool(first(document, *_THING) and first(document, *_COMMIT, *_VERSION) and _action(document))


def _is_sync_result(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and {"resources", "revision"} <= document.keys()
        and not document.keys().isdisjoint({"source", "sources"})
    )


SOURCES: Final = (Source(SYNC_RESULT, _is_sync_result, read_sync_result), Source(CHANGE_TEMPLATE, _recognises, read))
