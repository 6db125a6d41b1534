"""One test for each override of streams/record_batches.py, and one for each stock defect that is worked round, on a real Kafka.

If a new version of Faust makes one of these fail, the override it names has to be looked at again.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import faust
import numpy as np
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.group import LeaveGroupRequest
from faust.types import TP
from yarl import URL

from streams import record_batches
from streams.in_flight import Held
from streams.record_batches import BATCH_MAX_RECORDS, Batch, BatchConsumer, batch_agent, build_app, check_pins
from tests.conftest import MakeTopic
from tests.streams.workers import committed, eventually, fill, running, until_committed

TP0 = TP("t", 0)


def ids_of(batches: list[list[int]]) -> list[int]:
    return [number for batch in batches for number in batch]


def read_ids(batch: Batch) -> list[int]:
    return [int.from_bytes(record.value[:8], "little") for record in batch.records]


# ---- Consumer.getmany, BatchMessage, BatchSchema


async def test_a_batch_is_a_run_of_one_partition_in_order(kafka: str, make_topic: MakeTopic, group: str) -> None:
    """Every record once, in offset order per partition, at most 5,000 to a batch, and thousands where thousands are there."""
    topic = await make_topic(partitions=2)
    await fill(kafka, topic, range(24_000), partitions=2)
    seen: list[tuple[int, int, int, list[int]]] = []

    async def handle(batch: Batch) -> None:
        assert {record.partition for record in batch.records} == {batch.tp.partition}
        offsets = [record.offset for record in batch.records]
        assert offsets == list(range(batch.first_offset, batch.last_offset + 1))
        seen.append((batch.tp.partition, batch.first_offset, batch.last_offset, read_ids(batch)))

    app = build_app(group, kafka)
    batch_agent(app, [topic], handle, name="reader")
    async with running(app):
        await eventually(lambda: sum(len(ids) for *_, ids in seen) >= 24_000)
    for partition in (0, 1):
        assert ids_of([ids for at, _, _, ids in seen if at == partition]) == list(range(partition, 24_000, 2))
    sizes = [len(ids) for *_, ids in seen]
    assert max(sizes) <= BATCH_MAX_RECORDS
    assert np.median(sizes) > 1_000


# ---- Consumer._getmany: turns


async def test_partitions_take_turns_and_none_is_drained_while_others_wait(kafka: str, make_topic: MakeTopic, group: str) -> None:
    """Each has 20,000 small records, which stock aiokafka fetches at once and hands over one partition after the other."""
    topic = await make_topic(partitions=3)
    await fill(kafka, topic, range(60_000), partitions=3)
    order: list[int] = []

    async def handle(batch: Batch) -> None:
        order.extend([batch.tp.partition] * len(batch.records))

    app = build_app(group, kafka)
    batch_agent(app, [topic], handle, name="reader")
    async with running(app):
        await eventually(lambda: len(order) >= 60_000)
    assert len(order) == 60_000
    for partition in range(3):
        done = 60_000 - order[::-1].index(partition)
        assert all(order[:done].count(other) >= 10_000 for other in range(3)), f"partition {partition} was drained before others had half"


# ---- Consumer._new_offset (faust issue 606)


def stock_consumer() -> faust.transport.consumer.Consumer:  # type: ignore[name-defined]
    return faust.App("stock", broker="kafka://127.0.0.1:1", autodiscover=False).consumer


def our_consumer() -> BatchConsumer:
    return build_app("ours", "127.0.0.1:1").batch_consumer


def test_stock_commits_past_a_message_in_flight_and_ours_does_not() -> None:
    """Committed 5, message 5 in flight, 6 and 7 acknowledged: stock would commit 8 and lose 5."""
    stock = stock_consumer()
    stock._committed_offset[TP0] = 5
    stock._acked[TP0] = [6, 7]
    assert stock._new_offset(TP0) == 8, "fixed upstream: the override of _new_offset may lose one of its reasons"

    ours = our_consumer()
    batches = [Held(offset, offset, 1) for offset in (5, 6, 7)]
    for held in batches:
        ours.in_flight.add(TP0, held)
    batches[1].acked = batches[2].acked = True
    assert ours._new_offset(TP0) is None
    batches[0].acked = True
    assert ours._new_offset(TP0) == 8


def test_stock_commits_past_messages_in_flight_when_nothing_was_committed_and_ours_does_not() -> None:
    """Nothing committed yet, 0 to 2 in flight, 3 and 4 acknowledged: stock would commit 5 and lose three messages."""
    stock = stock_consumer()
    stock._acked[TP0] = [3, 4]
    assert stock._new_offset(TP0) == 5, "fixed upstream: the override of _new_offset may lose one of its reasons"

    ours = our_consumer()
    first, second = Held(0, 2, 1), Held(3, 4, 1)
    ours.in_flight.add(TP0, first)
    ours.in_flight.add(TP0, second)
    second.acked = True
    assert ours._new_offset(TP0) is None


async def test_a_late_ack_of_the_first_batch_holds_the_commit(
    kafka: str, admin: AIOKafkaAdminClient, make_topic: MakeTopic, group: str
) -> None:
    """Deferred acks in reverse order: nothing is committed until the oldest is acknowledged, then all is, at once."""
    topic = await make_topic()
    await fill(kafka, topic, range(12_000))
    held: list[Batch] = []

    async def handle(batch: Batch) -> None:
        held.append(batch)

    app = build_app(group, kafka, commit_interval_s=0.2)
    app.drain_timeout_s = 1.0
    batch_agent(app, [topic], handle, name="reader", deferred=True)
    async with running(app):
        await eventually(lambda: bool(held) and held[-1].last_offset == 11_999)
        assert len(held) >= 3
        for batch in reversed(held[1:]):
            assert batch.ack()
        await asyncio.sleep(1.0)
        assert sum((await committed(admin, group, topic)).values()) <= 0
        assert held[0].ack()
        await until_committed(admin, group, topic, 12_000)


async def test_a_batch_is_acknowledged_once(kafka: str, make_topic: MakeTopic, group: str) -> None:
    """A second ack changes nothing and says so."""
    topic = await make_topic()
    await fill(kafka, topic, range(10))
    answers: list[bool] = []

    async def handle(batch: Batch) -> None:
        answers.extend([batch.ack(), batch.ack()])

    app = build_app(group, kafka)
    batch_agent(app, [topic], handle, name="reader")
    async with running(app):
        await eventually(lambda: len(answers) >= 2)
    assert answers[:2] == [True, False]


# ---- Consumer._add_gap


async def test_stock_counts_the_message_after_a_gap_as_acknowledged() -> None:
    """Read 10, then 15: the gap is 11 to 14.  Stock's interval holds 15 too, which is in flight, so acking 16 commits 17."""
    stock = stock_consumer()
    stock._committed_offset[TP0] = 10
    await stock._add_gap(TP0, 11, 15)
    stock._acked[TP0] = [10, 16]
    assert stock._new_offset(TP0) == 17, "fixed upstream: the override of _add_gap may lose one of its reasons"


async def test_holes_in_the_offsets_neither_stop_nor_advance_the_commit(
    kafka: str, admin: AIOKafkaAdminClient, make_topic: MakeTopic, group: str
) -> None:
    """Transactions leave a hole after each commit: the records in between are all read and the commit reaches the last of them."""
    topic = await make_topic()
    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=group)
    await producer.start()
    for start in range(0, 60, 3):
        async with producer.transaction():
            for number in range(start, start + 3):
                await producer.send_and_wait(topic, number.to_bytes(8, "little"), partition=0)
    await producer.stop()
    seen: list[list[int]] = []
    ends: list[int] = []

    async def handle(batch: Batch) -> None:
        seen.append(read_ids(batch))
        ends.append(batch.last_offset + 1)

    app = build_app(group, kafka, commit_interval_s=0.2)
    batch_agent(app, [topic], handle, name="reader")
    async with running(app):
        await eventually(lambda: len(ids_of(seen)) >= 60)
        await until_committed(admin, group, topic, ends[-1])
    assert ids_of(seen) == list(range(60))
    assert (await committed(admin, group, topic))[0] == ends[-1] == 79, (
        "20 transactions of 3 records and a marker; the last marker is unread"
    )


# ---- Consumer._getmany: byte credit


async def test_a_blocked_handler_bounds_what_is_held_in_memory(kafka: str, make_topic: MakeTopic, group: str) -> None:
    """A backlog of 40 MB over 4 partitions, nothing released: 2 MB per partition, 5 MB in all, and one fetch each at most are held."""
    topic = await make_topic(partitions=4)
    await fill(kafka, topic, range(60_000), partitions=4, pad=b"x" * 300)
    go_on = asyncio.Event()
    seen = 0

    async def handle(batch: Batch) -> None:
        nonlocal seen
        await go_on.wait()
        seen += len(batch.records)

    app = build_app(group, kafka)
    app.partition_credit_bytes, app.total_credit_bytes = 2 << 20, 5 << 20
    batch_agent(app, [topic], handle, name="reader")
    one_fetch_bytes = 3 << 20  # 1 MiB on the wire is some 3,300 records here, and each record object is charged 400 bytes more
    async with running(app):
        in_flight = app.batch_consumer.in_flight
        await eventually(lambda: in_flight.total_bytes >= app.total_credit_bytes)
        highest = 0
        for _ in range(30):
            await asyncio.sleep(0.1)
            highest = max(highest, in_flight.total_bytes)
            assert max(in_flight.byte_counts().values()) <= app.partition_credit_bytes + one_fetch_bytes
        assert highest <= app.total_credit_bytes + 4 * one_fetch_bytes
        go_on.set()
        await eventually(lambda: seen >= 60_000)
        await eventually(lambda: in_flight.total_bytes == 0)
    assert seen == 60_000


async def test_released_rows_make_room_although_nothing_is_acknowledged(kafka: str, make_topic: MakeTopic, group: str) -> None:
    """A correlator that defers its acks to a checkpoint must not be starved by the batches it has already taken in."""
    topic = await make_topic()
    await fill(kafka, topic, range(30_000), pad=b"x" * 300)
    held: list[Batch] = []

    async def handle(batch: Batch) -> None:
        held.append(batch)

    app = build_app(group, kafka)
    app.partition_credit_bytes, app.total_credit_bytes, app.drain_timeout_s = 1 << 20, 1 << 20, 0.5
    batch_agent(app, [topic], handle, name="reader", deferred=True)
    async with running(app):
        await eventually(lambda: bool(held) and held[-1].last_offset == 29_999)
        assert all(len(batch.records) == 0 for batch in held[:-1])
        assert app.batch_consumer.in_flight.oldest_unacked(held[0].tp) == 0


# ---- Consumer.perform_seek, on_partitions_revoked, _filter_tps_with_pending_acks, wait_empty


async def test_an_ack_of_an_old_generation_is_ignored(kafka: str, admin: AIOKafkaAdminClient, make_topic: MakeTopic, group: str) -> None:
    """A second worker joins while a batch is held: its late ack returns False and commits nothing, and the batch is read again."""
    topic = await make_topic(partitions=2)
    await fill(kafka, topic, range(200), partitions=2)
    held: list[Batch] = []
    second: list[list[int]] = []

    async def hold(batch: Batch) -> None:
        held.append(batch)

    async def handle(batch: Batch) -> None:
        second.append(read_ids(batch))

    first_app = build_app(group, kafka, commit_interval_s=0.2)
    first_app.drain_timeout_s = 0.5
    batch_agent(first_app, [topic], hold, name="holder", deferred=True)
    second_app = build_app(group, kafka, commit_interval_s=0.2)
    batch_agent(second_app, [topic], handle, name="reader")
    async with running(first_app):
        await eventually(lambda: {batch.tp.partition for batch in held} == {0, 1})
        old = list(held)
        async with running(second_app):
            await eventually(lambda: len(ids_of(second)) >= 100)
            assert [batch.is_current for batch in old] == [False] * len(old)
            assert [batch.ack() for batch in old] == [False] * len(old)
            await until_committed(admin, group, topic, 100)
            await asyncio.sleep(1.0)
            assert sorted(offset for offset in (await committed(admin, group, topic)).values() if offset > 0) == [100]
            await eventually(lambda: any(batch not in old for batch in held))


async def test_a_rebalance_lets_deferred_acks_come_due(kafka: str, make_topic: MakeTopic, group: str) -> None:
    """The drain is called before partitions go; what it acknowledges is committed, so the second worker repeats nothing."""
    topic = await make_topic(partitions=2)
    await fill(kafka, topic, range(1_000), partitions=2)
    held: list[Batch] = []
    first: list[list[int]] = []
    second: list[list[int]] = []

    async def hold(batch: Batch) -> None:
        first.append(read_ids(batch))
        held.append(batch)

    async def drain() -> None:
        while held:
            assert held.pop(0).ack()

    async def handle(batch: Batch) -> None:
        second.append(read_ids(batch))

    first_app = build_app(group, kafka, commit_interval_s=60.0)
    batch_agent(first_app, [topic], hold, name="holder", deferred=True, drain=drain)
    second_app = build_app(group, kafka, commit_interval_s=60.0)
    batch_agent(second_app, [topic], handle, name="reader")
    async with running(first_app):
        await eventually(lambda: len(ids_of(first)) >= 1_000)
        async with running(second_app):
            await fill(kafka, topic, range(1_000, 1_400), partitions=2)
            await eventually(lambda: len(ids_of(first)) + len(ids_of(second)) >= 1_400)
            assert second
    assert sorted(ids_of(first) + ids_of(second)) == list(range(1_400))


async def test_what_was_acknowledged_since_the_last_commit_is_committed_at_a_rebalance(
    kafka: str, make_topic: MakeTopic, group: str
) -> None:
    """Stock throws its lists of acks away before the commit of a revocation; with a commit a minute, all 1,000 would come twice."""
    topic = await make_topic(partitions=2)
    await fill(kafka, topic, range(1_000), partitions=2)
    seen: list[list[int]] = []

    async def handle(batch: Batch) -> None:
        seen.append(read_ids(batch))

    apps = [build_app(group, kafka, commit_interval_s=60.0) for _ in range(2)]
    for app in apps:
        batch_agent(app, [topic], handle, name="reader")
    async with running(apps[0]):
        await eventually(lambda: len(ids_of(seen)) >= 1_000)
        async with running(apps[1]):
            await fill(kafka, topic, range(1_000, 1_400), partitions=2)
            await eventually(lambda: len(ids_of(seen)) >= 1_400)
    assert sorted(ids_of(seen)) == list(range(1_400))


async def test_giving_up_on_an_ack_that_never_comes_does_not_hang_the_stop(kafka: str, make_topic: MakeTopic, group: str) -> None:
    """Stock waits for ever; here the stop takes the drain timeout at most, and the batch stays uncommitted."""
    topic = await make_topic()
    await fill(kafka, topic, range(10))
    held: list[Batch] = []

    async def hold(batch: Batch) -> None:
        held.append(batch)

    app = build_app(group, kafka)
    app.drain_timeout_s = 0.5
    batch_agent(app, [topic], hold, name="holder", deferred=True)
    await app.start()
    await eventually(lambda: bool(held))
    await asyncio.wait_for(app.stop(), timeout=10)
    assert not held[0].ack()


# ---- Consumer._commit, _should_commit


async def test_a_refused_commit_is_not_taken_for_a_commit(
    kafka: str, admin: AIOKafkaAdminClient, make_topic: MakeTopic, group: str
) -> None:
    """The broker has thrown the member out and refuses its commit.  Stock notes the offsets as committed all the same; we do not,
    which is how the watchdog sees it.  After the rejoin the records are read again, and the same commit, which stock would now withhold,
    comes true."""
    topic = await make_topic()
    await fill(kafka, topic, range(100))
    seen: list[list[int]] = []

    async def handle(batch: Batch) -> None:
        seen.append(read_ids(batch))

    app = build_app(group, kafka, commit_interval_s=60.0)
    batch_agent(app, [topic], handle, name="reader")
    async with running(app):
        consumer, tp = app.batch_consumer, TP(topic, 0)
        await eventually(lambda: consumer.in_flight.acked_to(tp) == 100)
        member = consumer._thread._ensure_consumer()._coordinator.member_id
        answer = await admin._send_request(LeaveGroupRequest(group, member), await admin.find_coordinator(group))
        assert answer.error_code == 0
        assert not await consumer.commit()
        assert consumer._committed_offset[tp] == 100, "fixed upstream: the override of _commit may lose its reason"
        assert tp not in consumer.committed_to
        await eventually(lambda: len(ids_of(seen)) >= 200)
        await eventually(lambda: consumer.in_flight.acked_to(tp) == 100)
        assert await consumer.commit()
        assert consumer.committed_to[tp] == 100
    assert (await committed(admin, group, topic))[0] == 100


# ---- Producer._settings_extra


async def test_the_producer_is_idempotent_with_acks_from_all(kafka: str, group: str) -> None:
    """Stock is idempotent only inside transactions and offers no setting for it."""
    producer = build_app(group, kafka).producer._new_producer()
    await producer.start()
    try:
        assert producer._txn_manager is not None
        assert producer._txn_manager.has_pid(), "the broker has given it a producer id"
        assert producer._sender._acks == -1
    finally:
        await producer.stop()
    assert faust.App("stock", broker="kafka://127.0.0.1:1", autodiscover=False).producer._settings_extra() == {}


# ---- App._create_directories, versions


async def test_a_running_app_leaves_no_folder_and_opens_no_port(
    kafka: str, make_topic: MakeTopic, group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stock makes a folder for tables in the working directory and serves the web on all interfaces."""
    monkeypatch.chdir(tmp_path)
    topic = await make_topic()

    async def handle(batch: Batch) -> None: ...

    app = build_app(group, kafka)
    batch_agent(app, [topic], handle, name="reader")
    async with running(app):
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", 6066)
        assert not app.conf.web_enabled
    assert list(tmp_path.iterdir()) == []


def test_another_version_of_faust_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_batches, "PINNED", {"faust-streaming": "0.0.1"})
    with pytest.raises(RuntimeError, match="install exactly these versions"):
        check_pins()


def test_faust_without_its_cython_stream_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python twin acknowledges messages of an old generation."""
    monkeypatch.setattr(faust.streams, "_CStreamIterator", None)
    with pytest.raises(RuntimeError, match="Cython"):
        check_pins()


def test_two_agents_on_one_topic_are_refused() -> None:
    """They would share one batch, and the first to finish would take the rows from the other."""

    async def handle(batch: Batch) -> None: ...

    app = build_app("group", "127.0.0.1:1")
    batch_agent(app, ["a", "b"], handle, name="one")
    with pytest.raises(ValueError, match=r"already read.*'b': 'one'"):
        batch_agent(app, ["b"], handle, name="two")


def test_an_app_without_a_broker_is_refused() -> None:
    with pytest.raises(ValueError, match="no Kafka broker"):
        build_app("group", " , ")


def test_the_transport_is_ours() -> None:
    """Stock picks its own by the scheme of the URL; several brokers arrive as several URLs."""
    app = build_app("group", "one:9092, two:9093")
    assert isinstance(app.consumer, BatchConsumer)
    assert app.transport.url == [URL("kafka://one:9092"), URL("kafka://two:9093")]
