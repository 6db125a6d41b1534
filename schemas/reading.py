"""Records in, rows out: a run of Kafka records of one partition becomes one frame of signals, without being told what they are.

Knows:   which records go together to a bulk decoder, what every row needs before it leaves (estate, ingest time, caps, templates), and
         that nothing is dropped: every record gives rows, or a Rejected, or both.
Ignores: Kafka itself, and every format.

What a row looks like to the engine:
- `subject.attributes` hold OpenTelemetry names (`k8s.pod.name`, `k8s.namespace.name`, `service.version`, `host.name` …; `client` and `server`
  of call-graph metrics; unknown labels under their own name).  Attributes of one log line lie in `details` under `attributes`.
- A time far ahead of the record's own is replaced by it; `details.ts_adjusted` then says what the sender claimed.
- `text` has at most MAX_TEXT_CHARS; `details.text_hash` is then the hash of the whole.
The result is a function of the records and the options alone: not of earlier runs, nor of how records are cut into runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from schemas import times
from schemas.bulk import BINARY, DECODERS
from schemas.bulk.batch import Batch, Bulk
from schemas.identity import DEFAULT, Dictionary, dictionary, fold, identify
from schemas.masking import Templates
from schemas.own_names import own_names
from schemas.rejected import Rejected
from schemas.rows import MAX_TEXT_CHARS, batch_of, columns_of, cut_texts, repeated, settle_times
from schemas.signal import ROW_SCHEMA, SIGNAL_SCHEMA, Signal, Subject
from schemas.sources.detect import detect
from schemas.sources.envelope import Document, Limits, Opener
from schemas.sources.source import Received
from schemas.subjects import Subjects

__all__ = ["MAX_TEXT_CHARS", "Read", "Reader", "Reading", "Records", "read_records"]

_OPEN: Final = b"{"
_FIELD_1: Final = b"\n"
"""How the protobuf messages begin that are read: with their first field, a message."""


@dataclass(frozen=True, slots=True)
class Records:
    """A run of records of one partition, in offset order."""

    topic: str
    partition: int
    offsets: Sequence[int]
    timestamps_ns: Sequence[int]
    """The Kafka records' own time (their ingest time); 0 where unknown."""
    values: Sequence[bytes | None]
    headers: Sequence[tuple[tuple[str, bytes], ...]] | None = None


@dataclass(frozen=True, slots=True)
class Read:
    signals: pl.DataFrame
    """Columns of SIGNAL_SCHEMA, in record order."""
    rejected: list[tuple[int, Rejected]]
    """Place in the run and why.  A record of which parts were read appears in both."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How records are read."""

    estate: str = "default"
    estate_attributes: tuple[str, ...] = ()
    """OpenTelemetry attributes whose value is the estate, first one that a row has; none: everything is in one estate."""
    aliases: dict[str, Any] = field(default_factory=dict)
    """The user's dictionary: `attributes` (OpenTelemetry name → further names) and `entities` (`kind:name` → `kind:name`)."""
    redaction_key: bytes = b""
    """Turns people into pseudonyms instead of `<user>`."""
    limits: Limits = field(default_factory=Limits)
    rows_per_record: int = 20_000
    """The largest OTLP batches hold 8,192 points (the collector's default); twice that and some."""
    ahead_ns: int | None = 86_400 * times.SECOND_NS
    """How far a row's time may be ahead of its record's before it is a broken clock: a day covers every wrong time zone.  None: any."""
    strict: bool = False
    """Let a reader's own bug raise, instead of setting the record aside as `reader_failed`.  For tests."""


class Reader:
    """Reads runs of records.  What it remembers between runs only saves time."""

    def __init__(self, options: Reading | None = None) -> None:
        self._options = options or Reading()
        self._known = _dictionary(self._options.aliases)
        self._subjects = Subjects(self._settle)
        self._templates = Templates()
        self._opener = Opener(detect, self._options.limits)

    def read(self, records: Records) -> Read:
        """Everything that the records say."""
        self._subjects.forget_if_full()
        rejected: list[tuple[int, Rejected]] = []
        batches, rest = self._in_bulk(records.values)
        signals: list[Signal] = []
        places: list[int] = []
        for place in rest:
            for found in self._one(place, records):
                if isinstance(found, Rejected):
                    rejected.append((place, found))
                else:
                    signals.append(found)
                    places.append(place)
        if signals:
            batches.append(batch_of(signals, places, self._subjects))
        return Read(self._finish(batches, records), rejected)

    def _in_bulk(self, values: Sequence[bytes | None]) -> tuple[list[Batch], list[int]]:
        """What the typed decoders read, and the places of the records that they leave, in order."""
        most = self._options.limits.record_bytes
        batches: list[Batch] = []
        rest: list[int] = []
        if values and None not in values and max(map(len, values)) <= most:  # type: ignore[arg-type]
            first = _decoder_of(values[0])
            if first is not None and self._decode(first, range(len(values)), values, batches, rest):
                return batches, sorted(rest)  # a topic of one format, as most are
        rest = []
        groups: dict[str, tuple[Bulk, list[int]]] = {}
        for place, value in enumerate(values):
            bulk = _decoder_of(value) if value is not None and len(value) <= most else None
            if bulk is None:
                rest.append(place)
            else:
                groups.setdefault(bulk.format, (bulk, []))[1].append(place)
        for bulk, group in groups.values():
            self._halve(bulk, group, values, batches, rest)
        return batches, sorted(rest)

    def _halve(self, bulk: Bulk, group: list[int], values: Sequence[bytes | None], batches: list[Batch], rest: list[int]) -> None:
        """Reads a group, halving it around records that are not of the usual shape."""
        if self._decode(bulk, group, values, batches, rest):
            return
        if len(group) == 1:
            rest.extend(group)
            return
        middle = len(group) // 2
        self._halve(bulk, group[:middle], values, batches, rest)
        self._halve(bulk, group[middle:], values, batches, rest)

    def _decode(self, bulk: Bulk, group: Sequence[int], values: Sequence[bytes | None], batches: list[Batch], rest: list[int]) -> bool:
        """Reads a group at once; False if one of its records is not of the usual shape."""
        try:
            given = [value for value in (values if len(group) == len(values) else map(values.__getitem__, group)) if value is not None]
            batch = bulk.read(given, self._subjects, self._options.redaction_key)
        except Exception:  # as above; the plain reader then has its say
            if self._options.strict:
                raise
            return False
        if batch is None or batch.row.max(initial=0) >= self._options.rows_per_record:
            return False
        where = np.array(group, np.int64)
        batch.record = where[batch.record]
        batches.append(batch)
        rest.extend(group[place] for place in batch.odd)
        return True

    def _one(self, place: int, records: Records) -> Iterator[Signal | Rejected]:
        """The rows of one record, numbered."""
        value = records.values[place]
        if value is None:
            yield Rejected("no_value", "a tombstone: the record has no value")
            return
        received = Received(
            ingest_time_ns=records.timestamps_ns[place],
            topic=records.topic,
            headers=records.headers[place] if records.headers else (),
            redaction_key=self._options.redaction_key,
        )
        row = said = 0
        for found in self._documents(value, received):
            said += 1
            if isinstance(found, Rejected):
                yield found
            elif row == self._options.rows_per_record:
                yield Rejected("too_many_rows", f"a record may hold {row} rows; send smaller batches")
                return
            else:
                found.row, row = row, row + 1
                yield found
        if not said:
            yield Rejected("no_rows", "the record was understood and holds nothing to tell")

    def _documents(self, value: bytes, received: Received) -> Iterator[Signal | Rejected]:
        at, format_ = "", None
        try:
            for document in self._opener.open(value, received):
                if isinstance(document, Rejected):
                    yield document
                else:
                    at, format_ = document.at, document.source.format
                    yield from self._read(document)
        except Exception as error:  # a poisoned record must not stop the worker: it is set aside, counted, and its bytes are kept
            if self._options.strict:
                raise
            yield Rejected("reader_failed", f"a bug in the reader of this format: {type(error).__name__}", at, format_)

    def _read(self, document: Document) -> Iterator[Signal | Rejected]:
        for found in document.source.read(document.content, document.received):
            if isinstance(found, Rejected):
                at = ".".join(part for part in (document.at, found.at) if part)
                yield Rejected(found.reason, found.detail, at, found.format or document.source.format)
            else:
                yield found

    def _settle(self, subject: Subject) -> Subject:
        """The subject as the user's dictionary names it, in its estate."""
        entity, ancestors, attributes = subject.entity, subject.ancestors, subject.attributes
        if any(fold(key) in self._known.extra for key, _ in attributes):
            identity = identify(dict(attributes), self._known)
            entity, ancestors, attributes = identity.entity or entity, identity.ancestors, identity.attributes
        if renamed := self._known.entities:
            entity, ancestors = renamed.get(entity, entity), tuple(renamed.get(holder, holder) for holder in ancestors)
        estate = next((value for name in self._options.estate_attributes if (value := subject.attribute(name))), self._options.estate)
        return msgspec.structs.replace(subject, entity=entity, ancestors=ancestors, attributes=attributes, estate=estate)

    def _finish(self, batches: list[Batch], records: Records) -> pl.DataFrame:
        """One frame in record order, with what every row needs."""
        if not batches:
            return pl.DataFrame(schema=SIGNAL_SCHEMA)
        record = np.concatenate([batch.record for batch in batches])
        row = np.concatenate([batch.row for batch in batches])
        subject = np.concatenate([batch.subject for batch in batches])
        columns = columns_of(batches)
        order = np.lexsort((row, record))
        if (order[1:] < order[:-1]).any():
            record, row, subject = record[order], row[order], subject[order]
            columns = {name: column.gather(order) for name, column in columns.items()}
        ingest = np.asarray(records.timestamps_ns, np.int64)[record]
        if self._known.extra:
            subject = self._by_own_names(subject, columns["details"])
        about = self._subjects.rows(subject)
        settle_times(columns, ingest, self._options.ahead_ns)
        cut_texts(columns)
        columns |= {
            "ingest_time_ns": pl.Series(ingest),
            "template_id": pl.Series(self._template_ids(subject, columns["text"])),
            "topic": repeated(records.topic, len(record), "topic"),
            "partition": repeated(records.partition, len(record), "partition"),
            "offset": pl.Series(np.asarray(records.offsets, np.int64)[record]),
            "row": pl.Series(row.astype(np.int32)),
        }
        return about.hstack([columns[name].alias(name) for name in ROW_SCHEMA])

    def _by_own_names(self, subject: npt.NDArray[np.int64], details: pl.Series) -> npt.NDArray[np.int64]:
        """Subjects of rows, where the user's dictionary names more of them than the readers know."""
        told = own_names(details, self._known.extra)
        if not told:
            return subject
        subject = subject.copy()
        for row, attributes in told.items():
            subject[row] = self._subjects.with_attributes(int(subject[row]), attributes)
        return subject

    def _template_ids(self, subject: npt.NDArray[np.int64], texts: pl.Series) -> npt.NDArray[np.int64]:
        ids = np.zeros(len(subject), np.int64)
        logs = self._subjects.logs(subject)
        if len(logs):
            ids[logs] = self._templates.ids(texts if len(logs) == len(subject) else texts.gather(logs))
        return ids


def read_records(records: Records, options: Reading | None = None) -> Read:
    """One run, read by a reader that remembers nothing."""
    return Reader(options).read(records)


def _decoder_of(value: bytes | None) -> Bulk | None:
    """The bulk decoder whose marks a record bears."""
    begin = value[:1] if value else b""
    decoders = DECODERS if begin == _OPEN else BINARY if begin == _FIELD_1 else ()
    return next((bulk for bulk in decoders if all(mark in value for mark in bulk.marks)), None)  # type: ignore[operator]


def _dictionary(aliases: dict[str, Any]) -> Dictionary:
    if not aliases:
        return DEFAULT
    return dictionary({name: tuple(names) for name, names in aliases.get("attributes", {}).items()}, aliases.get("entities", {}))
