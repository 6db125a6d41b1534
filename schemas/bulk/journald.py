"""The systemd journal in bulk; equals schemas/sources/journald.py.

Of an entry only what a row needs is decoded.  Host, unit, program and container repeat: they are the key of its subject.  Messages of the
kernel, of systemd, of the audit log and of the daemons that tell of states and changes, messages with a MESSAGE_ID, and entries with a
field that is no plain text are odd.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import orjson
import polars as pl

from schemas.bulk.batch import NO_SUBJECT, Batch, decode_together, without_odd
from schemas.redact import NEEDLES, redact
from schemas.severity import BY_SYSLOG
from schemas.signal import Kind
from schemas.sources.auditd import CARRIERS
from schemas.sources.journald import FORMAT, line_of
from schemas.sources.linux_daemons import PROGRAMS
from schemas.sources.linux_meaning import MAX_TEXT_CHARS, subject_of
from schemas.sources.linux_programs import ACCOUNT_NEEDLES, without_accounts
from schemas.subjects import Subjects

_ABSENT: Final = msgspec.Raw(b"")


class _Entry(msgspec.Struct, gc=False):
    """Fields that name the emitter, or tell that the entry is more than a line, are taken raw: together they are the key of its subject."""

    cursor: str = msgspec.field(name="__CURSOR")
    received_at: str = msgspec.field(name="__REALTIME_TIMESTAMP")
    message: str = msgspec.field(name="MESSAGE")
    priority: str = msgspec.field(name="PRIORITY")
    host: msgspec.Raw = msgspec.field(name="_HOSTNAME")
    program: msgspec.Raw = msgspec.field(name="SYSLOG_IDENTIFIER")
    happened_at: str = msgspec.field(name="_SOURCE_REALTIME_TIMESTAMP", default="")
    transport: msgspec.Raw = msgspec.field(name="_TRANSPORT", default=_ABSENT)
    system_unit: msgspec.Raw = msgspec.field(name="_SYSTEMD_UNIT", default=_ABSENT)
    user_unit: msgspec.Raw = msgspec.field(name="_SYSTEMD_USER_UNIT", default=_ABSENT)
    cgroup: msgspec.Raw = msgspec.field(name="_SYSTEMD_CGROUP", default=_ABSENT)
    container_name: msgspec.Raw = msgspec.field(name="CONTAINER_NAME", default=_ABSENT)
    container_id: msgspec.Raw = msgspec.field(name="CONTAINER_ID", default=_ABSENT)
    container_id_full: msgspec.Raw = msgspec.field(name="CONTAINER_ID_FULL", default=_ABSENT)
    image: msgspec.Raw = msgspec.field(name="IMAGE_NAME", default=_ABSENT)
    message_id: msgspec.Raw = msgspec.field(name="MESSAGE_ID", default=_ABSENT)
    about: msgspec.Raw = msgspec.field(name="UNIT", default=_ABSENT)
    about_user: msgspec.Raw = msgspec.field(name="USER_UNIT", default=_ABSENT)
    about_core: msgspec.Raw = msgspec.field(name="COREDUMP_UNIT", default=_ABSENT)


_NAMING: Final = {
    "host": "_HOSTNAME", "program": "SYSLOG_IDENTIFIER", "transport": "_TRANSPORT", "system_unit": "_SYSTEMD_UNIT", "user_unit": "_SYSTEMD_USER_UNIT",
    "cgroup": "_SYSTEMD_CGROUP", "container_name": "CONTAINER_NAME", "container_id": "CONTAINER_ID", "container_id_full": "CONTAINER_ID_FULL",
    "image": "IMAGE_NAME",
}  # fmt: skip
_TELLING_MORE: Final = ("message_id", "about", "about_user", "about_core")
_parts: Final = attrgetter(*_NAMING, *_TELLING_MORE)
_decoder: Final = msgspec.json.Decoder(_Entry)
_MICROSECOND_DIGITS: Final = 16
"""2001 to 2286 in microseconds; other texts are odd."""
_SEVERITY: Final = {str(priority): number for priority, number in enumerate(BY_SYSLOG)}


_NEEDLES: Final = sorted({*NEEDLES, *ACCOUNT_NEEDLES})
_TELLING: Final = {"systemd", "", *CARRIERS, *PROGRAMS}
"""Programs whose messages may tell of a state or a change, and the absent one."""


class Journal:
    format = FORMAT
    marks = (b'"__CURSOR"', b'"__REALTIME_TIMESTAMP"', b'"MESSAGE"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        entries = decode_together(_decoder, values)
        if entries is None:
            return None
        times = _times_ns([entry.happened_at or entry.received_at for entry in entries])
        levels = list(map(_SEVERITY.get, [entry.priority for entry in entries]))
        messages = [entry.message for entry in entries]
        numbers = _numbers(entries, subjects)
        unusual = set(np.flatnonzero(times == 0).tolist())
        if None in levels or not all(messages):
            unusual |= {place for place, level in enumerate(levels) if level is None or not messages[place]}
        usual, odd = without_odd(numbers, list(unusual))
        if odd:
            entries, messages, levels = ([column[place] for place in usual] for column in (entries, messages, levels))
        columns = {
            "event_time_ns": pl.Series(times[usual]),
            "severity_number": pl.Series(levels, dtype=pl.UInt8),
            "text": _redacted(messages, redaction_key),
            "dedup_key": pl.Series([entry.cursor for entry in entries], dtype=pl.String),
        }
        return Batch(usual, np.zeros(len(usual), np.int64), np.array(numbers, np.int64)[usual], columns, odd)


def _times_ns(texts: list[str]) -> npt.NDArray[np.int64]:
    """Microseconds as nanoseconds; 0 for what is not written in 16 digits."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    joined = "".join(texts)
    if (lengths == _MICROSECOND_DIGITS).all() and joined.isascii() and joined.isdecimal():
        return np.array(list(map(int, texts)), np.int64) * 1_000
    usual = [len(text) == _MICROSECOND_DIGITS and text.isascii() and text.isdecimal() for text in texts]
    return np.array([int(text) * 1_000 if fits else 0 for text, fits in zip(texts, usual, strict=True)], np.int64)


def _numbers(entries: Sequence[_Entry], subjects: Subjects) -> list[int]:
    known: dict[bytes, int] = subjects.known.setdefault(FORMAT, {})
    keys = list(map(b"\0".join, map(_parts, entries)))
    numbers = list(map(known.get, keys))
    if None in numbers:
        for place, number in enumerate(numbers):
            if number is None and (number := known.get(keys[place])) is None:
                number = known[keys[place]] = _number(entries[place], subjects)
                subjects.remembered += 1
            numbers[place] = number
    return numbers  # type: ignore[return-value]


def _number(entry: _Entry, subjects: Subjects) -> int:
    """The subject of an entry, or NO_SUBJECT if it is more than a line."""
    if any(bytes(getattr(entry, name)) for name in _TELLING_MORE):
        return NO_SUBJECT
    try:
        said = {field: orjson.loads(part) for name, field in _NAMING.items() if (part := bytes(getattr(entry, name)))}
    except orjson.JSONDecodeError:
        return NO_SUBJECT
    if not all(isinstance(value, str) for value in said.values()):
        return NO_SUBJECT
    program, transport = said["SYSLOG_IDENTIFIER"], said.pop("_TRANSPORT", "")
    if program in _TELLING or transport == "kernel" or not said["_HOSTNAME"]:
        return NO_SUBJECT
    return subjects.number(subject_of(line_of(said), Kind.LOG, program))


def _redacted(messages: list[str], key: bytes) -> pl.Series:
    """`redact(without_accounts(…))` of many messages, each cut to MAX_TEXT_CHARS; both leave a text without their needles as it is."""
    texts = pl.Series(messages, dtype=pl.String).str.slice(0, MAX_TEXT_CHARS)
    suspects = (texts.str.contains_any(_NEEDLES, ascii_case_insensitive=True) | texts.str.starts_with("(")).arg_true()
    if suspects.is_empty():
        return texts
    return texts.scatter(suspects, [redact(without_accounts(text), key) for text in texts.gather(suspects).to_list()])
