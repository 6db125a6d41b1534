"""Datadog monitor webhooks and events.

Reference: Datadog documentation "Webhooks integration" (default payload and variables), "Monitor notifications".
The body is the user's own template.  Three are read: Datadog's default, which tells state, priority and group only in the title and
the link; any template that names its variables as Datadog does (`alert_transition`, `hostname`, `tags` …), also under `alert`; and events
as the Events API takes them.
Identity:  the monitor's group (`host:web-1,service:checkout`), tags, hostname, the scope of its query; else what the title says after "host".
Time:      `date` or `last_updated`, epoch milliseconds as text.
Severity:  a priority [P1]…[P5] or the transition (Warn); else `alert_type`.
State:     Recovered resolves, Triggered, Re-Triggered, Warn and No Data fire.
Dedup:     monitor id and group; the event's own id changes each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, row, sequence, text
from schemas.sources.source import Received, Source

DATADOG: Final = "datadog"
_TITLE: Final = re.compile(
    r"\s*(?:\[(?P<priority>P[1-5])?\]\s*)?\[(?P<state>Re-?Triggered|Triggered|Recovered|Warn|Re-?Warn|No [Dd]ata|Renotify|Monitor [Tt]est|Test)"
    r"(?: on \{(?P<group>[^}]{0,512})\})?\]\s*(?P<rest>.*)",
    re.DOTALL,
)
_LINK: Final = re.compile(r"/monitors/(?P<id>\d{1,15})(?:\?(?:[^\s)\"]*?&)?group=(?P<group>[^&)\s\"]{1,512}))?")
_HOST: Final = re.compile(r"\b(?:host|node|instance)[: ]+(?P<host>[A-Za-z0-9][\w.-]{2,252})")
_PRIORITY: Final = {"P1": severity.FATAL, "P2": severity.ERROR, "P3": severity.WARN, "P4": severity.INFO, "P5": severity.INFO}
_NOISE: Final = re.compile(r"%%%|\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)|\]\([^)]*\)|[*#`\[]")


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    document = {**mapping(document.get("alert")), **document}
    title = first(document, "title", "alert_title", "event_title")
    body = first(document, "body", "text", "event_msg", "alert_message")
    match = _TITLE.fullmatch(title)
    state = (match["state"] if match else first(document, "alert_transition", "transition")).lower()
    link = _LINK.search(body) or _LINK.search(first(document, "link", "url", "alert_url"))
    group = (
        (match["group"] if match else "")
        or (unquote(link["group"] or "") if link else "")
        or first(document, "alert_scope", "scope", "scopes", "group")
    )
    listed = first(document, "tags") or ",".join(text(tag) for tag in sequence(document.get("tags")))
    tags = {**_tags(_scope(first(document, "alert_query", "query"))), **_tags(listed), **_tags(group)}
    host = first(document, "hostname", "host") or tags.get("host", "")
    said = match["rest"] if match else title
    if not host and (found := _HOST.search(said)):
        host = found["host"]
    monitor = (link["id"] if link else "") or first(document, "alert_id", "monitor_id", "aggregation_key")
    resolved = "recover" in state
    priority = first(document, "priority", "alert_priority", "severity") or ((match["priority"] or "") if match else "")
    yield row(
        received,
        Kind.ALERT if state or document.get("alert_type") in ("error", "warning") else Kind.STATE,
        DATADOG,
        {**tags, "host.name": host, "metric.name": first(document, "alert_metric", "metric")},
        name=said[:256],
        fallback=f"alarm:{said[:128]}",
        event_time_ns=times.parse(first(document, "date", "alert_date", "date_happened"))
        or times.parse(first(document, "last_updated", "timestamp")),
        severity_number=severity.WARN
        if "warn" in state
        else _PRIORITY.get(priority.upper(), severity.from_word(document.get("alert_type"))),
        status=Status.RESOLVED if resolved else Status.FIRING if state else None,
        text="\n".join(part for part in (said, _plain(body)) if part),
        dedup_key=f"datadog:{monitor}:{group}" if monitor else "",
        details={"state": state, "event_type": text(document.get("event_type"))},
    )


def _tags(said: str) -> dict[str, str]:
    pairs = [item.strip().partition(":") for item in said.split(",")[:64]]
    return {key: value for key, sign, value in pairs if sign and key and value not in ("", "*")}


def _scope(query: str) -> str:
    """What a query looks at: `a:b,c:d` of `avg(last_5m):avg:metric{a:b,c:d} by {host} > 3`."""
    return query.partition("{")[2].partition("}")[0]


def _plain(markdown: str) -> str:
    """The message without Markdown, links and pictures; what follows a rule is Datadog's own footer."""
    return re.sub(r"\s+", " ", _NOISE.sub("", markdown.partition("\n- - -")[0])).strip()


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("org"), dict) and "event_type" in document and "title" in document:
        return True
    if {"title", "text"} <= document.keys() and not document.keys().isdisjoint({"date_happened", "source_type_name", "aggregation_key"}):
        return True
    return "alert_transition" in document and not document.keys().isdisjoint({"alert_id", "alert_title", "title", "alert_type"})


SOURCES: Final = (Source(DATADOG, _recognises, read),)
