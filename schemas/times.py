"""Times as senders write them, read into nanoseconds since 1970 UTC.

Knows:   epoch numbers of every unit, RFC 3339 and its many cousins, RFC 1123, US and syslog forms, FILETIME, placeholders.
Ignores: which field holds the time; a reader says.

Integers only: a double holds no nanosecond of this century.  Absent, placeholder and unreadable times are all 0, since a reader
does the same with each: it takes the next best field.
Sources: RFC 3339, RFC 2822 §3.3, RFC 3164 §4.1.2; FILETIME: Microsoft [MS-DTYP] 2.3.3.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

SECOND_NS: Final = 1_000_000_000
DAY_NS: Final = 86_400 * SECOND_NS
LAST_NS: Final = 2**63 - 1
"""2262-04-11: what an int64 of nanoseconds can say."""
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_FILETIME_EPOCH: Final = 116_444_736_000_000_000
"""1970-01-01 in 100 ns steps since 1601-01-01."""
_UNIT_NS: Final = {"s": SECOND_NS, "ms": 1_000_000, "us": 1_000, "ns": 1}
_EARLIEST_S: Final = 100_000_000
"""1973-03-03.  A smaller bare number is a duration or a counter, not a time."""

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,:](?P<fraction>\d{1,12}))?)?"
_HALF = r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
_ZONE = r"\s*(?P<zone>Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?(?:\s+(?:UTC|GMT|[A-Z]{3,4}))?(?:\s+m=[+-][\d.]+)?"
_MONTH = r"(?P<name>[^\W\d_]{3,9})\.?"
_FORMS: Final = tuple(
    re.compile(rf"\s*\[?{form}\]?\s*", re.ASCII if "name" not in form else 0)
    for form in (
        rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})(?:[Tt ]\s*{_CLOCK}{_ZONE})?",
        rf"(?P<year>\d{{4}})/(?P<month>\d\d)/(?P<day>\d\d)[T ]{_CLOCK}{_ZONE}",
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\.(?P<fraction>\d+))?{_ZONE}",
        rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}}),?\s+{_CLOCK}{_HALF}{_ZONE}",
        rf"(?:[^\W\d_]{{2,9}}\.?,\s*)?(?P<day>\d{{1,2}})[ -]{_MONTH}[ -](?P<year>\d{{4}})\s+{_CLOCK}{_ZONE}",
        rf"(?P<day>\d{{1,2}})/{_MONTH}/(?P<year>\d{{4}}):{_CLOCK}{_ZONE}",
        rf"(?:[^\W\d_]{{2,9}}\.?,?\s+)?{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}),?\s+{_CLOCK}{_HALF}{_ZONE}",
        rf"(?:[^\W\d_]{{2,9}}\.?\s+)?{_MONTH}\s+(?P<day>\d{{1,2}})\s+{_CLOCK}(?:\s+(?P<zone>UTC|GMT|[A-Z]{{3,4}}))?\s+(?P<year>\d{{4}})",
    )
)
_YEARLESS: Final = re.compile(rf"\s*(?:[^\W\d_]{{2,9}}\.?\s+)?{_MONTH}\s+(?P<day>\d{{1,2}})\s+{_CLOCK}")
_NUMBER: Final = re.compile(r"\s*(\d{1,20})(?:\.(\d{1,20}))?\s*")
_TIME_TEXT_CHARS: Final = 64
"""Longer than any time ever written; caps the work on hostile text."""

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan jän ene gen янв", "feb fév fev фев", "mar mär mrz мар", "apr avr abr апр", "may mai mag май", "jun giu июн",
            "jul lug июл", "aug aoû ago авг", "sep set сен", "oct okt ott out окт", "nov noy ноя", "dec dez dic déc дек",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""First three letters in the languages that localised kernels and Windows hosts were seen to write."""


def parse(value: object, *, unit: str | None = None) -> int:
    """Nanoseconds since 1970, or 0 for what is absent, a placeholder or no time at all.

    unit: `s`, `ms`, `us` or `ns` where the format fixes the unit of a number; without it the magnitude decides
    (1e17 and more is ns, 1e14 µs, 1e11 ms, else seconds).  A text without zone is UTC.
    """
    if isinstance(value, str):
        return _parse_text(value, unit)
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return _from_number(value, "", unit)
    if isinstance(value, float) and 0 < value < 1e20:
        whole, _, fraction = format(Decimal(repr(value)), "f").partition(".")
        return _from_number(int(whole), fraction, unit)
    return 0


def parse_yearless(text: str, near_ns: int) -> int:
    """A time without a year (`Mar  5 12:00:01`), put in the year that brings it nearest to `near_ns`; 0 if it is none.

    near_ns is when the record was received.  A time more than a day ahead of it belongs to the year before.
    """
    match = _YEARLESS.match(text[:_TIME_TEXT_CHARS])
    if not match or near_ns <= 0:
        return 0
    year = 1970 + near_ns // (DAY_NS * 365 + DAY_NS // 4)
    found = [ns for y in (year - 1, year, year + 1) if 0 < (ns := _from_match(match.groupdict(), year=y)) <= near_ns + DAY_NS]
    return max(found, default=0)


def filetime(value: object) -> int:
    """A Windows FILETIME (100 ns since 1601; int, decimal or 0x… text) as nanoseconds since 1970; 0 if it is none."""
    if isinstance(value, str):
        try:
            value = int(value.strip()[:24], 16 if value.strip().lower().startswith("0x") else 10)
        except ValueError:
            return 0
    return _bounded((value - _FILETIME_EPOCH) * 100) if isinstance(value, int) and not isinstance(value, bool) else 0


def rfc3339(time_ns: int) -> str:
    """`2023-01-29T08:50:00.000000000Z`; the empty text for 0."""
    if not time_ns:
        return ""
    seconds, fraction = divmod(time_ns, SECOND_NS)
    moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return f"{moment.isoformat()}.{fraction:09d}Z"


def _parse_text(text: str, unit: str | None) -> int:
    text = text[:_TIME_TEXT_CHARS]
    if number := _NUMBER.fullmatch(text):
        return _from_number(int(number[1]), number[2] or "", unit)
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _from_match(match.groupdict())
    return 0


def _from_number(whole: int, fraction: str, unit: str | None) -> int:
    if unit is None:
        unit = "ns" if whole >= 10**17 else "us" if whole >= 10**14 else "ms" if whole >= 10**11 else "s"
        if unit == "s" and whole < _EARLIEST_S:
            return 0
    scale = _UNIT_NS[unit]
    digits = fraction[:9]
    return _bounded(whole * scale + (int(digits) * scale // 10 ** len(digits) if digits else 0))


def _from_match(parts: dict[str, str | None], year: int | None = None) -> int:
    month = int(parts["month"] or 0) if "month" in parts else _MONTHS.get((parts["name"] or "")[:3].lower(), 0)
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half in "Pp" else 0)
    if hour > 24 or minute > 59 or second > 60:
        return 0
    try:
        days = date(year or int(parts["year"] or 0), month, int(parts["day"] or 0)).toordinal() - _EPOCH_DAY
    except ValueError:
        return 0
    nanos = int((parts.get("fraction") or "0")[:9].ljust(9, "0"))
    seconds = days * 86_400 + hour * 3600 + minute * 60 + second - _offset_s(parts.get("zone") or "")
    return _bounded(seconds * SECOND_NS + nanos)


def _offset_s(zone: str) -> int:
    if zone[:1] not in ("+", "-"):
        return 0  # Z, UTC, GMT; other zone names are ambiguous and read as UTC
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
    return -seconds if zone[0] == "-" else seconds


def _bounded(time_ns: int) -> int:
    return time_ns if 0 < time_ns <= LAST_NS else 0
