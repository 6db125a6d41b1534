"""ECS log lines in bulk; equals schemas/sources/ecs.py.

The typed line takes the objects that name the emitter as raw bytes: a file or pod repeats them byte by byte, so their bytes are the key of
the subject, and they are parsed once.  Lines with an alert, with error texts or in shapes of their own are odd.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import orjson
import polars as pl

from schemas import severity
from schemas.bulk.batch import NO_SUBJECT, Batch, decode_together, without_odd
from schemas.bulk.columns import times_ns
from schemas.redact import redact_many
from schemas.sources.ecs import ECS, details_of, subject_of
from schemas.subjects import Subjects

_Part = msgspec.Raw | msgspec.UnsetType


class _Log(msgspec.Struct, gc=False):
    level: str = ""
    logger: str = ""
    syslog: _Part = msgspec.UNSET


class _Trace(msgspec.Struct, gc=False):
    id: str = ""


class _Line(msgspec.Struct, gc=False):
    at: str = msgspec.field(name="@timestamp")
    message: str = ""
    log: _Log = msgspec.field(default_factory=_Log)
    trace: _Trace = msgspec.field(default_factory=_Trace)
    service: _Part = msgspec.UNSET
    host: _Part = msgspec.UNSET
    kubernetes: _Part = msgspec.UNSET
    container: _Part = msgspec.UNSET
    cloud: _Part = msgspec.UNSET
    orchestrator: _Part = msgspec.UNSET
    agent: _Part = msgspec.UNSET
    fields: _Part = msgspec.UNSET
    labels: _Part = msgspec.UNSET
    url: _Part = msgspec.UNSET
    http: _Part = msgspec.UNSET
    destination: _Part = msgspec.UNSET
    event: _Part = msgspec.UNSET
    process: _Part = msgspec.UNSET
    error: _Part = msgspec.UNSET
    winlog: _Part = msgspec.UNSET
    metricset: _Part = msgspec.UNSET
    systemd: _Part = msgspec.UNSET
    beat: _Part = msgspec.UNSET
    level: str = ""


_decoder: Final = msgspec.json.Decoder(_Line)
_STABLE: Final = ("service", "host", "kubernetes", "container", "cloud", "orchestrator", "agent", "fields")
_VARYING: Final = ("labels", "url", "http", "destination", "event", "process")


class Ecs:
    format = ECS
    marks = (b'"@timestamp"', b'"message"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        lines = decode_together(_decoder, values)
        if lines is None:
            return None
        odd = [place for place, line in enumerate(lines) if _unusual(line, values[place])]
        skipped = set(odd)
        numbers = [NO_SUBJECT if place in skipped else _number(line, subjects) for place, line in enumerate(lines)]
        usual, odd = without_odd(numbers, odd)
        if odd:
            lines = [lines[place] for place in usual]
        columns = {
            "event_time_ns": times_ns([line.at for line in lines]),
            "severity_number": pl.Series(
                [severity.from_word(line.log.level) or severity.from_word(line.level) for line in lines], dtype=pl.UInt8
            ),
            "text": redact_many(pl.Series([line.message.strip() for line in lines], dtype=pl.String), redaction_key),
            "trace_id": pl.Series([line.trace.id.strip() for line in lines], dtype=pl.String),
            "details": pl.Series([_details(line) for line in lines], dtype=pl.String),
        }
        return Batch(usual, np.zeros(len(usual), np.int64), np.array(numbers, np.int64)[usual], columns, odd)


def _unusual(line: _Line, value: bytes) -> bool:
    return (
        not line.message
        or not (line.error is line.winlog is line.metricset is line.systemd is line.beat is line.log.syslog is msgspec.UNSET)
        or (line.service is line.kubernetes is line.host is msgspec.UNSET)
        or (not isinstance(line.event, msgspec.UnsetType) and (b'"kind"' in bytes(line.event) or b'"dataset"' in bytes(line.event)))
        or _has_dotted_key(value)
    )


def _has_dotted_key(value: bytes) -> bool:
    return any(
        mark in value for mark in (b'"log.', b'"service.', b'"trace.', b'"host.', b'"labels.', b'"kubernetes.', b'"event.', b'"error.')
    )


def _number(line: _Line, subjects: Subjects) -> int:
    parts = (line.service, line.host, line.kubernetes, line.container, line.cloud, line.orchestrator, line.agent, line.fields)
    key = (line.log.logger, *[b"" if isinstance(part, msgspec.UnsetType) else bytes(part) for part in parts])
    number = subjects.by_key.get(key)
    if number is None:
        document = _document(line, _STABLE)
        if document is None:
            return NO_SUBJECT
        if line.log.logger:
            document["log"] = {"logger": line.log.logger}
        number = subjects.by_key[key] = subjects.number(subject_of(document))
    return number


def _details(line: _Line) -> str:
    document = _document(line, _VARYING)
    return details_of(document) if document else ""


def _document(line: _Line, names: Sequence[str]) -> dict[str, Any] | None:
    """The raw parts of a line, parsed; None if one is no JSON after all."""
    parts = [(name, part) for name in names if not isinstance(part := getattr(line, name), msgspec.UnsetType)]
    try:
        return {name: orjson.loads(bytes(part)) for name, part in parts}
    except orjson.JSONDecodeError:
        return None
