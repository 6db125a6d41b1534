"""New Relic: issue notifications of workflows, and legacy incident webhooks.

Reference: New Relic documentation "Workflows: webhook template", "Webhooks: legacy alert payload".
Identity:  `impactedEntities`, the first one counts; of legacy incidents `targets`.
Time:      createdAt, updatedAt, closedAt or `timestamp`, epoch milliseconds.
Severity:  priority CRITICAL, HIGH, MEDIUM, LOW; legacy `severity`.
State:     CLOSED or closed resolves, others fire.
Dedup:     the issue's id: the one in `issueUrl` where it differs from `id`; legacy `incident_id`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, row, sentence, sequence, text
from schemas.sources.fields import flat, text_at
from schemas.sources.source import Received, Source

NEWRELIC: Final = "newrelic"
_ISSUE: Final = re.compile(r"/issues/([\w-]{8,64})")
_MAX_ENTITIES: Final = 16


def read_issue(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    state = text(document.get("state")).upper()
    closed = state == "CLOSED"
    impacted = document.get("impactedEntities")
    entities = [said for item in (impacted if isinstance(impacted, list) else text(impacted).split(",")) if (said := text(item))]
    gathered = mapping(document.get("accumulations"))
    created, updated = times.parse(document.get("createdAt")), times.parse(document.get("updatedAt"))
    linked = _ISSUE.search(text(document.get("issueUrl")))
    title = first(document, "issueTitle", "title")
    title = title or next((said for item in sequence(document.get("title")) if (said := text(item))), "")
    yield row(
        received,
        Kind.ALERT,
        NEWRELIC,
        {
            **{f"newrelic.entity.{place}.name": name for place, name in enumerate(entities[1:_MAX_ENTITIES], start=2)},
            **flat(gathered.get("tag")),
            "newrelic.entity.name": entities[0] if entities else "",
            "service.name": entities[0] if entities else "",
        },
        name=_one(document.get("alertConditionNames")) or _one(gathered.get("conditionName")) or text(document.get("trigger")),
        fallback=f"alarm:{title[:128]}",
        event_time_ns=(times.parse(document.get("closedAt")) or updated or created) if closed else created or updated,
        starts_at_ns=created,
        severity_number=severity.from_word(document.get("priority")),
        status=Status.RESOLVED if closed else Status.FIRING,
        text=title,
        dedup_key=f"newrelic:{linked[1] if linked else first(document, 'issueId', 'id')}",
        evidence_url=first(document, "issuePageUrl", "issueUrl"),
        details={
            "state": state,
            "query": _one(gathered.get("nrqlQuery")),
            "runbook": _one(gathered.get("runbookUrl")),
            "policy": _one(document.get("alertPolicyNames")),
        },
    )


def read_legacy(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    state = text(document.get("current_state")).lower()
    targets = [mapping(item) for item in sequence(document.get("targets"))]
    names = [name for target in targets if (name := text(target.get("name")))]
    condition = text(document.get("condition_name"))
    yield row(
        received,
        Kind.ALERT,
        f"{NEWRELIC}.legacy",
        {
            **(flat(targets[0].get("labels")) if targets else {}),
            "service.name": names[0] if names else "",
            "newrelic.policy": text(document.get("policy_name")),
        },
        name=condition,
        fallback=f"alarm:{condition}",
        event_time_ns=times.parse(document.get("timestamp")),
        severity_number=severity.from_word(document.get("severity")),
        status=Status.RESOLVED if state == "closed" else Status.FIRING,
        text=sentence(condition, text(document.get("details")), text(document.get("policy_name"))),
        dedup_key=f"newrelic:{text(document.get('account_id'))}:{text(document.get('incident_id'))}",
        evidence_url=text(document.get("incident_url")),
        details={"state": state, "runbook": text(document.get("runbook_url")), "target": text_at(targets[0], "type") if targets else ""},
    )


def _one(value: object) -> str:
    return next((said for item in sequence(value) if (said := text(item))), text(value))


def _is_issue(document: Any) -> bool:
    return isinstance(document, dict) and not document.keys().isdisjoint({"issueUrl", "issuePageUrl", "issueId"}) and "state" in document


def _is_legacy(document: Any) -> bool:
    return isinstance(document, dict) and {"current_state", "condition_name", "incident_id"} <= document.keys()


SOURCES: Final = (Source(NEWRELIC, _is_issue, read_issue), Source(f"{NEWRELIC}.legacy", _is_legacy, read_legacy))
