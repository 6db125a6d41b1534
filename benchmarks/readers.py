"""How fast native formats become rows, beside what only parsing their JSON costs.

Knows:   the formats that come by the million, made here from a seed in the shape their collectors send.
Ignores: Kafka; a run of record values goes into the reader as the worker would give it.

Rows a second of the reader with everything on (identity, redaction, templates, the frame), and of bare `orjson.loads` on the same
bytes; the goal is half of it.  For protobuf it is `orjson.loads` on the same rows as JSON, and beside it what the protobuf library needs to parse
the bytes into messages of which no field is yet a Python object.  Seconds are seconds of CPU over all threads, so that a shared machine and the frame's own threads
count the same for both; the best of several runs.
"""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable, Sequence
from time import process_time
from typing import Any

import click
import orjson

from benchmarks.payloads import AS_JSON, FORMATS, PARSERS
from schemas.reading import Reader, Reading, Records

RECORDS = 20_000
"""A run of the worker is at most 5,000 records; four of them, so that one pause does not decide."""
RUN_RECORDS = 5_000
TIMES = 9


def rows_per_s(work: Callable[[], int]) -> float:
    """Best rate of several runs; work returns how many rows it made."""
    best = 0.0
    for _ in range(TIMES):
        gc.collect()
        begin = process_time()
        rows = work()
        best = max(best, rows / (process_time() - begin))
    return best


def read_all(values: Sequence[bytes]) -> Callable[[], int]:
    """Reads the values as runs of one partition, by one reader that stays: its memory of subjects is part of the design."""
    reader = Reader(Reading(strict=True))

    def work() -> int:
        rows = 0
        for begin in range(0, len(values), RUN_RECORDS):
            run = values[begin : begin + RUN_RECORDS]
            read = reader.read(Records("bench", 0, range(begin, begin + len(run)), [0] * len(run), run))
            if read.rejected:
                raise RuntimeError(f"a generated record was refused: {read.rejected[0]}")
            rows += read.signals.height
        return rows

    return work


def only_parse(values: Sequence[bytes], rows: int, parse: Callable[[bytes], Any] = orjson.loads) -> Callable[[], int]:
    """What a parser needs for these bytes."""

    def work() -> int:
        for value in values:
            parse(value)
        return rows

    return work


def measured(name: str, records: int, seed: int) -> dict[str, float]:
    values = FORMATS[name](random.Random(seed), records)
    work = read_all(values)
    rows = work()
    as_json = AS_JSON[name](random.Random(seed), records) if name in AS_JSON else values
    ours, bare = rows_per_s(work), rows_per_s(only_parse(as_json, rows))
    report = {"rows_per_s": round(ours), "orjson_rows_per_s": round(bare), "share": round(ours / bare, 3)}
    if name in PARSERS:
        report["protobuf_rows_per_s"] = round(rows_per_s(only_parse(values, rows, PARSERS[name])))
    return report


@click.command(name="readers")
@click.option("--records", default=RECORDS, show_default=True, help="Rows to make of each format, about.")
@click.option("--seed", default=1, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(sorted(FORMATS)), help="Measure these formats only.")
@click.option("--json", "as_json", is_flag=True, help="One object: format → rows_per_s, orjson_rows_per_s, share.")
def command(records: int, seed: int, only: tuple[str, ...], as_json: bool) -> None:
    """Rows a second of the readers beside bare orjson.loads."""
    report: dict[str, dict[str, float]] = {}
    for name in only or FORMATS:
        report[name] = found = measured(name, records, seed)
        if not as_json:
            beside = f"   protobuf {found['protobuf_rows_per_s']:>12,}" if name in PARSERS else ""
            print(
                f"{name:28} {found['rows_per_s']:>12,} rows/s   orjson.loads {found['orjson_rows_per_s']:>12,}   share {found['share']:.2f}{beside}"
            )
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(report) + b"\n")
