"""Carries log lines from files to the logs topic in the order they are found, as a log shipper does.

Knows:   how a growing file is followed by whole lines, and how PostgreSQL's jsonlog becomes ECS.
Ignores: what the lines say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

CHUNK_BYTES = 1 << 20
"""Read at most so much of one file at a time, so that one loud service does not hold up the others."""

POSTGRES_LEVELS = {
    "DEBUG": "debug",
    "LOG": "info",
    "INFO": "info",
    "NOTICE": "info",
    "WARNING": "warn",
    "ERROR": "error",
    "FATAL": "fatal",
    "PANIC": "fatal",
}


def postgres_line(raw: bytes) -> bytes:
    """One jsonlog line as the Elastic PostgreSQL module ships it: ECS fields, the server's own under `postgresql.log`."""
    line: dict[str, Any] = orjson.loads(raw)
    day, clock, _ = line["timestamp"].split(" ")  # "2026-01-31 10:00:00.123 UTC": the lab's server logs in UTC
    told = {
        key: line[key] for key in ("user", "dbname", "application_name", "state_code", "statement", "detail", "backend_type") if key in line
    }
    return orjson.dumps(
        {
            "@timestamp": f"{day}T{clock}Z",
            "log": {"level": POSTGRES_LEVELS.get(line.get("error_severity", "LOG"), "info")},
            "message": line.get("message", ""),
            "ecs": {"version": "8.11.0"},
            "event": {"dataset": "postgresql.log", "module": "postgresql"},
            "service": {"name": "postgresql", "type": "postgresql", "environment": "lab"},
            "host": {"name": "localhost"},
            "process": {"pid": line.get("pid", 0)},
            "postgresql": {"log": told},
        }
    )


class Tail:
    """One file, followed from its beginning; a line not yet ended waits for its end."""

    def __init__(self, path: Path, convert: Callable[[bytes], bytes] | None = None) -> None:
        self._path, self._convert, self._at = path, convert, 0

    def lines(self) -> Iterator[bytes]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._at)
            chunk = file.read(CHUNK_BYTES)
        whole = chunk[: chunk.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            yield self._convert(line) if self._convert else line


class Shipper:
    """All files of the lab: the services' own (one a process) and the database's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tails: dict[Path, Tail] = {}

    def take(self) -> list[bytes]:
        """Every whole line that appeared since the last call."""
        for path in sorted(self._folder.iterdir()):
            if path not in self._tails and path.suffix in (".ndjson", ".json"):
                self._tails[path] = Tail(path, postgres_line if path.suffix == ".json" else None)
        return [line for tail in self._tails.values() for line in tail.lines()]
