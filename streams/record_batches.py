"""Record batches inside Faust: one Faust message stands for a run of records of one partition.

Knows:   the inside of faust-streaming 0.15.3 (with mode 0.7.1 and aiokafka 0.14.0), and nothing else here does.
Ignores: what is in a record and what is done with it.

Stock Faust spends 70-120 us of CPU on each record; here that price is paid once per batch.  Agents, assignment, flow control, the
commit loop and the rebalance callbacks stay Faust's.  Every override of a private method says where the stock code is and why it is
replaced, and tests/streams/test_record_batches_contract.py holds one test for each.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from time import monotonic
from typing import Any, ClassVar

import faust
import faust.streams
from aiokafka.structs import ConsumerRecord
from faust.auth import Credentials
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, EventT, Message, StreamT
from mode.utils.futures import notify
from yarl import URL

from streams.batches import Batch, BatchMessage
from streams.exits import EXIT_BUG, die
from streams.in_flight import InFlight

__all__ = ["Batch", "BatchApp", "BatchConsumer", "BatchMessage", "Drain", "Handler", "batch_agent", "build_app", "check_pins"]

PINNED = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14.0"}
"""The versions whose private methods are overridden below."""

BATCH_MAX_RECORDS = 5_000
"""Past some thousand rows a larger batch no longer saves anything and only adds latency and memory."""

PARTITION_CREDIT_BYTES = 16 << 20
"""Rows of one partition in memory at most: sixteen full fetches, several hundred ms of work, so a slow commit does not stall."""

TOTAL_CREDIT_BYTES = 64 << 20
"""Rows of all partitions in memory at most; with the fetcher's own read-ahead this keeps a worker below 256 MB."""

CREDIT_POLL_S = 0.02
"""How soon to look again when every partition is out of credit: shorter than any batch takes, long enough to cost nothing."""

FETCH_BYTES = 1 << 20
"""Per partition and fetch.  Kafka's own default; some 3,700 records of 280 bytes."""

DRAIN_TIMEOUT_S = 20.0
"""How long revoked partitions may take to finish work in hand.  Below Kubernetes' 30 s of grace and the 60 s of a rebalance."""

COMMIT_INTERVAL_S = 1.0
"""What a crash re-reads at least.  A commit costs one round trip, so once a second is nothing."""

SESSION_TIMEOUT_S = 10.0
"""When a dead worker's partitions move on.  Kafka refuses less than 6 s; a long garbage collection must not look like death."""

HEARTBEAT_INTERVAL_S = 2.0


Handler = Callable[[Batch], Awaitable[None]]
Drain = Callable[[], Awaitable[None]]


class BatchConsumer(driver.Consumer):
    """Faust's consumer with batches for messages.  All topics of a BatchApp are read this way."""

    app: BatchApp

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.in_flight: InFlight[TP] = InFlight()
        self.committed_to: dict[TP, int] = {}
        self._served: set[TP] = set()
        super().__init__(*args, **kwargs)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """Yield runs of records instead of records.

        Stock: transport/consumer.py, Consumer.getmany.  One message per record is the whole of the 70-120 us.  The three stock checks
        (flow stopped, generation changed, partition paused) are kept, once per run: none of them can change between the records of a
        run, because nothing is awaited there.
        """
        fetched, active = await self._wait_next_records(timeout)
        generation_id = self.app.consumer_generation_id
        if fetched is None or self.should_stop:
            return
        if not self.flow_active:
            await self._seek_back()
            return
        for partition, records in fetched.items():
            tp = TP(partition.topic, partition.partition)
            for start in range(0, len(records), BATCH_MAX_RECORDS):
                if not self.flow_active or self.app.consumer_generation_id != generation_id:
                    return
                if active is not None and tp not in active and tp not in self._buffered_partitions:
                    break
                self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
                yield tp, self._take(tp, records[start : start + BATCH_MAX_RECORDS], generation_id)

    async def _seek_back(self) -> None:
        """As stock: records that arrive while the flow is stopped are read again from the commit once it resumes."""
        try:
            await self.perform_seek()
        except Exception as error:
            self.log.warning("could not seek to the committed offsets while the flow was stopped: %r", error)

    def _take(self, tp: TP, records: list[ConsumerRecord], generation_id: int) -> BatchMessage:
        message = BatchMessage(tp, records, generation_id=generation_id)
        self.in_flight.add(tp, message.held)
        return message

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        """Leave out partitions whose unreleased rows use up their credit.

        Stock: transport/consumer.py, ThreadDelegateConsumer._getmany.  Stock limits what waits in memory to 4,096 *messages*, which
        for batches would be some 4 GB.
        """
        if active_partitions:
            affordable = self._with_credit(active_partitions)
            if not affordable:
                await asyncio.sleep(CREDIT_POLL_S)
                return {}
            if len(affordable) < len(active_partitions):
                active_partitions, timeout = affordable, min(timeout, CREDIT_POLL_S)
            return await self._in_turn(active_partitions, timeout)
        return await super()._getmany(active_partitions, timeout)

    async def _in_turn(self, partitions: set[TP], timeout: float) -> Any:
        """Every partition that has something gives a run before any gives a second one.

        Stock: aiokafka/consumer/fetcher.py, Fetcher.fetched_records.  It drains what was fetched of one partition first, which for compressed
        records may be 20,000: event time in the partitions then drifts apart by half a minute, and rows wait in memory for it.
        """
        waiting = partitions - self._served
        fetched = await super()._getmany(waiting, 0.0) if self._served and waiting else {}
        if not fetched:
            self._served = set()
            fetched = await super()._getmany(partitions, timeout)
        self._served.update(TP(tp.topic, tp.partition) for tp in fetched)
        return fetched

    def _with_credit(self, tps: set[TP]) -> set[TP]:
        if self.in_flight.total_bytes >= self.app.total_credit_bytes:
            return set()
        limit = self.app.partition_credit_bytes
        spent = {tp for tp, held in self.in_flight.byte_counts().items() if held >= limit}
        return tps - spent if spent else tps

    def still_holds(self, message: BatchMessage) -> bool:
        """Whether an ack of this batch would still mean anything."""
        current = message.generation_id == self.app.consumer_generation_id and not self.should_stop
        return current and self.in_flight.holds(message.tp, message.held)

    def release_batch(self, message: BatchMessage) -> None:
        message.records = []
        self.in_flight.release(message.tp, message.held)

    def ack_batch(self, message: BatchMessage) -> bool:
        """The only way a batch is acknowledged; an ack from an old generation is ignored, for the offsets belong to another worker.

        Stock: transport/consumer.py, Consumer.ack, and its inlined copy in _cython/streams.pyx, which never calls an override.  Batch
        agents therefore read stream.noack() and come here.
        """
        if message.acked or not self.still_holds(message):
            return False
        self.release_batch(message)
        message.acked = message.held.acked = True
        self._unacked_messages.discard(message)
        self._n_acked += 1
        notify(self._waiting_for_ack)
        return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        """Partitions in flight, not those with stock's lists of acked offsets.

        Stock: transport/consumer.py, Consumer._filter_tps_with_pending_acks.  Stock throws those lists away at the start of a revocation,
        before the commit that ends it, so everything acknowledged since the last commit would be delivered twice.
        """
        return (tp for tp in self.in_flight.partitions() if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        """Commit the end of the acknowledged prefix of what was fetched.

        Stock: transport/consumer.py, Consumer._new_offset.  It sorts lists of single offsets and compares them with the last commit, and
        returns an offset past an unacknowledged message when exactly one is missing or nothing was committed yet (faust issue 606).
        """
        return self.in_flight.settle(tp)

    def _should_commit(self, tp: TP, offset: int) -> bool:
        """Compare with what the broker has confirmed since the last rebalance.

        Stock: transport/consumer.py, Consumer._should_commit.  It compares with offsets that were noted although their commit was refused,
        and would then withhold the same commit after the records were read again.
        """
        confirmed = self.committed_to.get(tp)
        return confirmed is None or offset > confirmed

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Remember what the broker has confirmed.

        Stock: transport/consumer.py, ThreadDelegateConsumer._commit.  Its caller notes the offsets as committed even when this fails.
        """
        committed = await super()._commit(offsets)
        if committed:
            self.committed_to.update(offsets)
        return committed

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing to do: the prefix is counted in fetched batches, which have no gaps.

        Stock: transport/consumer.py, Consumer._add_gap.  It would take the offsets between two batches' last offsets, which are our
        records, for a hole in the log and count them as acknowledged; it also counts one offset too many.
        """

    async def perform_seek(self) -> None:
        """Forget what was fetched before the position moved.

        Stock: transport/consumer.py, Consumer.perform_seek.  Called after every rebalance, so every batch from before is refetched.
        """
        self._forget_all()
        await super().perform_seek()
        self._forget_all()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget the revoked partitions once the work in hand was given its chance to be acknowledged.

        Stock: transport/consumer.py, Consumer.on_partitions_revoked.  Late acknowledgements then find nothing to acknowledge.
        """
        await super().on_partitions_revoked(revoked)
        self._forget_all()  # the protocol is eager: all partitions are revoked in every rebalance

    def _forget_all(self) -> None:
        self.in_flight.forget_all()
        self.committed_to.clear()
        # Stock keeps revoked messages in this set while anyone refers to them and would wait for their acks in the next rebalance.
        self._unacked_messages.clear()

    async def wait_empty(self) -> None:
        """Before partitions go (rebalance or stop): let agents finish and make deferred acks due, then commit.

        Stock: transport/consumer.py, Consumer.wait_empty.  It waits for ever, which a deferred ack makes certain; it does not wait at
        all when the consumer is already stopping; and it collects garbage in every round.  Giving up is safe: the batch is re-read.
        """
        deadline = monotonic() + self.app.drain_timeout_s
        while self._unacked_messages and monotonic() < deadline:
            for drain in self.app.drains:
                with contextlib.suppress(TimeoutError):  # cancelled then: a drain that outlives its partitions must not write
                    await asyncio.wait_for(drain(), deadline - monotonic())
            self._clean_unacked_messages()
            if self._unacked_messages:
                await self._wait_for_ack(timeout=1)
                self._clean_unacked_messages()
        if self._unacked_messages:
            self.log.warning(
                "%d batches were not done within %g s and will be read again", len(self._unacked_messages), self.app.drain_timeout_s
            )
            self._unacked_messages.clear()  # a stop comes here twice and must not wait twice
        await self.commit_and_end_transactions()


class BatchProducer(driver.Producer):
    """Faust's producer, made idempotent."""

    def _settings_extra(self) -> Mapping[str, Any]:
        """Stock: transport/drivers/aiokafka.py, Producer._settings_extra.  Stock does this for exactly_once only, and there is no setting."""
        return {"acks": "all", "enable_idempotence": True}


class BatchTransport(driver.Transport):
    """Stock: transport/base.py, Transport; these two class variables are its extension points."""

    Consumer: ClassVar[type[BatchConsumer]] = BatchConsumer
    Producer: ClassVar[type[BatchProducer]] = BatchProducer


class BatchSchema(faust.Schema[None, BatchMessage]):
    """Hands the batch to the agent as it is: key and value are never decoded by Faust.

    Stock: serializers/schemas.py, Schema.compile.  The event's value is the message itself, so that letting go of message.records is
    enough to free the rows.
    """

    def compile(
        self, app: AppT, *, on_key_decode_error: Any = None, on_value_decode_error: Any = None, default_propagate: bool = False
    ) -> Callable[..., Awaitable[EventT[Any]]]:
        async def decode(message: Message, *, propagate: bool = default_propagate) -> EventT[Any]:
            return app.create_event(None, message, {}, message)

        return decode


class BatchApp(faust.App):
    """A Faust app whose agents are fed batches."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.partition_credit_bytes = PARTITION_CREDIT_BYTES
        self.total_credit_bytes = TOTAL_CREDIT_BYTES
        self.drain_timeout_s = DRAIN_TIMEOUT_S
        self.drains: list[Drain] = []
        self.batch_topics: dict[str, str] = {}
        super().__init__(*args, **kwargs)

    def _create_directories(self) -> None:
        """Stock: app/base.py, App._create_directories.  It makes folders for tables in the working directory; there are no tables."""

    @property
    def batch_consumer(self) -> BatchConsumer:
        consumer = self.consumer
        assert isinstance(consumer, BatchConsumer)
        return consumer


def build_app(
    name: str,
    brokers: str,
    *,
    group_instance_id: str | None = None,
    credentials: Credentials | None = None,
    commit_interval_s: float = COMMIT_INTERVAL_S,
    session_timeout_s: float = SESSION_TIMEOUT_S,
    client_id: str = "causeline",
) -> BatchApp:
    """A Faust app for consumer group `name` on `brokers` ("host:port" or several, separated by commas).

    group_instance_id: static membership; a worker that comes back under the same id within the session timeout causes no rebalance.
    """
    check_pins()
    urls = [URL(f"kafka://{broker.strip()}") for broker in brokers.split(",") if broker.strip()]
    if not urls:
        raise ValueError("no Kafka broker was named; give host:port, or several separated by commas")
    app = BatchApp(
        name,
        broker=urls,
        broker_credentials=credentials,
        broker_client_id=client_id,
        broker_commit_interval=commit_interval_s,
        broker_max_poll_records=BATCH_MAX_RECORDS,
        broker_session_timeout=session_timeout_s,
        broker_heartbeat_interval=HEARTBEAT_INTERVAL_S,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=group_instance_id,
        consumer_max_fetch_size=FETCH_BYTES,
        processing_guarantee="at_least_once",
        producer_acks=-1,
        producer_compression_type="zstd",
        producer_linger=0.01,  # seconds; lets the sends of one batch share requests
        producer_max_batch_size=131_072,
        stream_wait_empty=True,
        stream_recovery_delay=0,
        store="memory://",
        table_standby_replicas=0,  # otherwise Faust's own assignor is used, which needs equal partition counts
        topic_allow_declare=False,
        topic_disable_leader=True,
        value_serializer="raw",
        key_serializer="raw",
        web_enabled=False,  # Faust's listens on all interfaces without authentication
        autodiscover=False,
    )
    app.transport = BatchTransport(urls, app)
    return app


def check_pins() -> None:
    """Refuse to run on versions whose inside is not the one overridden here."""
    wrong = {package: version(package) for package, pinned in PINNED.items() if version(package) != pinned}
    if wrong:
        raise RuntimeError(f"installed {wrong}, but record batches override the inside of {PINNED}; install exactly these versions")
    if getattr(faust.streams, "_CStreamIterator", None) is None:
        raise RuntimeError(
            "faust runs without its Cython stream, whose Python twin acknowledges messages of an old generation; "
            "unset NO_CYTHON and install faust-streaming from a wheel"
        )


def batch_agent(
    app: BatchApp,
    topics: Iterable[str],
    handler: Handler,
    *,
    name: str,
    deferred: bool = False,
    drain: Drain | None = None,
) -> None:
    """Register an agent: take a batch, await the handler, release the rows, acknowledge.

    handler:  must await every send it makes; when it returns, the batch counts as done.  If it raises, that is a bug, and the process
              ends (exit code 70) before anything is acknowledged: stock Faust would acknowledge and go on.
    deferred: the rows are released after the handler, but nothing is acknowledged; whoever makes the batches' effect durable calls
              Batch.ack on each.
    drain:    awaited before partitions are taken away and before the worker stops, never while the handler runs: the last chance to
              make durable and acknowledge what was deferred.
    """
    names = tuple(topics)
    taken = {topic: app.batch_topics[topic] for topic in names if topic in app.batch_topics}
    if taken:
        raise ValueError(f"topics already read by another agent of this app: {taken}; two agents would share one batch's rows")
    app.batch_topics.update(dict.fromkeys(names, name))
    turn = asyncio.Lock()

    async def consume(stream: StreamT[Any]) -> None:
        assert isinstance(stream, faust.Stream)
        async for message in stream.noack():
            batch = Batch(message, app.batch_consumer)
            async with turn:
                await _or_die(handler(batch), f"agent {name} failed on {batch}")
            batch.release()
            if not deferred:
                batch.ack()

    async def drain_in_turn() -> None:
        assert drain is not None
        async with turn:
            await _or_die(drain(), f"agent {name} failed to drain")

    if drain is not None:
        app.drains.append(drain_in_turn)
    app.agent(app.topic(*names, schema=BatchSchema()), name=name, concurrency=1)(consume)


async def _or_die(work: Awaitable[None], failed: str) -> None:
    try:
        await work
    except asyncio.CancelledError:
        raise
    except BaseException as bug:
        die(EXIT_BUG, failed, bug)
