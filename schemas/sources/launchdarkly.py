"""LaunchDarkly audit log entries, as its webhooks send them.

Reference: LaunchDarkly API "Audit log" (AuditLogEntryRep) and "Webhooks".
Identity:  the flag's tags name the services it belongs to, the first one counts; else the flag itself.
Time:      `date`, epoch milliseconds.
Change id: the flag key, last part of the resource `proj/<project>:env/<environment>:flag/<key>;<tags>`.
State:     a change that happened.  What it did is in `titleVerb` and `accesses[].action`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, row, sentence, sequence, text
from schemas.sources.source import Received, Source

LAUNCHDARKLY: Final = "launchdarkly.audit_log"
_PEOPLE: Final = frozenset({"member", "role", "team", "token", "account", "webhook"})
"""Kinds of resources that tell of people and their access, not of what runs."""
_PARTS: Final = {"environment": "env", "project": "proj"}
"""Kinds whose part of a resource is called otherwise."""
_SIDES: Final = {"turned on": ("off", "on"), "turned off": ("on", "off")}


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    target, version = mapping(document.get("target")), mapping(document.get("currentVersion"))
    if text(document.get("kind")) in _PEOPLE:
        yield Rejected(
            "not_telemetry", f"a LaunchDarkly change of a {text(document.get('kind'))} changes nothing that runs", "kind", LAUNCHDARKLY
        )
        return
    resource = next((said for item in sequence(target.get("resources")) if (said := text(item))), "")
    parts = {kind: name for part in resource.split(":") for kind, _, name in [part.partition("/")]}
    kind = text(document.get("kind"))
    key = first(version, "key") or parts.get(kind, "").partition(";")[0] or text(document.get("name"))
    if resource and (part := _PARTS.get(kind, kind)) in parts:
        key = parts[part].partition(";")[0]
    verb = text(document.get("titleVerb"))
    before, after = next((sides for words, sides in _SIDES.items() if verb.startswith(words)), ("", ""))
    tags = [said for item in sequence(version.get("tags")) if (said := text(item))] or _tags(resource)
    id_ = first(document, "_id", "id")
    attributes = {
        "service.name": tags[0] if tags else "",
        "deployment.environment.name": parts.get("env", "").partition(";")[0],
        "launchdarkly.project.name": parts.get("proj", "").partition(";")[0],
        "feature_flag.key": key if kind == "flag" else "",
    }
    yield row(
        received,
        Kind.CHANGE,
        LAUNCHDARKLY,
        attributes,
        name=f"{kind or 'flag'}.changed",
        fallback=f"resource:{kind or 'flag'}/{key}",
        event_time_ns=times.parse(document.get("date")),
        text=sentence(verb, text(document.get("name")) or key, text(document.get("description")), text(document.get("comment"))),
        change_id=key,
        dedup_key=f"launchdarkly:{id_}" if id_ else "",
        details={
            "action": verb,
            "from": before,
            "to": after,
            "outcome": "succeeded",
            "actor": "automation" if document.get("token") or document.get("app") else "user" if document.get("member") else "",
            "tags": tags[:16],
        },
    )


def _tags(resource: str) -> list[str]:
    """Tags that the resource carries itself: `…:flag/key;checkout,beta`."""
    return [tag for tag in resource.rpartition(":")[2].partition(";")[2].split(",") if tag]


def _recognises(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("kind"), str)
        and not document.keys().isdisjoint({"titleVerb", "accesses"})
        and not document.keys().isdisjoint({"date", "target"})
    )


SOURCES: Final = (Source(LAUNCHDARKLY, _recognises, read),)
