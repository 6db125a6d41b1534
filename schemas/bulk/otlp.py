"""OTLP batches in bulk, JSON in camelCase; equals schemas/sources/otlp.py.

A record is a batch of many rows.  The resource is taken as raw bytes: it repeats from batch to batch byte by byte, so its bytes
are the key of its attributes, and with a record's own name of the subject.  A batch in which anything is unusual is odd as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
import polars as pl

from schemas import severity, times
from schemas.bulk.batch import Batch, decode_together
from schemas.redact import redact_many
from schemas.sources import otlp
from schemas.sources.otlp_model import LogRecord, Metric, Resource, Scope
from schemas.subjects import Subjects

_RESOURCE: Final = msgspec.json.Decoder(Resource)


class _ScopeLogs(msgspec.Struct, rename="camel", gc=False):
    scope: Scope | None = None
    log_records: list[LogRecord] = []


class _ResourceLogs(msgspec.Struct, rename="camel", gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"{}")
    scope_logs: list[_ScopeLogs] = []


class _Logs(msgspec.Struct, rename="camel", gc=False):
    resource_logs: list[_ResourceLogs]


class _ScopeMetrics(msgspec.Struct, rename="camel", gc=False):
    metrics: list[Metric] = []


class _ResourceMetrics(msgspec.Struct, rename="camel", gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"{}")
    scope_metrics: list[_ScopeMetrics] = []


class _Metrics(msgspec.Struct, rename="camel", gc=False):
    resource_metrics: list[_ResourceMetrics]


_logs: Final = msgspec.json.Decoder(_Logs)
_metrics: Final = msgspec.json.Decoder(_Metrics)
_SNAKE: Final = (b"_records", b"scope_", b"data_points", b"Library", b"_unix_nano", b": null", b":null")
"""Forms that only the plain reader knows: the proto names, old names, explicit nulls."""


class _Rows:
    """Columns in the making."""

    def __init__(self) -> None:
        self.record: list[int] = []
        self.row: list[int] = []
        self.subject: list[int] = []
        self.at: list[int] = []
        self.odd: list[int] = []

    def batch(self, columns: dict[str, pl.Series]) -> Batch:
        columns["event_time_ns"] = pl.Series(self.at, dtype=pl.Int64)
        return Batch(np.array(self.record, np.int64), np.array(self.row, np.int64), np.array(self.subject, np.int64), columns, self.odd)


class OtlpLogs:
    format = otlp.LOGS
    marks = (b'"resourceLogs"',)

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        documents = decode_together(_logs, values)
        if documents is None:
            return None
        rows, texts, levels, traces, details = _Rows(), [], [], [], []
        for place, document in enumerate(documents):
            if unusual(values[place]) or not _holds_rows(document):
                rows.odd.append(place)
                continue
            row = 0
            for group in document.resource_logs:
                key, facts = _facts(group.resource, subjects)
                for scope in group.scope_logs:
                    name = scope.scope.name if scope.scope is not None else ""
                    for record in scope.log_records:
                        said = otlp.attributes_of(record.attributes)
                        rows.record.append(place)
                        rows.row.append(row)
                        rows.subject.append(
                            _log_number(key, facts, said, record.event_name or said.get("event.name", "") or name, subjects)
                        )
                        rows.at.append(_ns(record.time_unix_nano) or _ns(record.observed_time_unix_nano))
                        texts.append(otlp.words_of(record, said))
                        levels.append(otlp.severity_of(record.severity_number) or severity.from_word(record.severity_text))
                        traces.append(record.trace_id)
                        details.append(otlp.evidence(said))
                        row += 1
        return rows.batch(
            {
                "severity_number": pl.Series(levels, dtype=pl.UInt8),
                "text": redact_many(pl.Series(texts, dtype=pl.String), redaction_key),
                "trace_id": pl.Series(traces, dtype=pl.String),
                "details": pl.Series(details, dtype=pl.String),
            }
        )


class OtlpMetrics:
    format = otlp.METRICS
    marks = (b'"resourceMetrics"',)

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        documents = decode_together(_metrics, values)
        if documents is None:
            return None
        rows, measured = _Rows(), []
        for place, document in enumerate(documents):
            if unusual(values[place]):
                rows.odd.append(place)
                continue
            row = 0
            for group in document.resource_metrics:
                key, facts = _facts(group.resource, subjects)
                for scope in group.scope_metrics:
                    for metric in scope.metrics:
                        for number, at, value in _points(key, facts, metric, subjects):
                            rows.record.append(place)
                            rows.row.append(row)
                            rows.subject.append(number)
                            rows.at.append(at)
                            measured.append(value)
                            row += 1
            if not row:
                rows.odd.append(place)
        return rows.batch({"value": pl.Series(measured, dtype=pl.Float64)})


def unusual(value: bytes) -> bool:
    return any(mark in value for mark in _SNAKE)


def _holds_rows(document: _Logs) -> bool:
    return any(scope.log_records for group in document.resource_logs for scope in group.scope_logs)


def _facts(raw: msgspec.Raw, subjects: Subjects) -> tuple[bytes, dict[str, str]]:
    key = bytes(raw)
    facts: dict[str, str] | None = subjects.facts.get(key)
    if facts is None:
        try:
            facts = otlp.attributes_of(_RESOURCE.decode(key).attributes)
        except msgspec.MsgspecError:
            facts = {}
        subjects.facts[key] = facts
    return key, facts


def _log_number(key: bytes, facts: Mapping[str, str], said: Mapping[str, str], name: str, subjects: Subjects) -> int:
    own = otlp.own_identity(said)
    full = (key, name, own)
    number = subjects.by_key.get(full)
    if number is None:
        number = subjects.by_key[full] = subjects.number(otlp.log_subject(facts, dict(own), name))
    return number


def _points(key: bytes, facts: Mapping[str, str], metric: Metric, subjects: Subjects) -> list[tuple[int, int, float | None]]:
    found = []
    for point, at, suffix, more, value in otlp.points_of(metric):
        attributes = otlp.attributes_of(point.attributes)
        full = (key, metric.name, metric.unit, suffix, tuple(attributes.items()), tuple(more.items()))
        number = subjects.by_key.get(full)
        if number is None:
            number = subjects.by_key[full] = subjects.number(otlp.metric_subject({**facts, **attributes, **more}, metric, suffix))
        found.append((number, at, value))
    return found


def _ns(value: int | str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
        return value if value <= times.LAST_NS else 0
    return times.parse(value, unit="ns")
