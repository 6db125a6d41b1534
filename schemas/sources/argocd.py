"""Argo CD Applications: the resource itself, from a watch or a notification template that sends it whole.

Reference: Argo CD "Application specification" (status.operationState, status.health, status.sync), "Notifications: webhook".
Notification bodies are the user's template; those that send `app` or the resource are read.
Identity:  metadata.name is the service; the destination's namespace and cluster are attributes.
Time:      operationState.finishedAt, else startedAt; of health alone when it became so, else reconciledAt.
State:     an operation is a change: Running started, Succeeded, Failed and Error failed.  Without one, health is a state.
Change id: the revision that was synced.
Dedup:     application and operation's start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import mapping, outcome, row, sentence, sequence, text
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

ARGOCD: Final = "argocd.application"
_HEALTH: Final = {
    "Degraded": severity.ERROR,
    "Missing": severity.WARN,
    "Unknown": severity.WARN,
    "Healthy": severity.INFO,
    "Progressing": severity.INFO,
}


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    app = mapping(document.get("app")) or document
    name, operation = text_at(app, "metadata.name"), mapping(mapping(app.get("status")).get("operationState"))
    phase, health = text(operation.get("phase")), text_at(app, "status.health.status")
    revision = text_at(operation, "syncResult.revision", "operation.sync.revision") or text_at(app, "status.sync.revision")
    begin, end = times.parse(operation.get("startedAt")), times.parse(operation.get("finishedAt"))
    history = [mapping(entry) for entry in sequence(mapping(app.get("status")).get("history"))]
    before = text(history[-2].get("revision")) if len(history) > 1 else ""
    failed = phase in ("Failed", "Error")
    yield row(
        received,
        Kind.CHANGE if operation else Kind.STATE,
        ARGOCD,
        {
            "service.name": name,
            "k8s.namespace.name": text_at(app, "spec.destination.namespace"),
            "k8s.cluster.name": text_at(app, "spec.destination.name") or text_at(app, "spec.destination.server"),
            "argocd.project": text_at(app, "spec.project"),
            "vcs.repository.name": text_at(app, "spec.source.repoURL") or text_at(_first(app, "sources"), "repoURL"),
        },
        name="application.synced" if operation else "application.health",
        fallback=f"resource:Application/{name}",
        event_time_ns=end
        or begin
        or times.parse(text_at(app, "status.health.lastTransitionTime"))
        or times.parse(text_at(app, "status.reconciledAt")),
        severity_number=severity.ERROR if failed else severity.UNSPECIFIED if operation else _HEALTH.get(health, 0),
        text=sentence(f"application {name}", phase and f"sync {phase}", health and f"health {health}", text(operation.get("message"))),
        change_id=revision if operation else "",
        dedup_key=f"argocd:{text_at(app, 'metadata.namespace')}/{name}:{text(operation.get('startedAt'))}" if operation else "",
        details={
            "action": "sync" if operation else "",
            "from": before if before != revision else "",
            "to": revision,
            "outcome": outcome(phase),
            "health": health,
            "sync": text_at(app, "status.sync.status"),
            "images": [text(image) for image in sequence(mapping(mapping(app.get("status")).get("summary")).get("images"))[:32]],
            "actor": "automation"
            if text_at(operation, "operation.initiatedBy.automated") == "true"
            else role_of(text_at(operation, "operation.initiatedBy.username")),
        },
    )


def _first(app: dict[str, Any], key: str) -> dict[str, Any]:
    """Of an Application of several sources the first."""
    return mapping(next(iter(sequence(mapping(app.get("spec")).get(key))), None))


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    app = document["app"] if isinstance(document.get("app"), dict) else document
    return (
        isinstance(app.get("metadata"), dict)
        and isinstance(app.get("status"), dict)
        and (text(app.get("kind")) == "Application" or app is not document)
    )


SOURCES: Final = (Source(ARGOCD, _recognises, read),)
