"""Webhooks of tools that build and apply: Jenkins, CircleCI, Terraform Cloud, Docker Hub.

Reference: Jenkins Notification plugin "payload"; CircleCI "Webhooks v2"; HCP Terraform "Run notification payload"; Docker Hub "Webhooks".
Identity:  Jenkins the job; CircleCI the project and its workflow; Terraform the workspace; Docker Hub the repository.
Time:      Jenkins `build.timestamp` (ms); CircleCI `happened_at`; Terraform `run_updated_at`; Docker Hub `pushed_at` (s).
Severity:  error when a build or run failed.
State:     Jenkins and CircleCI report states of a pipeline; a Terraform run and a pushed image are changes.
Change id: the build's number, the workflow's or run's id, the image's tag.
Dedup:     the same, with job or repository: a build's start and end are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, outcome, row, sentence, sequence, text
from schemas.sources.fields import has_keys, text_at
from schemas.sources.source import Received, Source

_ERRORED: Final = ("errored", "failed", "policy_soft_failed", "policy_override")


def read_jenkins(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    build, job = mapping(document.get("build")), text(document.get("name"))
    state, number = first(build, "status", "phase"), text(build.get("number"))
    if text(build.get("phase")) in ("QUEUED", "STARTED"):
        state = text(build.get("phase"))  # `status` is still that of the build before
    result = "failed" if state == "UNSTABLE" else outcome(state)
    yield row(
        received, Kind.STATE, "jenkins", {"service.name": job, "cicd.pipeline.name": job, "vcs.repository.url.full": text_at(build, "scm.url")}, name="build",
        event_time_ns=times.parse(build.get("timestamp")), severity_number=severity.ERROR if result == "failed" else 0,
        text=sentence(f"build {job} #{number} {state}", text_at(build, "scm.branch") and f"of {text_at(build, 'scm.branch')}"), change_id=number,
        dedup_key=f"jenkins:{job}#{number}", evidence_url=text(build.get("full_url")),
        details={"action": "build", "outcome": result, "commit": text_at(build, "scm.commit"), "actor": "automation"},
    )  # fmt: skip


def read_circleci(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    workflow, job = mapping(document.get("workflow")), mapping(document.get("job"))
    state, id_ = first(job, "status") or first(workflow, "status"), text(workflow.get("id"))
    slug = text_at(document, "project.slug")
    names = {
        "service.name": text_at(document, "project.name"), "vcs.repository.name": slug.partition("/")[2], "cicd.pipeline.name": text(workflow.get("name")),
        "cicd.pipeline.task.name": text(job.get("name")), "vcs.ref.head.name": text_at(document, "pipeline.vcs.branch"),
    }  # fmt: skip
    yield row(
        received, Kind.STATE, "circleci", names, name=text(document.get("type")), event_time_ns=times.parse(document.get("happened_at")),
        severity_number=severity.ERROR if outcome(state) == "failed" else 0, text=sentence(f"{text(document.get('type')).replace('-', ' ')}:", text(job.get("name")) or text(workflow.get("name")), state),
        change_id=id_, dedup_key=f"circleci:{id_}:{text(job.get('id'))}", evidence_url=text(workflow.get("url")),
        details={"action": "build", "outcome": outcome(state), "commit": text_at(document, "pipeline.vcs.revision"), "actor": "automation"},
    )  # fmt: skip


def read_terraform(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """A row a notification; verifications have none that names a run."""
    run, workspace = text(document.get("run_id")), text(document.get("workspace_name"))
    for said in map(mapping, sequence(document.get("notifications"))):
        state = text(said.get("run_status"))
        if not run:
            yield Rejected("not_telemetry", "a test notification without a run", "run_id", "terraform.cloud")
            continue
        yield row(
            received, Kind.CHANGE, "terraform.cloud", {"service.name": workspace, "terraform.workspace.id": text(document.get("workspace_id")), "terraform.organization.name": text(document.get("organization_name"))},
            name=text(said.get("trigger")), event_time_ns=times.parse(said.get("run_updated_at")) or times.parse(document.get("run_created_at")),
            severity_number=severity.ERROR if state in _ERRORED else 0, text=sentence(text(said.get("message")), text(document.get("run_message"))), change_id=run,
            dedup_key=f"terraform:{run}", evidence_url=text(document.get("run_url")),
            details={"action": text(said.get("trigger")), "outcome": "failed" if state in _ERRORED else "succeeded" if state == "applied" else "started",
                     "actor": role_of(first(said, "run_updated_by") or text(document.get("run_created_by")))},
        )  # fmt: skip


def read_dockerhub(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    push, repository = mapping(document.get("push_data")), mapping(document.get("repository"))
    full, tag = first(repository, "repo_name", "name"), text(push.get("tag"))
    yield row(
        received, Kind.CHANGE, "dockerhub", {"service.name": first(repository, "name") or full.rpartition("/")[2], "container.image.name": full, "service.version": tag},
        name="artifact.published", event_time_ns=times.parse(push.get("pushed_at")), text=f"image {full}:{tag} pushed", change_id=tag, dedup_key=f"dockerhub:{full}:{tag}:{text(push.get('pushed_at'))}",
        details={"action": "pushed", "to": tag, "outcome": "succeeded", "actor": role_of(text(push.get("pusher")))},
    )  # fmt: skip


def _is_jenkins(document: Any) -> bool:
    build = document.get("build") if isinstance(document, dict) else None
    return isinstance(build, dict) and "name" in document and {"number", "phase"} <= build.keys()


SOURCES: Final = (
    Source("jenkins", _is_jenkins, read_jenkins),
    Source("circleci", has_keys("workflow", "happened_at", "project"), read_circleci),
    Source("terraform.cloud", has_keys("notification_configuration_id", "notifications"), read_terraform),
    Source("dockerhub", has_keys("push_data", "repository"), read_dockerhub),
)
