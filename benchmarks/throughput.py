"""How many events a second go from Kafka to committed output, and what an event costs.

    causeline  the worker with everything on: read, normalise, correlate, publish, checkpoint, commit
    faust      a stock Faust agent that only decodes
    aiokafka   the bare client that only decodes

All read the same records in one run.  `--json` prints one object and nothing else on stdout.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import uuid
from pathlib import Path
from time import monotonic, time

import click
import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from rich.console import Console
from rich.table import Table

from benchmarks.generate import events
from benchmarks.measure import Contestant, ContestantFailed, Measured, measure
from streams.kafka_jars import KafkaUnavailable
from streams.local_kafka import given_or_local
from streams.topics import INPUTS, SIGNALS, plan

PARTITIONS = 4
EVENTS = 1_000_000
"""Some 290 MB: three seconds of the bare client, so that starting and ending do not count for much."""

LIMIT_S = 30.0
"""Stock Faust would need a minute and a half for all of them; its rate over half a minute is as good."""

WORKER_LIMIT_S = 600.0
"""The worker is never cut short: rows it has read but not yet correlated would flatter it."""

SEED = 20_260_101

COMPARED = ("causeline", "faust", "aiokafka")
OTHERS = ("batches",)
"""Not part of the comparison, but worth asking for: Faust over record batches, decode only."""


@click.command(name="throughput", help="Events per second, CPU per event and peak memory: the worker, stock Faust, bare aiokafka.")
@click.option("--events", "count", default=EVENTS, show_default=True, type=click.IntRange(min=1), help="Records to read.")
@click.option("--limit", "limit_s", default=LIMIT_S, show_default=True, help="Seconds after which a reader that only decodes is stopped.")
@click.option("--only", multiple=True, type=click.Choice([*COMPARED, *OTHERS]), help="Measure these instead of all three.")
@click.option("--seed", default=SEED, show_default=True, help="Of the events.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(count: int, limit_s: float, only: tuple[str, ...], seed: int, as_json: bool) -> None:
    logging.basicConfig(level=logging.ERROR)  # a producer's first send to a new topic is retried, with warnings
    try:
        with given_or_local() as bootstrap:
            measured = asyncio.run(_run(bootstrap, only or COMPARED, count, limit_s, seed))
    except (ContestantFailed, KafkaUnavailable) as failure:
        raise click.ClickException(str(failure)) from failure
    if as_json:
        click.echo(orjson.dumps({name: found.row() for name, found in measured.items()}))
    else:
        Console().print(_table(measured))


async def _run(bootstrap: str, names: tuple[str, ...], count: int, limit_s: float, seed: int) -> dict[str, Measured]:
    await _make_topics(bootstrap)
    started_s = monotonic()
    await _fill(bootstrap, count, seed)
    _say(f"wrote {count:,} events in {monotonic() - started_s:.0f} s")
    measured = {}
    for name in names:
        found = await measure(bootstrap, _contestant(name, bootstrap), limit_s=WORKER_LIMIT_S if name == "causeline" else limit_s)
        if name == "causeline" and not found.complete:
            raise ContestantFailed(f"causeline had committed {found.events:,} of {count:,} events after {WORKER_LIMIT_S:.0f} s")
        measured[name] = found
        _say(
            f"{name}: {measured[name].row()}"
            + ("" if measured[name].complete else f" ({measured[name].events:,} events when time ran out)")
        )
    return measured


def _contestant(name: str, bootstrap: str) -> Contestant:
    group = f"throughput.{name}.{uuid.uuid4().hex[:8]}"
    if name != "causeline":
        return Contestant(name, [sys.executable, "-m", "benchmarks.peers", name, bootstrap, group], group, {}, INPUTS)
    environ = {"CAUSELINE_KAFKA": bootstrap, "CAUSELINE_GROUP": group, "CAUSELINE_HTTP_PORT": "0", "CAUSELINE_LOG_LEVEL": "WARNING"}
    return Contestant(name, [_causeline(), "worker"], group, environ, INPUTS, through=(SIGNALS,))


def _causeline() -> str:
    """The console script beside the running interpreter, as a user has it."""
    beside = Path(sys.executable).with_name("causeline")
    found = str(beside) if beside.exists() else shutil.which("causeline")
    if found is None:
        raise ContestantFailed("the causeline command is not installed; run `make setup`")
    return found


async def _make_topics(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        if there & set(INPUTS):
            raise ContestantFailed(f"the broker at {bootstrap} already has {sorted(there & set(INPUTS))}; benchmark on an empty one")
        await admin.create_topics(
            [NewTopic(topic.name, topic.partitions, 1, topic_configs=dict(topic.settings)) for topic in plan(PARTITIONS)]
        )
    finally:
        await admin.close()


async def _fill(bootstrap: str, count: int, seed: int) -> None:
    """The events in the order they were sent, ending now, each with its time as the record's."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=1 << 18, compression_type="lz4")
    await producer.start()
    try:
        for number, event in enumerate(events(count, seed=seed, end_ms=int(time() * 1_000))):
            await producer.send(event.topic, event.value, partition=number % PARTITIONS, timestamp_ms=event.at_ms)
    finally:
        await producer.stop()


def _table(measured: dict[str, Measured]) -> Table:
    table = Table("", "events/s", "CPU µs/event", "peak RSS MB", title="Kafka → committed output")
    for name, found in measured.items():
        table.add_row(name, f"{found.events_per_s:,.0f}", f"{found.cpu_us_per_event:.1f}", f"{found.peak_rss_mb:.0f}")
    return table


def _say(words: str) -> None:
    click.echo(words, err=True)
