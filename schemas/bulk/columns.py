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

_USUAL: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$"


def times_ns(texts: list[str]) -> pl.Series:
    """`times.parse` of each text; Int64, 0 for what is no time."""
    column = pl.Series(texts, dtype=pl.String)
    if column.is_empty():
        return pl.Series(dtype=pl.Int64)
    if column.n_unique() * 2 > len(texts):
        return _parsed(column)
    unique = column.unique()  # the samples of one scrape share their time
    known = dict(zip(unique.to_list(), _parsed(unique).to_list(), strict=True))
    return pl.Series(list(map(known.__getitem__, texts)), dtype=pl.Int64)


def _parsed(column: pl.Series) -> pl.Series:
    usual = column.str.contains(_USUAL)
    seconds = column.str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="ms", strict=False).cast(pl.Int64)
    nanos = column.str.slice(20).str.strip_chars_end("Z").str.pad_end(9, "0").cast(pl.Int64, strict=False).fill_null(0)
    found = (seconds * 1_000_000 + nanos).fill_null(0)
    fits = usual & (seconds > 0).fill_null(False) & (seconds < times.LAST_NS // 1_000_000).fill_null(False)
    rest = (~fits).arg_true()
    return found.scatter(rest, list(map(times.parse, column.gather(rest).to_list()))) if len(rest) else found


_SPACES: Final = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Python's `str.strip` takes off."""


def stripped(texts: list[str], most_chars: int) -> pl.Series:
    """`text.strip()[:most_chars]` of each text."""
    column = pl.Series(texts, dtype=pl.String).str.strip_chars(_SPACES)
    longest = column.str.len_bytes().max()
    return column.str.slice(0, most_chars) if isinstance(longest, int) and longest > most_chars else column


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
    return pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series(), numbers.is_null().to_numpy()
