"""What a bulk decoder is and what it returns.

Knows:   the shape of a decoded batch, and how records are decoded together although one of them may be broken.
Ignores: every format.

A decoder reads only what it is sure of.  Records in another shape (`odd`) go to the plain reader of the same format, which
takes them one by one; a property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.subjects import Subjects

T = TypeVar("T")
_OPEN, _CLOSE = ord("{"), ord("}")
_WORTH_A_CALL_BYTES: Final = 4_096
"""A larger record costs more to copy into a run than to decode by a call of its own."""


@dataclass(slots=True)
class Batch:
    """Rows in columns; every array and series has one entry a row."""

    record: npt.NDArray[np.int64]
    """Which record of those given a row came from."""
    row: npt.NDArray[np.int64]
    """Which row of its record."""
    subject: npt.NDArray[np.int64]
    """Numbers of Subjects."""
    columns: dict[str, pl.Series]
    """Columns of ROW_SCHEMA; those left out take their defaults."""
    odd: list[int] = field(default_factory=list)
    """Records that hold something unusual; no row here is theirs."""


class Bulk(Protocol):
    @property
    def format(self) -> str: ...

    @property
    def marks(self) -> tuple[bytes, ...]:
        """Bytes that every record of this format holds.  Records that hold them may still be of another."""

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        """The rows of these records, or None if not all of them are of this format's usual shape."""


def decode_together(decoder: msgspec.json.Decoder[T], values: Sequence[bytes]) -> list[T] | None:
    """Each record decoded; None if a record is not one JSON object of that type."""
    if len(values[0]) >= _WORTH_A_CALL_BYTES:
        return _decode_each(decoder, values)
    run = joined(values)
    return None if run is None else run.decoded(decoder)


def _decode_each(decoder: msgspec.json.Decoder[T], values: Sequence[bytes]) -> list[T] | None:
    """Parts that are taken raw are not looked into, so the encoding of their bytes is checked here."""
    try:
        for value in values:
            if not value.isascii():
                value.decode()
        return list(map(decoder.decode, values))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Joined:
    """Records as lines: each begins with `{` and ends with `}`, and no other line breaks are in them.

    Since no JSON string holds a raw line break, a boundary inside an unfinished record is a syntax error: the count of objects tells
    whether each record was exactly one.
    """

    whole: bytes
    count: int

    def decoded(self, decoder: msgspec.json.Decoder[T]) -> list[T] | None:
        """Each record by one call; None if one is not of that type."""
        try:
            found = decoder.decode_lines(self.whole)
        except (msgspec.MsgspecError, RecursionError):
            return None
        return found if len(found) == self.count else None


def joined(values: Sequence[bytes]) -> Joined | None:
    """None for records that may not be told apart, or are no UTF-8: raw parts are not looked into, so it is checked here."""
    whole = b"\n".join(values)
    if whole[:1] != b"{" or whole[-1:] != b"}" or whole.count(b"\n") != len(values) - 1:
        return None
    raw = np.frombuffer(whole, np.uint8)
    breaks = np.cumsum(np.fromiter(map(len, values), np.int64, len(values)) + 1)[:-1] - 1
    if (raw[breaks - 1] != _CLOSE).any() or (raw[breaks + 1] != _OPEN).any():
        return None
    if not whole.isascii():
        try:
            whole.decode()
        except UnicodeDecodeError:
            return None
    return Joined(whole, len(values))


NO_SUBJECT: Final = -1
"""A record whose subject could not be made: it is odd."""


def without_odd(numbers: Sequence[int], more_odd: Sequence[int] = ()) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Places of the records that are not odd, and of those that are."""
    odd = sorted({*more_odd, *(place for place, number in enumerate(numbers) if number == NO_SUBJECT)})
    usual = np.delete(np.arange(len(numbers), dtype=np.int64), odd) if odd else np.arange(len(numbers), dtype=np.int64)
    return usual, odd


def batch_of_many(sizes: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64], columns: dict[str, pl.Series]) -> Batch:
    """Records of several rows each, those without rows or with a row of no subject left out as odd.

    sizes: rows of each record; numbers and columns: an entry a row, in order.
    """
    record = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    row = np.arange(len(numbers), dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    odd = np.union1d(np.flatnonzero(sizes == 0), record[numbers == NO_SUBJECT])
    if len(odd):
        kept = np.flatnonzero(~np.isin(record, odd))
        record, row, numbers = record[kept], row[kept], numbers[kept]
        columns = {name: column.gather(kept) for name, column in columns.items()}
    return Batch(record, row, numbers, columns, odd.tolist())
