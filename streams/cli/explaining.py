"""What `causeline incidents explain` says: reasons from a snapshot, for the record asked read where it lies.

Knows:   the two places where incidents and records are: Kafka, and a directory of topic dumps.
Ignores: what the reasons mean (correlate/verdict.py).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from correlate.verdict import Answer, as_json, of_entity, of_record
from schemas.incident import Incident, Reason
from schemas.signal import Signal
from streams.settings import Settings

_RECORD: Final = re.compile(r"(?P<topic>[\w.-]{1,249})/(?P<partition>\d{1,9})/(?P<offset>\d{1,18})(?:/(?P<row>\d{1,9}))?")
_COLUMNS: Final = (("member", 34), ("how", 16), ("nats", 7), ("seconds", 10), ("hops", 4))


@dataclass(frozen=True, slots=True)
class Source:
    incidents: Mapping[str, Incident]
    rows: Callable[[str, int, int], list[Signal]]
    """What the record at (topic, partition, offset) says."""


def of_replay(folder: Path) -> Source:
    """Replays the dumps of a directory."""
    from correlate.reporting import Emission
    from streams import meaning
    from streams import settings as settings_module
    from streams.replay import DumpError, catalogue_at, find_dumps, replay, rows_at

    settings = settings_module.load()
    reading, latest = meaning.reading_of(settings), dict[str, Incident]()

    def keep(emission: Emission) -> None:
        latest[emission.incident.incident_id] = emission.incident

    try:
        dumps, catalogue = find_dumps([folder])
        found = catalogue_at(settings.catalogue or catalogue)
        replay(dumps, catalogue=found, reading=reading, patience=meaning.patience_of(settings), on_emission=keep)
    except DumpError as error:
        raise click.ClickException(str(error)) from None
    return Source(latest, lambda topic, partition, offset: rows_at(dumps, topic, partition, offset, reading))


def of_kafka(settings: Settings) -> Source:
    """Reads the incidents topic, and the record asked from its own topic while that still holds it."""
    from streams import meaning
    from streams.cli.incidents import newest
    from streams.reading_topics import record_at
    from streams.replay import read_rows
    from streams.security import kafka_security

    def rows(topic: str, partition: int, offset: int) -> list[Signal]:
        record = asyncio.run(record_at(settings.kafka, topic, partition, offset, **kafka_security(settings)))
        if record is None:
            return []
        return read_rows(topic, partition, offset, record.value, record.timestamp * 1_000_000, meaning.reading_of(settings))

    return Source(asyncio.run(newest(settings)), rows)


def told(incident: Incident, source: Source, *, record: str | None, entity: str | None, form: str) -> str:
    """The answer as text.  Raises click.UsageError for a record that is not named as topic/partition/offset."""
    if record is not None:
        answers = _of_record(incident, source, record)
    elif entity is not None:
        answers = [of_entity(incident, entity)]
    else:
        answers = [Answer(True, reason) for reason in incident.membership] + [Answer(False, reason) for reason in incident.near_misses]
    if form == "json":
        return as_json(incident, answers).decode()
    asked = record is not None or entity is not None
    head = f"{incident.incident_id}  {incident.status.value}  {incident.severity}  {incident.title}"
    return "\n".join([head, *(_answer(answer) for answer in answers)] if asked else [head, *_table(answers)])


def _of_record(incident: Incident, source: Source, record: str) -> list[Answer]:
    match = _RECORD.fullmatch(record)
    if match is None:
        raise click.UsageError(f"--signal {record!r} names no record; write TOPIC/PARTITION/OFFSET or TOPIC/PARTITION/OFFSET/ROW")
    rows = source.rows(match["topic"], int(match["partition"]), int(match["offset"]))
    if match["row"] is not None:
        rows = [row for row in rows if row.row == int(match["row"])]
    return of_record(incident, record, rows)


def _answer(answer: Answer) -> str:
    reason = answer.reason
    figures = [f"{reason.score:g} nats"] if reason.score is not None else []
    figures += [f"{reason.seconds:+g} s from the onset"] if reason.seconds is not None else []
    figures += [f"{reason.hops} calls from the most affected component"] if reason.hops is not None else []
    return f"{'in ' if answer.inside else 'out'}  {reason.member}  {reason.how}: {reason.text}" + (
        f"\n     {', '.join(figures)}" if figures else ""
    )


def _table(answers: Sequence[Answer]) -> list[str]:
    lines = []
    for inside, head in ((True, "in it"), (False, "near misses, left out")):
        reasons = [answer.reason for answer in answers if answer.inside is inside]
        lines += ["", f"{head}: {len(reasons)}", "  ".join(f"{name:<{width}}" for name, width in _COLUMNS) + "  why"]
        lines += [_row(reason) for reason in reasons]
    return lines


def _row(reason: Reason) -> str:
    figures = (
        reason.member,
        reason.how,
        "" if reason.score is None else f"{reason.score:g}",
        "" if reason.seconds is None else f"{reason.seconds:+g}",
        "" if reason.hops is None else str(reason.hops),
    )
    return "  ".join(f"{figure:<{width}}" for figure, (_, width) in zip(figures, _COLUMNS, strict=True)) + f"  {reason.text}"
