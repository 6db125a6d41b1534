"""Runs recorded topic dumps through the same readers and engine as the worker, without Kafka.

Knows:   how dumps lie in a directory, and how several topics are taken in side by side so that event time advances evenly.
Ignores: formats, and how incidents are found.

A dump holds one record value a line, in order of arrival, as `kcat -C` writes it; plain, gzip or zstd.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

import cramjam
import polars as pl

from correlate.clock import NEVER_NS, Patience
from correlate.engine import Engine
from correlate.reporting import Emission
from schemas.catalogue import Catalogue, read_catalogue
from schemas.reading import Reader, Reading, Records
from schemas.rejected import Rejected
from schemas.signal import Signal, signals_of
from streams.topics import ALERTS, INPUTS

RUN_RECORDS = 2_000
"""Records read at once: where decoding in batches has paid for itself and topics still advance side by side."""
_SUFFIXES = ("", ".gz", ".zst")
_NAME = re.compile(r"(telemetry\.(?:logs|alerts|deploys|metrics))\.(?:ndjson|jsonl?)(?:\.gz|\.zst)?$")
CATALOGUE = "catalog-info.yaml"


class DumpError(ValueError):
    """A dump that cannot be replayed; the message says which and what would be right."""


@dataclass(frozen=True, slots=True)
class Dump:
    topic: str
    path: Path


@dataclass(slots=True)
class Outcome:
    emissions: int = 0
    records: int = 0
    rows: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    first_rejected: list[tuple[str, int, Rejected]] = field(default_factory=list)
    """(topic, line from 1, why) of the first few."""


def find_dumps(paths: Sequence[Path]) -> tuple[list[Dump], Path | None]:
    """Dumps named in `paths` or lying in its directories, and the catalogue beside them.  Raises DumpError."""
    dumps: list[Dump] = []
    catalogue: Path | None = None
    for path in paths:
        if path.is_dir():
            found = [Dump(topic, file) for topic in INPUTS for file in _files(path, topic)]
            if not found:
                raise DumpError(f"{path} holds no topic dump; expected telemetry.{{logs,alerts,deploys,metrics}}.ndjson[.gz|.zst]")
            dumps += found
            catalogue = path / CATALOGUE if (path / CATALOGUE).exists() else catalogue
        elif path.name.endswith((".yaml", ".yml")):
            catalogue = path
        elif match := _NAME.search(path.name):
            dumps.append(Dump(match[1], path))
        else:
            raise DumpError(
                f"{path} is no topic dump; name it telemetry.<logs|alerts|deploys|metrics>.ndjson[.gz|.zst], or give a directory"
            )
    if not dumps:
        raise DumpError("nothing to replay: give a directory of topic dumps, or the files")
    return dumps, catalogue


def _files(directory: Path, topic: str) -> Iterator[Path]:
    paths = (directory / f"{topic}.ndjson{suffix}" for suffix in _SUFFIXES)
    return islice((path for path in paths if path.exists()), 1)


def lines(path: Path) -> Iterator[bytes]:
    """The values of one dump; empty lines are left out.  Raises DumpError for a file that ends in the middle of its compression."""
    try:
        with _open(path) as file:
            for line in file:
                value = line.rstrip(b"\r\n")
                if value:
                    yield value
    except (OSError, EOFError, cramjam.DecompressionError) as error:
        raise DumpError(f"{path}: {error}") from None


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path), 1 << 20)
    if path.suffix == ".zst":
        return io.BytesIO(bytes(cramjam.zstd.decompress(path.read_bytes())))
    return path.open("rb", buffering=1 << 20)


@dataclass(slots=True)
class _Source:
    topic: str
    partition: int
    values: Iterator[bytes]
    offset: int = 0
    newest_ns: int = NEVER_NS

    def run(self) -> Records | None:
        values = list(islice(self.values, RUN_RECORDS))
        if not values:
            return None
        first = self.offset
        self.offset += len(values)
        return Records(
            topic=self.topic,
            partition=self.partition,
            offsets=range(first, self.offset),
            timestamps_ns=[0] * len(values),
            values=values,
        )


def rows_at(dumps: Sequence[Dump], topic: str, partition: int, offset: int, reading: Reading | None = None) -> list[Signal]:
    """What the record at a place says, by the numbering that `replay` gives; none when there is no such place or nothing could be read."""
    paths = [dump.path for dump in dumps if dump.topic == topic]
    value = next(islice(lines(paths[partition]), offset, None), None) if 0 <= partition < len(paths) and offset >= 0 else None
    return read_rows(topic, partition, offset, value, 0, reading) if value is not None else []


def read_rows(topic: str, partition: int, offset: int, value: bytes | None, timestamp_ns: int, reading: Reading | None) -> list[Signal]:
    """The rows of one record."""
    records = Records(topic=topic, partition=partition, offsets=[offset], timestamps_ns=[timestamp_ns], values=[value])
    return list(signals_of(Reader(reading or Reading()).read(records).signals))


def replay(
    dumps: Sequence[Dump],
    *,
    catalogue: Catalogue | None = None,
    reading: Reading | None = None,
    patience: Patience | None = None,
    reader: Reader | None = None,
    on_emission: Callable[[Emission], None],
    on_progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Replays dumps and hands over every revision of every incident, in order.

    reader reads in place of one that is made from `reading`.
    on_progress is told how many records were taken in since it was last told.
    """
    outcome = Outcome()
    reader = reader or Reader(reading or Reading())
    engines: dict[str, Engine] = {}
    partitions: dict[str, int] = {}
    sources: list[_Source] = []
    for dump in dumps:
        partition = partitions[dump.topic] = partitions.get(dump.topic, -1) + 1
        sources.append(_Source(dump.topic, partition, lines(dump.path)))
    waiting = list(sources)
    while waiting:
        source = min(waiting, key=lambda source: source.newest_ns)
        records = source.run()
        if records is None:
            waiting.remove(source)
            for engine in engines.values():
                engine.clock.end((source.topic, source.partition))
            continue
        _take(records, reader, source, engines, sources, waiting, outcome, catalogue, patience)
        for engine in engines.values():
            _hand_over(engine.advance(0), on_emission, outcome)
        if on_progress is not None:
            on_progress(len(records.values))
    for engine in engines.values():
        _hand_over(engine.finish(), on_emission, outcome)
    return outcome


def _take(
    records: Records,
    reader: Reader,
    source: _Source,
    engines: dict[str, Engine],
    sources: list[_Source],
    waiting: list[_Source],
    outcome: Outcome,
    catalogue: Catalogue | None,
    patience: Patience | None,
) -> None:
    read = reader.read(records)
    outcome.records += len(records.values)
    outcome.rows += len(read.signals)
    for place, rejected in read.rejected:
        outcome.rejected[rejected.reason] = outcome.rejected.get(rejected.reason, 0) + 1
        if len(outcome.first_rejected) < 10:
            outcome.first_rejected.append((records.topic, records.offsets[place] + 1, rejected))
    if read.signals.is_empty():
        return
    # A dump has no record timestamps: a row that tells no time stands where its neighbours do.
    at = pl.col("event_time_ns")
    signals = read.signals.with_columns(pl.when(at > 0).then(at).otherwise(max(source.newest_ns, 0)).alias("event_time_ns"))
    newest = signals["event_time_ns"].max()
    assert isinstance(newest, int)
    source.newest_ns = max(source.newest_ns, newest)
    for (estate,), rows in signals.group_by("estate", maintain_order=True):
        engine = engines.get(str(estate))
        if engine is None:
            engine = engines[str(estate)] = Engine.of(str(estate), patience, catalogue.calls if catalogue else {})
            alerting = any(other.topic == ALERTS for other in sources)
            engine.expect([(other.topic, other.partition) for other in sources], 0, alerting=alerting)
            for other in sources:
                if other not in waiting:
                    engine.clock.end((other.topic, other.partition))
        engine.feed(rows, 0)
    for engine in engines.values():
        # A source that speaks of other estates has still come this far in time.
        engine.clock.hear((source.topic, source.partition), source.newest_ns, 0)


def _hand_over(emissions: Sequence[Emission], on_emission: Callable[[Emission], None], outcome: Outcome) -> None:
    outcome.emissions += len(emissions)
    for emission in emissions:
        on_emission(emission)


def catalogue_at(path: Path | None) -> Catalogue | None:
    return read_catalogue(path.read_text()) if path else None
