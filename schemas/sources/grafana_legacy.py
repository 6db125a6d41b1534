"""Grafana's dashboard alerts before unified alerting (Grafana 3–8).

Reference: Grafana 8 documentation "Alert notifications: webhook".
Identity:  `tags` of the rule and of the first evaluated series.
Time:      none in the payload: the record's.
Severity:  tag `severity`.
State:     alerting and no_data fire, ok resolves, paused and pending neither.
Dedup:     ruleId (with orgId), since evalMatches are empty on ok.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, number, row, sequence, text
from schemas.sources.fields import labels
from schemas.sources.prometheus import severity_of
from schemas.sources.source import Received, Source

GRAFANA_LEGACY: Final = "grafana.legacy"
_STATUS: Final = {"alerting": Status.FIRING, "no_data": Status.FIRING, "ok": Status.RESOLVED}


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    matches = [mapping(match) for match in sequence(document.get("evalMatches"))]
    series = matches[0] if matches else {}
    named = {**labels(series.get("tags")), **labels(document.get("tags"))}
    state, rule = text(document.get("state")).lower(), text(document.get("ruleName"))
    yield row(
        received,
        Kind.ALERT,
        GRAFANA_LEGACY,
        {**{key: value for key, value in named.items() if key != "severity"}, "metric.name": text(series.get("metric"))},
        name=rule,
        fallback=f"alarm:{rule}",
        value=number(series.get("value")),
        severity_number=severity_of(named),
        status=_STATUS.get(state),
        text="\n".join(part for part in (first(document, "title") or rule, text(document.get("message"))) if part),
        dedup_key=f"grafana:{text(document.get('orgId')) or '1'}:{text(document.get('ruleId'))}",
        evidence_url=text(document.get("ruleUrl")),
        details={"state": state},
    )


def _recognises(document: Any) -> bool:
    return isinstance(document, dict) and "state" in document and ("evalMatches" in document or {"ruleId", "ruleUrl"} <= document.keys())


SOURCES: Final = (Source(GRAFANA_LEGACY, _recognises, read),)
