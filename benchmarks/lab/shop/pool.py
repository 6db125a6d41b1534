"""A bounded pool of PostgreSQL connections, and queries over them: counted, timed, limited.

Knows:   how many connections are lent, who waits, and when waiting is over.
Ignores: what is asked; whoever acquires must release.  Waiting for a free connection is no call to the database and is counted apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TypeVar

from benchmarks.lab.shop import metrics
from benchmarks.lab.shop.calls import counted
from benchmarks.lab.shop.postgres import Connection, PostgresError, Row

T = TypeVar("T")

QUERY_TIMEOUT_S = 1.5
"""A query of the shop takes a millisecond; a thousand times that means the database is not answering."""


class PoolTimeoutError(Exception):
    """No connection became free in time."""


class QueryTimeoutError(Exception):
    """The database took too long to connect or to answer."""


async def within(timeout_s: float, answer: Coroutine[None, None, T]) -> T:
    try:
        return await asyncio.wait_for(answer, timeout_s)
    except TimeoutError:
        raise QueryTimeoutError(f"PostgreSQL did not answer within {timeout_s:g} s") from None


class Pool:
    def __init__(self, port: int, *, name: str, size: int, timeout_s: float) -> None:
        self._port, self._name, self._size, self._timeout_s = port, name, size, timeout_s
        self._free = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._used = 0  # lent, or being opened to be lent
        metrics.connections_max.labels(name).set(size)
        metrics.connections.labels(name, "used").set_function(lambda: self._used)
        metrics.connections.labels(name, "idle").set_function(lambda: len(self._idle))
        self._pending = metrics.connections_pending.labels(name)

    async def acquire(self) -> Connection:
        self._pending.inc()
        try:
            await asyncio.wait_for(self._free.acquire(), self._timeout_s)
        except TimeoutError:
            metrics.connection_timeouts.labels(self._name).inc()
            raise PoolTimeoutError(f"no free connection after {self._timeout_s:g} s ({self._used} of {self._size} in use)") from None
        finally:
            self._pending.dec()
        self._used += 1
        try:
            return self._idle.pop() if self._idle else await self._open()
        except BaseException:
            self._give_back()
            raise

    def _give_back(self) -> None:
        self._used -= 1
        self._free.release()

    async def _open(self) -> Connection:
        with counted(self._name, "postgresql", "database"):
            return await within(QUERY_TIMEOUT_S, Connection.open(self._port, application=self._name))

    async def query(self, connection: Connection, sql: str, *parameters: str) -> list[Row]:
        with counted(self._name, "postgresql", "database"):
            return await within(QUERY_TIMEOUT_S, connection.query(sql, *parameters))

    def release(self, connection: Connection, *, broken: bool = False) -> None:
        if broken:
            connection.close()
        else:
            self._idle.append(connection)
        self._give_back()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for one block; one whose block failed is not lent again, because its transaction is unknown."""
        connection = await self.acquire()
        try:
            yield connection
        except BaseException:
            self.release(connection, broken=True)
            raise
        self.release(connection)


DATABASE_FAULTS = (PoolTimeoutError, QueryTimeoutError, PostgresError, OSError, asyncio.IncompleteReadError)
"""What can go wrong between a service and its database."""
