"""A Redis client of one connection: RESP2, one command at a time.

Knows:   how a command is written and a simple, bulk or integer reply is read.
Ignores: pipelining and pub/sub, which the shop does not use.
"""

from __future__ import annotations

import asyncio


class RedisError(Exception):
    """Redis answered with an error."""


def command(*parts: str) -> bytes:
    body = b"".join(b"$%d\r\n%s\r\n" % (len(part.encode()), part.encode()) for part in parts)
    return b"*%d\r\n" % len(parts) + body


class Redis:
    """Opens its connection when first asked and again after a failure."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._turn = asyncio.Lock()

    async def ask(self, *parts: str) -> str | None:
        async with self._turn:
            try:
                return await self._ask(parts)
            except BaseException:
                # A reply half read would answer the next command: drop the connection instead.
                if self._streams is not None:
                    self._streams[1].close()
                    self._streams = None
                raise

    async def _ask(self, parts: tuple[str, ...]) -> str | None:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(command(*parts))
        line = (await reader.readline()).rstrip(b"\r\n")
        if not line:
            raise ConnectionResetError("Redis closed the connection")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind != b"$":
            return rest.decode()
        if rest == b"-1":
            return None
        return (await reader.readexactly(int(rest) + 2))[:-2].decode()
