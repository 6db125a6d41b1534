"""StatsD and DogStatsD datagrams: metrics, events and service checks.

Reference: statsd "Metric types"; Datadog documentation "DogStatsD datagram format".
Identity:  tags; a datagram names no host unless a tag or the field h: does.
Time:      none, except d: of an event or T of a sample (seconds).
Severity:  of an event t: (error, warning, info, success); of a check its status 0–3.
State:     a check fires while its status is 1 or 2 and resolves at 0.
A gauge with a sign is a delta to an unknown value: it is read with the name's suffix `.delta`.  Counters are counts of one flush, divided
by their sample rate.  Lengths in _e{title,text} are bytes of UTF-8.  A bad line never costs the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.identity import identify
from schemas.redact import redact
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.source import Received, Source

STATSD: Final = "statsd"
_SAMPLE: Final = re.compile(
    r"(?P<name>[^\s:|@#]{1,256}):(?P<values>[-+]?[\d.eE+-]{1,64}(?::[-+]?[\d.eE+-]{1,64}){0,64}|[^\s:|]{1,256})"
    r"\|(?P<type>c|g|ms|h|s|d|m)(?P<rest>(?:\|[^|\n]*)*)"
)
_EVENT: Final = re.compile(r"_e\{(?P<title>\d{1,6}),(?P<text>\d{1,6})\}:")
_CHECK: Final = re.compile(r"_sc\|(?P<name>[^|\n]{1,256})\|(?P<status>[0-3])(?P<rest>(?:\|[^|\n]*)*)")
_EVENT_SEVERITY: Final = {"error": severity.ERROR, "warning": severity.WARN, "info": severity.INFO, "success": severity.INFO}
_UNITS: Final = {"ms": "ms", "c": "1"}


def read(document: str, received: Received) -> Iterator[Signal | Rejected]:
    raw, place, line = document.encode("utf-8", "replace"), 0, 0
    while place < len(raw):
        line += 1
        end = raw.find(b"\n", place)
        end = len(raw) if end < 0 else end
        if match := _EVENT.match(raw[place:end].decode("utf-8", "replace")):
            yield _event(raw[place + match.end() : end], int(match["title"]), int(match["text"]), received, line)
        elif raw[place:end].strip():
            yield _sample_or_check(raw[place:end].decode("utf-8", "replace").strip(), received, line)
        place = end + 1


def _sample_or_check(said: str, received: Received, line: int) -> Signal | Rejected:
    if check := _CHECK.fullmatch(said):
        return _check(check, received)
    match = _SAMPLE.fullmatch(said)
    if not match:
        return Rejected("bad_line", "not name:value|type as StatsD defines it", f"line {line}", STATSD)
    fields = _fields(match["rest"])
    try:
        values = [float(value) for value in match["values"].split(":")]
        rate = float(fields.get("@", "1"))
    except ValueError:
        values, rate = [], 1.0
    kind, signed = match["type"], match["values"][0] in "+-"
    value = None if kind == "s" or not values else sum(values) if kind == "c" else sum(values) / len(values)
    if kind == "c" and value is not None and 0 < rate <= 1:
        value /= rate
    if value is not None and not -1e308 < value < 1e308:
        value = None
    name = match["name"] + (".delta" if kind == "g" and signed else "")
    subject = identify(_tags(fields.get("#", ""))).subject(
        Kind.METRIC, STATSD, name, unit=_UNITS.get(kind, ""), fallback=f"alarm:{match['name']}"
    )
    return Signal(subject=subject, event_time_ns=times.parse(fields.get("T", ""), unit="s"), value=value)


def _event(rest: bytes, title_bytes: int, text_bytes: int, received: Received, line: int) -> Signal | Rejected:
    if len(rest) < title_bytes + 1 + text_bytes or rest[title_bytes : title_bytes + 1] != b"|":
        return Rejected("bad_line", "the lengths of an event do not fit its bytes", f"line {line}", STATSD)
    title = rest[:title_bytes].decode("utf-8", "replace")
    said = rest[title_bytes + 1 : title_bytes + 1 + text_bytes].decode("utf-8", "replace").replace("\\n", "\n")
    fields = _fields(rest[title_bytes + 1 + text_bytes :].decode("utf-8", "replace"))
    level = fields.get("t:", "info").lower()
    tags = _tags(fields.get("#", ""))
    if fields.get("h:"):
        tags["host"] = fields["h:"]
    key = fields.get("k:", "")
    return Signal(
        subject=identify(tags).subject(
            Kind.STATE if level in ("info", "success") else Kind.ALERT, f"{STATSD}.event", title, fallback=f"alarm:{title}"
        ),
        event_time_ns=times.parse(fields.get("d:", "")),
        severity_number=_EVENT_SEVERITY.get(level, severity.INFO),
        text=redact(f"{title}\n{said}" if said else title, received.redaction_key),
        dedup_key=f"statsd:{key}" if key else "",
    )


def _check(match: re.Match[str], received: Received) -> Signal:
    fields, status = _fields(match["rest"]), int(match["status"])
    tags = _tags(fields.get("#", ""))
    if fields.get("h:"):
        tags["host"] = fields["h:"]
    return Signal(
        subject=identify(tags).subject(Kind.ALERT, f"{STATSD}.check", match["name"], fallback=f"alarm:{match['name']}"),
        event_time_ns=times.parse(fields.get("d:", "")),
        severity_number=(severity.INFO, severity.WARN, severity.CRITICAL, severity.UNSPECIFIED)[status],
        status=(Status.RESOLVED, Status.FIRING, Status.FIRING, None)[status],
        text=redact(fields.get("m:", match["name"]), received.redaction_key),
        dedup_key=f"statsd:{match['name']}@{fields.get('h:', '')}{fields.get('#', '')}",
    )


def _fields(rest: str) -> dict[str, str]:
    """`|@0.1|#a:b|h:web` by their first characters."""
    found = {}
    for part in rest.split("|")[:32]:
        if part[:1] in ("@", "#", "T"):
            found[part[0]] = part[1:]
        elif part[1:2] == ":":
            found[part[:2]] = part[2:]
    return found


def _tags(said: str) -> dict[str, str]:
    pairs = [tag.partition(":") for tag in said.split(",")[:64]]
    return {key: value for key, _, value in pairs if key and value}


def _recognises(document: Any) -> bool:
    if not isinstance(document, str):
        return False
    first = document.lstrip().split("\n", 1)[0][:8192].strip()
    return bool(_EVENT.match(first) or _CHECK.fullmatch(first) or _SAMPLE.fullmatch(first))


SOURCES: Final = (Source(STATSD, _recognises, read),)
