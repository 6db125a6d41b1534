"""CloudWatch Logs batches in bulk; equals schemas/sources/aws_logs.py behind schemas/sources/layers.py.

A batch is of one group and one stream, so of one subject.  A batch in which any message is JSON (CloudTrail, embedded metrics, an application's
own) is odd: each of its messages may be of another format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from schemas import times
from schemas.bulk.batch import NO_SUBJECT, Batch, batch_of_many, decode_together
from schemas.bulk.columns import stripped
from schemas.severity import BY_WORD, ERROR, INFO
from schemas.signal import Kind
from schemas.sources.aws_logs import FAILED, FORMAT, LEVEL, LEVEL_WITHIN, LIFECYCLE, attributes_of, fallback_of
from schemas.sources.cloud import MAX_TEXT_CHARS, harmless_many, identity_of, text
from schemas.subjects import Subjects

_MOST_EVENTS: Final = 10_000
"""A subscription packs at most 1 MB of compressed events; more in one batch is left to the caps of the plain reader."""


class _Event(msgspec.Struct, gc=False):
    id: str
    timestamp: int
    message: str


class _Events(msgspec.Struct, gc=False):
    messageType: str
    logGroup: str
    logStream: str
    owner: str
    logEvents: list[_Event]


_PACKED: Final = r"^[{\[]"
_MOST_MS: Final = 2**53
_LAST_MS: Final = times.LAST_NS // 1_000_000
_BY_LEVEL: Final = {word.upper(): number for word, number in BY_WORD.items()}
_decoder: Final = msgspec.json.Decoder(_Events)


class CloudWatchLogs:
    format = FORMAT
    marks = (b'"logEvents"', b'"logGroup"', b'"DATA_MESSAGE"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        batches = decode_together(_decoder, values)
        if batches is None:
            return None
        sizes = np.array([len(batch.logEvents) if batch.messageType.strip() == "DATA_MESSAGE" else 0 for batch in batches], np.int64)
        sizes[sizes > _MOST_EVENTS] = 0
        events = [event for batch, size in zip(batches, sizes.tolist(), strict=True) if size for event in batch.logEvents]
        if not events:
            return None
        lines = stripped([event.message for event in events])
        stamps = [event.timestamp for event in events]
        if max(stamps) > _MOST_MS or min(stamps) < -_MOST_MS:
            return None
        ids = stripped([event.id for event in events], MAX_TEXT_CHARS)
        numbers = np.repeat(np.array([_number(batch, subjects) for batch in batches], np.int64), sizes)
        numbers[(lines.str.contains(_PACKED) | (lines.str.len_bytes() == 0)).to_numpy()] = NO_SUBJECT
        columns = {
            "event_time_ns": _times(np.array(stamps, np.int64)),
            "severity_number": _severities(lines),
            "text": harmless_many(lines, redaction_key),
            "dedup_key": pl.select(pl.when(ids != "").then(pl.lit(f"{FORMAT}|") + ids).otherwise(pl.lit(""))).to_series(),
        }
        return batch_of_many(sizes, numbers, columns)


def _times(ms: npt.NDArray[np.int64]) -> pl.Series:
    """`times.parse(…, unit="ms")` of each."""
    return pl.Series(np.where((ms > 0) & (ms <= _LAST_MS), ms, 0) * 1_000_000, dtype=pl.Int64)


def _severities(lines: pl.Series) -> pl.Series:
    """`severity_of({}, line)` of each."""
    words = lines.str.slice(0, LEVEL_WITHIN).str.extract(LEVEL, 1).replace_strict(_BY_LEVEL, default=None, return_dtype=pl.UInt8)
    lifecycle = pl.when(lines.str.contains(LIFECYCLE)).then(pl.lit(INFO, pl.UInt8)).otherwise(pl.lit(0, pl.UInt8))
    failed = pl.when(lines.str.contains(FAILED)).then(pl.lit(ERROR, pl.UInt8))
    return pl.select(failed.otherwise(pl.coalesce(words, lifecycle))).to_series()


def _number(batch: _Events, subjects: Subjects) -> int:
    key = (FORMAT, batch.owner, batch.logGroup, batch.logStream)
    number = subjects.by_key.get(key)
    if number is None:
        attributes = attributes_of({"owner": text(batch.owner), "logGroup": text(batch.logGroup), "logStream": text(batch.logStream)})
        subject = identity_of(attributes).subject(Kind.LOG, FORMAT, fallback=fallback_of(text(batch.logGroup)))
        number = subjects.by_key[key] = subjects.number(subject)
    return number
