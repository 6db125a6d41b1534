"""Rows in columns: what readers leave out is filled, and what no row may be is mended.

Knows:   defaults of columns, absent and absurd times, texts beyond the cap.
Ignores: how records were read (schemas/reading.py, schemas/bulk/).
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl

from schemas import times
from schemas.bulk.batch import Batch
from schemas.series import VALUE, over
from schemas.signal import ROW_SCHEMA, Signal
from schemas.subjects import Subjects

MAX_TEXT_CHARS: Final = 2_000
"""Of one row.  A stack trace names its cause in the first lines; the record itself stays the evidence."""

_DEFAULTS: Final[dict[str, Any]] = {
    "event_time_ns": 0, "starts_at_ns": 0, "value": None, "severity_number": 0, "status": None, "text": "", "dedup_key": "", "trace_id": "",
    "change_id": "", "evidence_url": "", "details": "",
}  # fmt: skip
"""Columns that readers fill, and what they hold when one does not."""


def batch_of(signals: list[Signal], places: list[int], subjects: Subjects) -> Batch:
    columns = {name: pl.Series([getattr(signal, name) for signal in signals], dtype=ROW_SCHEMA[name]) for name in _DEFAULTS}
    return Batch(
        np.array(places, np.int64),
        np.array([signal.row for signal in signals], np.int64),
        np.array([subjects.number(signal.subject) for signal in signals], np.int64),
        columns,
    )


def columns_of(batches: list[Batch]) -> dict[str, pl.Series]:
    """The readers' columns of all batches, one after the other."""
    if len(batches) == 1:
        return {name: _column(batches[0], name) for name in _DEFAULTS}
    return {name: pl.concat([_column(batch, name) for batch in batches]) for name in _DEFAULTS}


def _column(batch: Batch, name: str) -> pl.Series:
    column = batch.columns.get(name)
    if column is None:
        return repeated(_DEFAULTS[name], len(batch.record), name)
    return column if column.dtype == ROW_SCHEMA[name] else column.cast(ROW_SCHEMA[name])


def repeated(value: Any, height: int, name: str) -> pl.Series:
    return _single(value, name).new_from_index(0, height)


@lru_cache(maxsize=256)
def _single(value: Any, name: str) -> pl.Series:
    return pl.Series([value], dtype=ROW_SCHEMA[name])


def settle_times(columns: dict[str, pl.Series], ingest: npt.NDArray[np.int64], ahead_ns: int | None) -> None:
    """Absent event times become the ingest time; times too far ahead too, with a note of what was claimed."""
    event = columns["event_time_ns"].to_numpy()
    if ahead_ns is not None:
        wrong = np.flatnonzero((ingest > 0) & (event - ingest > ahead_ns))
        if len(wrong):
            said = columns["details"].gather(wrong).to_list()
            details = [_noted(before, "ts_adjusted", times.rfc3339(at)) for before, at in zip(said, event[wrong].tolist(), strict=True)]
            columns["details"] = columns["details"].scatter(wrong, details)
            event = event.copy()
            event[wrong] = 0
    columns["event_time_ns"] = pl.Series(np.where(event > 0, event, ingest))


_LONG: Final = (VALUE.str.len_bytes() > MAX_TEXT_CHARS).arg_true()
"""Bytes are at least as many as characters, and known without counting."""


def cut_texts(columns: dict[str, pl.Series]) -> None:
    texts = columns["text"]
    long = over(texts, _LONG)
    if not len(long):
        return
    whole = texts.gather(long).to_list()
    places = [place for place, text in zip(long.to_list(), whole, strict=True) if len(text) > MAX_TEXT_CHARS]
    cut = [text for text in whole if len(text) > MAX_TEXT_CHARS]
    hashes = [blake2b(text.encode(), digest_size=8).hexdigest() for text in cut]
    said = columns["details"].gather(places).to_list()
    columns["details"] = columns["details"].scatter(
        places, [_noted(before, "text_hash", hash_) for before, hash_ in zip(said, hashes, strict=True)]
    )
    columns["text"] = texts.scatter(places, [text[:MAX_TEXT_CHARS] for text in cut])


def _noted(details: str, key: str, value: str) -> str:
    return orjson.dumps({**(orjson.loads(details) if details else {}), key: value}).decode()
