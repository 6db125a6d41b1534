"""Wazuh alerts (`alerts.json`, the webhook integration, or the indexer's document).

Reference: Wazuh documentation "Alert management", alerts.json; rule levels: "Rules classification".
Identity:  `agent.name`, the host watched.  `manager.name` is the collector.  Agent 000 is the manager itself.
Time:      `timestamp` (zone without colon), else `@timestamp`.
Severity:  `rule.level` 0–15: 0–3 info, 4–7 warn, 8–11 error, 12–14 critical, 15 fatal.
State:     firing; Wazuh never tells an end.
Dedup:     rule id and agent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import mapping, number, row, text
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

WAZUH: Final = "wazuh.alert"
_BY_LEVEL: Final = ((15, severity.FATAL), (12, severity.CRITICAL), (8, severity.ERROR), (4, severity.WARN), (0, severity.INFO))


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    alert = mapping(document.get("_source")) or document
    rule, agent = mapping(alert.get("rule")), mapping(alert.get("agent"))
    level = number(rule.get("level"))
    description, rule_id, host = text(rule.get("description")), text(rule.get("id")), text(agent.get("name"))
    groups = rule.get("groups")
    attributes = {
        "host.name": host,
        "host.ip": text(agent.get("ip")),
        "wazuh.rule.id": rule_id,
        "wazuh.rule.level": text(rule.get("level")),
        "wazuh.rule.groups": ",".join(text(group) for group in groups[:16]) if isinstance(groups, list) else text(groups),
    }
    yield row(
        received,
        Kind.ALERT,
        WAZUH,
        attributes,
        name=description,
        fallback=f"alarm:{description or rule_id}",
        event_time_ns=times.parse(alert.get("timestamp")) or times.parse(alert.get("@timestamp")),
        severity_number=next(number_ for least, number_ in _BY_LEVEL if level >= least) if level is not None and level >= 0 else 0,
        status=Status.FIRING,
        text=description,
        dedup_key=f"wazuh:{rule_id or description}@{host}",
        details={
            "log": text(alert.get("full_log")),
            "location": text(alert.get("location")),
            "source_address": text_at(alert, "data.srcip", "data.src_ip"),
            "technique": rule.get("mitre") if isinstance(rule.get("mitre"), str) else ",".join(_techniques(rule)),
        },
    )


def _techniques(rule: dict[str, Any]) -> list[str]:
    ids = mapping(rule.get("mitre")).get("id")
    return [text(id_) for id_ in ids[:8]] if isinstance(ids, list) else []


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    alert = document["_source"] if isinstance(document.get("_source"), dict) else document
    rule = alert.get("rule")
    return isinstance(rule, dict) and "level" in rule and isinstance(alert.get("agent"), dict) and ("description" in rule or "id" in rule)


SOURCES: Final = (Source(WAZUH, _recognises, read),)
