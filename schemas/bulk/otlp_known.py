"""What OTLP repeats from row to row, read once: the attributes of records and points, under the bytes that hold them.

Knows:   what of a row follows from its attributes alone, in one resource and scope or one resource and metric.
Ignores: whether the bytes are JSON or protobuf: the decoder hands in how they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import polars as pl
from google.protobuf.message import DecodeError

from schemas.bulk.batch import NO_SUBJECT
from schemas.bulk.columns import stripped
from schemas.redact import redact_many
from schemas.sources import otlp, otlp_values
from schemas.sources.cloud import MAX_TEXT_CHARS
from schemas.subjects import Subjects

Pairs = Callable[[Any], Iterable[Any]]
"""Reads the bytes of attributes; raises a decoder's error for what are none."""
BROKEN = (msgspec.MsgspecError, DecodeError, ValueError, TypeError, RecursionError)


class Told(NamedTuple):
    """What the attributes of a log record say."""

    number: int
    """Of its subject."""
    details: str
    words: tuple[str, ...] | None
    """What stands for a missing body, and what follows a body that does not say it; None for nothing."""


class LogAttributes(dict[Any, Told]):
    """Bytes of attributes → what they say, in one resource and scope and of one event name."""

    def __init__(self, facts: Mapping[str, str] | None, scope: str, event: str, pairs: Pairs, subjects: Subjects) -> None:
        super().__init__()
        self._facts, self._scope, self._event, self._pairs, self._subjects = facts, scope, event, pairs, subjects
        self._numbers: dict[tuple[Any, str], int] = {}
        """Subjects by what a record itself says of who it is about: few, even where attributes vary from record to record."""

    def __missing__(self, key: Any) -> Told:
        self._subjects.varied += 1
        if self._facts is None:
            return Told(NO_SUBJECT, "", None)
        try:
            said = otlp_values.attributes_of(self._pairs(key))
        except BROKEN:
            return self.setdefault(key, Told(NO_SUBJECT, "", None))
        event = self._event or said.get("event.name", "")
        words = (event, *otlp.exception_of(said))
        number = self._number(self._facts, otlp.own_identity(said), event or self._scope)
        return self.setdefault(key, Told(number, otlp.evidence(said), words if any(words) else None))

    def _number(self, facts: Mapping[str, str], own: tuple[tuple[str, str], ...], name: str) -> int:
        number = self._numbers.get((own, name))
        if number is None:
            number = self._numbers[own, name] = self._subjects.number(otlp.log_subject(facts, dict(own), name))
        return number


class Named(NamedTuple):
    name: str
    unit: str


class PointAttributes(dict[Any, int]):
    """Bytes of attributes → number of the subject, of the points of one resource and metric."""

    def __init__(
        self, facts: Mapping[str, str] | None, metric: Named, suffix: str, more: Mapping[str, str], pairs: Pairs, subjects: Subjects
    ) -> None:
        super().__init__()
        self._facts, self._metric, self._suffix, self._more = facts, metric, suffix, more
        self._pairs, self._subjects = pairs, subjects

    def __missing__(self, key: Any) -> int:
        self._subjects.remembered += 1
        if self._facts is None:
            return NO_SUBJECT
        try:
            said = otlp_values.attributes_of(self._pairs(key))
        except BROKEN:
            return self.setdefault(key, NO_SUBJECT)
        subject = otlp.metric_subject({**self._facts, **said, **self._more}, self._metric, self._suffix)
        return self.setdefault(key, self._subjects.number(subject))


class Known:
    """What a decoder remembers: resources, records and points by their bytes."""

    def __init__(self, format_: str, facts: Callable[[bytes], dict[str, str] | None], pairs: Pairs, subjects: Subjects) -> None:
        self._format, self._facts_of, self._pairs, self._subjects = format_, facts, pairs, subjects

    def told(self, resource: bytes, scope: str, events: list[str], attributes: Iterable[Any]) -> Iterable[Told]:
        """What the attributes of each record of one resource and scope say."""
        known = {event: self._logs(resource, scope, event) for event in set(events)}
        if len(known) == 1:
            return map(known[events[0]].__getitem__, attributes)
        return [known[event][raw] for event, raw in zip(events, attributes, strict=True)]

    def points(self, resource: bytes, metric: Any, suffix: str, more: Mapping[str, str]) -> PointAttributes:
        key = (self._format, resource, metric.name, metric.unit, suffix, *more.items())
        known: PointAttributes | None = self._subjects.known.get(key)
        if known is None:
            named = Named(metric.name, metric.unit)
            known = PointAttributes(self._facts(resource), named, suffix, more, self._pairs, self._subjects)
            self._subjects.known[key] = known
        return known

    def _logs(self, resource: bytes, scope: str, event: str) -> LogAttributes:
        key = (self._format, resource, scope, event)
        known: LogAttributes | None = self._subjects.varying.get(key)
        if known is None:
            known = self._subjects.varying[key] = LogAttributes(self._facts(resource), scope, event, self._pairs, self._subjects)
        return known

    def _facts(self, resource: bytes) -> dict[str, str] | None:
        """The attributes of a resource; None if its bytes hold none after all."""
        facts: dict[str, str] | None = self._subjects.facts.get(resource)
        if facts is None and (facts := self._facts_of(resource)) is not None:
            self._subjects.facts[resource] = facts
        return facts


def log_columns(told: Sequence[Told], bodies: list[str] | pl.Series, redaction_key: bytes) -> dict[str, pl.Series]:
    """The columns that follow from attributes and bodies."""
    texts = stripped(bodies, MAX_TEXT_CHARS)
    words = [(place, said[2]) for place, said in enumerate(told) if said[2]]
    if words:
        places = [place for place, _ in words]
        said_before = texts.gather(places).to_list()
        texts = texts.scatter(places, [otlp.words_with(body, said) for body, (_, said) in zip(said_before, words, strict=True)])
    return {"text": redact_many(texts, redaction_key), "details": pl.Series([said[1] for said in told], dtype=pl.String)}


def finite(values: Any) -> pl.Series:
    """Doubles as measured values: null where they are not finite."""
    column = pl.Series(values, dtype=pl.Float64)
    return column if np.isfinite(column.to_numpy()).all() else pl.select(pl.when(column.is_finite()).then(column)).to_series()
