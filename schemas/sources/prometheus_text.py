"""A scrape as it is served: the Prometheus text exposition format, and OpenMetrics.

Reference: Prometheus "Exposition formats: text-based format"; OpenMetrics 1.0 "Text format".
Identity:  the labels, as in prometheus.py.
Time:      a sample's own, milliseconds in the text format, seconds in OpenMetrics; most have none: the record's.
Rows:      a sample a row.  NaN and infinities keep their row with no value.  Exemplars are not read.
Severity, state: none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources.fields import MAX_LABELS
from schemas.sources.lines import numbered
from schemas.sources.prometheus import read_sample
from schemas.sources.source import Received, Source

PROMETHEUS_TEXT: Final = "prometheus.text"
_COMMENT: Final = re.compile(r"# (?:HELP|TYPE|UNIT) [a-zA-Z_:][a-zA-Z0-9_:.]*(?: .*)?|# EOF|#.*")
_SAMPLE: Final = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]{0,255})(?:\{(?P<labels>(?:[^\"{}]|\"(?:[^\"\\]|\\.)*\")*)\})?\s+(?P<value>[-+]?(?:\d[\d.eE+-]*|\.\d+|Inf|NaN|inf|nan))"
    r"(?:\s+(?P<time>-?\d{1,19}(?:\.\d{1,9})?))?(?:\s+#.*)?"
)
_LABEL: Final = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*\"((?:[^\"\\]|\\.)*)\"")
_ESCAPE: Final = re.compile(r"\\(.)")


def read(document: str, received: Received) -> Iterator[Signal | Rejected]:
    for place, line in numbered(document):
        said = line.strip()
        if _COMMENT.fullmatch(said):
            continue
        match = _SAMPLE.fullmatch(said)
        if match is None:
            yield Rejected(
                "bad_line", 'not `name{label="value"} value [time]` as the text format defines it', f"line {place}", PROMETHEUS_TEXT
            )
            continue
        given = {key: _plain(value) for key, value in _LABEL.findall(match["labels"] or "")[:MAX_LABELS]}
        at_ns = times.parse(match["time"] or "")
        for found in read_sample({"name": match["name"], "labels": given, "value": match["value"]}, received):
            if isinstance(found, Signal):
                found.event_time_ns = at_ns
            yield found


def _plain(value: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], value) if "\\" in value else value


def _recognises(document: Any) -> bool:
    """A comment that says what the next samples are; without one, a sample with labels."""
    if not isinstance(document, str):
        return False
    first = document.lstrip().split("\n", 1)[0][:4096].strip()
    return first.startswith(("# HELP ", "# TYPE ")) or ('="' in first and _SAMPLE.fullmatch(first) is not None)


SOURCES: Final = (Source(PROMETHEUS_TEXT, _recognises, read),)
