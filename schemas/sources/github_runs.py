"""GitHub webhooks about what is built and checked: workflow runs and jobs, what asks for them, checks, commit statuses, builds of Pages.

Reference: GitHub documentation "Webhook events and payloads".  Bodies of deployments carry their run too: github.py is asked first.
Identity:  the repository, as in github.py; the workflow is the pipeline, a job or check its task.
Time:      of a run that ended `completed_at`, else `updated_at`; of one that goes on its start.
State:     all are states, failed ones with severity error.
Change id: the run's id; of a status or a build of Pages the commit.
Dedup:     repository and run id, so that a run, its jobs and its end are one; of a status context and commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, outcome, row, sentence, text
from schemas.sources.fields import text_at
from schemas.sources.github import GITHUB, has_object, key_of, repository_of
from schemas.sources.source import Received, Source

_RUNS: Final = ("workflow_job", "workflow_run", "check_run", "check_suite")
_FAILED: Final = ("failure", "timed_out", "startup_failure", "error", "errored")


def read_run(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """A workflow run or job, a check run or suite: a step of the pipeline."""
    what = next(key for key in _RUNS if isinstance(document.get(key), dict))
    run = mapping(document[what])
    conclusion, status = text(run.get("conclusion")), text(run.get("status"))
    id_ = first(run, "run_id", "id")
    name = (
        first(run, "name", "workflow_name", "display_title")
        or text_at(document, "workflow.name", "check_suite.app.name")
        or text_at(run, "app.name")
    )
    ended = status == "completed" or bool(conclusion)
    when = (
        ("completed_at", "updated_at", "run_started_at", "started_at", "created_at")
        if ended
        else ("run_started_at", "started_at", "created_at")
    )
    yield row(
        received, Kind.STATE, GITHUB,
        {**repository_of(document, text(run.get("head_branch"))), "cicd.pipeline.name": first(run, "workflow_name") or text_at(document, "workflow.name") or name,
         "cicd.pipeline.task.name": name if what != "workflow_run" else ""},
        name=what, fallback="resource:repository",
        event_time_ns=next((at for key in when if (at := times.parse(run.get(key)))), 0),
        severity_number=severity.ERROR if conclusion in _FAILED else 0,
        text=sentence(f"{what.replace('_', ' ')} {name}", conclusion or status, text(run.get("head_branch")) and f"on {text(run.get('head_branch'))}"),
        change_id=id_, dedup_key=key_of(document, f"run {id_}"), evidence_url=text(run.get("html_url")),
        details={"action": text(document.get("action")), "outcome": outcome(conclusion or status), "commit": text(run.get("head_sha")),
                 "actor": role_of(text_at(document, "sender.login"))},
    )  # fmt: skip


def read_status(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """The verdict of an outside checker on a commit."""
    state, context, sha = text(document.get("state")), text(document.get("context")), text(document.get("sha"))
    yield row(
        received, Kind.STATE, GITHUB, {**repository_of(document, ""), "cicd.pipeline.name": context}, name="status", fallback="resource:repository",
        event_time_ns=times.parse(document.get("updated_at")) or times.parse(document.get("created_at")),
        severity_number=severity.ERROR if state in _FAILED else 0, text=sentence(f"status {context} {state}", text(document.get("description"))),
        change_id=sha, dedup_key=key_of(document, f"status {context} {sha}"), evidence_url=text(document.get("target_url")),
        details={"action": "status", "outcome": outcome(state), "commit": sha, "actor": role_of(text_at(document, "sender.login"))},
    )  # fmt: skip


def read_pages(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    build = mapping(document.get("build"))
    state, sha = text(build.get("status")), text(build.get("commit"))
    yield row(
        received, Kind.STATE, GITHUB, {**repository_of(document, ""), "deployment.environment.name": "github-pages"}, name="page_build",
        fallback="resource:repository", event_time_ns=times.parse(build.get("updated_at")) or times.parse(build.get("created_at")),
        severity_number=severity.ERROR if state in _FAILED else 0, text=sentence(f"build of github-pages {state}", text_at(build, "error.message")),
        change_id=sha, dedup_key=key_of(document, f"pages {sha}"),
        details={"action": "build", "outcome": "succeeded" if state == "built" else outcome(state), "commit": sha, "actor": role_of(text_at(build, "pusher.login"))},
    )  # fmt: skip


def read_request(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """What asks for runs: a merge queue, a person or another repository.  Only a merge queue's body holds a time."""
    group = mapping(document.get("merge_group"))
    what = "merge_group" if group else "workflow_dispatch" if "workflow" in document else "repository_dispatch"
    ref = first(group, "base_ref") or first(document, "ref", "branch")
    name = text(document.get("workflow")).rpartition("/")[2] or text(document.get("action"))
    sha = first(group, "head_sha")
    yield row(
        received, Kind.STATE, GITHUB, {**repository_of(document, ref), "cicd.pipeline.name": name if what == "workflow_dispatch" else ""}, name=what,
        fallback="resource:repository", event_time_ns=times.parse(text_at(group, "head_commit.timestamp")), text=sentence(f"{what.replace('_', ' ')} {name} on {ref}"),
        change_id=sha, dedup_key=key_of(document, f"queue {sha}") if sha else "",
        details={"action": text(document.get("action")) or what, "outcome": "started", "commit": sha, "actor": role_of(text_at(document, "sender.login"))},
    )  # fmt: skip


def _is_request(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("repository"), dict) or "sender" not in document:
        return False
    return isinstance(document.get("merge_group"), dict) or {"inputs", "ref", "workflow"} <= document.keys() or "client_payload" in document


def _is_status(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("repository"), dict) and {"sha", "state", "context"} <= document.keys()


def _is_pages(document: Any) -> bool:
    return has_object("build")(document) and "pusher" in document["build"]


SOURCES: Final = (
    Source("github.run", has_object(*_RUNS), read_run),
    Source("github.status", _is_status, read_status),
    Source("github.pages", _is_pages, read_pages),
    Source("github.request", _is_request, read_request),
)
