"""What would be read from a payload: for people who connect a producer, and for our conformance tests.

Knows:   how a file of one or many records is read by itself, and how rows are shown: every identity, times as RFC 3339.
Ignores: Kafka; files are read whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import orjson

from schemas import times
from schemas.aliases import ALIASES
from schemas.identity import without_port
from schemas.reading import Read, Reader, Reading, Records
from schemas.sources.envelope import Limits

_LIMITS: Final = Limits(record_bytes=256 << 20, unpacked_bytes=256 << 20, documents=1_000_000)
"""A file may hold many records."""
_PEERS: Final = frozenset({"client", "server", "peer"})
_NOT_NAMES: Final = frozenset({"service.version", "host.ip"})


def check_file(path: Path, options: Reading | None = None) -> dict[str, Any]:
    """What is read from a file: path, format (of the first row or refusal), rows and rejected as plain values.

    Times without a year are taken near the file's own time; times ahead of it are kept as they are.
    """
    return check(path.read_bytes(), str(path), ingest_time_ns=path.stat().st_mtime_ns, options=options)


def check(value: bytes, path: str = "", *, ingest_time_ns: int = 0, options: Reading | None = None) -> dict[str, Any]:
    """The same for bytes."""
    reading = replace(options or Reading(), limits=_LIMITS, ahead_ns=None, rows_per_record=1_000_000)
    read = Reader(reading).read(Records("", 0, (0,), (ingest_time_ns,), (value,)))
    rows = shown(read)
    formats = [row["source"] for row in rows] + [rejected.format for _, rejected in read.rejected]
    return {
        "path": path,
        "format": next((name for name in formats if name), None),
        "rows": rows,
        "rejected": [asdict(rejected) for _, rejected in read.rejected],
    }


def shown(read: Read) -> list[dict[str, Any]]:
    """The rows of a read as plain values."""
    return [_shown(row) for row in read.signals.iter_rows(named=True)]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    attributes: dict[str, str] = orjson.loads(row["attributes"])
    return {
        "kind": row["kind"],
        "time": times.rfc3339(row["event_time_ns"]),
        "entities": entities(row["entity"], row["ancestors"], row["aliases"], attributes),
        "severity_number": row["severity_number"],
        "status": row["status"],
        "dedup_key": row["dedup_key"],
        "text": row["text"],
        "change_id": row["change_id"],
        "value": row["value"],
        "name": row["name"],
        "source": row["source"],
        "unit": row["unit"],
        "starts_at": times.rfc3339(row["starts_at_ns"]),
        "trace_id": row["trace_id"],
        "evidence_url": row["evidence_url"],
        "attributes": attributes,
        "details": orjson.loads(row["details"]) if row["details"] else {},
    }


def entities(entity: str, ancestors: list[str], aliases: list[str], attributes: Mapping[str, str]) -> list[str]:
    """Every identity of a row: its entity, what holds it, its aliases, and what its attributes name."""
    named = [value for key, value in attributes.items() if _names(key)]
    named += [without_port(attributes[key]) for key in ("instance", "server.address") if key in attributes]
    return list(dict.fromkeys([entity, *ancestors, *aliases, *named]))


def _names(key: str) -> bool:
    last = key.rpartition(".")[2]
    return key not in _NOT_NAMES and (
        key in ALIASES or key in _PEERS or last in ("id", "arn", "key") or last.lower().endswith(("name", "identifier"))
    )
