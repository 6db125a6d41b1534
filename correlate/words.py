"""Times, spans, numbers and names in words: the vocabulary that timeline, chain, causes and postmortem share.

Knows:   how a figure or an entity is written in a sentence.
Ignores: what is being told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from correlate.units import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from schemas.entity import split
from schemas.masking import MARK, mask
from schemas.plain import one_line, plain

_EPOCH: Final = datetime(1970, 1, 1)

_STAMP: Final = re.compile(r"^[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?[\])]?[ :,-]*")
_ID: Final = re.compile(r"\b[0-9a-f]{16,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)

QUOTE_CHARACTERS: Final = 200
"""Of a record in a sentence; the evidence has more of it."""

TEMPLATE_CHARACTERS: Final = 90
"""Of a log template in a sentence that says more than the template: its first dozen words tell it from all others."""

_PYTHON_TRACE: Final = "Traceback (most recent call last)"
_UNITLESS: Final = frozenset({"", "1"})


def moment(time_ns: int) -> str:
    """RFC 3339 UTC in milliseconds, rounded down: the order of the texts is the order of the times, and any language reads it."""
    seconds, fraction = divmod(time_ns, SECOND_NS)
    return f"{(_EPOCH + timedelta(seconds=seconds)).isoformat()}.{fraction // 1_000_000:03d}Z"


def nanoseconds(at: str) -> int:
    """Of a time as `moment` writes it."""
    whole, _, fraction = at.removesuffix("Z").partition(".")
    return (datetime.fromisoformat(whole) - _EPOCH) // timedelta(seconds=1) * SECOND_NS + int(fraction.ljust(9, "0") or 0)


def shown(at: str) -> str:
    """A time as `moment` writes it, for a sentence: without decimals when they are zero."""
    return at.replace(".000Z", "Z")


def span(length_ns: int) -> str:
    """`850 ms`, `42 s`, `4 min 20 s`, `2 h 5 min`, `3 d 4 h`: two units, the second only when it is not zero."""
    length_ns = abs(length_ns)
    if length_ns < SECOND_NS:
        return f"{round(length_ns / 1e6)} ms"
    for unit_ns, unit, part_ns, part in ((DAY_NS, "d", HOUR_NS, "h"), (HOUR_NS, "h", MINUTE_NS, "min"), (MINUTE_NS, "min", SECOND_NS, "s")):
        if length_ns >= unit_ns:
            rest = length_ns % unit_ns // part_ns
            return f"{length_ns // unit_ns} {unit}" + (f" {rest} {part}" if rest else "")
    return f"{length_ns // SECOND_NS} s"


def number(value: float) -> str:
    """Three significant digits, thousands grouped: `0.0314`, `12.5`, `1,204,000`."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(ratio: float) -> str:
    """`31 %`, `0.4 %`."""
    return f"{number(ratio * 100)} %"


@lru_cache(maxsize=10_000)
def name_of(entity: str) -> str:
    """`checkout` for a service, `host web-1` for anything else, `an unnamed component` for none."""
    kind, name = split(one_line(entity, 120))
    if not name:
        return kind or "an unnamed component"
    return name if kind == "service" else f"{kind} {name}"


def quoted(text: str) -> str:
    """What a record says, word by word, in the typographic quotes that mark verbatim text from here to the last reader."""
    said = one_line(text, QUOTE_CHARACTERS).replace("“", '"').replace("”", '"')
    return f"“{said}”" if said else ""


_FAMILIES: Final = {
    "cpu": "CPU use", "memory": "memory use", "io": "disk use", "network": "network traffic", "edge_errors": "errors seen by callers",
    "edge_in": "response time to callers", "edge_in_client": "response time seen by callers", "edge_in_server": "response time to callers",
    "edge_out": "response time of what it calls", "edge_out_client": "response time of what it calls", "latency": "response time",
    "edge_out_server": "response time of what it calls", "log_share": "mix of log lines", "log_sequence": "order of log lines",
    "calls": "number of calls a request", "other": "further metrics",
}  # fmt: skip


def family_words(family: str) -> str:
    """A family of evidence (correlate/telemetry/roles.py) in words: `mix of log lines`."""
    return _FAMILIES.get(family) or family.replace("_", " ")


def gist(text: str) -> str:
    """What a log says, without what a reader of it skips: the stack below its first line, the time at its head, which its entry has, and
    long ids, each shortened to `…`.  Of a bare Python trace the last line, which names the exception."""
    lines = [line for line in plain(text[: 8 * QUOTE_CHARACTERS]).split("\n") if line.strip()] or [""]
    line = lines[-1] if _PYTHON_TRACE in lines[0] else lines[0]
    return _ID.sub("…", _STAMP.sub("", one_line(line, 4 * QUOTE_CHARACTERS)))


def template(text: str) -> str:
    """A log template, quoted shortly: whatever varies from line to line is `…`."""
    said = one_line(mask(gist(text)).replace(MARK, "…"), TEMPLATE_CHARACTERS)
    return quoted(said) or "an empty line"


def with_unit(value: float, unit: str, *, per_second: bool = False) -> str:
    """`12.5 %`, `0.3 s`, `41 per second`, `1,200 By/s`; a unit that says nothing is left out."""
    figure = number(value)
    if unit in _UNITLESS:
        return f"{figure} per second" if per_second else figure
    return f"{figure} {unit}/s" if per_second and not unit.endswith("/s") else f"{figure} {unit}"


def listed(items: Sequence[str], most: int = 3) -> str:
    """`a`, `a and b`, `a, b and 4 more`."""
    shown = list(items[:most])
    if len(items) > most:
        shown.append(f"{len(items) - most} more")
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1] if shown else ""


def plural(count: int, one: str, many: str = "") -> str:
    """`1 alert`, `3 alerts`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def clause(text: str) -> str:
    """The text as part of a longer sentence: one line, no full stop, no capital unless it is a name or an abbreviation."""
    text = one_line(text).rstrip(".;, ")
    first = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if first[1:].islower() or first in ("A", "I") else text


def sentence(text: str) -> str:
    """The text as a sentence: one line, a capital unless it begins with an identifier, a full stop."""
    text = one_line(text).rstrip(".;, ")
    if not text:
        return ""
    first = text.split(" ", 1)[0]
    if first.isalpha() and first.islower():
        text = text[0].upper() + text[1:]
    return text if text[-1] in "?!…" else f"{text}."
