"""Times of every unit and form become the same nanoseconds; what is no time is 0 (C1)."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import times
from schemas.bulk.columns import times_ns

MOMENT_NS = 1_572_600_000_123_456_789
"""2019-11-01T09:20:00.123456789Z."""


@pytest.mark.parametrize(
    "written",
    [
        "2019-11-01T09:20:00.123456789Z", "2019-11-01 09:20:00.123456789", "2019-11-01T10:20:00.123456789+01:00", "2019-11-01T10:20:00,123456789+0100",
        "20191101T092000.123456789Z", "1572600000.123456789", "1572600000123456789", 1572600000123456789, "2019-11-01 09:20:00.123456789 +0000 UTC m=+0.5",
        "2019-11-01 09:20:00.1234567891 UTC",
    ],
)  # fmt: skip
def test_nanoseconds_are_exact(written: object) -> None:
    assert times.parse(written) == MOMENT_NS


@pytest.mark.parametrize(
    "written",
    [
        1572600000, 1572600000000, 1572600000000000, 1572600000000000000, "1572600000", 1572600000.0, "Fri, 1 Nov 2019 09:20:00 GMT", "01 Nov 2019 10:20:00 +0100",
        "11/01/2019 09:20:00", "11/1/2019 1:20:00 AM -08:00", "2019/11/01 09:20:00", "Nov 1, 2019 9:20:00 AM", "01/Nov/2019:09:20:00 +0000", "Fri Nov  1 09:20:00 2019",
        "[Fr Nov  1 09:20:00 2019]", "Fri Nov  1 09:20:00 UTC 2019", "2019-11-01 09:20:00:000+0000", "2019-11-01 11:20:00 +0200 CEST",
    ],
)  # fmt: skip
def test_every_unit_and_form_tells_the_same_second(written: object) -> None:
    assert times.parse(written) == 1_572_600_000_000_000_000


@pytest.mark.parametrize(
    "written",
    [None, "", "null", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1601-01-01", "yyyy-mm-ddThh:mm:ssZ", True, 0, -5, 3600, float("nan"), float("inf"), 1e300, [],
     {}, "2019-13-01T00:00:00Z", "2019-02-30", "2019-11-01T25:00:00Z", "9999-12-31T23:59:59Z", "9" * 40, "Nov", "٣"],
)  # fmt: skip
def test_placeholders_and_nonsense_are_absent(written: object) -> None:
    assert times.parse(written) == 0


@given(st.datetimes(min_value=datetime(1974, 1, 1), max_value=datetime(2262, 1, 1)))
def test_what_is_written_is_read_back(moment: datetime) -> None:
    """RFC 3339 out, RFC 3339 in, and the same by column as text by text."""
    nanos = int(moment.replace(tzinfo=UTC).timestamp()) * 10**9 + moment.microsecond * 1000
    written = times.rfc3339(nanos)
    assert times.parse(written) == nanos
    assert times_ns([written, f"{moment.isoformat()}Z", "never"]).to_list() == [nanos, nanos, 0]


@given(st.lists(st.text(max_size=40) | st.datetimes().map(lambda moment: moment.isoformat() + "Z"), max_size=20))
def test_a_column_of_times_is_what_its_texts_are(texts: list[str]) -> None:
    assert times_ns(texts).to_list() == [times.parse(text) for text in texts]
    assert times_ns(texts).dtype == pl.Int64


@pytest.mark.parametrize(
    ("written", "near", "year"),
    [("Dec 31 23:59:59", "2024-01-01T00:00:05Z", 2023), ("Jan  1 00:00:01", "2023-12-31T23:59:00Z", 2024), ("Mar  5 12:00:01", "2024-03-05T12:00:00Z", 2024),
     ("Feb 29 12:00:00", "2025-06-01T00:00:00Z", 2024), ("Mar  7 12:00:00", "2024-03-05T12:00:00Z", 2023)],
)  # fmt: skip
def test_a_time_without_a_year_is_the_last_one_before_its_arrival(written: str, near: str, year: int) -> None:
    """With a day of skew allowed: a clock may be ahead, but no line comes from the day after tomorrow."""
    assert times.rfc3339(times.parse_yearless(written, times.parse(near)))[:4] == str(year)


def test_filetimes_count_from_1601() -> None:
    assert times.rfc3339(times.filetime(132_170_736_000_000_000)) == "2019-11-01T09:20:00.000000000Z"
    assert times.filetime("0x1d59095d38f0000") == times.filetime(0x1D59095D38F0000)
    assert [times.filetime(value) for value in ("zz", None, True, 5)] == [0, 0, 0, 0]
