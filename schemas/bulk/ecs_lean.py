"""ECS lines that hold nothing but what a shipper writes of a container's log, in bulk.

Knows:   the fields of such a line.  The types refuse every other field, and with it every question that other fields raise.
Ignores: lines with more in them, which ecs.py reads.

What names the emitter repeats byte by byte: its bytes are the key of the subject, and they are parsed once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
import orjson

from schemas.bulk.batch import NO_SUBJECT, Joined
from schemas.sources.ecs import ECS, subject_of
from schemas.subjects import Subjects

_ABSENT: Final = msgspec.Raw(b"")


class _Log(msgspec.Struct, gc=False, frozen=True, forbid_unknown_fields=True):
    level: str = ""
    logger: str = ""
    offset: msgspec.Raw = _ABSENT
    file: msgspec.Raw = _ABSENT


class _Trace(msgspec.Struct, gc=False, frozen=True):
    id: str = ""


_NO_LOG: Final = _Log()
_NO_TRACE: Final = _Trace()


class Lean(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The fields after `level` say nothing that is kept."""

    at: str = msgspec.field(name="@timestamp")
    ecs: msgspec.Raw  # without it, a line may be Fluent Bit's own
    message: str = ""
    log: _Log = _NO_LOG
    trace: _Trace = _NO_TRACE
    service: msgspec.Raw = _ABSENT
    host: msgspec.Raw = _ABSENT
    kubernetes: msgspec.Raw = _ABSENT
    orchestrator: msgspec.Raw = _ABSENT
    agent: msgspec.Raw = _ABSENT
    level: str = ""
    input: msgspec.Raw = _ABSENT
    stream: msgspec.Raw = _ABSENT
    tags: msgspec.Raw = _ABSENT
    data_stream: msgspec.Raw = _ABSENT
    span: msgspec.Raw = _ABSENT
    transaction: msgspec.Raw = _ABSENT


class _WithCloud(Lean):
    container: msgspec.Raw = _ABSENT
    cloud: msgspec.Raw = _ABSENT
    fields: msgspec.Raw = _ABSENT


_NAMING: Final = {
    Lean: ("service", "host", "kubernetes", "orchestrator", "agent"),
    _WithCloud: ("service", "host", "kubernetes", "orchestrator", "agent", "container", "cloud", "fields"),
}
"""The objects that name the emitter.  The fewer they are, the shorter is the key of a line."""
_parts: Final[dict[type, Callable[[Lean], tuple[msgspec.Raw, ...]]]] = {type_: attrgetter(*names) for type_, names in _NAMING.items()}
_decoders: Final[tuple[msgspec.json.Decoder[Any], ...]] = (msgspec.json.Decoder(Lean), msgspec.json.Decoder(_WithCloud))
_FORWARDS: Final = (b"azure", b"\\")
"""Marks of an input whose messages are records of another format, or of one that is written in escapes."""


def shipped(run: Joined) -> Sequence[Lean] | None:
    """The lines, or None if one holds more."""
    for decoder in _decoders:
        lines = run.decoded(decoder)
        if lines is not None:
            inputs = {bytes(input_) for line in lines if (input_ := line.input) is not _ABSENT}
            return None if any(mark in input_ for mark in _FORWARDS for input_ in inputs) else lines
    return None


def numbers_of(lines: Sequence[Lean], subjects: Subjects) -> list[int]:
    """The subject of each line."""
    type_ = type(lines[0])
    loggers = [line.log.logger for line in lines]
    known: dict[Any, int] = subjects.known.setdefault((ECS, type_, any(loggers)), {})
    keys: list[Any] = list(map(b"\0".join, map(_parts[type_], lines)))
    if any(loggers):
        keys = list(zip(keys, loggers, strict=True))
    numbers = list(map(known.get, keys))
    if None in numbers:
        for place, number in enumerate(numbers):
            if number is None:
                numbers[place] = known[keys[place]] if keys[place] in known else _new_number(lines[place], keys[place], known, subjects)
    if not all(messages := [line.message for line in lines]):
        return [number if message else NO_SUBJECT for number, message in zip(numbers, messages, strict=True)]  # type: ignore[misc]
    return numbers  # type: ignore[return-value]


def _new_number(line: Lean, key: Any, known: dict[Any, int], subjects: Subjects) -> int:
    if line.service is line.kubernetes is line.host is _ABSENT:
        return NO_SUBJECT
    try:
        document = {name: orjson.loads(part) for name in _NAMING[type(line)] if (part := bytes(getattr(line, name)))}
    except orjson.JSONDecodeError:
        return NO_SUBJECT
    if line.log.logger:
        document["log"] = {"logger": line.log.logger}
    subjects.remembered += 1
    number = known[key] = subjects.number(subject_of(document))
    return number
