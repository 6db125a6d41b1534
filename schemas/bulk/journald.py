"""The systemd journal in bulk; equals schemas/sources/journald.py.

Of an entry only what a row needs is decoded.  Host, unit, program and container repeat: they are the key of its subject.  Messages of the
kernel, of systemd and of the daemons that tell of states and changes, messages with a MESSAGE_ID, and entries with a field that is no plain text are odd.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import polars as pl

from schemas.bulk.batch import NO_SUBJECT, Batch, decode_together, without_odd
from schemas.redact import redact_many
from schemas.severity import BY_SYSLOG
from schemas.signal import Kind
from schemas.sources.journald import FORMAT, line_of
from schemas.sources.linux_daemons import PROGRAMS
from schemas.sources.linux_meaning import MAX_TEXT_CHARS, subject_of
from schemas.sources.linux_programs import ACCOUNT_NEEDLES, without_accounts
from schemas.subjects import Subjects

_UNSET: Final = msgspec.UNSET
_Part = msgspec.Raw | msgspec.UnsetType


class _Entry(msgspec.Struct, gc=False):
    cursor: str = msgspec.field(name="__CURSOR")
    received_at: str = msgspec.field(name="__REALTIME_TIMESTAMP")
    message: str = msgspec.field(name="MESSAGE")
    priority: str = msgspec.field(name="PRIORITY")
    host: str = msgspec.field(name="_HOSTNAME")
    program: str = msgspec.field(name="SYSLOG_IDENTIFIER")
    happened_at: str = msgspec.field(name="_SOURCE_REALTIME_TIMESTAMP", default="")
    transport: str = msgspec.field(name="_TRANSPORT", default="")
    system_unit: str = msgspec.field(name="_SYSTEMD_UNIT", default="")
    user_unit: str = msgspec.field(name="_SYSTEMD_USER_UNIT", default="")
    cgroup: str = msgspec.field(name="_SYSTEMD_CGROUP", default="")
    container_name: str = msgspec.field(name="CONTAINER_NAME", default="")
    container_id: str = msgspec.field(name="CONTAINER_ID", default="")
    container_id_full: str = msgspec.field(name="CONTAINER_ID_FULL", default="")
    image: str = msgspec.field(name="IMAGE_NAME", default="")
    message_id: _Part = msgspec.field(name="MESSAGE_ID", default=_UNSET)
    about: _Part = msgspec.field(name="UNIT", default=_UNSET)
    about_user: _Part = msgspec.field(name="USER_UNIT", default=_UNSET)
    about_core: _Part = msgspec.field(name="COREDUMP_UNIT", default=_UNSET)


_decoder: Final = msgspec.json.Decoder(_Entry)
_MICROSECONDS: Final = r"^\d{16}$"
"""2001 to 2286 in microseconds; other texts are odd."""
_SEVERITY: Final = {str(priority): number for priority, number in enumerate(BY_SYSLOG)}


_TELLING: Final = {"kernel", "systemd", "", *PROGRAMS}
"""Programs whose messages may tell of a state or a change, and the absent one."""


class Journal:
    format = FORMAT
    marks = (b'"__CURSOR"', b'"__REALTIME_TIMESTAMP"', b'"MESSAGE"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        entries = decode_together(_decoder, values)
        if entries is None:
            return None
        stamps = pl.Series([entry.happened_at or entry.received_at for entry in entries], dtype=pl.String)
        timeless = (~stamps.str.contains(_MICROSECONDS)).arg_true().to_list()
        numbers = [NO_SUBJECT if _unusual(entry) else _number(entry, subjects) for entry in entries]
        usual, odd = without_odd(numbers, timeless)
        if odd:
            entries, stamps = [entries[place] for place in usual], stamps.gather(usual)
        columns = {
            "event_time_ns": stamps.cast(pl.Int64) * 1_000,
            "severity_number": pl.Series([_SEVERITY[entry.priority] for entry in entries], dtype=pl.UInt8),
            "text": redact_many(_without_accounts([entry.message for entry in entries]), redaction_key),
            "dedup_key": pl.Series([entry.cursor for entry in entries], dtype=pl.String),
        }
        return Batch(usual, np.zeros(len(usual), np.int64), np.array(numbers, np.int64)[usual], columns, odd)


def _unusual(entry: _Entry) -> bool:
    return (
        not (entry.message_id is entry.about is entry.about_user is entry.about_core is _UNSET)
        or entry.program in _TELLING
        or entry.priority not in _SEVERITY
        or not entry.message
        or not entry.host
        or entry.transport == "kernel"
    )


def _number(entry: _Entry, subjects: Subjects) -> int:
    key = (
        FORMAT, entry.host, entry.program, entry.system_unit or entry.user_unit, entry.cgroup if "kubepods" in entry.cgroup else "",
        entry.container_name, entry.container_id_full or entry.container_id, entry.image,
    )  # fmt: skip
    number = subjects.by_key.get(key)
    if number is None:
        line = line_of(
            {
                "_HOSTNAME": entry.host, "SYSLOG_IDENTIFIER": entry.program, "_SYSTEMD_UNIT": entry.system_unit, "_SYSTEMD_USER_UNIT": entry.user_unit,
                "_SYSTEMD_CGROUP": entry.cgroup, "CONTAINER_NAME": entry.container_name, "CONTAINER_ID": entry.container_id,
                "CONTAINER_ID_FULL": entry.container_id_full, "IMAGE_NAME": entry.image,
            }
        )  # fmt: skip
        number = subjects.by_key[key] = subjects.number(subject_of(line, Kind.LOG, entry.program))
    return number


def _without_accounts(messages: list[str]) -> pl.Series:
    """`without_accounts` of many messages, each cut to MAX_TEXT_CHARS."""
    texts = pl.Series(messages, dtype=pl.String).str.slice(0, MAX_TEXT_CHARS)
    suspects = (texts.str.contains_any(list(ACCOUNT_NEEDLES), ascii_case_insensitive=True) | texts.str.starts_with("(")).arg_true()
    return texts.scatter(suspects, [without_accounts(text) for text in texts.gather(suspects).to_list()]) if len(suspects) else texts
