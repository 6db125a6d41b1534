"""Bitbucket Cloud webhooks: pushes, build statuses, merged pull requests.

Reference: Atlassian documentation "Bitbucket Cloud: event payloads".
Identity:  the repository; its short name is taken for the service.
Time:      a commit's `date`, a status' `updated_on`.  A push itself has none.
State:     pushes and merges are changes; build statuses are states.
Change id: commit hash, merge commit, build key.
Dedup:     repository and change id.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, outcome, row, sentence, sequence, text
from schemas.sources.fields import text_at
from schemas.sources.github import repository_of
from schemas.sources.source import Received, Source

BITBUCKET: Final = "bitbucket"


def read_push(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    for change in map(mapping, sequence(mapping(document.get("push")).get("changes"))):
        branch = text_at(change, "new.name", "old.name")
        target = mapping(mapping(change.get("new")).get("target"))
        listed = [mapping(commit) for commit in sequence(change.get("commits"))]
        # A commit in the list carries no date, the new head does; where the list holds just the head, the head is read.
        commits = [{**commit, **(target if commit.get("hash") == target.get("hash") else {})} for commit in listed] or [target]
        known = [commit for commit in commits if commit.get("hash")]
        if target and not any(commit["hash"] == target.get("hash") for commit in known):
            known = [target]
        for commit in known:
            sha = text(commit.get("hash"))
            yield row(
                received, Kind.CHANGE, BITBUCKET, repository_of(document, branch), name="vcs.commit", event_time_ns=times.parse(commit.get("date")),
                text=text(commit.get("message")), change_id=sha, dedup_key=_key(document, sha), evidence_url=text_at(commit, "links.html.href"),
                details={"action": "pushed", "ref": branch, "outcome": "succeeded", "actor": role_of(text_at(document, "actor.nickname", "actor.display_name"))},
            )  # fmt: skip
        if not known:
            yield row(
                received, Kind.CHANGE, BITBUCKET, repository_of(document, branch), name="vcs.ref", text=f"{branch} deleted",
                dedup_key=_key(document, f"{branch} {text_at(change, 'old.target.hash')}"), details={"action": "deleted", "ref": branch, "outcome": "succeeded"},
            )  # fmt: skip


def read_status(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    status = mapping(document.get("commit_status"))
    state, key = text(status.get("state")), text(status.get("key"))
    commit = text_at(status, "links.commit.href").rpartition("/")[2]
    yield row(
        received, Kind.STATE, BITBUCKET, {**repository_of(document, text(status.get("refname"))), "cicd.pipeline.name": key}, name="commit_status",
        event_time_ns=times.parse(status.get("updated_on")) or times.parse(status.get("created_on")),
        severity_number=severity.ERROR if state == "FAILED" else 0, text=sentence(text(status.get("name")) or key, state, text(status.get("description"))),
        change_id=commit, dedup_key=_key(document, f"{commit} {key}"), evidence_url=text(status.get("url")),
        details={"action": "build", "outcome": outcome(state), "commit": commit, "actor": "automation"},
    )  # fmt: skip


def read_merge(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    request = mapping(document.get("pullrequest"))
    merged = text(request.get("state")) == "MERGED"
    id_ = text_at(request, "merge_commit.hash") if merged else text(request.get("id"))
    yield row(
        received, Kind.CHANGE if merged else Kind.STATE, BITBUCKET, repository_of(document, text_at(request, "destination.branch.name")), name="vcs.change",
        event_time_ns=times.parse(request.get("updated_on")), text=sentence(f"pull request #{text(request.get('id'))}", text(request.get("state")).lower(), text(request.get("title"))),
        change_id=id_, dedup_key=_key(document, f"pull request {text(request.get('id'))}"), evidence_url=text_at(request, "links.html.href"),
        details={"action": text(request.get("state")).lower(), "outcome": "succeeded" if merged else "", "actor": role_of(text_at(document, "actor.nickname"))},
    )  # fmt: skip


def refuse(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    yield Rejected("not_telemetry", "a Bitbucket event about issues, comments or forks changes nothing that runs", "", BITBUCKET)


def _key(document: dict[str, Any], what: str) -> str:
    return f"bitbucket:{first(mapping(document.get('repository')), 'full_name', 'name')}:{what}"


def _has(key: str) -> Any:
    return lambda document: (
        isinstance(document, dict) and isinstance(document.get(key), dict) and isinstance(document.get("repository"), dict)
    )


def _is_other(document: Any) -> bool:
    named = isinstance(document, dict) and isinstance(document.get("repository"), dict) and isinstance(document.get("actor"), dict)
    return named and "full_name" in document["repository"] and not document.keys().isdisjoint({"issue", "fork", "comment", "changes"})


SOURCES: Final = (
    Source("bitbucket.push", _has("push"), read_push),
    Source("bitbucket.commit_status", _has("commit_status"), read_status),
    Source("bitbucket.pull_request", _has("pullrequest"), read_merge),
    Source("bitbucket.other", _is_other, refuse),
)
