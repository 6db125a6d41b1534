"""How many events a second go from Kafka to committed output, and what an event costs.

    causeline  the worker with everything on: read, normalise, correlate, publish, checkpoint, commit
    faust      a stock Faust agent that only decodes
    aiokafka   the bare client that only decodes

All read the same records in one run.  `--json` prints one object and nothing else on stdout.

The records are a backlog of some minutes of a large estate (generate.py) with an outage in it.  The worker's clock stops when everything
is committed and correlated up to what may still arrive out of order (DISORDER_S and the tick under way, 15 s of event time in all); its CPU
is read when the last tick is closed as well.  What it made of the records is told beside its figures, so that an engine that did nothing,
or left rows out, would show.
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
from benchmarks.measure import Contestant, ContestantFailed, measure
from benchmarks.worker_metrics import WorkerMetrics
from correlate.parameters import DEFAULTS
from correlate.units import SECOND_NS
from streams.kafka_jars import KafkaUnavailable
from streams.local_kafka import given_or_local
from streams.reading_topics import follow
from streams.topics import INCIDENTS, INPUTS, POSTMORTEMS, SIGNALS, plan

Row = dict[str, float]

PARTITIONS = 4
EVENTS = 1_800_000
"""Some 600 MB, ten minutes of the estate: an outage until its recovery is verified, and some seconds of the bare client."""

DISORDER_S = 5.0
"""Each partition's records are in order; some room for what is fetched from two partitions at once."""

IDLE_S = 5.0
"""Partitions without a record (few deploys and alerts are in the backlog) hold event time back for this long, and rows wait in memory."""

LIMIT_S = 30.0
"""Stock Faust would need a minute and a half for all of them; its rate over half a minute is as good."""

TICK_S = DEFAULTS.tick_ns / SECOND_NS

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
        click.echo(orjson.dumps(measured))
    else:
        Console().print(_table(measured))


async def _run(bootstrap: str, names: tuple[str, ...], count: int, limit_s: float, seed: int) -> dict[str, Row]:
    await _make_topics(bootstrap)
    started_s = monotonic()
    first_ms, last_ms = await _fill(bootstrap, count, seed)
    _say(f"wrote {count:,} events of {(last_ms - first_ms) / 1_000:.0f} s in {monotonic() - started_s:.0f} s")
    rows: dict[str, Row] = {}
    for name in names:
        rows[name] = await (_causeline(bootstrap, first_ms, last_ms) if name == "causeline" else _peer(name, bootstrap, limit_s))
        _say(f"{name}: {rows[name]}")
    return rows


async def _peer(name: str, bootstrap: str, limit_s: float) -> Row:
    group = _group(name)
    contestant = Contestant(name, [sys.executable, "-m", "benchmarks.peers", name, bootstrap, group], group, {}, INPUTS)
    return (await measure(bootstrap, contestant, limit_s=limit_s)).row()


async def _causeline(bootstrap: str, first_ms: int, last_ms: int) -> Row:
    worker = WorkerMetrics()
    group = _group("causeline")
    environ = {
        "CAUSELINE_KAFKA": bootstrap,
        "CAUSELINE_GROUP": group,
        "CAUSELINE_HTTP_PORT": str(worker.port),
        "CAUSELINE_LOG_LEVEL": "WARNING",
        "CAUSELINE_DISORDER_S": str(DISORDER_S),
        "CAUSELINE_IDLE_S": str(IDLE_S),
    }

    async def correlated() -> bool:
        return await worker.watermark_s() >= last_ms / 1_000 - DISORDER_S

    async def closed() -> bool:
        return await worker.watermark_s() >= last_ms / 1_000 + TICK_S

    contestant = Contestant(
        "causeline", [_command(), "worker"], group, environ, INPUTS, through=(SIGNALS,), done=correlated, settled=closed
    )
    found = await measure(bootstrap, contestant, limit_s=WORKER_LIMIT_S, before_end=worker.remember)
    if not found.complete:
        raise ContestantFailed(f"causeline had committed {found.events:,} events after {WORKER_LIMIT_S:.0f} s")
    made = await _made(bootstrap)
    if not made["incidents"]:
        raise ContestantFailed("causeline published no incident, though there is an outage in the records: its figures mean nothing")
    return {**found.row(), "event_time_s": round((last_ms - first_ms) / 1_000), **made, "rows_not_kept": round(worker.rows_not_kept)}


async def _made(bootstrap: str) -> dict[str, float]:
    """What the worker has published."""
    incidents = [record.key async for record in follow(bootstrap, INCIDENTS, stop_at_end=True)]
    drafts = [record async for record in follow(bootstrap, POSTMORTEMS, stop_at_end=True)]
    return {"incidents": len(set(incidents)), "revisions": len(incidents), "postmortems": len(drafts)}


def _group(name: str) -> str:
    return f"throughput.{name}.{uuid.uuid4().hex[:8]}"


def _command() -> str:
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


async def _fill(bootstrap: str, count: int, seed: int) -> tuple[int, int]:
    """The events in the order they were sent, ending now, each with its time as the record's; returns the times of first and last."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=1 << 18, compression_type="lz4")
    await producer.start()
    first_ms = last_ms = 0
    try:
        for number, event in enumerate(events(count, seed=seed, end_ms=int(time() * 1_000))):
            await producer.send(event.topic, event.value, partition=number % PARTITIONS, timestamp_ms=event.at_ms)
            first_ms, last_ms = first_ms or event.at_ms, event.at_ms
    finally:
        await producer.stop()
    return first_ms, last_ms


def _table(rows: dict[str, Row]) -> Table:
    table = Table("", "events/s", "CPU µs/event", "peak RSS MB", title="Kafka → committed output", caption=_caption(rows))
    for name, row in rows.items():
        table.add_row(name, f"{row['events_per_s']:,.0f}", f"{row['cpu_us_per_event']:.1f}", f"{row['peak_rss_mb']:.0f}")
    return table


def _caption(rows: dict[str, Row]) -> str | None:
    made = rows.get("causeline")
    if made is None:
        return None
    return (
        f"{made['event_time_s']:.0f} s of event time: {made['incidents']:.0f} incidents in {made['revisions']:.0f} revisions, "
        f"{made['postmortems']:.0f} postmortem drafts; {made['rows_not_kept']:.0f} rows not kept"
    )


def _say(words: str) -> None:
    click.echo(words, err=True)
