"""Azure DevOps service hooks: pushes, pull requests, builds, pipeline runs, releases and their deployments.

Knows:   publishers tfs (repositories, builds, work items), rm (classic releases) and pipelines (YAML runs, stages, approvals).
Ignores: the markup of messages; work items and comments are log lines.
Identity the release or build definition, the pipeline or the repository, as a service; the stage is the environment.
Time     createdDate: resources carry older dates, and 0001-01-01 for what has not happened.  Severity from the result.
State    a change with its outcome.  Dedup a build, run or release with its stage, so that start and end join.
People   the hook's sentence names who acted; every displayName, uniqueName, author and committer in the resource is taken out of it.
Source:  Microsoft Learn, "Service hooks events" (Azure DevOps).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas import severity
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.azure import outcome_of, time_of
from schemas.sources.azure_people import people_of, without
from schemas.sources.cloud import first, mapping, row, sequence, text
from schemas.sources.source import Received, Source

FORMAT: Final = "azure.devops"
_NOTHING: Final = "0" * 40


@dataclass(slots=True)
class _Told:
    kind: Kind = Kind.LOG
    service: str = ""
    change_id: str = ""
    outcome: str = ""
    before: str = ""
    after: str = ""
    dedup: str = ""
    url: str = ""
    more: dict[str, str] = field(default_factory=dict)


def recognises(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and "publisherId" in document
        and isinstance(document.get("eventType"), str)
        and isinstance(document.get("resource"), dict)
    )


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    type_ = document["eventType"]
    resource = document["resource"]
    told = next((reader for mark, reader in _READERS if mark in type_), _other)(resource, type_)
    said = text(mapping(document.get("detailedMessage")).get("text")) or text(mapping(document.get("message")).get("text"))
    people = sorted(people_of(resource), key=lambda name: (-len(name), name))
    changed = told.kind is not Kind.LOG
    actor = next((role for name in people if (role := role_of(name)) == "user"), "automation") if people else ""
    project = _project(resource)
    yield row(
        received, told.kind, FORMAT, {"service.name": told.service or project, "azure.devops.project.name": project, **told.more},
        name=type_,
        text=without(people, said or f"{type_} {told.service} {told.outcome}".strip()),
        event_time_ns=time_of(document.get("createdDate")),
        severity_number=severity.ERROR if told.outcome == "failed" else severity.INFO,
        dedup_key=f"azure.devops|{told.dedup or text(document.get('id'))}".lower(),
        change_id=told.change_id if changed else "",
        evidence_url=told.url,
        details={"action": type_, "from": told.before, "to": told.after, "outcome": told.outcome, "actor": actor} if changed else None,
        fallback="resource:azure/devops",
    )  # fmt: skip


def _push(resource: Mapping[str, Any], _: str) -> _Told:
    update = mapping(next(iter(sequence(resource.get("refUpdates"))), None))
    commits = [text(mapping(commit).get("commitId")) for commit in sequence(resource.get("commits"))]
    repository = mapping(resource.get("repository"))
    new = text(update.get("newObjectId"))
    sha = new if new and new != _NOTHING else (commits[0] if commits else "")
    branch = text(update.get("name")).removeprefix("refs/heads/")
    return _Told(
        Kind.CHANGE, text(repository.get("name")), sha or text(resource.get("pushId")), "succeeded", text(update.get("oldObjectId")), sha,
        f"{text(repository.get('id'))}|push|{text(resource.get('pushId')) or sha}", text(repository.get("remoteUrl")),
        {"vcs.repository.name": text(repository.get("name")), "vcs.ref.head.name": branch},
    )  # fmt: skip


def _pull_request(resource: Mapping[str, Any], type_: str) -> _Told:
    """Only a completed pull request changes anything."""
    resource = mapping(resource.get("pullRequest")) or resource
    repository = mapping(resource.get("repository"))
    status = text(resource.get("status")).lower()
    merged = status == "completed" or (type_.endswith("merged") and text(resource.get("mergeStatus")).lower() == "succeeded")
    commit = text(mapping(resource.get("lastMergeCommit")).get("commitId"))
    number = text(resource.get("pullRequestId"))
    return _Told(
        Kind.CHANGE if merged else Kind.LOG, text(repository.get("name")), commit or number, "succeeded" if merged else "", "", commit,
        f"{text(repository.get('id'))}|pr|{number}|{type_}|{status}", text(mapping(mapping(resource.get("_links")).get("web")).get("href")),
        {"vcs.repository.name": text(repository.get("name")), "vcs.ref.base.name": text(resource.get("targetRefName")).removeprefix("refs/heads/")},
    )  # fmt: skip


def _build(resource: Mapping[str, Any], _: str) -> _Told:
    definition = text(mapping(resource.get("definition")).get("name"))
    version = text(resource.get("sourceVersion")) or text(resource.get("sourceGetVersion")).rpartition(":")[2]
    outcome = outcome_of(resource.get("result"), resource.get("status"))
    web = text(mapping(mapping(resource.get("_links")).get("web")).get("href")) or text(resource.get("url"))
    more = {
        "vcs.ref.head.revision": version,
        "cicd.pipeline.run.id": text(resource.get("id")),
        "azure.devops.build": text(resource.get("buildNumber")),
    }
    return _Told(
        Kind.CHANGE,
        definition,
        text(resource.get("id")) or text(resource.get("buildNumber")),
        outcome,
        "",
        text(resource.get("buildNumber")),
        f"build|{web or definition}|{text(resource.get('id'))}",
        web,
        more,
    )


def _release(resource: Mapping[str, Any], type_: str) -> _Told:
    """A release on an environment; a release alone (created, abandoned) has none."""
    environment = mapping(resource.get("environment")) or mapping(mapping(resource.get("deployment")).get("releaseEnvironment"))
    release = (
        mapping(resource.get("release"))
        or mapping(environment.get("release"))
        or mapping(mapping(resource.get("deployment")).get("release"))
    )
    approval = mapping(resource.get("approval"))
    release = release or mapping(approval.get("release"))
    definition = (
        mapping(release.get("releaseDefinition"))
        or mapping(environment.get("releaseDefinition"))
        or mapping(mapping(resource.get("deployment")).get("releaseDefinition"))
    )
    stage = first(environment, "name") or text(mapping(approval.get("releaseEnvironment")).get("name"))
    started = "-started-" in type_ or "-created-" in type_
    outcome = (
        outcome_of(environment.get("status"), mapping(resource.get("deployment")).get("deploymentStatus")) if not started else "started"
    )
    if "-abandoned-" in type_:
        outcome = "cancelled"
    name = text(release.get("name"))
    deploys = "deployment-" in type_ and "approval" not in type_
    more = {"deployment.environment.name": stage, "azure.devops.release.name": name}
    dedup = f"release|{text(release.get('url')) or name}|{stage}" if deploys else ""
    return _Told(
        Kind.CHANGE if deploys or "release-" in type_ else Kind.LOG,
        text(definition.get("name")),
        name or text(release.get("id")),
        outcome,
        "",
        name,
        dedup,
        text(release.get("url")),
        more,
    )


def _run(resource: Mapping[str, Any], type_: str) -> _Told:
    """A YAML run, or one of its stages or jobs."""
    run, stage = mapping(resource.get("run")), mapping(resource.get("stage")) or mapping(resource.get("job"))
    pipeline = mapping(resource.get("pipeline")) or mapping(run.get("pipeline"))
    part = stage or run
    outcome = outcome_of(part.get("result"), part.get("state"))
    id_, name = text(run.get("id")) or text(resource.get("runId")), text(stage.get("name"))
    url = text(run.get("url")) or text(mapping(mapping(run.get("_links")).get("web")).get("href"))
    more = {"cicd.pipeline.run.id": id_, "azure.devops.stage": name, "deployment.environment.name": name if "stage" in type_ else ""}
    pending = "approval" in type_ or "checks" in type_
    return _Told(
        Kind.LOG if pending else Kind.CHANGE,
        text(pipeline.get("name")),
        id_ or text(run.get("name")),
        outcome,
        "",
        text(run.get("name")),
        f"run|{url or text(pipeline.get('name'))}|{id_}|{name}",
        url,
        more,
    )


def _check_in(resource: Mapping[str, Any], _: str) -> _Told:
    return _Told(
        Kind.CHANGE,
        "",
        text(resource.get("changesetId")),
        "succeeded",
        "",
        text(resource.get("changesetId")),
        f"tfvc|{text(resource.get('url'))}",
        text(resource.get("url")),
    )


def _other(resource: Mapping[str, Any], _: str) -> _Told:
    repository = text(_repository(resource).get("name"))
    return _Told(service=repository, url=text(resource.get("url")), more={"vcs.repository.name": repository})


def _repository(resource: Mapping[str, Any]) -> dict[str, Any]:
    return mapping(resource.get("repository")) or mapping(mapping(resource.get("pullRequest")).get("repository"))


def _project(resource: Mapping[str, Any]) -> str:
    """The project by its name; work items hold it in a field."""
    named = text(mapping(resource.get("project")).get("name")) or text(mapping(_repository(resource).get("project")).get("name"))
    fields = mapping(resource.get("fields")) or mapping(mapping(resource.get("revision")).get("fields"))
    return named or text(fields.get("System.TeamProject"))


_READERS: Final = (
    ("git.push", _push), ("git.pullrequest", _pull_request), ("git-pullrequest", _pull_request), ("build.", _build), ("vss-release", _release),
    ("vss-pipeline", _run), ("tfvc.checkin", _check_in),
)  # fmt: skip


SOURCES: Final = (Source(FORMAT, recognises, read),)
