"""ECS log lines in bulk; equals schemas/sources/ecs.py.

The typed line takes the objects that name the emitter as raw bytes: a file or pod repeats them byte by byte, so their bytes are the key of
the subject, and they are parsed once.  Lines with an alert, with error texts or in shapes of their own are odd.

Most batches hold nothing but what a shipper writes of a container's log: ecs_lean.py reads those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import orjson
import polars as pl

from schemas import severity
from schemas.bulk.batch import NO_SUBJECT, Batch, joined, without_odd
from schemas.bulk.columns import stripped, times_ns
from schemas.bulk.ecs_lean import Lean, numbers_of, shipped
from schemas.redact import redact_many
from schemas.sources.cloud import MAX_TEXT_CHARS
from schemas.sources.ecs import ECS, details_of, level_said, subject_of
from schemas.subjects import Subjects

_UNSET: Final = msgspec.UNSET
_FORWARDED: Final = (b'"azure-eventhub"', b'"azure-log-forwarder"')
"""Inputs whose messages are records of another format."""
_NONE: Final = (_UNSET,) * 4
_DOTTED: Final = tuple(
    f'"{name}.'.encode()
    for name in (
        "agent", "beat", "cloud", "container", "destination", "ecs", "error", "event", "fields", "host", "http", "kibana", "kubernetes", "labels", "log",
        "monitor", "orchestrator", "process", "processor", "service", "signal", "syslog", "systemd", "trace", "url",
    )
)  # fmt: skip
"""How dotted keys of the fields that are read begin: lines with such are odd."""
_Part = msgspec.Raw | msgspec.UnsetType


class _Log(msgspec.Struct, gc=False, frozen=True):
    level: str = ""
    logger: str = ""
    syslog: _Part = _UNSET


_NO_LOG: Final = _Log()


class _Trace(msgspec.Struct, gc=False, frozen=True):
    id: str = ""


_NO_TRACE: Final = _Trace()


class _Line(msgspec.Struct, gc=False):
    at: str = msgspec.field(name="@timestamp")
    message: str = ""
    log: _Log = _NO_LOG
    trace: _Trace = _NO_TRACE
    service: _Part = _UNSET
    host: _Part = _UNSET
    kubernetes: _Part = _UNSET
    container: _Part = _UNSET
    cloud: _Part = _UNSET
    orchestrator: _Part = _UNSET
    agent: _Part = _UNSET
    fields: _Part = _UNSET
    labels: _Part = _UNSET
    url: _Part = _UNSET
    http: _Part = _UNSET
    destination: _Part = _UNSET
    event: _Part = _UNSET
    process: _Part = _UNSET
    error: _Part = _UNSET
    winlog: _Part = _UNSET
    metricset: _Part = _UNSET
    systemd: _Part = _UNSET
    beat: _Part = _UNSET
    ecs: _Part = _UNSET
    level: str = ""
    processor: _Part = _UNSET
    syslog: _Part = _UNSET
    monitor: _Part = _UNSET
    kibana: _Part = _UNSET
    signal: _Part = _UNSET
    source_type: _Part = _UNSET
    severity: _Part = _UNSET


_decoder: Final = msgspec.json.Decoder(_Line)
_STABLE: Final = ("service", "host", "kubernetes", "container", "cloud", "orchestrator", "agent", "fields")
_VARYING: Final = ("labels", "url", "http", "destination", "event", "process")


class Ecs:
    format = ECS
    marks = (b'"@timestamp"', b'"message"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        run = joined(values)
        if run is None:
            return None
        lean = shipped(run)
        if lean is not None:
            return _batch(lean, numbers_of(lean, subjects), redaction_key)
        lines = run.decoded(_decoder)
        if lines is None:
            return None
        marked = _marked(values, run.whole)
        numbers = [NO_SUBJECT if _unusual(line) or odd else _number(line, subjects) for line, odd in zip(lines, marked, strict=True)]
        batch = _batch(lines, numbers, redaction_key)
        batch.columns["details"] = pl.Series([_details(lines[place]) for place in batch.record], dtype=pl.String)
        return batch


def _batch(lines: Sequence[_Line | Lean], numbers: Sequence[int], redaction_key: bytes) -> Batch:
    usual, odd = without_odd(numbers)
    if odd:
        lines = [lines[place] for place in usual]
    columns = {
        "event_time_ns": times_ns([line.at for line in lines]),
        "severity_number": pl.Series(_levels(lines), dtype=pl.UInt8),
        "text": redact_many(stripped([line.message for line in lines], MAX_TEXT_CHARS), redaction_key),
        "trace_id": stripped([line.trace.id for line in lines], MAX_TEXT_CHARS),
    }
    return Batch(usual, np.zeros(len(usual), np.int64), np.array(numbers, np.int64)[usual], columns, odd)


def _levels(lines: Sequence[_Line | Lean]) -> list[int]:
    words = [line.log.level for line in lines]
    known = {word: severity.from_word(word) for word in set(words)}
    levels = list(map(known.__getitem__, words))
    if 0 not in levels:
        return levels
    return [
        level or severity.from_word(line.level) or level_said(line.message.strip()[:MAX_TEXT_CHARS])
        for level, line in zip(levels, lines, strict=True)
    ]


def _new_number(key: object, document: dict[str, Any], logger: str, subjects: Subjects) -> int:
    if logger:
        document["log"] = {"logger": logger}
    number = subjects.by_key[key] = subjects.number(subject_of(document))
    return number


def _marked(values: Sequence[bytes], whole: bytes) -> list[bool]:
    """Which lines hold a dotted key or a forwarder's input, or what looks like one."""
    seen = [mark for mark in (*_DOTTED, *_FORWARDED) if mark in whole]
    return [any(mark in value for mark in seen) for value in values] if seen else [False] * len(values)


def _unusual(line: _Line) -> bool:
    return (
        not line.message
        or not (line.error is line.winlog is line.metricset is line.systemd is line.beat is line.log.syslog is _UNSET)
        or (line.service is line.kubernetes is line.host is _UNSET)
        or line.ecs is line.agent is _UNSET  # perhaps a syslog daemon's or Fluent Bit's own form
        or not (line.processor is line.syslog is line.monitor is line.kibana is line.signal is line.source_type is line.severity is _UNSET)
        or (line.http is not _UNSET and not (line.log.level or line.level))  # a failed request is an error by its status
        or (line.event is not _UNSET and (b'"kind"' in bytes(line.event) or b'"dataset"' in bytes(line.event)))
    )


def _number(line: _Line, subjects: Subjects) -> int:
    service, host, kubernetes, agent = line.service, line.host, line.kubernetes, line.agent
    rare = line.container, line.cloud, line.orchestrator, line.fields
    key = (
        line.log.logger,
        b"" if service is _UNSET else bytes(service),
        b"" if host is _UNSET else bytes(host),
        b"" if kubernetes is _UNSET else bytes(kubernetes),
        b"" if agent is _UNSET else bytes(agent),
        b"" if rare == _NONE else tuple(b"" if part is _UNSET else bytes(part) for part in rare),
    )
    number = subjects.by_key.get(key)
    if number is None:
        document = _document(line, _STABLE)
        return NO_SUBJECT if document is None else _new_number(key, document, line.log.logger, subjects)
    return number


def _details(line: _Line) -> str:
    if line.labels is line.url is line.http is line.destination is line.event is line.process is _UNSET:
        return ""
    document = _document(line, _VARYING)
    return details_of(document) if document else ""


def _document(line: _Line, names: Sequence[str]) -> dict[str, Any] | None:
    """The raw parts of a line, parsed; None if one is no JSON after all."""
    parts = [(name, part) for name in names if not isinstance(part := getattr(line, name), msgspec.UnsetType)]
    try:
        return {name: orjson.loads(bytes(part)) for name, part in parts}
    except orjson.JSONDecodeError:
        return None
