"""What the readers made of records, kept on disk: a study replays the same dumps a hundred times, and reading is half of a replay.

Knows:   that reading depends on the records and on the readers alone, so a turned number or a judge dismissed finds the same readings.
Ignores: what the rows say.

Kept by the content of the records: dumps that a perturbation leaves as they are find the readings of the dumps as recorded.
"""

from __future__ import annotations

import hashlib
import io
import os
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from schemas.reading import Read, Reader, Records
from schemas.rejected import Rejected

ROOT: Final = Path(__file__).resolve().parent.parent


class _Stored(msgspec.Struct, array_like=True):
    rejected: list[tuple[int, Rejected]]
    frame: bytes


class KeptReader(Reader):
    """Reads each run of records once, whichever process asks; every later time from `directory`."""

    def __init__(self, directory: Path, *, keeps: bool = True) -> None:
        super().__init__()
        self._directory = directory
        self._keeps = keeps
        """False: takes what is kept and adds nothing, for dumps that are made for one replay."""

    def read(self, records: Records) -> Read:
        place = self._place(records)
        try:
            stored = msgspec.msgpack.decode(place.read_bytes(), type=_Stored)
            return Read(pl.read_ipc_stream(io.BytesIO(stored.frame)), stored.rejected)
        except (OSError, msgspec.MsgspecError, pl.exceptions.PolarsError):
            made = super().read(records)
        if self._keeps:
            buffer = io.BytesIO()
            made.signals.write_ipc_stream(buffer, compression="lz4")
            place.parent.mkdir(parents=True, exist_ok=True)
            beside = place.with_suffix(f".{os.getpid()}")
            beside.write_bytes(msgspec.msgpack.encode(_Stored(made.rejected, buffer.getvalue())))
            beside.replace(place)
        return made

    def _place(self, records: Records) -> Path:
        digest = hashlib.sha256(f"{readers_digest()} {records.topic} {records.partition} {records.offsets[0]}".encode())
        for value in records.values:
            said = value or b""
            digest.update(b"%d %d " % (value is None, len(said)))
            digest.update(said)
        return self._directory / digest.hexdigest()[:2] / digest.hexdigest()[2:34]


@cache
def readers_digest() -> str:
    """Changes with every line of the readers."""
    digest = hashlib.sha256()
    for file in sorted((ROOT / "schemas").rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
