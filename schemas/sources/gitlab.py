"""GitLab webhooks: pushes, tags, deployments, pipelines, jobs, releases, merged requests, feature flags, incidents.

Reference: GitLab documentation "Webhook events".  `object_kind` names the event.
Identity:  the project's path; its last part is taken for the service.
Time:      of the thing itself: status_changed_at, finished_at, a commit's timestamp; forms `2021-04-28 21:50:00 +0200` and `… UTC`.
State:     deployments, pushes, releases, merges and flags are changes; pipelines and jobs are states, failed ones with severity error;
           an incident is an alert, which fires until it is closed.
Change id: deployment id, commit sha, pipeline id, job id, release tag, merge commit.
Dedup:     project, kind and that id.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, outcome, row, sentence, sequence, text
from schemas.sources.fields import text_at
from schemas.sources.github import commit_row
from schemas.sources.source import Received, Source

GITLAB: Final = "gitlab"


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    kind = first(document, "object_kind", "event_name")
    if kind in ("push", "tag_push"):
        yield from _push(document, received)
    elif kind in ("deployment", "build", "pipeline", "release", "merge_request", "feature_flag"):
        yield _event(document, kind, received)
    elif kind == "incident":
        yield _incident(document, received)
    else:
        yield Rejected("not_telemetry", f"a GitLab {kind[:32]} event changes nothing that runs", "object_kind", GITLAB)


def _push(document: dict[str, Any], received: Received) -> Iterator[Signal]:
    project, ref = mapping(document.get("project")), text(document.get("ref"))
    full = first(project, "path_with_namespace")
    as_repository = {"repository": {"name": full.rpartition("/")[2] or text(project.get("name")), "full_name": full}}
    commits = [commit for commit in sequence(document.get("commits")) if isinstance(commit, dict)]
    for commit in commits:
        yield commit_row(as_repository, commit, ref, GITLAB, received)
    if not commits:
        after = text(document.get("after"))
        gone = after == "0" * 40
        yield row(
            received, Kind.CHANGE, GITLAB, _project(document, ref), name="vcs.ref", text=f"{ref} {'deleted' if gone else 'updated'}",
            change_id="" if gone else first(document, "checkout_sha", "after"), dedup_key=f"gitlab:{full}:{ref}@{after}",
            details={"action": "deleted" if gone else "updated", "ref": ref, "outcome": "succeeded", "actor": role_of(document.get("user_username"))},
        )  # fmt: skip


def _event(document: dict[str, Any], kind: str, received: Received) -> Signal:
    about = mapping(document.get("object_attributes")) or document
    status = first(document, "status", "build_status") or first(about, "status", "state", "action")
    if kind == "feature_flag":
        status = "turned on" if about.get("active") is True else "turned off"
    merged = kind == "merge_request" and (text(about.get("state")) == "merged" or text(about.get("action")) == "merge")
    change = kind in ("deployment", "release", "feature_flag") or merged
    environment = text_at(document, "environment", "environment.name")
    id_ = {
        "deployment": text(document.get("deployment_id")), "build": text(document.get("build_id")), "pipeline": text(about.get("id")),
        "release": text(document.get("tag")), "merge_request": first(about, "merge_commit_sha", "iid"), "feature_flag": text(about.get("name")),
    }[kind]  # fmt: skip
    ref = first(about, "ref", "target_branch", "tag")
    what = first(document, "build_name", "name", "commit_title") or first(about, "name", "title")
    return row(
        received, Kind.CHANGE if change else Kind.STATE, GITLAB, {**_project(document, ref), "deployment.environment.name": environment, **_pipeline(document, about, kind)},
        name=f"{kind.replace('_', '.')}.{'merged' if merged else 'changed'}" if change and kind != "deployment" else kind,
        event_time_ns=_time(document, about),
        severity_number=severity.ERROR if status == "failed" else 0,
        text=sentence(kind.replace("_", " "), what, status, environment and f"in {environment}", ref and f"on {ref}"),
        change_id=id_, dedup_key=f"gitlab:{text_at(document, 'project.path_with_namespace', 'project_id')}:{kind}:{id_}",
        evidence_url=first(about, "url", "deployable_url"),
        details={"action": kind, "to": ref, "outcome": outcome(status), "commit": first(about, "sha", "short_sha", "last_commit.id"), "environment": environment,
                 "reason": first(document, "build_failure_reason"), "actor": role_of(text_at(document, "user.username", "user_username"))},
    )  # fmt: skip


def _incident(document: dict[str, Any], received: Received) -> Signal:
    about = mapping(document.get("object_attributes"))
    closed, id_ = text(about.get("state")) == "closed", first(about, "iid", "id")
    begun = times.parse(about.get("created_at"))
    return row(
        received, Kind.ALERT, GITLAB, _project(document, ""), name="incident", event_time_ns=(times.parse(about.get("closed_at")) or times.parse(about.get("updated_at"))) if closed else begun,
        starts_at_ns=begun if closed else 0, severity_number=severity.from_word(about.get("severity")), status=Status.RESOLVED if closed else Status.FIRING,
        text=sentence(text(about.get("title")), text(about.get("description"))), dedup_key=f"gitlab:{text_at(document, 'project.path_with_namespace')}:incident:{id_}",
        evidence_url=text(about.get("url")),
    )  # fmt: skip


def _pipeline(document: dict[str, Any], about: dict[str, Any], kind: str) -> dict[str, str]:
    if kind == "build":
        return {"cicd.pipeline.task.name": text(document.get("build_name")), "cicd.pipeline.run.id": text(document.get("pipeline_id"))}
    return {"cicd.pipeline.name": text(about.get("name"))} if kind == "pipeline" else {}


def refuse(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    yield Rejected(
        "not_telemetry", f"a GitLab {text(document.get('event_name'))[:32]} event changes nothing that runs", "event_name", GITLAB
    )


def _time(document: dict[str, Any], about: dict[str, Any]) -> int:
    keys = (
        "status_changed_at",
        "finished_at",
        "build_finished_at",
        "released_at",
        "updated_at",
        "started_at",
        "build_started_at",
        "created_at",
        "build_created_at",
    )
    found = (times.parse(document.get(key)) or times.parse(about.get(key)) for key in keys)
    return next((at for at in found if at), 0) or times.parse(text_at(document, "commit.timestamp"))


def _project(document: dict[str, Any], ref: str) -> dict[str, str]:
    homepage = text_at(document, "repository.homepage").partition("://")[2].partition("/")[2]
    shown = text(document.get("project_name")).rpartition(" / ")[2]  # before the stroke stands a group, or a person's name
    full = text_at(document, "project.path_with_namespace") or homepage or text_at(document, "repository.name") or shown
    return {
        "service.name": full.rpartition("/")[2].strip(),
        "vcs.repository.name": full,
        "vcs.ref.head.name": ref.removeprefix("refs/heads/").removeprefix("refs/tags/"),
    }


def _recognises(document: Any) -> bool:
    named = isinstance(document, dict) and ("project" in document or "project_id" in document)
    return named and (isinstance(document.get("object_kind"), str) or document.get("event_name") in ("push", "tag_push"))


def _is_system_hook(document: Any) -> bool:
    """Events of the whole server: projects, groups, members, keys."""
    has = isinstance(document, dict) and isinstance(document.get("event_name"), str)
    return has and not document.keys().isdisjoint({"project_id", "group_id", "user_id", "key", "old_path_with_namespace"})


SOURCES: Final = (Source(GITLAB, _recognises, read), Source("gitlab.system", _is_system_hook, refuse))
