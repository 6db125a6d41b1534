"""The shop breaks where its README says and nowhere else: over a socket that speaks just enough PostgreSQL."""

from __future__ import annotations

import asyncio
import struct
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from benchmarks.lab.shop import orders_1_7, orders_1_8, postgres
from benchmarks.lab.shop.payment import DECLINED_PERCENT, declined
from benchmarks.lab.shop.pool import Pool, PoolTimeoutError, QueryTimeoutError
from benchmarks.lab.shop.redis import command

READY = postgres.message(b"Z", b"I")


async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept any login; answer INSERT with one row, `boom` with an error, `hang` never, the rest with nothing."""
    await reader.readexactly(struct.unpack("!i", await reader.readexactly(4))[0] - 4)
    writer.write(postgres.message(b"R", b"\0\0\0\0") + READY)
    sql = b""
    try:
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
            if head[:1] == b"P":
                sql = body.strip(b"\0")
            if head[:1] == b"S":
                if b"INSERT" in sql:
                    writer.write(postgres.message(b"D", struct.pack("!hi", 1, 2) + b"42"))
                if b"boom" in sql:
                    writer.write(postgres.message(b"E", b"SERROR\0C42601\0Mno such thing\0\0"))
                if b"hang" not in sql:
                    writer.write(READY)
    except asyncio.IncompleteReadError:
        writer.close()


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


def pool(port: int, size: int = 3) -> Pool:
    return Pool(port, name=uuid.uuid4().hex, size=size, timeout_s=0.05)


async def accepted(order: str) -> bool:
    return True


async def refused(order: str) -> bool:
    return False


async def test_release_1_7_gives_its_connection_back_whatever_the_bank_says(port: int) -> None:
    shop = pool(port)
    assert [await orders_1_7.place(shop, refused, "p1", "100") for _ in range(10)] == [None] * 10
    assert await orders_1_7.place(shop, accepted, "p1", "100") == "42"


async def test_release_1_8_loses_one_connection_for_each_declined_card_until_none_is_left(port: int) -> None:
    shop = pool(port, size=3)
    assert [await orders_1_8.place(shop, accepted, "p1", "100") for _ in range(10)] == ["42"] * 10, "orders that go through cost nothing"
    for _ in range(3):
        assert await orders_1_8.place(shop, refused, "p1", "100") is None
    with pytest.raises(PoolTimeoutError, match=r"no free connection after 0\.05 s \(3 of 3 in use\)"):
        await orders_1_8.place(shop, accepted, "p1", "100")


async def test_a_connection_whose_block_failed_is_not_lent_again_and_its_place_is_free(port: int) -> None:
    shop = pool(port, size=1)
    with pytest.raises(postgres.PostgresError, match="42601 no such thing"):
        async with shop.connection() as first:
            await shop.query(first, "boom")
    async with shop.connection() as second:
        assert second is not first
        assert await shop.query(second, "INSERT") == [["42"]]


async def test_a_database_that_does_not_answer_is_given_up_on(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.lab.shop.pool.QUERY_TIMEOUT_S", 0.05)
    shop = pool(port)
    async with shop.connection() as connection:
        with pytest.raises(QueryTimeoutError, match="did not answer within"):
            await shop.query(connection, "hang")


async def test_a_database_that_is_gone_leaves_the_pool_whole() -> None:
    shop = pool(1, size=1)  # nothing listens on port 1
    for _ in range(2):
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await shop.acquire()


def test_the_bank_declines_about_its_share_and_the_same_order_always_the_same() -> None:
    refusals = [declined(str(order)) for order in range(10_000)]
    assert sum(refusals) == pytest.approx(10_000 * DECLINED_PERCENT / 100, rel=0.1)
    assert refusals == [declined(str(order)) for order in range(10_000)]


def test_a_redis_command_counts_bytes_and_not_letters() -> None:
    assert command("SET", "ключ") == b"*2\r\n$3\r\nSET\r\n$8\r\n" + "ключ".encode() + b"\r\n"
