"""Whole columns of what readers else parse one by one: times and numbers.

Knows:   the usual written form of each (RFC 3339 in UTC, decimal text), for which one vectorised pass does.
Ignores: every other form, which it hands to schemas/times.py text by text.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas import times
from schemas.series import VALUE, over

_SECONDS: Final = "0000-00-00T00:00:00"
"""The usual form, to the second; a fraction and `Z` follow."""
_MARKS: Final = [(place, ord(mark)) for place, mark in enumerate(_SECONDS) if mark != "0"]
_SHORTEST, _LONGEST = len(_SECONDS) + 1, len(_SECONDS) + 11
_MONTH_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int32)
_BEFORE_MONTH: Final = np.cumsum(_MONTH_DAYS, dtype=np.int32) - _MONTH_DAYS
_LOOK: Final = 64
"""Times at the beginning of a column that tell whether times repeat."""
_EPOCH_DAYS: Final = 719_162
"""Days from 0001-01-01 to 1970-01-01."""


def times_ns(texts: list[str]) -> pl.Series:
    """`times.parse` of each text; Int64, 0 for what is no time."""
    if len(set(texts[:_LOOK])) * 2 > len(texts[:_LOOK]):
        return pl.Series(_parsed(texts), dtype=pl.Int64)
    some = list(set(texts))  # the samples of one scrape share their time
    known = dict(zip(some, _parsed(some).tolist(), strict=True))
    return pl.Series(list(map(known.__getitem__, texts)), dtype=pl.Int64)


def _parsed(texts: list[str]) -> npt.NDArray[np.int64]:
    """Texts of one length are a matrix of characters: each is parsed by column."""
    found = np.full(len(texts), -1, np.int64)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    for length in np.unique(lengths).tolist():
        where = np.flatnonzero(lengths == length)
        if _SHORTEST <= length <= _LONGEST and length != _SHORTEST + 1:
            joined = "".join(texts if len(where) == len(texts) else [texts[place] for place in where])
            if joined.isascii():
                found[where] = _of_matrix(np.frombuffer(joined.encode(), np.uint8).reshape(-1, length))
    for place in np.flatnonzero(found < 0).tolist():
        found[place] = times.parse(texts[place])
    return found


def _of_matrix(characters: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Nanoseconds of `YYYY-MM-DDTHH:MM:SS[.fraction]Z`, a row each; -1 for what is not written so."""
    length = characters.shape[1]
    marks = [*_MARKS, (length - 1, ord("Z")), *([(len(_SECONDS), ord("."))] if length > _SHORTEST else [])]
    digits = np.ascontiguousarray((characters - np.uint8(ord("0"))).T)  # what is below 0 wraps around and is above 9
    usual = (digits <= 9).sum(axis=0, dtype=np.uint8) == length - len(marks)
    for place, mark in marks:
        usual &= digits[place] == (mark - ord("0")) % 256
    year, month, day, hour, minute, second = (_number(digits[begin:end]) for begin, end in _FIELDS)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    usual &= (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60)
    month = np.where(usual, month, 1)
    usual &= day <= _MONTH_DAYS[month] + (leap & (month == 2))
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 + _BEFORE_MONTH[month] + (leap & (month > 2)) + day - 1 - _EPOCH_DAYS
    seconds = days.astype(np.int64) * 86_400 + (hour * 60 + minute) * 60 + second
    usual &= (seconds > 0) & (seconds < times.LAST_NS // times.SECOND_NS)
    fraction = digits[len(_SECONDS) + 1 : length - 1]
    nanos = _number(fraction).astype(np.int64) * 10 ** (9 - len(fraction)) if len(fraction) else 0
    return np.where(usual, np.where(usual, seconds, 0) * times.SECOND_NS + nanos, -1)


_FIELDS: Final = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))
"""Where year, month, day, hour, minute and second stand."""


def _number(digits: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Up to nine digits, a row each, as one number a column."""
    number: npt.NDArray[np.int32] = digits[0].astype(np.int32)
    for digit in digits[1:]:
        number = number * 10 + digit
    return number


_SPACES: Final = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Python's `str.strip` takes off."""


def stripped(texts: list[str] | pl.Series, most_chars: int | None = None) -> pl.Series:
    """`text.strip()[:most_chars]` of each text."""
    bare = VALUE.str.strip_chars(_SPACES)
    return over(pl.Series(texts, dtype=pl.String), bare if most_chars is None else bare.str.slice(0, most_chars))


def nanoseconds(values: list[int | str]) -> npt.NDArray[np.int64]:
    """`times.parse(value, unit="ns")` of each, 64-bit integers written as numbers or texts."""
    try:
        digits = "".join(values)  # type: ignore[arg-type]
    except TypeError:
        digits = ""
    if digits.isascii() and digits.isdecimal():
        column = pl.Series(values, dtype=pl.String)
        longest = column.str.len_bytes().max()
        if isinstance(longest, int) and longest <= _INT64_DIGITS:
            return column.cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    return np.array([times.parse(value, unit="ns") for value in values], np.int64)


_INT64_DIGITS: Final = 19
"""Of 2⁶³ − 1; a number above it is no time."""


def finite(texts: list[str]) -> tuple[pl.Series, npt.NDArray[np.bool_]]:
    """Numbers of decimal texts, null where they are not finite; and where a text is no number at all."""
    numbers = pl.Series(texts, dtype=pl.String).cast(pl.Float64, strict=False)
    if not numbers.null_count() and np.isfinite(numbers.to_numpy()).all():
        return numbers, np.zeros(len(texts), np.bool_)
    return pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series(), numbers.is_null().to_numpy()
