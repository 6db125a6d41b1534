"""Sentry: webhooks of the integration platform (issues, event alerts, metric alerts, errors) and of the legacy plugin.

Reference: Sentry documentation "Integration platform: Webhooks", "Legacy webhooks plugin".
Identity:  the project's slug is the service; environment and release are attributes.
Time:      of an issue firstSeen when created, lastSeen while it goes on; a resolution carries none.  Of an event `datetime`, else `timestamp`.
Severity:  `level`; of a metric alert the action (critical, warning).
State:     resolved, archived and ignored resolve; other actions fire.
Dedup:     the issue's id, or the metric alert's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, row, sentence, sequence, text
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

SENTRY: Final = "sentry"
_ENDS: Final = frozenset({"resolved", "archived", "ignored"})


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    data, action = mapping(document.get("data")), text(document.get("action"))
    if metric := mapping(data.get("metric_alert")):
        yield _metric(metric, data, action, received)
    elif issue := mapping(data.get("issue")):
        yield _issue(issue, action, received)
    elif event := mapping(data.get("event")) or mapping(data.get("error")):
        yield _event(event, action, text(data.get("triggered_rule")), received)
    else:
        yield Rejected("not_telemetry", "a Sentry notification about neither an issue, an event nor an alert", "data", SENTRY)


def read_plugin(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    event = {
        **mapping(document.get("event")),
        "project": document.get("project_slug") or document.get("project"),
        "issue_id": document.get("id"),
    }
    event |= {key: event.get(key) or document.get(key) for key in ("culprit", "level", "url")}
    event["title"] = first(event, "title") or text(document.get("message"))
    yield _event(event, "triggered", "", received)


def _issue(issue: dict[str, Any], action: str, received: Received) -> Signal:
    resolved = action in _ENDS
    first_seen, last_seen = times.parse(issue.get("firstSeen")), times.parse(issue.get("lastSeen"))
    return row(
        received, Kind.ALERT, SENTRY,
        {"service.name": text_at(issue, "project.slug", "project.name"), "exception.type": text_at(issue, "metadata.type")},
        name=f"issue.{action}", fallback=f"alarm:{text(issue.get('shortId'))}", event_time_ns=0 if resolved else first_seen if action == "created" else last_seen or first_seen,
        starts_at_ns=first_seen, severity_number=severity.from_word(issue.get("level")), status=Status.RESOLVED if resolved else Status.FIRING,
        text=sentence(text(issue.get("title")), text(issue.get("culprit"))), dedup_key=f"sentry:issue:{text(issue.get('id'))}",
        evidence_url=first(issue, "permalink", "web_url", "url"), details={"action": action, **_where(issue), "count": text(issue.get("count"))},
    )  # fmt: skip


def _event(event: dict[str, Any], action: str, rule: str, received: Received) -> Signal:
    id_ = first(event, "issue_id", "groupID", "event_id")
    return row(
        received, Kind.ALERT, SENTRY,
        {"service.name": text_at(event, "project_slug", "project.slug", "project") if not text(event.get("project")).isdecimal() else "",
         "deployment.environment.name": text(event.get("environment")), "service.version": text_at(event, "release.version", "release"),
         "exception.type": text_at(event, "metadata.type"), "host.name": text(event.get("server_name")) or _tag(event, "server_name")},
        name=rule or f"event.{action}", fallback=f"alarm:{rule or text(event.get('culprit')) or 'sentry'}",
        event_time_ns=times.parse(event.get("datetime")) or times.parse(event.get("timestamp")) or times.parse(event.get("received")),
        severity_number=severity.from_word(event.get("level")), status=Status.RESOLVED if action in _ENDS else Status.FIRING,
        text=sentence(first(event, "title", "message"), text(event.get("culprit"))), dedup_key=f"sentry:issue:{id_}",
        evidence_url=first(event, "web_url", "issue_url", "url"), details={"action": action, **_where(event)},
    )  # fmt: skip


def _metric(metric: dict[str, Any], data: dict[str, Any], action: str, received: Received) -> Signal:
    title = first(data, "description_title") or text_at(metric, "title", "alert_rule.name")
    projects = metric.get("projects")
    return row(
        received, Kind.ALERT, SENTRY,
        {"service.name": text(projects[0]) if isinstance(projects, list) and projects else "", "deployment.environment.name": text_at(metric, "alert_rule.environment")},
        name=text_at(metric, "alert_rule.name") or title, fallback=f"alarm:{title}",
        event_time_ns=times.parse(metric.get("date_closed")) if action in _ENDS else times.parse(metric.get("date_detected")) or times.parse(metric.get("date_started")),
        starts_at_ns=times.parse(metric.get("date_started")), severity_number=0 if action in _ENDS else severity.from_word(action),
        status=Status.RESOLVED if action in _ENDS else Status.FIRING, text=sentence(title, text(data.get("description_text"))),
        dedup_key=f"sentry:metric_alert:{text(metric.get('id'))}", evidence_url=text(data.get("web_url")), details={"action": action},
    )  # fmt: skip


def _tag(event: dict[str, Any], wanted: str) -> str:
    """A tag's value; tags are pairs, or objects with key and value."""
    for item in sequence(event.get("tags"))[:64]:
        pair = item if isinstance(item, list) and len(item) == 2 else [mapping(item).get("key"), mapping(item).get("value")]
        if pair[0] == wanted:
            return text(pair[1])
    return ""


def _where(said: dict[str, Any]) -> dict[str, str]:
    return {
        "file": text_at(said, "metadata.filename"),
        "function": text_at(said, "metadata.function"),
        "platform": text(said.get("platform")),
    }


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("action"), str) or not isinstance(document.get("data"), dict):
        return False
    about = document["data"].keys() & {"issue", "event", "error", "metric_alert"}
    return "installation" in document or ("actor" in document and bool(about))


def _is_plugin(document: Any) -> bool:
    return isinstance(document, dict) and "project_slug" in document and "culprit" in document and isinstance(document.get("event"), dict)


SOURCES: Final = (Source(SENTRY, _recognises, read), Source(f"{SENTRY}.plugin", _is_plugin, read_plugin))
