"""Subjects met so far, each kept once and told by a number.

Knows:   interning by content, and the columnar form of many at once.
Ignores: where subjects come from and what is said about them.

A batch holds few subjects and many rows: rows carry the number, and the frame is put together by one gather.  What is remembered
changes speed only, never a result, so it may be forgotten at any time between batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.signal import SUBJECT_SCHEMA, Kind, Subject, subjects_frame

MAX_SUBJECTS: Final = 500_000
"""About 1 KB each: half a gigabyte at most.  An estate of 5,000 pods with 50 series each has half as many."""
MAX_VARYING: Final = 100_000
"""Attributes of log records and parameters of events, about 1 KB a set: where they vary from row to row, remembering more is in vain."""


class Subjects:
    def __init__(self, settle: Callable[[Subject], Subject]) -> None:
        self._settle = settle
        self._numbers: dict[Subject, int] = {}
        self._settled: list[Subject] = []
        self._frame = pl.DataFrame(schema=SUBJECT_SCHEMA)
        self._is_log = np.zeros(0, np.bool_)
        self.by_key: dict[Any, int] = {}
        """Subject numbers under keys that a bulk decoder makes of raw bytes: it parses each subject once."""
        self.facts: dict[bytes, dict[str, str]] = {}
        """Attributes under the raw bytes that held them, for decoders whose subjects share them."""
        self.known: dict[Any, Any] = {}
        """Whatever else a decoder knows of raw bytes: dictionaries of its own, by resource or metric."""
        self.remembered = 0
        """Entries in all of them; the decoder counts."""
        self.varying: dict[Any, Any] = {}
        """The same of what may vary from row to row: forgotten sooner, and apart from the rest."""
        self.varied = 0

    def number(self, subject: Subject) -> int:
        """The number of a subject as a reader made it."""
        number = self._numbers.get(subject)
        if number is None:
            number = self._numbers[subject] = len(self._settled)
            self._settled.append(self._settle(subject))
        return number

    def with_attributes(self, number: int, attributes: tuple[tuple[str, str], ...]) -> int:
        """The number of the subject that has these attributes as well."""
        subject = self._settled[number]
        return self.number(msgspec.structs.replace(subject, attributes=tuple(sorted({*subject.attributes, *attributes}))))

    def rows(self, numbers: npt.NDArray[np.int64]) -> pl.DataFrame:
        """Columns of SUBJECT_SCHEMA, a row for each number."""
        if len(self._settled) > self._frame.height:
            self._frame = pl.concat([self._frame, subjects_frame(self._settled[self._frame.height :])], rechunk=True)
        return self._frame[numbers]

    def logs(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Where the numbers of logs stand among these."""
        known = len(self._is_log)
        if len(self._settled) > known:
            new = np.array([subject.kind == Kind.LOG for subject in self._settled[known:]], np.bool_)
            self._is_log = np.concatenate([self._is_log, new])
        return np.flatnonzero(self._is_log[numbers])

    def forget_if_full(self) -> None:
        """To be called between batches only: numbers given out before mean nothing after."""
        full = max(len(self._settled), len(self.by_key), len(self.facts), self.remembered) > MAX_SUBJECTS
        if full or self.varied > MAX_VARYING:
            self.varying.clear()
            self.varied = 0
        if full:
            self._numbers.clear()
            self._settled.clear()
            self.by_key.clear()
            self.facts.clear()
            self.known.clear()
            self.remembered = 0
            self._frame = self._frame.clear()
            self._is_log = self._is_log[:0]
