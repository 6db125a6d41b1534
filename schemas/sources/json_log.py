"""Structured application logs without a schema of their own: slog, zap, zerolog, logrus, pino, bunyan, structlog, Serilog, log4j JSON.

Reference: the default field names of each: slog time, level, msg; zap ts, level, msg, caller; zerolog time, level, message; pino and bunyan
           time, level (10–60), msg, hostname, pid, name; structlog timestamp, level, event; Serilog @t, @l, @m, Properties; log4j2 instant, level,
           message, thrown, contextMap; PostgreSQL jsonlog error_severity; MongoDB t.$date, s, c, msg.
Asked last: any object with a message and a time or a level is one.
Identity:  service, host, pod and container fields under any known name; what the carrier names (host, CloudWatch log group).
Time:      time, ts, timestamp, @timestamp, @t, instant; else the carrier's.
Severity:  a word, pino's and bunyan's numbers (10 trace … 60 fatal), MongoDB's letter; else what the message opens with, klog's letter too.
State:     none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from schemas import severity, times
from schemas.identity import DEFAULT, fold, identify, is_private
from schemas.redact import redact, redact_label
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Subject
from schemas.sources.aws_logs import attributes_of
from schemas.sources.carried import carried_host
from schemas.sources.cloud import first, mapping, number, text
from schemas.sources.fields import flat
from schemas.sources.source import Received, Source

JSON_LOG: Final = "json.log"
_TIME: Final = ("time", "ts", "timestamp", "@timestamp", "@t", "date", "datetime", "eventTime", "Timestamp")
_LEVEL: Final = (
    "level",
    "severity",
    "error_severity",
    "lvl",
    "loglevel",
    "log_level",
    "log.level",
    "@l",
    "levelname",
    "Level",
    "LogLevel",
    "severityText",
    "severity_text",
)
_MESSAGE: Final = ("message", "msg", "@m", "@mt", "event", "text", "log", "Message", "RenderedMessage", "errorMessage", "body")
_ERROR: Final = ("error", "err", "exception", "Exception", "thrown", "stack_trace", "stacktrace", "stack", "@x", "exc_info")
_TRACE: Final = ("trace_id", "traceId", "trace.id", "traceID", "TraceId", "dd.trace_id")
_TAKEN: Final = frozenset((*_TIME, *_LEVEL, *_MESSAGE, *_ERROR, *_TRACE))
"""What a row tells in fields of its own."""
_IDENTITY: Final = (
    "service.name", "service.version", "component", "faas.name", "k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name", "k8s.pod.name",
    "k8s.container.name", "k8s.namespace.name", "k8s.node.name", "k8s.cluster.name", "container.name", "container.id", "host.name", "host.id",
    "deployment.environment.name", "cloud.region", "cloud.availability_zone", "service.namespace",
)  # fmt: skip
"""What stays the same from line to line of one emitter, under any name that the alias dictionary knows."""
_HOLDERS: Final = (
    "kubernetes",
    "k8s",
    "dd",
    "Properties",
    "contextMap",
    "mdc",
    "context",
    "fields",
    "extra",
    "serviceContext",
    "resource",
    "labels",
    "metadata",
)
"""Objects in which loggers keep what they know of the emitter."""
_NUMBERS: Final = (
    (60, severity.FATAL),
    (50, severity.ERROR),
    (40, severity.WARN),
    (30, severity.INFO),
    (20, severity.DEBUG),
    (10, severity.TRACE),
)
_WORD: Final = re.compile(
    r"(?:^|[\s\[|<(=:\"])(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|CRIT(?:ICAL)?|FATAL|PANIC|SEVERE)(?=[\s\]|>):,\"]|$)",
    re.IGNORECASE,
)
_KLOG: Final = re.compile(r"([IWEF])\d{4} \d\d:\d\d:\d\d\.\d")
_LETTERS: Final = {"F": severity.FATAL, "E": severity.ERROR, "W": severity.WARN, "I": severity.INFO, "D": severity.DEBUG}
"""klog's header, MongoDB's `s`."""
_HEAD_CHARS: Final = 120
"""Where a plain line says its level: after time, thread and logger."""


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    facts, carrier = flat(document), received.carrier or {}
    named = _named(document, facts)
    message = message_of(document)
    rest = {
        key: redact_label(value[:256])
        for key, value in list(facts.items())[:64]
        if key not in _TAKEN and key not in named and not is_private(key) and not key.startswith("headers.")
    }
    emitter = {**carried_host(received), **_carried_group(carrier), **{_emitter_name(key): value for key, value in named.items()}}
    yield Signal(
        subject=_subject(
            tuple(emitter.items()), first(document, "logger", "logger_name", "name"), f"resource:{received.topic or 'unknown'}"
        ),
        event_time_ns=next((at for key in _TIME if (at := times.parse(document.get(key)))), 0)
        or times.parse(mapping(document.get("t")).get("$date"))
        or _instant(document)
        or times.parse(carrier.get("time", "")),
        severity_number=level_of(document, message),
        text=redact(message, received.redaction_key),
        trace_id=first(document, *_TRACE),
        details=orjson.dumps({"attributes": rest}, option=orjson.OPT_SORT_KEYS).decode() if rest else "",
    )


@lru_cache(maxsize=8192)
def _subject(emitter: tuple[tuple[str, str], ...], logger: str, fallback: str) -> Subject:
    """The subject of a line.  An emitter writes many lines: its names are looked up once."""
    return identify(dict(emitter)).subject(Kind.LOG, JSON_LOG, logger, fallback=fallback)


def _named(document: Mapping[str, Any], facts: Mapping[str, str]) -> dict[str, str]:
    """The facts that name the emitter.  `name` is the service with pino and bunyan, which write host and process beside it."""
    found = {key: value for key, value in facts.items() if _emitter_name(key)}
    if {"name", "hostname", "pid"} <= document.keys():
        found["service.name"] = first(document, "name")
    return found


@lru_cache(maxsize=8192)
def _emitter_name(key: str) -> str:
    """Under which name a fact tells of the emitter; empty for one that does not."""
    bare = _bare(key)
    return bare if DEFAULT.names.get(fold(bare)) in _IDENTITY or DEFAULT.names.get(fold(key)) in _IDENTITY else ""


def _bare(key: str) -> str:
    """The key without the object that loggers put it in; what lies in other objects (`request.host`) names something else."""
    holder, _, rest = key.partition(".")
    return rest if holder in _HOLDERS and rest else key


def _carried_group(carrier: Mapping[str, str]) -> dict[str, str]:
    """What the CloudWatch log group of a line names: its function, service or database."""
    return {key: value for key, value in attributes_of(carrier).items() if value} if "logGroup" in carrier else {}


def message_of(document: Mapping[str, Any]) -> str:
    """The message; an error and its stack follow where the message lacks them."""
    message = first(document, *_MESSAGE)
    parts = [message]
    for key in _ERROR:
        said = text(document.get(key)) or first(mapping(document.get(key)), "stack", "extendedStackTrace", "message", "stacktrace")
        if said and said not in message:
            parts.append(said)
    return "\n".join(part for part in parts if part)


def level_of(document: Mapping[str, Any], message: str) -> int:
    """Severity of a structured log, else of the level word near the beginning of its message."""
    said = first(document, *_LEVEL) if document else ""
    if (value := number(said)) is not None:
        return next((found for least, found in _NUMBERS if value >= least), severity.UNSPECIFIED)
    if found := severity.from_word(said) or _LETTERS.get(text(document.get("s")) if "t" in document else "", 0):
        return found
    if klog := _KLOG.match(message):
        return _LETTERS[klog[1]]
    match = _WORD.search(message[:_HEAD_CHARS])
    return severity.from_word(match[1]) if match else severity.UNSPECIFIED


def _instant(document: Mapping[str, Any]) -> int:
    """log4j2's `instant`: {"epochSecond", "nanoOfSecond"}; Google's `timestamp`: {"seconds", "nanos"}."""
    instant, timestamp = mapping(document.get("instant")), mapping(document.get("timestamp"))
    seconds = number(instant.get("epochSecond", timestamp.get("seconds")))
    nanos = number(instant.get("nanoOfSecond", timestamp.get("nanos")))
    return times.parse(int(seconds), unit="s") + int(nanos or 0) if seconds is not None and 0 <= (nanos or 0) < 1e9 else 0


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    has = document.keys().__contains__
    return any(isinstance(document.get(key), str) for key in _MESSAGE) and (
        any(map(has, _TIME)) or any(map(has, _LEVEL)) or "instant" in document or "$date" in mapping(document.get("t"))
    )


SOURCES: Final = (Source(JSON_LOG, _recognises, read),)
