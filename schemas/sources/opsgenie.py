"""Opsgenie and Jira Service Management alert webhooks.

Reference: Opsgenie documentation "Webhook integration", "Alert action data".
Identity:  `entity`, `details` and `key:value` tags; `source` names the sender, unless it is a person's address.
Time:      createdAt is epoch milliseconds, updatedAt epoch nanoseconds, in the same object.
Severity:  priority P1…P5.
State:     Close and Delete resolve; every other action leaves the alert firing.
Dedup:     alias.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, row, sequence, text
from schemas.sources.fields import flat
from schemas.sources.source import Received, Source

OPSGENIE: Final = "opsgenie"
_PRIORITY: Final = {"P1": severity.FATAL, "P2": severity.ERROR, "P3": severity.WARN, "P4": severity.INFO, "P5": severity.INFO}
_ENDS: Final = frozenset({"Close", "Delete"})


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    alert, action = mapping(document.get("alert")), text(document.get("action"))
    tags = [said for tag in sequence(alert.get("tags")) if (said := text(tag))]
    named = {key: value for tag in tags for key, sign, value in [tag.partition(":")] if sign}
    entity, source = text(alert.get("entity")), text(alert.get("source"))
    created, updated = times.parse(alert.get("createdAt"), unit="ms"), times.parse(alert.get("updatedAt"))
    message, description = text(alert.get("message")), text(alert.get("description"))
    yield row(
        received,
        Kind.ALERT,
        OPSGENIE,
        {**flat(alert.get("details")), **named, "opsgenie.entity.name": entity, "opsgenie.source": "" if "@" in source else source},
        name=action,
        fallback=f"service:{entity}" if entity else f"alarm:{message[:128]}",
        event_time_ns=created if action == "Create" else updated or created,
        starts_at_ns=created,
        severity_number=_PRIORITY.get(first(alert, "priority").upper(), severity.UNSPECIFIED),
        status=Status.RESOLVED if action in _ENDS else Status.FIRING,
        text="\n".join(part for part in (message, description) if part),
        dedup_key=f"opsgenie:{first(alert, 'alias', 'alertId')}",
        details={"action": action, "tags": tags[:32]},
    )


def _recognises(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("action"), str) and "alertId" in mapping(document.get("alert"))


SOURCES: Final = (Source(OPSGENIE, _recognises, read),)
