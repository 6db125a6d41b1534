"""GitHub webhooks about what is shipped: pushes, branches and tags, deployments, releases, packages, pull requests.

Reference: GitHub documentation "Webhook events and payloads".  The event's name is only in the header X-GitHub-Event, so the shape decides.
Identity:  the repository; its short name is taken for the service.  Environment and branch are attributes.
Time:      of the thing itself: a commit's `timestamp`, a deployment's `created_at`, a release's `published_at`.
           `repository.pushed_at` is an integer beside ISO texts.
State:     all are changes, save pull requests that are not merged.
Change id: commit sha, branch or tag, deployment id, release id, package version, pull request number.
Dedup:     repository and change id: a deployment and its statuses are one.
Runs and checks: github_runs.py.  Alerts and settings: github_settings.py, which also says no to what tells of people and talk.
A push is a row a commit.  Bodies carry no diff; where the sender adds `patch`, it is kept, cut to 8 KB and redacted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from schemas import severity, times
from schemas.redact import redact, role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, outcome, row, sentence, sequence, text
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

GITHUB: Final = "github"
MAX_DIFF_CHARS: Final = 8_192
"""A diff that says more than this on one subject is a rewrite; the first hunks name it."""
MAX_FILES: Final = 200
"""Files of one commit that are named: GitHub's own API lists 300 a page."""
_NO_COMMIT: Final = "0" * 40


def read_push(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    ref = text(document.get("ref"))
    commits = [commit for commit in sequence(document.get("commits")) if isinstance(commit, dict)]
    if not commits and isinstance(head := document.get("head_commit"), dict):
        commits = [head]
    for commit in commits:
        yield commit_row(document, commit, ref, GITHUB, received)
    if not commits:
        sha = first(document, "after")
        word = (
            "deleted"
            if sha == _NO_COMMIT or document.get("deleted") is True
            else "created"
            if document.get("created") is True
            else "updated"
        )
        yield row(
            received, Kind.CHANGE, GITHUB, repository_of(document, ref), name="vcs.ref", fallback="resource:repository",
            event_time_ns=times.parse(mapping(document.get("repository")).get("pushed_at")),
            text=f"{ref} {word}", change_id="" if sha == _NO_COMMIT else sha, dedup_key=key_of(document, f"{ref}@{sha}"),
            details={"action": word, "ref": ref, "outcome": "succeeded", "actor": role_of(text_at(document, "sender.login", "pusher.name"))},
        )  # fmt: skip


def commit_row(document: Mapping[str, Any], commit: Mapping[str, Any], ref: str, source: str, received: Received) -> Signal:
    """One pushed commit; GitLab's and Gitea's pushes have the same shape."""
    sha, message = text(commit.get("id")), text(commit.get("message"))
    files = [text(file) for how in ("added", "modified", "removed") for file in sequence(commit.get(how))[:MAX_FILES]]
    files += [text_at(file, "filename") for file in sequence(commit.get("files"))[:MAX_FILES]]
    patches = [text(commit.get("patch"))] + [
        f"--- {text_at(file, 'filename')}\n{text_at(file, 'patch')}"
        for file in sequence(commit.get("files"))[:MAX_FILES]
        if text_at(file, "patch")
    ]
    diff = redact("\n".join(patch for patch in patches if patch)[:MAX_DIFF_CHARS], received.redaction_key)
    facts = {
        "action": "pushed",
        "outcome": "succeeded",
        "ref": ref,
        "files": [redact(file) for file in files[:MAX_FILES] if file],
        "diff": diff,
        "distinct": commit.get("distinct") if isinstance(commit.get("distinct"), bool) else None,
        "actor": role_of(text_at(commit, "author.username", "author.name"), received.redaction_key),
    }
    signal = row(
        received, Kind.CHANGE, source, repository_of(document, ref), name="vcs.commit", fallback="resource:repository",
        event_time_ns=times.parse(commit.get("timestamp")), text=message, change_id=sha, dedup_key=key_of(document, sha).replace(GITHUB, source, 1),
        evidence_url=text(commit.get("url")),
    )  # fmt: skip
    signal.details = orjson.dumps({key: value for key, value in facts.items() if value not in (None, "", [])}).decode()
    return signal


def read_deployment(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    deployment, status = mapping(document.get("deployment")), mapping(document.get("deployment_status"))
    state = text(status.get("state"))
    environment = first(status, "environment") or first(deployment, "environment")
    id_ = text(deployment.get("id"))
    yield row(
        received, Kind.CHANGE, GITHUB,
        {**repository_of(document, text(deployment.get("ref"))), "deployment.environment.name": environment},
        name="deployment_status" if status else "deployment", fallback="resource:repository",
        event_time_ns=times.parse(status.get("created_at")) or times.parse(deployment.get("created_at")),
        severity_number=severity.ERROR if state in ("failure", "error") else 0,
        text=sentence(f"deployment of {text(deployment.get('ref'))} to {environment}", state, text(status.get("description"))),
        change_id=id_, dedup_key=key_of(document, f"deployment {id_}"),
        evidence_url=first(status, "log_url", "target_url"),
        details={"action": "deploy", "to": text(deployment.get("ref")), "commit": text(deployment.get("sha")),
                 "outcome": outcome(state) if state else "started", "environment": environment,
                 "actor": role_of(text_at(status or deployment, "creator.login"))},
    )  # fmt: skip


def read_release(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    release = mapping(document.get("release"))
    id_, tag = text(release.get("id")), text(release.get("tag_name"))
    yield row(
        received, Kind.CHANGE, GITHUB, {**repository_of(document, tag), "service.version": tag}, name="release", fallback="resource:repository",
        event_time_ns=times.parse(release.get("published_at")) or times.parse(release.get("created_at")),
        text=sentence(f"release {tag} {text(document.get('action'))}", text(release.get("name"))), change_id=id_,
        dedup_key=key_of(document, f"release {id_}"), evidence_url=text(release.get("html_url")),
        details={"action": text(document.get("action")), "to": tag, "outcome": "succeeded", "actor": role_of(text_at(release, "author.login"))},
    )  # fmt: skip


def read_pull_request(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    request = mapping(document.get("pull_request"))
    merged = request.get("merged") is True or bool(text(request.get("merged_at")))
    number = first(request, "number") or text(document.get("number"))
    yield row(
        received, Kind.CHANGE if merged else Kind.STATE, GITHUB, repository_of(document, text_at(request, "base.ref")), name="vcs.change",
        fallback="resource:repository", event_time_ns=times.parse(request.get("merged_at")) or times.parse(request.get("updated_at")),
        text=sentence(f"pull request #{number} {'merged' if merged else text(document.get('action'))}", text(request.get("title"))),
        change_id=text(request.get("merge_commit_sha")) if merged else number, dedup_key=key_of(document, f"pull request {number}"),
        evidence_url=text(request.get("html_url")),
        details={"action": "merged" if merged else text(document.get("action")), "outcome": "succeeded" if merged else "",
                 "actor": role_of(text_at(document, "sender.login"))},
    )  # fmt: skip


def read_ref(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """A branch or tag that came or went; the body does not say which of the two, but only a new one tells of the default branch."""
    ref, word = text(document.get("ref")), "created" if "master_branch" in document else "deleted"
    yield row(
        received, Kind.CHANGE, GITHUB, repository_of(document, ref), name="vcs.ref", fallback="resource:repository",
        event_time_ns=times.parse(mapping(document.get("repository")).get("pushed_at")), text=f"{text(document.get('ref_type'))} {ref} {word}",
        change_id=ref, dedup_key=key_of(document, f"{text(document.get('ref_type'))} {ref} {word}"),
        details={"action": word, "ref": ref, "outcome": "succeeded", "actor": role_of(text_at(document, "sender.login"))},
    )  # fmt: skip


def read_package(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    package = mapping(document.get("package")) or mapping(document.get("registry_package"))
    published = mapping(package.get("package_version"))
    name, version, action = text(package.get("name")), text(published.get("version")), text(document.get("action"))
    yield row(
        received, Kind.CHANGE, GITHUB, {**repository_of(document, ""), "package.name": name, "service.version": version}, name="package",
        fallback="resource:repository", event_time_ns=times.parse(published.get("created_at")) or times.parse(package.get("updated_at")),
        text=f"package {name} {version} {action}", change_id=first(published, "id") or version, dedup_key=key_of(document, f"package {name} {version}"),
        evidence_url=first(published, "html_url"), details={"action": action, "to": version, "outcome": "succeeded", "actor": role_of(text_at(document, "sender.login"))},
    )  # fmt: skip


def repository_of(document: Mapping[str, Any], ref: str) -> dict[str, str]:
    """The repository's attributes; its short name is the service until a catalogue says otherwise."""
    repository = mapping(document.get("repository"))
    full = first(repository, "full_name", "path_with_namespace", "name")
    return {
        "service.name": first(repository, "name") or full.rpartition("/")[2],
        "vcs.repository.name": full,
        "vcs.ref.head.name": ref.removeprefix("refs/heads/").removeprefix("refs/tags/"),
    }


def key_of(document: Mapping[str, Any], what: str) -> str:
    return f"github:{first(mapping(document.get('repository')), 'full_name', 'name')}:{what}"


def has_object(*keys: str) -> Any:
    return lambda document: (
        isinstance(document, dict)
        and isinstance(document.get("repository"), dict)
        and any(isinstance(document.get(key), dict) for key in keys)
    )


def _is_ref(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("repository"), dict) and {"ref", "ref_type"} <= document.keys()


def _is_push(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("repository"), dict)
        and {"ref", "before", "after"} <= document.keys()
        and "object_kind" not in document
    )


SOURCES: Final = (
    Source("github.deployment", has_object("deployment_status", "deployment"), read_deployment),
    Source("github.release", has_object("release"), read_release),
    Source("github.pull_request", has_object("pull_request"), read_pull_request),
    Source("github.push", _is_push, read_push),
    Source("github.ref", _is_ref, read_ref),
    Source("github.package", has_object("package", "registry_package"), read_package),
)
