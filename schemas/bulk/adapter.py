"""prometheus-kafka-adapter samples in bulk; equals schemas/sources/prometheus.py `read_sample`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import orjson
import polars as pl

from schemas.bulk.batch import NO_SUBJECT, Batch, decode_together, without_odd
from schemas.bulk.columns import finite, times_ns
from schemas.sources.fields import labels, text
from schemas.sources.prometheus import ADAPTER, sample_subject
from schemas.subjects import Subjects


class _Sample(msgspec.Struct, gc=False):
    name: str
    labels: msgspec.Raw
    timestamp: str
    value: str


_decoder: Final = msgspec.json.Decoder(_Sample)


class Adapter:
    format = ADAPTER
    marks = (b'"labels"', b'"timestamp"', b'"value"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        samples = decode_together(_decoder, values)
        if samples is None:
            return None
        by_key = subjects.by_key
        numbers = []
        for sample in samples:
            key = (sample.name, bytes(sample.labels))
            number = by_key.get(key)
            numbers.append(_number(key, subjects) if number is None else number)
        measured, wrong = finite([sample.value for sample in samples])
        usual, odd = without_odd(numbers, np.flatnonzero(wrong).tolist())
        at = times_ns([sample.timestamp for sample in samples])
        if odd:
            measured, at = measured.gather(usual), at.gather(usual)
        zeros = np.zeros(len(usual), np.int64)
        return Batch(usual, zeros, np.array(numbers, np.int64)[usual], {"event_time_ns": at, "value": measured.cast(pl.Float64)}, odd)


def _number(key: tuple[str, bytes], subjects: Subjects) -> int:
    try:
        given = orjson.loads(key[1])
    except orjson.JSONDecodeError:
        return NO_SUBJECT
    if not isinstance(given, dict):
        return NO_SUBJECT
    number = subjects.by_key[key] = subjects.number(sample_subject(text(key[0]), labels(given)))
    return number
