"""Bitbucket Data Center (Server) webhooks: changed refs and pull requests.

Reference: Atlassian documentation "Bitbucket Data Center: event payload".  `eventKey` names the event.
Identity:  the repository in its project; its slug is taken for the service.
Time:      `date`, ISO with a zone without colon.
State:     changed refs and merged pull requests are changes; other pull request events are states; comments and forks are refused.
Change id: the commit that a ref now points to; the merge commit.
Dedup:     repository and change id.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, row, sentence, sequence, text
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

BITBUCKET_SERVER: Final = "bitbucket.server"


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    event = text(document.get("eventKey"))
    if event == "repo:refs_changed":
        for change in map(mapping, sequence(document.get("changes"))):
            yield _ref(document, change, received)
    elif event.startswith("pr:") and "comment" not in event:
        yield _pull_request(document, event.partition(":")[2], received)
    else:
        yield Rejected("not_telemetry", f"a Bitbucket {event[:32]} event changes nothing that runs", "eventKey", BITBUCKET_SERVER)


def _ref(document: dict[str, Any], change: dict[str, Any], received: Received) -> Signal:
    repository = mapping(document.get("repository"))
    ref, gone = text_at(change, "ref.displayId", "refId"), text(change.get("type")) == "DELETE"
    sha = "" if gone else text(change.get("toHash"))
    word = {"ADD": "created", "DELETE": "deleted"}.get(text(change.get("type")), "updated")
    return row(
        received, Kind.CHANGE, BITBUCKET_SERVER, _repository(repository, ref), name="vcs.ref", event_time_ns=times.parse(document.get("date")),
        text=f"{text_at(change, 'ref.type').lower() or 'ref'} {ref} {word}", change_id=sha, dedup_key=_key(repository, sha or f"{ref}@{text(change.get('fromHash'))}"),
        details={"action": word, "ref": ref, "from": text(change.get("fromHash")), "to": sha, "outcome": "succeeded", "actor": role_of(text_at(document, "actor.name"))},
    )  # fmt: skip


def _pull_request(document: dict[str, Any], event: str, received: Received) -> Signal:
    request = mapping(document.get("pullRequest"))
    target = mapping(request.get("toRef"))
    repository, id_, merged = mapping(target.get("repository")), text(request.get("id")), event == "merged"
    return row(
        received, Kind.CHANGE if merged else Kind.STATE, BITBUCKET_SERVER, _repository(repository, text(target.get("displayId"))), name="vcs.change",
        event_time_ns=times.parse(document.get("date")) or times.parse(request.get("updatedDate")),
        text=sentence(f"pull request #{id_} {event.replace(':', ' ')}", text(request.get("title"))),
        change_id=(text_at(request, "properties.mergeCommit.id") if merged else "") or id_, dedup_key=_key(repository, f"pull request {id_}"),
        details={"action": event, "outcome": "succeeded" if merged else "", "actor": role_of(text_at(document, "actor.name"))},
    )  # fmt: skip


def _repository(repository: dict[str, Any], ref: str) -> dict[str, str]:
    slug, project = first(repository, "slug", "name"), text_at(repository, "project.key")
    return {"service.name": slug, "vcs.repository.name": f"{project}/{slug}" if project else slug, "vcs.ref.head.name": ref}


def _key(repository: dict[str, Any], what: str) -> str:
    return f"bitbucket:{text_at(repository, 'project.key')}/{first(repository, 'slug', 'name')}:{what}"


def _recognises(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("eventKey"), str) and isinstance(document.get("actor"), dict)


SOURCES: Final = (Source(BITBUCKET_SERVER, _recognises, read),)
