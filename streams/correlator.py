"""Correlator: batches of signals in, incidents out, memory kept.

Knows:   one engine an estate, where its memory lies, and in which order things are made safe.
Ignores: how incidents are found (correlate/).

Publish, checkpoint, acknowledge, in this order and each awaited.  A death before the checkpoint repeats the batches: the engine restored
from the last checkpoint emits the same revisions again, and readers take the second as the first.  So an acknowledged batch is always
one that a checkpoint covers, and nothing is published that a restart would not publish again.  A checkpoint is written every `checkpoint_s`,
rarer where the memory is so large that this would take more than CHECKPOINT_SHARE of the time, and at once in a pause.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic, time_ns

from correlate.clock import Patience
from correlate.engine import Engine
from correlate.memory import MemoryFormatError
from correlate.reporting import Emission
from correlate.units import SECOND_NS
from schemas import wire
from streams import metrics
from streams.checkpoints import Checkpoint, chunks, read_newest
from streams.exits import EXIT_BUG, die
from streams.publish import records_of
from streams.record_batches import Batch, BatchApp
from streams.sending import send_all
from streams.topics import SIGNALS

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""How often time is looked at where no rows come: incidents end on silence, too."""

CHECKPOINT_SHARE = 0.1
"""Of the time checkpoints may take a tenth: the larger the memory, the rarer it is written."""


@dataclass(slots=True)
class Partition:
    """The estates of one signals partition, as long as it is ours."""

    number: int
    generation: int
    epoch: int = 1
    engines: dict[str, Engine] = field(default_factory=dict)
    unsafe: list[Batch] = field(default_factory=list)
    """Batches taken in since the last checkpoint."""
    told: bool = False
    """Something was published since the last checkpoint."""
    batches_taken: int = 0
    batches_at_look: int = 0
    """…when time was last looked at: no more of them since then is a pause."""
    sequence: int = 0
    checkpointed_s: float = field(default_factory=monotonic)
    checkpoint_took_s: float = 0.0

    @property
    def changed(self) -> bool:
        """Whether the last checkpoint no longer says all."""
        return bool(self.unsafe) or self.told

    def wants_checkpoint(self, every_s: float) -> bool:
        rest_s = self.checkpoint_took_s * (1 / CHECKPOINT_SHARE - 1)
        return self.changed and monotonic() - self.checkpointed_s >= max(every_s, rest_s)


class Correlator:
    def __init__(
        self,
        app: BatchApp,
        *,
        brokers: str,
        patience: Patience,
        calls: Mapping[str, frozenset[str]],
        checkpoint_s: float,
        sources: Sequence[tuple[str, int]],
        alerting: bool,
        security: Mapping[str, object] | None = None,
        on_emission: Callable[[Emission], None] | None = None,
    ) -> None:
        self._app = app
        self._brokers = brokers
        self._patience = patience
        self._calls = calls
        self._checkpoint_s = checkpoint_s
        self._sources = sources
        self._alerting = alerting
        self._security = dict(security or {})
        self._on_emission = on_emission
        self._partitions: dict[int, Partition] = {}
        self._turn = asyncio.Lock()

    async def handle(self, batch: Batch) -> None:
        """Takes one batch of signals in; it is acknowledged by the checkpoint that covers it."""
        async with self._turn:
            partition = await self._partition(batch.tp.partition)
            now_ns = time_ns()
            with metrics.STAGE_SECONDS.labels("correlate").time():
                for record in batch.records:
                    estate = (record.key or b"").decode()
                    engine = partition.engines.get(estate)
                    if engine is None:
                        engine = partition.engines[estate] = self._new(estate, now_ns)
                    engine.feed(wire.decode(record.value), now_ns)
                emissions = [emission for engine in partition.engines.values() for emission in engine.advance(now_ns)]
            partition.unsafe.append(batch)
            partition.batches_taken += 1
            await self._publish(partition, emissions)
            if partition.wants_checkpoint(self._checkpoint_s):
                await self._checkpoint(partition)
            self._gauge_watermark()

    async def drain(self) -> None:
        """Before partitions go: make everything taken in durable."""
        async with self._turn:
            for partition in self._partitions.values():
                if partition.changed:
                    await self._checkpoint(partition)

    async def watch(self) -> None:
        """Lets time pass where no rows come; runs until cancelled.  A failure here is a bug and ends the process."""
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                async with self._turn:
                    await self._look()
        except asyncio.CancelledError:
            raise
        except Exception as bug:
            die(EXIT_BUG, "the correlator failed while letting time pass", bug)

    async def _look(self) -> None:
        if self._app.rebalancing or not self._app.batch_consumer.flow_active:
            return
        ours = sorted(tp.partition for tp in self._app.batch_consumer.assignment() if tp.topic == SIGNALS)
        self._partitions = {number: partition for number, partition in self._partitions.items() if number in ours}
        for number in ours:
            partition = await self._partition(number)
            now_ns = time_ns()
            await self._publish(partition, [emission for engine in partition.engines.values() for emission in engine.advance(now_ns)])
            pause = partition.batches_taken == partition.batches_at_look
            partition.batches_at_look = partition.batches_taken
            if partition.wants_checkpoint(0.0 if pause else self._checkpoint_s):
                await self._checkpoint(partition)
        self._gauge()

    async def _partition(self, number: int) -> Partition:
        """The partition's engines; read back from the last checkpoint when it has just become ours."""
        generation = self._app.consumer_generation_id
        partition = self._partitions.get(number)
        if partition is not None and partition.generation == generation:
            return partition
        self._partitions = {key: kept for key, kept in self._partitions.items() if kept.generation == generation}
        partition = self._partitions[number] = Partition(number, generation)
        now_ns = time_ns()
        for estate, checkpoint in sorted((await read_newest(self._brokers, number, **self._security)).items()):
            engine = self._restore(estate, checkpoint)
            if engine is not None:
                engine.clock.resume(now_ns)
                engine.declare(self._calls)
                partition.engines[estate] = engine
            partition.epoch = max(partition.epoch, checkpoint.epoch + 1)
        if partition.engines:
            logger.info("partition %d: took up the memory of %d estates", number, len(partition.engines))
        return partition

    def _restore(self, estate: str, checkpoint: Checkpoint) -> Engine | None:
        try:
            return Engine.restore(checkpoint.memory)
        except MemoryFormatError as error:
            logger.error("estate %s: the checkpoint cannot be read (%s); starting anew from the committed offsets", estate, error)
            return None

    def _new(self, estate: str, now_ns: int) -> Engine:
        engine = Engine.of(estate, self._patience, self._calls)
        engine.expect(self._sources, now_ns, alerting=self._alerting)
        return engine

    async def _publish(self, partition: Partition, emissions: list[Emission]) -> None:
        if not emissions:
            return
        partition.told = True
        with metrics.STAGE_SECONDS.labels("publish").time():
            await send_all(self._app, [record for emission in emissions for record in records_of(emission)])
        for emission in emissions:
            incident = emission.incident
            metrics.INCIDENT_REVISIONS.labels(incident.status.value).inc()
            metrics.POSTMORTEMS.inc(emission.postmortem is not None)
            if self._on_emission is not None:
                self._on_emission(emission)

    async def _checkpoint(self, partition: Partition) -> None:
        """Writes all engines of a partition, then acknowledges what they cover."""
        covered, partition.unsafe, partition.told = partition.unsafe, [], False
        partition.sequence += 1
        begun_s = monotonic()
        with metrics.CHECKPOINT_SECONDS.time():
            size = 0
            for estate, engine in sorted(partition.engines.items()):
                checkpoint = Checkpoint(estate, partition.epoch, partition.generation, partition.sequence, engine.snapshot())
                size += len(checkpoint.memory)
                await send_all(self._app, chunks(checkpoint, partition.number))
        metrics.CHECKPOINT_BYTES.set(size)
        for batch in covered:
            batch.ack()
        partition.checkpointed_s = monotonic()
        partition.checkpoint_took_s = partition.checkpointed_s - begun_s

    def _engines(self) -> list[Engine]:
        return [engine for partition in self._partitions.values() for engine in partition.engines.values()]

    def _gauge_watermark(self) -> None:
        lows = [engine.clock.low_ns for engine in self._engines() if engine.clock.low_ns > 0]
        if lows:
            metrics.WATERMARK_SECONDS.set(min(lows) / SECOND_NS)

    def _gauge(self) -> None:
        engines = self._engines()
        metrics.ESTATES.set(len(engines))
        self._gauge_watermark()
        still_open = Counter(severity for engine in engines for severity in engine.reporter.open_severities())
        for severity in ("SEV1", "SEV2", "SEV3", "SEV4"):
            metrics.INCIDENTS_OPEN.labels(severity).set(still_open[severity])
        shed: dict[str, int] = {}
        for engine in engines:
            for reason, count in (*engine.shed.items(), *engine.telemetry.shed.items(), *engine.journal.shed.items()):
                shed[reason] = shed.get(reason, 0) + count
        for reason, count in shed.items():
            metrics.SHED.labels(reason).set(count)
