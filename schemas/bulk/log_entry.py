"""Google Cloud log entries in bulk; equals schemas/sources/gcp_log_entry.py.

The resource and the labels of an entry repeat byte by byte for one workload: their bytes are the key of its subject, and they are parsed
once.  Audit logs, requests, Kubernetes events, the autoscaler's decisions and alerting's own entries are odd.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

import msgspec
import numpy as np
import orjson
import polars as pl

from schemas.bulk.batch import NO_SUBJECT, Batch, decode_together, without_odd
from schemas.bulk.columns import times_ns
from schemas.signal import Kind
from schemas.sources.cloud import dumped, first, harmless_many, identity_of, mapping
from schemas.sources.gcp_log_entry import FORMAT, MESSAGES, SEVERITY, attributes_of, severity_of
from schemas.subjects import Subjects

_Part = msgspec.Raw | msgspec.UnsetType


class _Entry(msgspec.Struct, gc=False):
    logName: str
    insertId: str
    resource: msgspec.Raw
    timestamp: str = ""
    receiveTimestamp: str = ""
    severity: str = ""
    trace: str = ""
    textPayload: str = ""
    jsonPayload: _Part = msgspec.UNSET
    labels: _Part = msgspec.UNSET
    protoPayload: _Part = msgspec.UNSET
    httpRequest: _Part = msgspec.UNSET
    text_payload: _Part = msgspec.UNSET
    json_payload: _Part = msgspec.UNSET
    textpayload: _Part = msgspec.UNSET
    jsonpayload: _Part = msgspec.UNSET
    p_event_time: _Part = msgspec.UNSET


_decoder: Final = msgspec.json.Decoder(_Entry)
_ODD_KEYS: Final = frozenset({"involvedObject", "event_subtype", "instance", "src_instance", "dest_instance", "vmInstanceName"})
_ODD_LOGS: Final = ("Violation", "/events", "cluster-autoscaler-visibility", "servicehealth.")


class LogEntries:
    format = FORMAT
    marks = (b'"logName"', b'"insertId"', b'"resource"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        entries = decode_together(_decoder, values)
        if entries is None:
            return None
        parsed = [_payload(entry) for entry in entries]
        odd = [place for place, entry in enumerate(entries) if _unusual(entry, parsed[place])]
        skipped = set(odd)
        numbers = [NO_SUBJECT if place in skipped else _number(entry, subjects) for place, entry in enumerate(entries)]
        usual, odd = without_odd(numbers, odd)
        entries, payloads = [entries[place] for place in usual], [parsed[place] or {} for place in usual]
        times = times_ns([entry.timestamp for entry in entries])
        if (times == 0).any():
            received = times_ns([entry.receiveTimestamp for entry in entries])
            times = pl.select(pl.when(times == 0).then(received).otherwise(times)).to_series()
        columns = {
            "event_time_ns": times,
            "severity_number": pl.Series([_severity(entry, said) for entry, said in zip(entries, payloads, strict=True)], dtype=pl.UInt8),
            "text": harmless_many([_text(entry, said) for entry, said in zip(entries, payloads, strict=True)], redaction_key),
            "dedup_key": pl.Series([_key(entry) for entry in entries], dtype=pl.String),
            "trace_id": pl.Series([entry.trace.strip().rpartition("/")[2] for entry in entries], dtype=pl.String),
        }
        return Batch(usual, np.zeros(len(usual), np.int64), np.array(numbers, np.int64)[usual], columns, odd)


def _payload(entry: _Entry) -> dict[str, Any] | None:
    """The JSON payload, empty when there is none; None for what is no object after all."""
    if isinstance(entry.jsonPayload, msgspec.UnsetType):
        return {}
    try:
        said = orjson.loads(bytes(entry.jsonPayload))
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def _unusual(entry: _Entry, payload: dict[str, Any] | None) -> bool:
    return (
        payload is None
        or not (entry.textPayload.strip() or payload)
        or not entry.insertId.strip()
        or not (entry.protoPayload is entry.httpRequest is msgspec.UNSET)
        or not (entry.text_payload is entry.json_payload is entry.textpayload is entry.jsonpayload is entry.p_event_time is msgspec.UNSET)
        or "/logs/" not in entry.logName
        or any(mark in entry.logName for mark in _ODD_LOGS)
        or not _ODD_KEYS.isdisjoint(payload)
    )


def _number(entry: _Entry, subjects: Subjects) -> int:
    labels = b"" if isinstance(entry.labels, msgspec.UnsetType) else bytes(entry.labels)
    key = (FORMAT, entry.logName, bytes(entry.resource), labels)
    number = subjects.by_key.get(key)
    if number is None:
        if b"_message" in labels:
            return NO_SUBJECT  # a label that may hold the text
        try:
            monitored, said = orjson.loads(bytes(entry.resource)), orjson.loads(labels or b"{}")
        except orjson.JSONDecodeError:
            return NO_SUBJECT
        log_name = unquote(entry.logName.strip())
        attributes, ids = attributes_of(log_name, mapping(monitored), mapping(said))
        subject = identity_of(attributes, ids).subject(Kind.LOG, FORMAT, fallback=f"resource:{log_name}")
        number = subjects.by_key[key] = subjects.number(subject)
    return number


def _severity(entry: _Entry, payload: dict[str, Any]) -> int:
    return SEVERITY.get(entry.severity) or severity_of({"severity": entry.severity, "jsonPayload": payload}, {})


def _text(entry: _Entry, payload: dict[str, Any]) -> str:
    said = entry.textPayload.strip() or first(payload, *MESSAGES)
    if said:
        return said
    told = {key: value for key, value in payload.items() if key != "@type"}
    return (dumped(told) if told else "") or unquote(entry.logName.strip())


def _key(entry: _Entry) -> str:
    return f"{FORMAT}|{entry.logName.strip()}|{entry.timestamp.strip()}|{entry.insertId.strip()}"
