"""A bounded pool of PostgreSQL connections, and queries over them: counted, timed, limited.

Knows:   how many connections are lent, who waits, and when waiting is over.
Ignores: what is asked; whoever acquires must release.  Waiting for a free connection is no call to the database and is counted apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.lab.shop import metrics
from benchmarks.lab.shop.calls import counted
from benchmarks.lab.shop.postgres import Connection, PostgresError, Row

QUERY_TIMEOUT_S = 1.5
"""A query of the shop takes a millisecond; a thousand times that means the database is not answering."""


class PoolTimeoutError(Exception):
    """No connection became free in time."""


class Pool:
    def __init__(self, port: int, *, name: str, size: int, timeout_s: float) -> None:
        self._port, self._name, self._size, self._timeout_s = port, name, size, timeout_s
        self._free = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._lent: set[Connection] = set()
        metrics.connections_max.labels(name).set(size)
        metrics.connections.labels(name, "used").set_function(lambda: len(self._lent))
        metrics.connections.labels(name, "idle").set_function(lambda: len(self._idle))
        self._pending = metrics.connections_pending.labels(name)

    async def acquire(self) -> Connection:
        self._pending.inc()
        try:
            await asyncio.wait_for(self._free.acquire(), self._timeout_s)
        except TimeoutError:
            metrics.connection_timeouts.labels(self._name).inc()
            raise PoolTimeoutError(f"no free connection after {self._timeout_s:g} s ({len(self._lent)} of {self._size} in use)") from None
        finally:
            self._pending.dec()
        try:
            connection = self._idle.pop() if self._idle else await self._open()
        except BaseException:
            self._free.release()
            raise
        self._lent.add(connection)
        return connection

    async def _open(self) -> Connection:
        with counted(self._name, "postgresql", "database"):
            return await asyncio.wait_for(Connection.open(self._port, application=self._name), QUERY_TIMEOUT_S)

    async def query(self, connection: Connection, sql: str, *parameters: str) -> list[Row]:
        with counted(self._name, "postgresql", "database"):
            return await asyncio.wait_for(connection.query(sql, *parameters), QUERY_TIMEOUT_S)

    def release(self, connection: Connection, *, broken: bool = False) -> None:
        self._lent.discard(connection)
        if broken:
            connection.close()
        else:
            self._idle.append(connection)
        self._free.release()

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


DATABASE_FAULTS = (PoolTimeoutError, PostgresError, OSError, TimeoutError, asyncio.IncompleteReadError)
"""What can go wrong between a service and its database."""
