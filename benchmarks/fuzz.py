"""Hostile records by the thousand: no reader may raise, and nothing may vanish.

Knows:   the project's own fixtures, by the format that reads them, and what must hold of any read.
Ignores: whether what is read is right (tests/schemas/test_fixtures.py).
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from pathlib import Path
from time import monotonic

import click
import numpy as np

from benchmarks.mutations import mutated
from schemas import times, wire
from schemas.reading import MAX_TEXT_CHARS, Read, Reader, Reading, Records
from schemas.signal import SIGNAL_SCHEMA
from schemas.sources.detect import detect
from schemas.sources.envelope import Document, Limits, Opener
from schemas.sources.source import Received

FIXTURES = Path(__file__).resolve().parent.parent / "tests" / "schemas" / "fixtures"
PER_FORMAT = 10_000
RUN_RECORDS = 50
"""Inputs that are read together: a run costs hardly more than one record, and each input meets hostile neighbours besides."""
NOW_NS = times.parse("2026-03-02T08:00:00Z")


def corpus() -> dict[str, list[bytes]]:
    """Format → payloads of it among the fixtures."""
    opener = Opener(detect, Limits())
    found: dict[str, list[bytes]] = defaultdict(list)
    for path in sorted(FIXTURES.rglob("*")):
        if path.is_file() and not path.name.endswith(".expected.json"):
            value = path.read_bytes()
            opened = (part for part in opener.open(value, Received(NOW_NS)) if isinstance(part, Document))
            found[next((part.source.format for part in opened), "refused")].append(value)
    return dict(sorted(found.items()))


def broken_promises(read: Read, records: int) -> list[str]:
    """What a read of that many records does not keep of what every read must."""
    signals = read.signals
    told = set(signals["offset"].to_list()) | {place for place, _ in read.rejected}
    broken = [f"record {place} vanished" for place in range(records) if place not in told]
    if signals.schema != SIGNAL_SCHEMA:
        broken.append("the frame has other columns")
    if signals.height:
        if signals["event_time_ns"].min() < 0 or signals["event_time_ns"].null_count():  # type: ignore[operator]
            broken.append("an event time is no time")
        if signals["text"].str.len_chars().max() > MAX_TEXT_CHARS:  # type: ignore[operator]
            broken.append("a text is longer than the cap")
        if not signals["entity"].str.contains(r"^[a-z]+:(?s:.)+$").all():
            broken.append("an entity is not kind:name")
        values = signals["value"].drop_nulls().to_numpy()
        if not np.isfinite(values).all():
            broken.append("a value is not finite")
        if not wire.decode(wire.encode(signals)).equals(signals):
            broken.append("the wire does not give back what it took")
    return broken


def attack(name: str, payloads: list[bytes], count: int, seed: int) -> list[str]:
    """Mutates payloads of a format and reads them; what went wrong, with the seed that shows it."""
    reader = Reader(Reading(strict=True))
    wrong = []
    for begin in range(0, count, RUN_RECORDS):
        numbers = range(begin, min(begin + RUN_RECORDS, count))
        values = [hostile(name, payloads, seed, number) for number in numbers]
        if not (together := _told(reader, values)):
            continue
        alone = [
            (number, what) for number, value in zip(numbers, values, strict=True) for what in _told(Reader(Reading(strict=True)), [value])
        ]
        found = alone or [(begin, f"in a run of {len(values)}, though not alone: {what}") for what in together]
        wrong += [f"{name} seed {seed} number {number}: {what}" for number, what in found]
    return wrong


def hostile(name: str, payloads: list[bytes], seed: int, number: int) -> bytes:
    """One input: a function of the seed and its number alone."""
    rng = random.Random(f"{seed}/{name}/{number}")
    return mutated(rng.choice(payloads), rng)


def _told(reader: Reader, values: list[bytes]) -> list[str]:
    """What is wrong with the read of these records as one run."""
    try:
        read = reader.read(Records("fuzz", 0, range(len(values)), [NOW_NS] * len(values), values))
    except Exception as error:
        return [f"{type(error).__name__}: {str(error)[:200]}"]
    return broken_promises(read, len(values))


@click.command(name="fuzz")
@click.option("--per-format", default=PER_FORMAT, show_default=True, help="Inputs of each format.")
@click.option("--seed", default=1, show_default=True)
@click.option("--only", multiple=True, help="Formats to attack; all by default.")
def command(per_format: int, seed: int, only: tuple[str, ...]) -> None:
    """Read mutated fixtures of every format; exit 1 if a reader raises or a record vanishes."""
    known = corpus()
    if strangers := sorted(set(only) - known.keys()):
        raise click.BadParameter(f"{', '.join(strangers)}: no fixture of that format; there are {', '.join(known)}", param_hint="--only")
    wrong: list[str] = []
    inputs = 0
    for name in only or known:
        payloads = known[name]
        begin = monotonic()
        found = attack(name, payloads, per_format, seed)
        inputs += per_format
        wrong += found
        for line in found:
            print(line, flush=True)
        print(
            f"{name:36} {per_format:>7} inputs of {len(payloads)} fixtures, {len(found)} wrong, {monotonic() - begin:.1f} s",
            file=sys.stderr,
        )
    print(f"{inputs} inputs, {len(wrong)} wrong")
    if wrong:
        raise SystemExit(1)
