"""Spinnaker echo events, as its REST webhook sends them.

Reference: Spinnaker documentation "Notifications and events: REST", echo's Event model; orca's Execution model.
Identity:  the application, else the build project.
Time:      `details.created`, epoch milliseconds as text.
State:     `orca:pipeline:*` are changes: starting, complete, failed; stages, tasks, builds and what triggers pipelines are states.
Change id: the execution's id, or the build's number.
Dedup:     the same.
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
from schemas.sources.source import Received, Source

SPINNAKER: Final = "spinnaker"


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    details, content = mapping(document.get("details")), mapping(document.get("content"))
    type_ = text(details.get("type"))
    execution = mapping(content.get("execution"))
    build = mapping(mapping(content.get("project")).get("lastBuild"))
    application = text(details.get("application")) or first(execution, "application") or text_at(content, "context.application")
    project = text_at(content, "project.name") or text_at(content, "repository", "slug")
    last = type_.rpartition(":")[2]
    of_a_step = type_.startswith(("orca:stage", "orca:task"))  # the execution's own status is that of the whole, which goes on
    state = (
        ("" if of_a_step else first(execution, "status"))
        or text(build.get("result"))
        or ("BUILDING" if build.get("building") is True else last)
    )
    result = (
        "succeeded"
        if state in ("complete", "SUCCEEDED", "SUCCESS")
        else "failed"
        if state in ("failed", "TERMINAL", "FAILURE")
        else outcome(state)
    )
    id_ = text(content.get("executionId")) or first(execution, "id") or text(build.get("number")) or first(content, "hash", "tag")
    pipeline = text(execution.get("name")) or text_at(content, "name")
    yield row(
        received,
        Kind.CHANGE if type_.startswith(("orca:pipeline", "orca:orchestration")) else Kind.STATE,
        SPINNAKER,
        {"service.name": application, "cicd.pipeline.name": pipeline or project, "spinnaker.master": text(content.get("master"))},
        name=type_,
        fallback=f"resource:{project or pipeline or type_}",
        event_time_ns=times.parse(details.get("created")) or times.parse(document.get("insertedTime")),
        severity_number=severity.ERROR if result == "failed" else 0,
        text=sentence(type_, pipeline or project or application, state),
        change_id=id_,
        dedup_key=f"spinnaker:{application or project}:{id_}" if id_ else "",
        evidence_url=text(build.get("url")),
        details={"action": type_, "outcome": result, "actor": role_of(text_at(execution, "authentication.user", "trigger.user"))},
    )


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("content"), dict):
        return False
    return {"source", "type"} <= mapping(document.get("details")).keys()


SOURCES: Final = (Source(SPINNAKER, _recognises, read),)
