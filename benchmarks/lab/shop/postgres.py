"""A PostgreSQL client of one connection: protocol 3.0, trust authentication, text parameters.

Knows:   the extended query protocol (Parse, Bind, Execute, Sync) and how the server says no.
Ignores: pooling (pool.py), types (every value is text or None) and TLS: the lab's server listens on loopback only.
"""

from __future__ import annotations

import asyncio
import struct

Row = list[str | None]


class PostgresError(Exception):
    """The server's own error, as `SQLSTATE message`."""


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def startup(user: str, database: str, application: str) -> bytes:
    pairs = {"user": user, "database": database, "application_name": application}
    body = struct.pack("!i", 3 << 16) + b"".join(key.encode() + b"\0" + value.encode() + b"\0" for key, value in pairs.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def execute(sql: str, parameters: tuple[str, ...]) -> bytes:
    """One unnamed statement: parsed, bound, executed, synced."""
    values = b"".join(struct.pack("!i", len(value.encode())) + value.encode() for value in parameters)
    return (
        message(b"P", b"\0" + sql.encode() + b"\0" + struct.pack("!h", 0))
        + message(b"B", b"\0\0" + struct.pack("!hh", 0, len(parameters)) + values + struct.pack("!h", 0))
        + message(b"E", b"\0" + struct.pack("!i", 0))
        + message(b"S", b"")
    )


def data_row(body: bytes) -> Row:
    (columns,) = struct.unpack_from("!h", body)
    at, row = 2, Row()
    for _ in range(columns):
        (size,) = struct.unpack_from("!i", body, at)
        at += 4
        if size < 0:
            row.append(None)
            continue
        row.append(body[at : at + size].decode())
        at += size
    return row


def error_text(body: bytes) -> str:
    fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
    return f"{fields.get(b'C', '?')} {fields.get(b'M', 'no message')}"


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int, *, application: str, user: str = "shop", database: str = "shop") -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        connection = cls(reader, writer)
        writer.write(startup(user, database, application))
        try:
            await connection._until_ready()
        except BaseException:
            connection.close()
            raise
        return connection

    async def query(self, sql: str, *parameters: str) -> list[Row]:
        self._writer.write(execute(sql, parameters))
        await self._writer.drain()
        return await self._until_ready()

    async def _until_ready(self) -> list[Row]:
        rows: list[Row] = []
        error: PostgresError | None = None
        while True:
            head = await self._reader.readexactly(5)
            body = await self._reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
            kind = head[:1]
            if kind == b"D":
                rows.append(data_row(body))
            elif kind == b"E":
                error = PostgresError(error_text(body))
                if body.startswith((b"SFATAL", b"SPANIC")):  # the server hangs up; ReadyForQuery will not follow
                    raise error
            elif kind == b"R" and body != b"\0\0\0\0":
                raise PostgresError("08P01 the lab's server must trust loopback connections")
            elif kind == b"Z":
                if error is not None:
                    raise error
                return rows

    def close(self) -> None:
        self._writer.close()
