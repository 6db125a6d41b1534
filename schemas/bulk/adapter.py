"""prometheus-kafka-adapter samples in bulk; equals schemas/sources/prometheus.py `read_sample`."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

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
    """Name and labels are taken raw: together they are the key of the series."""

    name: msgspec.Raw
    labels: msgspec.Raw
    timestamp: str
    value: str


_decoder: Final = msgspec.json.Decoder(_Sample)
_series: Final = attrgetter("name", "labels")


class Adapter:
    format = ADAPTER
    marks = (b'"labels"', b'"timestamp"', b'"value"')

    def read(self, values: Sequence[bytes], subjects: Subjects, redaction_key: bytes) -> Batch | None:
        samples = decode_together(_decoder, values)
        if samples is None:
            return None
        keys = list(map(b"".join, map(_series, samples)))
        numbers: list[Any] = list(map(subjects.by_key.get, keys))
        if None in numbers:
            numbers = [_number(sample, key, subjects) for sample, key in zip(samples, keys, strict=True)]
        measured, wrong = finite([sample.value for sample in samples])
        usual, odd = without_odd(numbers, np.flatnonzero(wrong).tolist())
        at = times_ns([sample.timestamp for sample in samples])
        if odd:
            measured, at = measured.gather(usual), at.gather(usual)
        zeros = np.zeros(len(usual), np.int64)
        return Batch(usual, zeros, np.array(numbers, np.int64)[usual], {"event_time_ns": at, "value": measured.cast(pl.Float64)}, odd)


def _number(sample: _Sample, key: bytes, subjects: Subjects) -> int:
    known = subjects.by_key.get(key)
    if known is not None:
        return known
    try:
        name, given = orjson.loads(bytes(sample.name)), orjson.loads(bytes(sample.labels))
    except orjson.JSONDecodeError:
        return NO_SUBJECT
    if not isinstance(name, str) or not isinstance(given, dict):
        return NO_SUBJECT
    number = subjects.by_key[key] = subjects.number(sample_subject(text(name), labels(given)))
    return number
