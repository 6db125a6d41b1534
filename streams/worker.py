"""The worker: builds every object once and starts it.  The front door of the process, and its one wall clock.

Knows:   which object needs which.
Ignores: what any of them does.
"""

from __future__ import annotations

import asyncio
import logging

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from correlate.reporting import Emission
from schemas.reading import Reader
from sinks.files import PostmortemFiles
from streams import http
from streams.correlator import Correlator
from streams.intake import Intake
from streams.meaning import catalogue_of, patience_of, reading_of
from streams.record_batches import BatchApp, batch_agent, build_app
from streams.security import faust_credentials, kafka_security
from streams.serve import serve
from streams.settings import Settings, SettingsError
from streams.topics import ALERTS, CHECKPOINTS, INPUTS, SIGNALS, plan
from streams.watchdog import Watchdog

logger = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Runs until a signal; returns the exit code of a clean stop."""
    sources, alerting = asyncio.run(inputs(settings))
    app = build_app(
        settings.group,
        settings.kafka,
        group_instance_id=settings.group_instance_id,
        credentials=faust_credentials(settings),
        session_timeout_s=settings.session_timeout_s,
    )
    batch_agent(app, INPUTS, Intake(app, Reader(reading_of(settings))).handle, name="intake")
    correlator = _correlator(app, settings, sources, alerting)
    batch_agent(app, [SIGNALS], correlator.handle, name="correlator", deferred=True, drain=correlator.drain)
    watchdog = Watchdog(app)
    app.task(correlator.watch)
    app.task(lambda: http.listen(settings.http_host, settings.http_port, lambda: watchdog.health))
    return serve(app, watchdog)


def _correlator(app: BatchApp, settings: Settings, sources: list[tuple[str, int]], alerting: bool) -> Correlator:
    files = PostmortemFiles(settings.postmortem_dir) if settings.postmortem_dir else None

    def file(emission: Emission) -> None:
        if files is not None and emission.postmortem is not None:
            files.write(emission.postmortem)

    return Correlator(
        app,
        brokers=settings.kafka,
        patience=patience_of(settings),
        calls=catalogue_of(settings.catalogue).calls,
        checkpoint_s=settings.checkpoint_s,
        sources=sources,
        alerting=alerting,
        security=kafka_security(settings),
        on_emission=file,
    )


async def inputs(settings: Settings) -> tuple[list[tuple[str, int]], bool]:
    """All partitions of the input topics, and whether the alerts topic holds records: alerts are connected then.

    Raises SettingsError where topics are missing: a worker must not create them by accident.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, **kafka_security(settings))
    await admin.start()
    try:
        described = await admin.describe_topics()
    finally:
        await admin.close()
    partitions = {topic["topic"]: len(topic["partitions"]) for topic in described}
    missing = [topic.name for topic in plan(settings.partitions) if topic.name not in partitions]
    if missing:
        raise SettingsError(f"topics are missing: {', '.join(missing)}; make them with `causeline topics apply`")
    if partitions[CHECKPOINTS] < partitions[SIGNALS]:
        raise SettingsError(
            f"{CHECKPOINTS} has {partitions[CHECKPOINTS]} partitions and {SIGNALS} has {partitions[SIGNALS]}; it needs as many, "
            "or the memory of some estates has no place"
        )
    sources = [(topic, number) for topic in INPUTS for number in range(partitions[topic])]
    return sources, await _holds_records(settings, [source for source in sources if source[0] == ALERTS])


async def _holds_records(settings: Settings, sources: list[tuple[str, int]]) -> bool:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, group_id=None, **kafka_security(settings))
    await consumer.start()
    try:
        ends = await consumer.end_offsets([TopicPartition(*source) for source in sources])
        return any(end > 0 for end in ends.values())
    finally:
        await consumer.stop()
