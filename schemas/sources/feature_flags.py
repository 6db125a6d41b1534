"""Feature flag services beside LaunchDarkly: Flagsmith, Unleash, Split (Harness FME).

Reference: Flagsmith "Webhooks"; Unleash "Webhook" and "Event types"; Split "Webhook (audit logs)".
Identity:  the flag, in its project and environment; none of the three says which service it belongs to.
Time:      Flagsmith `data.timestamp`; Unleash `createdAt`; Split `time`, epoch milliseconds.
Change id: the flag's name.
State:     a change that happened; what it did is in the event's type.
Dedup:     the event's id where it has one, else flag, environment and time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, row, sentence, text
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

_UNLEASH: Final = (
    "feature-",
    "features-",
    "segment-",
    "strategy-",
    "change-request-",
    "change-added",
    "change-discarded",
    "release-plan-",
    "project-environment-",
)


def _flag(
    received: Received, source: str, key: str, project: str, environment: str, *, at_ns: int, name: str, said: str, before: str, after: str, actor: object, dedup: str
) -> Signal:  # fmt: skip
    return row(
        received, Kind.CHANGE, source, {"feature_flag.key": key, "deployment.environment.name": environment, "feature_flag.project.name": project}, name=name,
        fallback=f"resource:flag/{key}", event_time_ns=at_ns, text=said, change_id=key, dedup_key=dedup,
        details={"action": name, "from": before, "to": after, "outcome": "succeeded", "actor": role_of(actor, received.redaction_key)},
    )  # fmt: skip


def read_flagsmith(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    data, event = mapping(document.get("data")), text(document.get("event_type"))
    new, old = mapping(data.get("new_state")), mapping(data.get("previous_state"))
    key = text_at(new, "feature.name") or text_at(old, "feature.name") or first(data, "related_object_id")
    environment, stamp = text_at(new, "environment.name") or text_at(old, "environment.name"), first(data, "timestamp", "created_date")
    values = text(old.get("feature_state_value")), text(new.get("feature_state_value"))
    change = f"value {values[0]} to {values[1]}" if values[0] != values[1] else ""
    yield _flag(
        received, "flagsmith", key, text_at(new, "feature.project.name") or text_at(old, "feature.project.name"), environment, at_ns=times.parse(stamp), name=event.lower(),
        said=sentence(f"{event.replace('_', ' ').lower()} {key}", _on(new.get("enabled")), environment and f"in {environment}", change, text(data.get("log"))),
        before=_on(old.get("enabled")), after=_on(new.get("enabled")), actor=data.get("changed_by"), dedup=f"flagsmith:{key}:{environment}:{stamp}",
    )  # fmt: skip


def read_unleash(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    event, data = text(document.get("type")), mapping(document.get("data")) or mapping(document.get("preData"))
    key, environment = text(document.get("featureName")) or first(data, "name"), text(document.get("environment"))
    after = "on" if event.endswith("-enabled") else "off" if event.endswith("-disabled") else ""
    yield _flag(
        received, "unleash", key, first(document, "project"), environment, at_ns=times.parse(document.get("createdAt")), name=event,
        said=sentence(f"{event.replace('-', ' ')} {key}", environment and f"in {environment}"), before={"on": "off", "off": "on"}.get(after, ""), after=after,
        actor=document.get("createdBy"), dedup=f"unleash:{text(document.get('id'))}" if document.get("id") else "",
    )  # fmt: skip


def read_split(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    key, environment = text(document.get("name")), text(document.get("environmentName"))
    number = text(document.get("changeNumber"))
    yield _flag(
        received, "split", key, "", environment, at_ns=times.parse(document.get("time")) or times.parse(document.get("changeNumber")), name=f"{text(document.get('type'))}.changed",
        said=sentence(f"{text(document.get('type'))} {key} changed", environment and f"in {environment}", first(document, "description", "title")), before="", after="",
        actor=document.get("editor"), dedup=f"split:{key}:{environment}:{number}",
    )  # fmt: skip


def _on(enabled: object) -> str:
    return "on" if enabled is True else "off" if enabled is False else ""


def _is_flagsmith(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and text(document.get("event_type")) in ("FLAG_UPDATED", "FLAG_DELETED", "AUDIT_LOG_CREATED")
        and isinstance(document.get("data"), dict)
    )


def _is_unleash(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and text(document.get("type")).startswith(_UNLEASH)
        and "createdAt" in document
        and not document.keys().isdisjoint({"featureName", "createdBy", "preData"})
    )


def _is_split(document: Any) -> bool:
    return isinstance(document, dict) and {"changeNumber", "name", "type"} <= document.keys()


SOURCES: Final = (
    Source("flagsmith", _is_flagsmith, read_flagsmith),
    Source("unleash", _is_unleash, read_unleash),
    Source("split", _is_split, read_split),
)
