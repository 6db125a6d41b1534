"""Winlogbeat 7 and 8 in bulk; equals schemas/sources/windows_event_json.py for events that are plain log lines.

Computer, channel, provider and event id repeat: they are the key of an event's subject.  Events that mean something (a service's state, a
change, a metric) are few and odd; so are events without a message, which have to be worded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl

from schemas.bulk.batch import NO_SUBJECT, Batch, decode_together, without_odd
from schemas.bulk.columns import times_ns
from schemas.redact import redact_many
from schemas.sources.windows_event import WindowsEvent, severity_of, text
from schemas.sources.windows_event_json import WINLOGBEAT
from schemas.sources.windows_events_known import meaning_of
from schemas.sources.windows_meaning import key_of, subject_of, wording_of
from schemas.subjects import Subjects


class _User(msgspec.Struct, gc=False):
    identifier: str = ""


class _Level(msgspec.Struct, gc=False):
    level: str


class _Winlog(msgspec.Struct, gc=False):
    event_id: str | int
    channel: str
    computer_name: str
    provider_name: str
    record_id: str | int
    time_created: str = ""
    keywords: list[str] = []
    event_data: dict[str, Any] = {}
    user: _User = msgspec.field(default_factory=_User)
    user_data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Document(msgspec.Struct, gc=False):
    at: str = msgspec.field(name="@timestamp")
    message: str
    log: _Level
    winlog: _Winlog


_decoder: Final = msgspec.json.Decoder(_Document)
_ODD_PARAMETERS: Final = frozenset(("Data", "data", "#text", "BugcheckCode", "errorCode", "ErrorCode"))
_UNSAID: Final = frozenset(("Binary", "binary"))
_OUTAGE: Final = 6008
MAX_PARAMETERS: Final = 100


class Winlogbeat:
    format = WINLOGBEAT
    marks = (b'"winlog"', b'"record_id"', b'"computer_name"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        documents = decode_together(_decoder, values)
        if documents is None:
            return None
        times = times_ns([document.winlog.time_created or document.at for document in documents]).to_list()
        events = [None if not at else _event(document, at) for document, at in zip(documents, times, strict=True)]
        numbers = [NO_SUBJECT if event is None else _number(event, subjects) for event in events]
        usual, odd = without_odd(numbers)
        taken = [event for event in events if event is not None]
        columns = {
            "event_time_ns": pl.Series([event.time_ns for event in taken], dtype=pl.Int64),
            "severity_number": pl.Series([event.severity_number for event in taken], dtype=pl.UInt8),
            "text": redact_many(pl.Series([wording_of(event, None) for event in taken], dtype=pl.String), redaction_key),
            "dedup_key": pl.Series([key_of(event, None, "") for event in taken], dtype=pl.String),
        }
        return Batch(usual, np.zeros(len(usual), np.int64), np.array(numbers, np.int64)[usual], columns, odd)


def _event(document: _Document, time_ns: int) -> WindowsEvent | None:
    """The event, or None for one that is left to the plain reader."""
    winlog = document.winlog
    fields = (winlog.channel, winlog.computer_name, winlog.provider_name)
    number = (
        int(winlog.event_id) if str(winlog.event_id).isascii() and str(winlog.event_id).isdecimal() and len(str(winlog.event_id)) < 9 else 0
    )
    if (
        not number
        or number == _OUTAGE
        or any(field in ("", "-") for field in fields)
        or winlog.record_id in ("", "-")
        or not document.message.strip()
    ):
        return None
    if meaning_of(winlog.provider_name, number) is not None or not isinstance(winlog.user_data, msgspec.UnsetType):
        return None
    data = winlog.event_data
    if len(data) > MAX_PARAMETERS or not _ODD_PARAMETERS.isdisjoint(data) or any(isinstance(value, dict | list) for value in data.values()):
        return None
    return WindowsEvent(
        provider=winlog.provider_name,
        event_id=number,
        channel=winlog.channel,
        computer=winlog.computer_name,
        record_id=str(winlog.record_id),
        time_ns=time_ns,
        severity_number=_severity(document.log.level, tuple(winlog.keywords)),
        message=document.message,
        data={key: text(value) for key, value in data.items() if key not in _UNSAID and not key.startswith(("#attributes", "@"))},
        user=winlog.user.identifier,
    )


@lru_cache(maxsize=256)
def _severity(level: str, keywords: tuple[str, ...]) -> int:
    return severity_of(level, next((word for word in keywords if word.lower().startswith("audit ")), None))


def _number(event: WindowsEvent, subjects: Subjects) -> int:
    key = (WINLOGBEAT, event.computer, event.channel, event.provider, event.event_id)
    number = subjects.by_key.get(key)
    if number is None:
        number = subjects.by_key[key] = subjects.number(subject_of(event, None, "", WINLOGBEAT))
    return number
