"""The signal: one normalised row, whatever tool it came from.

Knows:   the fields of a row, their units, and their columnar form (a polars frame of fixed schema).
Ignores: native formats (schemas/sources/), the wire (schemas/wire.py), and what a signal means (correlate/).

A row is a *subject* (what it is about: it repeats from row to row and is interned) and what was said of it at one time.
`subject_id` is a hash of the subject's content, so that any worker gives the same subject the same id.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Final

import msgspec
import orjson
import polars as pl


class Kind(StrEnum):
    """What a row is (C1, C3)."""

    LOG = "log"
    ALERT = "alert"
    CHANGE = "change"
    """Somebody or something changed the system: deploy, rollback, config, flag, migration, certificate."""
    SCALING = "scaling"
    """Instances added or removed, limits changed: by hand or by an autoscaler."""
    METRIC = "metric"
    STATE = "state"
    """A thing's condition as reported: pod evicted, service stopped, health degraded."""


class Status(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


class Subject(msgspec.Struct, frozen=True, dict=True):
    """What rows are about.  Equal content is the same subject."""

    kind: Kind
    entity: str
    """`kind:name` as in schemas/entity.py; the most trusted identity of the thing observed."""
    name: str = ""
    """Metric name, alert name, event or action name (`service.upgraded`), logger; empty when the source names none."""
    ancestors: tuple[str, ...] = ()
    """Entities that hold this one, nearest first."""
    aliases: tuple[str, ...] = ()
    """Further identities of the entity itself (ARN beside name, FQDN beside short name), `kind:name` each."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Labels that tell series apart and carry evidence, sorted by key, OpenTelemetry names where one exists.
    Peers are attributes: `client`, `server` (service-graph metrics), `peer`."""
    unit: str = ""
    """UCUM-style unit of `value` as OpenTelemetry writes it (`s`, `By`, `1`, `%`); empty when unknown."""
    source: str = ""
    """The format that was read, such as `prometheus.alertmanager`."""
    estate: str = ""
    """What an incident never crosses; empty until intake has settled it."""

    @cached_property
    def id(self) -> int:
        """A 63-bit hash of the content: stable across processes and versions of Python."""
        packed = orjson.dumps(
            [self.kind, self.entity, self.name, self.ancestors, self.aliases, self.attributes, self.unit, self.source, self.estate]
        )
        return int.from_bytes(blake2b(packed, digest_size=8).digest(), "big") >> 1

    def attribute(self, key: str) -> str | None:
        for name, value in self.attributes:  # asked some hundred thousand times an incident; a generator takes three times as long
            if name == key:
                return value
        return None


class Signal(msgspec.Struct, gc=False):
    """One row as a reader returns it.  Times are nanoseconds since 1970 UTC."""

    subject: Subject
    event_time_ns: int
    """When it happened by its own clock; 0 when the source gives no time (intake then takes the Kafka record's)."""
    value: float | None = None
    severity_number: int = 0
    status: Status | None = None
    text: str = ""
    """What it says, one line or more, redacted."""
    dedup_key: str = ""
    """Equal for repeats and the resolution of one alert or one change; empty when every record is its own."""
    trace_id: str = ""
    change_id: str = ""
    """The id the change carried in its own event: CDEvents context.id, commit sha, CloudTrail eventID, flag key."""
    evidence_url: str = ""
    starts_at_ns: int = 0
    """Of an alert: when the tool says it began, if that differs from `event_time_ns` (a resolution, a repeat)."""
    details: str = ""
    """JSON object of facts that only some evidence needs (a change's files, diff features, rollout step, from → to, actor role)."""
    row: int = 0
    """Which row of its record, from 0."""
    ingest_time_ns: int = 0
    topic: str = ""
    partition: int = -1
    offset: int = -1
    template_id: int = 0
    """Of a log: 63-bit hash of the masked text (correlate/templates.py); 0 for other rows."""


_SUBJECT: dict[str, pl.DataType | pl.datatypes.DataTypeClass] = {
    "subject_id": pl.Int64,
    "kind": pl.Enum([kind.value for kind in Kind]),
    "estate": pl.String,
    "entity": pl.String,
    "name": pl.String,
    "ancestors": pl.List(pl.String),
    "aliases": pl.List(pl.String),
    "attributes": pl.String,  # JSON object, keys sorted
    "unit": pl.String,
    "source": pl.String,
}
_ROW: dict[str, pl.DataType | pl.datatypes.DataTypeClass] = {
    "event_time_ns": pl.Int64,
    "ingest_time_ns": pl.Int64,
    "starts_at_ns": pl.Int64,
    "value": pl.Float64,  # null: the row has no value
    "severity_number": pl.UInt8,
    "status": pl.Enum([status.value for status in Status]),
    "text": pl.String,
    "template_id": pl.Int64,
    "dedup_key": pl.String,
    "trace_id": pl.String,
    "change_id": pl.String,
    "evidence_url": pl.String,
    "details": pl.String,
    "topic": pl.String,
    "partition": pl.Int32,
    "offset": pl.Int64,
    "row": pl.Int32,
}
SUBJECT_SCHEMA: Final = pl.Schema(_SUBJECT)
ROW_SCHEMA: Final = pl.Schema(_ROW)
SIGNAL_SCHEMA: Final = pl.Schema({**_SUBJECT, **_ROW})
"""The columns of a batch of signals, in order; additive changes only within v1."""


def subjects_frame(subjects: Sequence[Subject]) -> pl.DataFrame:
    """One row a subject, columns of SUBJECT_SCHEMA."""
    return pl.DataFrame(
        {
            "subject_id": [subject.id for subject in subjects],
            "kind": [subject.kind.value for subject in subjects],
            "estate": [subject.estate for subject in subjects],
            "entity": [subject.entity for subject in subjects],
            "name": [subject.name for subject in subjects],
            "ancestors": [list(subject.ancestors) for subject in subjects],
            "aliases": [list(subject.aliases) for subject in subjects],
            "attributes": [orjson.dumps(dict(subject.attributes)).decode() for subject in subjects],
            "unit": [subject.unit for subject in subjects],
            "source": [subject.source for subject in subjects],
        },
        schema=SUBJECT_SCHEMA,
    )


def frame(signals: Sequence[Signal]) -> pl.DataFrame:
    """The columnar form of rows: columns of SIGNAL_SCHEMA, one row a signal, order kept."""
    places: dict[Subject, int] = {}
    index = [places.setdefault(signal.subject, len(places)) for signal in signals]
    rows = pl.DataFrame({name: [getattr(signal, name) for signal in signals] for name in ROW_SCHEMA}, schema=ROW_SCHEMA)
    return subjects_frame(list(places))[index].hstack(rows) if signals else pl.DataFrame(schema=SIGNAL_SCHEMA)


def subject_of(row: dict[str, object]) -> Subject:
    """The subject of one row of a frame (as `DataFrame.row(i, named=True)` gives it)."""
    attributes: dict[str, str] = orjson.loads(str(row["attributes"]))
    return Subject(
        kind=Kind(str(row["kind"])),
        entity=str(row["entity"]),
        name=str(row["name"]),
        ancestors=tuple(row["ancestors"]),  # type: ignore[arg-type]
        aliases=tuple(row["aliases"]),  # type: ignore[arg-type]
        attributes=tuple(sorted(attributes.items())),
        unit=str(row["unit"]),
        source=str(row["source"]),
        estate=str(row["estate"]),
    )


def signals_of(batch: pl.DataFrame) -> list[Signal]:
    """The rows of a frame; for kinds that are few (alerts, changes), not for the hot path."""
    known: dict[int, Subject] = {}
    signals = []
    for row in batch.iter_rows(named=True):
        subject = known.get(row["subject_id"])
        if subject is None:
            subject = known[row["subject_id"]] = subject_of(row)
        values = {name: row[name] for name in ROW_SCHEMA}
        values["status"] = Status(values["status"]) if values["status"] else None
        signals.append(Signal(subject=subject, **values))
    return signals
