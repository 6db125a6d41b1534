"""Numbers that a change moved, and what they measure.

Knows:   quantities with units, versions, and four families of settings: how long one waits, how often something recurs or expires,
         how much there is of something, how much is asked at once.
Ignores: whether the move hurts (mechanisms.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import isclose
from typing import Final

_NUMBER = re.compile(r"(?:(?<![\w.])|(?<=-Xm[xsn])|(?<=-Xss))(\d[\d_,]*(?:\.\d+)?)\s*(?:\*\s*(?:time\.)?)?([A-Za-z]+)?")
_UNIT_CALL = re.compile(r"(?P<unit>nanos|micros|millis|seconds?|minutes?|hours?|days?)(?:econds)?\b[\w.]*\(\s*(?P<digits>\d[\d_,]*)", re.I)
_VERSION = re.compile(r"(?<![\w.])[v^~]?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+.][\w.]+)?(?![\w])")
_VERSIONED = re.compile(r"==|>=|~>|@|\^|~|image|FROM\s|version|require|\sv\d|\"\d+\.\d+\.\d+\"|:v?\d+\.\d+|<version>|gem\s|uses:", re.I)
_VERSION_WORDS = re.compile(r"version|from|image|require|tag", re.I)
_LIBRARY = re.compile(r"artifactId|groupId|name|module|package|repository|chart|image", re.I)
_KEY = re.compile(r"[A-Za-z_][\w.\-]*")
_UNITS: Final = {
    "ns": 1e-9, "nanos": 1e-9, "us": 1e-6, "micros": 1e-6, "microseconds": 1e-6, "ms": 1e-3, "millis": 1e-3, "milliseconds": 1e-3, "millisecond": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0,
    "seconds": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hour": 3600.0, "hours": 3600.0, "d": 86400.0, "day": 86400.0, "days": 86400.0,
    "k": 1e3, "kb": 1e3, "ki": 1024.0, "kib": 1024.0, "mb": 1e6, "mi": 2.0**20, "mib": 2.0**20, "g": 1e9, "gb": 1e9, "gi": 2.0**30, "gib": 2.0**30,
}  # fmt: skip

_FAMILIES: Final = (
    # what the number measures: (words, effect when it falls, effect when it rises); the first that matches decides
    (r"rate[_-]?limit|throttl|quota", "capacity_cut", "capacity_raised"),
    (r"ttl|expir|interval|period|poll|refresh|cache|retention|max_?age|delay|backoff|every|schedule|cron|debounce", "period_cut", "period_raised"),
    (r"timeout|deadline|wait|grace|lease|session|probe|leeway|skew|tolerance|heartbeat|duration|budget", "wait_cut", "wait_raised"),
    (r"retr(y|ies)|attempt|tries|redeliver|failure_?threshold|max_?fail", "tries_cut", "tries_raised"),
    (r"batch|chunk|page|prefetch|fetch|concurren|parallel|fan_?out|rate|qps|rps|burst|inflight|in_flight", "demand_cut", "demand_raised"),
    (r"pool|limit|max|memory|mem\b|heap|quota|replica|buffer|queue|conn|capacity|cpu|worker|thread|size|slots|body|instances?|desired|nodes?|shards?|partitions?|throughput|units|ulimit|nofile|xm[xsn]", "capacity_cut", "capacity_raised"),
)  # fmt: skip
_CRON: Final = re.compile(
    r"""["'\s](\*(?:/\d+)?|[\d,\-]+)\s+(\*(?:/\d+)?|[\d,\-]+)\s+(\*(?:/\d+)?|[\d,\-]+|\?)\s+[\w*/,\-]+\s+[\w*/,\-?]+"""
)
_CRONTAB: Final = re.compile(r"\bcrontab\(")
_CRONTAB_FIELD: Final = re.compile(r"""\b(minute|hour)\s*=\s*["']?([\d*/,\-]+)""")
_INSTANCE: Final = re.compile(r"(?<![A-Za-z])(\d*)(nano|micro|small|medium|large|xlarge)\b", re.I)
_SIZES: Final = {"nano": 0.25, "micro": 0.5, "small": 1, "medium": 2, "large": 4}
"""How clouds name instances: each step is twice the one before."""
_TABLE: Final = tuple((re.compile(pattern, re.I), falls, rises) for pattern, falls, rises in _FAMILIES)
_TIME_SUFFIX = re.compile(r"(_|\b|of)(ms|millis|secs?|seconds|minutes)\b", re.I)
HALF: Final = 0.5
"""Ratio at which a number has moved much: halved or doubled; engineers move limits by factors, and tidy them by per cents."""


def quantities(line: str) -> list[float]:
    """Every number of a line in base units; a unit may also stand in the function that takes the number."""
    found = []
    called = {match["digits"]: match["unit"] for match in _UNIT_CALL.finditer(line)}
    for digits, suffix in _NUMBER.findall(line):
        unit = suffix or called.get(digits, "")
        plain = digits.replace("_", "").replace(",", "")
        if plain.count(".") <= 1 and plain.strip("."):
            found.append(float(plain) * _UNITS.get(unit.lower() if unit else "", 1.0))
    return found


def moved_numbers(old: str, new: str, context: Sequence[str] = ()) -> Iterator[str]:
    """The effects of one line's numbers having changed."""
    if _version_pair(old, new):
        return
    if (was_min := _recurs_min(old)) and (now_min := _recurs_min(new)):
        if was_min != now_min:
            yield "period_cut" if now_min < was_min else "period_raised"
        return
    for before, after in zip(quantities(old), quantities(new), strict=False):
        if not isclose(before, after) and (kind := _kind(_family(old, context), before, after)):
            yield kind


def _recurs_min(line: str) -> float | None:
    """After how many minutes a line of a timetable recurs: `*/5 * * * *`, `crontab(minute='*/5')`; None for other lines."""
    if match := _CRON.search(line):
        minute, hour, day = match[1], match[2], match[3]
    elif _CRONTAB.search(line):
        said = dict(_CRONTAB_FIELD.findall(line))
        minute, hour, day = said.get("minute", "*"), said.get("hour", "*"), "*"
    else:
        return None
    for field, unit_min, round_min in ((minute, 1, 60), (hour, 60, 1_440), (day, 1_440, 43_200)):
        if field.startswith("*"):
            return unit_min * float(field.partition("/")[2] or 1)
        if "," in field:
            return round_min / len(field.split(","))
    return 43_200.0


def moved_value(setting: str, old: str, new: str) -> str | None:
    """The effect of a setting's having gone from one value to another; None where nothing moved much."""
    if (was := _size(old)) is not None and (now := _size(new)) is not None and was != now:
        return "capacity_cut" if now < was else "capacity_raised"
    before, after = quantities(old), quantities(new)
    if before and after:
        return _kind(_family(setting, ()), before[0], after[0])
    return "switched" if old and new and old != new else None


def _size(instance: str) -> float | None:
    """The size in the name of a type of instance: `db.r6g.4xlarge` is twice `2xlarge`."""
    match = _INSTANCE.search(instance)
    return None if match is None else float(match[1] or 1) * 8 if match[2].lower() == "xlarge" else float(_SIZES[match[2].lower()])


def moved_versions(old: str, new: str, context: Sequence[str] = ()) -> Iterator[str]:
    """`major`, `minor` or `patch` where a version changed; a first number of 0 makes the second one major."""
    if pair := _version_pair(old, new):
        (major, minor, _), (major_now, minor_now, _) = pair
        if major != major_now or (major == "0" and minor != minor_now):
            yield "major"
        else:
            yield "minor" if minor != minor_now else "patch"


def is_version(old: str, new: str) -> bool:
    """Whether two lines tell another version of the same thing."""
    return _version_pair(old, new) is not None


def library_of(old: str, new: str, context: Sequence[str] = ()) -> str:
    """What the version in a line is of: the rest of the line, or what stands around a line that has nothing else; empty without one."""
    if _version_pair(old, new) is None:
        return ""
    rest = _VERSION.sub("", old)
    return rest if _KEY.search(_VERSION_WORDS.sub("", rest)) else " ".join(line for line in context if _LIBRARY.search(line))


def _version_pair(old: str, new: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    before, after = _VERSION.search(old), _VERSION.search(new)
    if not (before and after) or before[0] == after[0]:
        return None
    if not ((before[3] is not None and after[3] is not None) or _VERSIONED.search(old)):
        return None
    return before.groups(), after.groups()


def _family(line: str, context: Sequence[str]) -> tuple[str, str]:
    """What a line's number measures; where the line does not say, what stands around it does."""
    for text in (" ".join(_KEY.findall(line)), *reversed(context)):
        for pattern, falls, rises in _TABLE:
            if pattern.search(text):
                return falls, rises
        if _TIME_SUFFIX.search(text):
            return "wait_cut", "wait_raised"
    return "", ""


def _kind(family: tuple[str, str], before: float, after: float) -> str | None:
    falls, rises = family
    if after <= before * HALF:
        return falls or None
    if before <= after * HALF:
        return rises or None
    return rises if after > before and rises == "capacity_raised" else None
