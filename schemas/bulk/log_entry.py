"""Google Cloud log entries in bulk; equals schemas/sources/gcp_log_entry.py.

The resource and the labels of an entry repeat byte by byte for one workload: their bytes are the key of its subject, and they are parsed
once.  Audit logs, requests, Kubernetes events, the autoscaler's decisions and alerting's own entries are odd.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import msgspec
import numpy as np
import orjson
import polars as pl

from schemas.bulk.batch import NO_SUBJECT, Batch, decode_together, without_odd
from schemas.bulk.columns import times_ns
from schemas.signal import Kind
from schemas.sources.cloud import dumped, first, harmless_many, identity_of, mapping, text
from schemas.sources.gcp_log_entry import FORMAT, MESSAGES, SEVERITY, attributes_of, severity_of
from schemas.subjects import Subjects

_Part = msgspec.Raw | msgspec.UnsetType


class _Entry(msgspec.Struct, gc=False):
    logName: msgspec.Raw
    insertId: str
    resource: msgspec.Raw
    timestamp: str = ""
    receiveTimestamp: str = ""
    severity: str = ""
    trace: str = ""
    textPayload: str = ""
    jsonPayload: _Part = msgspec.UNSET
    labels: msgspec.Raw = msgspec.Raw(b"")
    protoPayload: _Part = msgspec.UNSET
    httpRequest: _Part = msgspec.UNSET
    text_payload: _Part = msgspec.UNSET
    json_payload: _Part = msgspec.UNSET
    textpayload: _Part = msgspec.UNSET
    jsonpayload: _Part = msgspec.UNSET
    p_event_time: _Part = msgspec.UNSET


class _Emitter(NamedTuple):
    """What log name, resource and labels say."""

    number: int
    """Of the subject; NO_SUBJECT where the entry may be more than a line."""
    log_name: str = ""


_decoder: Final = msgspec.json.Decoder(_Entry)
_emitter_parts: Final = attrgetter("logName", "resource", "labels")
_rare_parts: Final = attrgetter("protoPayload", "httpRequest", "text_payload", "json_payload", "textpayload", "jsonpayload", "p_event_time")
_NONE: Final = (msgspec.UNSET,) * 7
_ODD_KEYS: Final = frozenset({"involvedObject", "event_subtype", "instance", "src_instance", "dest_instance", "vmInstanceName"})
_ODD_LOGS: Final = ("Violation", "/events", "cluster-autoscaler-visibility", "servicehealth.")


class LogEntries:
    format = FORMAT
    marks = (b'"logName"', b'"insertId"', b'"resource"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        entries = decode_together(_decoder, values)
        if entries is None:
            return None
        parsed = [{} if entry.jsonPayload is msgspec.UNSET else _payload(entry) for entry in entries]
        emitters = _emitters(entries, subjects)
        odd = [place for place, (entry, payload) in enumerate(zip(entries, parsed, strict=True)) if _unusual(entry, payload)]
        numbers = [emitter[0] for emitter in emitters]
        usual, odd = without_odd(numbers, odd)
        payloads: list[dict[str, Any]] = [payload or {} for payload in parsed]
        if odd:
            entries, payloads, emitters = ([column[place] for place in usual] for column in (entries, payloads, emitters))
        times = times_ns([entry.timestamp for entry in entries])
        if (times == 0).any():
            received = times_ns([entry.receiveTimestamp for entry in entries])
            times = pl.select(pl.when(times == 0).then(received).otherwise(times)).to_series()
        columns = {
            "event_time_ns": times,
            "severity_number": pl.Series(_levels(entries, payloads), dtype=pl.UInt8),
            "text": harmless_many(_texts(entries, payloads, emitters), redaction_key),
            "dedup_key": pl.Series(
                [
                    f"{FORMAT}|{emitter[1]}|{text(entry.timestamp)}|{text(entry.insertId)}"
                    for entry, emitter in zip(entries, emitters, strict=True)
                ],
                dtype=pl.String,
            ),
            "trace_id": pl.Series([entry.trace and text(entry.trace).rpartition("/")[2] for entry in entries], dtype=pl.String),
        }
        return Batch(usual, np.zeros(len(usual), np.int64), np.array(numbers, np.int64)[usual], columns, odd)


def _payload(entry: _Entry) -> dict[str, Any] | None:
    """The JSON payload; None for what is no object after all."""
    try:
        said = orjson.loads(bytes(entry.jsonPayload))  # type: ignore[arg-type]  # asked before
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def _unusual(entry: _Entry, payload: dict[str, Any] | None) -> bool:
    return (
        payload is None
        or not (payload or entry.textPayload.strip())
        or not entry.insertId.strip()
        or _rare_parts(entry) != _NONE
        or bool(payload and not _ODD_KEYS.isdisjoint(payload))
    )


def _emitters(entries: Sequence[_Entry], subjects: Subjects) -> list[_Emitter]:
    known: dict[bytes, _Emitter] = subjects.known.setdefault(FORMAT, {})
    keys = list(map(b"\0".join, map(_emitter_parts, entries)))
    for key, entry in zip(keys, entries, strict=True):
        if key not in known:
            known[key] = _emitter(entry, subjects)
            subjects.remembered += 1
    return list(map(known.__getitem__, keys))


def _emitter(entry: _Entry, subjects: Subjects) -> _Emitter:
    labels = bytes(entry.labels)
    try:
        written, monitored, said = orjson.loads(bytes(entry.logName)), orjson.loads(bytes(entry.resource)), orjson.loads(labels or b"{}")
    except orjson.JSONDecodeError:
        return _MORE
    if not isinstance(written, str) or "/logs/" not in written or any(mark in written for mark in _ODD_LOGS):
        return _MORE
    if b"_message" in labels:
        return _MORE  # a label that may hold the text
    log_name = unquote(text(written))
    attributes, ids = attributes_of(log_name, mapping(monitored), mapping(said))
    subject = identity_of(attributes, ids).subject(Kind.LOG, FORMAT, fallback=f"resource:{log_name}")
    return _Emitter(subjects.number(subject), text(written))


_MORE: Final = _Emitter(NO_SUBJECT)


def _levels(entries: Sequence[_Entry], payloads: Sequence[dict[str, Any]]) -> list[int]:
    words = [entry.severity for entry in entries]
    known = {word: SEVERITY.get(word, 0) for word in set(words)}
    levels = list(map(known.__getitem__, words))
    if 0 not in levels:
        return levels
    return [
        level or severity_of({"severity": word, "jsonPayload": payload}, {})
        for level, word, payload in zip(levels, words, payloads, strict=True)
    ]


def _texts(entries: Sequence[_Entry], payloads: Sequence[dict[str, Any]], emitters: Sequence[_Emitter]) -> list[str]:
    return [
        entry.textPayload.strip() or _said(payload) or unquote(emitter[1])
        for entry, payload, emitter in zip(entries, payloads, emitters, strict=True)
    ]


def _said(payload: dict[str, Any]) -> str:
    if said := first(payload, *MESSAGES):
        return said
    told = {key: value for key, value in payload.items() if key != "@type"}
    return dumped(told) if told else ""
