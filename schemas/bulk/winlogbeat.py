"""Winlogbeat 7 and 8 in bulk; equals schemas/sources/windows_event_json.py for events that are plain log lines.

Computer, channel, provider and event id repeat: their bytes are the key of an event's subject; so are those of its parameters, as far as they
name people.  Events that mean something (a service's state, a change, a metric) are few and odd; so are events without a message, which have
to be worded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec
import numpy as np
import orjson
import polars as pl

from schemas.bulk.batch import NO_SUBJECT, Batch, decode_together, without_odd
from schemas.bulk.columns import stripped, times_ns
from schemas.redact import redact_many
from schemas.sources.windows_event import WindowsEvent, severity_of, text
from schemas.sources.windows_event_json import WINLOGBEAT
from schemas.sources.windows_events_known import meaning_of
from schemas.sources.windows_meaning import MAX_TEXT_CHARS, subject_of, wording_of
from schemas.sources.windows_people import people_of
from schemas.subjects import Subjects

_ABSENT: Final = msgspec.Raw(b"")


class _Level(msgspec.Struct, gc=False):
    level: str


class _Winlog(msgspec.Struct, gc=False):
    event_id: msgspec.Raw
    channel: msgspec.Raw
    computer_name: msgspec.Raw
    provider_name: msgspec.Raw
    record_id: str | int
    time_created: str = ""
    keywords: msgspec.Raw = _ABSENT
    event_data: msgspec.Raw = _ABSENT
    user: msgspec.Raw = _ABSENT
    user_data: msgspec.Raw = _ABSENT


class _Document(msgspec.Struct, gc=False):
    at: str = msgspec.field(name="@timestamp")
    message: str
    log: _Level
    winlog: _Winlog


class _User(msgspec.Struct, gc=False):
    identifier: str = ""


class _Emitter(NamedTuple):
    """What computer, channel, provider and event id say."""

    number: int
    """Of the subject; NO_SUBJECT for an event that is more than a line."""
    event: WindowsEvent | None = None
    """With these alone."""
    key: str = ""
    """How the dedup keys of its records begin."""
    form: bool = False
    """Its message goes on with a form full of accounts."""


class _Parameters(NamedTuple):
    usual: bool
    data: dict[str, str]
    user: str
    people: bool
    """Whether they name any."""


_MORE: Final = _Emitter(NO_SUBJECT)
_UNUSUAL: Final = _Parameters(False, {}, "", False)
_decoder: Final = msgspec.json.Decoder(_Document)
_users: Final = msgspec.json.Decoder(_User)
_keywords: Final = msgspec.json.Decoder(list[str])
_emitter_parts: Final = attrgetter("event_id", "channel", "computer_name", "provider_name", "user_data")
_parameter_parts: Final = attrgetter("event_data", "user")
_ODD_PARAMETERS: Final = frozenset(("Data", "#text", "BugcheckCode", "errorCode", "ErrorCode"))
_UNSAID: Final = frozenset(("Binary", "binary"))
_OUTAGE: Final = 6008
_CODE_DIGITS: Final = 9
MAX_PARAMETERS: Final = 100
_NOTHING: Final = ("", "-")
_WORDED: Final = ["%%", "\r\n", "name:", "security id:", "user:", "behalf of", "s-1-", "\\<user>"]
"""Marks, in any case, of a message in which `wording_of` may change something; without them it only cuts."""
_NOT_ASCII: Final = r"[^\x00-\x7F]"


class Winlogbeat:
    format = WINLOGBEAT
    marks = (b'"winlog"', b'"record_id"', b'"computer_name"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        documents = decode_together(_decoder, values)
        if documents is None:
            return None
        winlogs = [document.winlog for document in documents]
        times = times_ns([winlog.time_created or document.at for winlog, document in zip(winlogs, documents, strict=True)]).to_numpy()
        emitters, parameters = _emitters(winlogs, subjects), _parameters(winlogs, subjects)
        levels = _levels(documents, subjects)
        messages = [document.message for document in documents]
        texts = stripped(messages)
        numbers = [emitter[0] for emitter in emitters]
        unusual = (times == 0) | (np.array(levels) < 0) | (texts.str.len_bytes() == 0).to_numpy()
        odd_rows = [place for place, said in enumerate(parameters) if not said[0]]
        odd_rows += [place for place, winlog in enumerate(winlogs) if winlog.record_id in _NOTHING]
        usual, odd = without_odd(numbers, [*np.flatnonzero(unusual).tolist(), *odd_rows])
        at = times.tolist()
        columns = {
            "event_time_ns": pl.Series(times, dtype=pl.Int64),
            "severity_number": pl.Series([max(level, 0) for level in levels], dtype=pl.UInt8),
            "text": _worded(texts, messages, emitters, parameters, set(odd)),
            "dedup_key": pl.Series(
                [f"{emitter[2]}{winlog.record_id}|{ns}".lower() for emitter, winlog, ns in zip(emitters, winlogs, at, strict=True)],
                dtype=pl.String,
            ),
        }
        if odd:
            columns = {name: column.gather(usual) for name, column in columns.items()}
        columns["text"] = redact_many(columns["text"], redaction_key)
        return Batch(usual, np.zeros(len(usual), np.int64), np.array(numbers, np.int64)[usual], columns, odd)


def _worded(texts: pl.Series, messages: list[str], emitters: list[_Emitter], parameters: list[_Parameters], odd: set[int]) -> pl.Series:
    """`wording_of` each message: most stay as they are."""
    changing = (
        texts.str.contains_any(_WORDED, ascii_case_insensitive=True)
        | texts.str.contains(_NOT_ASCII)
        | (texts.str.len_bytes() > MAX_TEXT_CHARS)
    )
    suspects = set(changing.arg_true().to_list())
    suspects |= {place for place, said in enumerate(parameters) if said[3]}
    suspects |= {place for place, emitter in enumerate(emitters) if emitter[3]}
    places, worded = [], []
    for place in sorted(suspects - odd):
        if (emitter := emitters[place].event) is not None:
            event = replace(emitter, message=messages[place], data=parameters[place].data, user=parameters[place].user)
            places.append(place)
            worded.append(wording_of(event, None))
    return texts.scatter(places, worded) if places else texts


def _emitters(winlogs: Sequence[_Winlog], subjects: Subjects) -> list[_Emitter]:
    known: dict[bytes, _Emitter] = subjects.known.setdefault((WINLOGBEAT, "emitters"), {})
    keys = list(map(b"\0".join, map(_emitter_parts, winlogs)))
    for key, winlog in zip(keys, winlogs, strict=True):
        if key not in known:
            known[key] = _emitter(winlog, subjects)
            subjects.remembered += 1
    return list(map(known.__getitem__, keys))


def _emitter(winlog: _Winlog, subjects: Subjects) -> _Emitter:
    try:
        parts = (winlog.event_id, winlog.channel, winlog.computer_name, winlog.provider_name)
        code, channel, computer, provider = (orjson.loads(bytes(part)) for part in parts)
    except orjson.JSONDecodeError:
        return _MORE
    digits = str(code)
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < _CODE_DIGITS else 0
    named = all(isinstance(field, str) and field not in _NOTHING for field in (channel, computer, provider))
    if not number or number == _OUTAGE or not named or bytes(winlog.user_data) or meaning_of(provider, number) is not None:
        return _MORE
    event = WindowsEvent(provider=provider, event_id=number, channel=channel, computer=computer)
    prefix = f"windows|{computer}|{channel}|"
    return _Emitter(subjects.number(subject_of(event, None, "", WINLOGBEAT)), event, prefix, "security-auditing" in provider.lower())


def _parameters(winlogs: Sequence[_Winlog], subjects: Subjects) -> list[_Parameters]:
    known: dict[bytes, _Parameters] = subjects.varying.setdefault((WINLOGBEAT, "parameters"), {})
    keys = list(map(b"\0".join, map(_parameter_parts, winlogs)))
    for key, winlog in zip(keys, winlogs, strict=True):
        if key not in known:
            known[key] = _parameters_of(winlog)
            subjects.varied += 1
    return list(map(known.__getitem__, keys))


def _parameters_of(winlog: _Winlog) -> _Parameters:
    try:
        data = orjson.loads(bytes(winlog.event_data) or b"{}")
        user = _users.decode(bytes(winlog.user) or b"{}").identifier
    except (orjson.JSONDecodeError, msgspec.MsgspecError):
        return _UNUSUAL
    if not isinstance(data, dict) or len(data) > MAX_PARAMETERS or not _ODD_PARAMETERS.isdisjoint(data):
        return _UNUSUAL
    if any(isinstance(value, dict | list) for value in data.values()):
        return _UNUSUAL
    kept = {key: text(value) for key, value in data.items() if key not in _UNSAID and not key.startswith(("#attributes", "@"))}
    return _Parameters(True, kept, user, bool(people_of(WindowsEvent(data=kept, user=user), ())))


def _levels(documents: Sequence[_Document], subjects: Subjects) -> list[int]:
    """The severity of each; below 0 where the keywords are no list of words."""
    known: dict[tuple[str, bytes], int] = subjects.known.setdefault((WINLOGBEAT, "levels"), {})
    keys = [(document.log.level, bytes(document.winlog.keywords)) for document in documents]
    for key in set(keys) - known.keys():
        known[key] = _level(*key)
        subjects.remembered += 1
    return list(map(known.__getitem__, keys))


def _level(level: str, raw: bytes) -> int:
    try:
        keywords = _keywords.decode(raw or b"[]")
    except msgspec.MsgspecError:
        return -1
    return severity_of(level, next((word for word in keywords if word.lower().startswith("audit ")), None))
