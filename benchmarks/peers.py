"""What Causeline is compared with: programs that read the same topics and do nothing but decode.

Run as `python -m benchmarks.peers KIND HOST:PORT GROUP`.  All commit four times a second and decode every record with orjson.

    aiokafka   the bare client: getmany, loads.  What Python can do at most.
    faust      a stock Faust agent over raw bytes: what the framework costs.
    batches    a Faust agent over record batches: what is left of that cost.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable
from time import monotonic

import faust
import orjson
from aiokafka import AIOKafkaConsumer

from streams.record_batches import Batch, batch_agent, build_app
from streams.serve import serve
from streams.topics import INPUTS

COMMIT_INTERVAL_S = 0.25
"""Finer than anyone would choose, so that the end of a run of a few seconds is seen within a few percent."""


def read_with_aiokafka(bootstrap: str, group: str) -> None:
    async def read() -> None:
        asked_to_stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked_to_stop.set)
        consumer = AIOKafkaConsumer(
            *INPUTS, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        due_s = monotonic() + COMMIT_INTERVAL_S
        while not asked_to_stop.is_set():
            for records in (await consumer.getmany(timeout_ms=200, max_records=5_000)).values():
                for record in records:
                    orjson.loads(record.value)
            if monotonic() >= due_s:
                await consumer.commit()
                due_s = monotonic() + COMMIT_INTERVAL_S
        await consumer.stop()

    asyncio.run(read())


def read_with_faust(bootstrap: str, group: str) -> None:
    app = faust.App(
        group,
        broker=f"kafka://{bootstrap}",
        value_serializer="raw",
        store="memory://",
        broker_commit_interval=COMMIT_INTERVAL_S,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        stream_recovery_delay=0,
        table_standby_replicas=0,
        topic_disable_leader=True,
        web_enabled=False,
        datadir=tempfile.mkdtemp(prefix="causeline-bench-"),
        autodiscover=False,
    )

    async def decode(stream: faust.Stream[bytes]) -> None:
        async for value in stream:
            orjson.loads(value)

    app.agent(app.topic(*INPUTS, value_type=bytes))(decode)  # type: ignore[arg-type]
    faust.Worker(app, loglevel="WARN", redirect_stdouts=False).execute_from_commandline()


def read_with_batches(bootstrap: str, group: str) -> None:
    async def decode(batch: Batch) -> None:
        for record in batch.records:
            orjson.loads(record.value)

    app = build_app(group, bootstrap, commit_interval_s=COMMIT_INTERVAL_S)
    batch_agent(app, INPUTS, decode, name="decode")
    serve(app)


READERS: dict[str, Callable[[str, str], None]] = {
    "aiokafka": read_with_aiokafka,
    "faust": read_with_faust,
    "batches": read_with_batches,
}

if __name__ == "__main__":
    READERS[sys.argv[1]](sys.argv[2], sys.argv[3])
