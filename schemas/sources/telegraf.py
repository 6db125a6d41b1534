"""Telegraf metrics: its JSON output format, alone, batched, or as influx line protocol.

Reference: Telegraf documentation "JSON serializer"; InfluxDB "Line protocol"; points of InfluxDB's clients (`measurement`, `time`).
Identity:  tags (`host` is where the agent runs).
Time:      `timestamp`, seconds unless `json_timestamp_units` says else: the magnitude decides; line protocol is in nanoseconds.
Rows:      one object is as many metrics as it has numeric fields: `<measurement>.<field>`.
Windows event log lines in line protocol belong to windows_text.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.identity import identify
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, number, sequence
from schemas.sources.fields import MAX_LABELS, labels
from schemas.sources.prometheus import unit_of
from schemas.sources.source import Received, Source

TELEGRAF: Final = "telegraf"
_LINE: Final = re.compile(
    r"(?P<measurement>(?:[^\s,\\]|\\.){1,256})(?P<tags>(?:,(?:[^\s,=\\]|\\.){1,256}=(?:[^\s,\\]|\\.){0,512}){0,64}) "
    r"(?P<fields>(?:[^\s,=\\\"]|\\.){1,256}=(?:\"(?:[^\"\\]|\\.)*\"|[^\s\"])+)(?: (?P<time>-?\d{1,19}))?"
)
_FIELD: Final = re.compile(r"((?:[^\s,=\\\"]|\\.)+)=(\"(?:[^\"\\]|\\.)*\"|[^\s,\"]+)")
_TAG: Final = re.compile(r",((?:[^\s,=\\]|\\.)+)=((?:[^\s,\\]|\\.)*)")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?[iu]?")


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    metrics = sequence(document.get("metrics")) if "metrics" in document else [document]
    for place, metric in enumerate(metrics):
        if isinstance(metric, dict) and isinstance(metric.get("fields"), dict):
            at_ns = times.parse(metric.get("timestamp")) or times.parse(metric.get("time"))
            yield from _rows(first(metric, "name", "measurement"), labels(metric.get("tags")), metric["fields"], at_ns)
        else:
            yield Rejected("wrong_type", "a metric is an object with name, tags, fields and timestamp", f"metrics[{place}]")


def read_lines(document: str, received: Received) -> Iterator[Signal | Rejected]:
    for place, line in enumerate(document.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if not match:
            yield Rejected("bad_line", "not as line protocol defines it: measurement,tag=value field=value time", f"line {place}")
            continue
        tags = {_plain(key): _plain(value) for key, value in _TAG.findall(match["tags"])}
        fields = {_plain(key): _value(value) for key, value in _FIELD.findall(match["fields"])}
        yield from _rows(_plain(match["measurement"]), tags, fields, times.parse(match["time"] or 0, unit="ns"))


def _rows(name: str, tags: dict[str, str], fields: dict[str, Any], at_ns: int) -> Iterator[Signal | Rejected]:
    identity = identify(tags)
    count = 0
    for field, said in list(fields.items())[:MAX_LABELS]:
        value = None if isinstance(said, str) else float(said) if isinstance(said, bool) else number(said)
        if value is None:
            continue
        count += 1
        metric = f"{name}.{field}" if field not in ("value", "gauge", "counter") else name
        subject = identity.subject(Kind.METRIC, TELEGRAF, metric, unit=unit_of(metric.replace(".", "_")), fallback=f"alarm:{name}")
        yield Signal(subject=subject, event_time_ns=at_ns, value=value)
    if not count:
        yield Rejected("no_value", "a metric without a numeric field says nothing that is measured", "fields", TELEGRAF)


def _value(said: str) -> Any:
    if said.startswith('"'):
        return said[1:-1]
    if said.lower() in ("t", "true", "f", "false"):
        return said.lower() in ("t", "true")
    return number(said.rstrip("iu")) if _NUMBER.fullmatch(said) else said


def _plain(said: str) -> str:
    return re.sub(r"\\([,= \\])", r"\1", said)


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    metrics = document.get("metrics")
    metric = metrics[0] if isinstance(metrics, list) and metrics else document
    return (
        isinstance(metric, dict)
        and isinstance(metric.get("fields"), dict)
        and (({"tags", "timestamp", "name"} <= metric.keys()) or {"measurement", "tags"} <= metric.keys())
    )


def _is_lines(document: Any) -> bool:
    if not isinstance(document, str):
        return False
    first = next((line for line in document[:8192].splitlines() if line.strip() and not line.startswith("#")), "")
    match = _LINE.fullmatch(first.strip()) if "=" in first else None
    return bool(match and (match["tags"] or match["time"]))


SOURCES: Final = (Source(TELEGRAF, _recognises, read), Source(f"{TELEGRAF}.line_protocol", _is_lines, read_lines))
