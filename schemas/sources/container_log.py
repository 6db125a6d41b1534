"""Container runtime log lines: Docker's json-file driver, and the CRI format of containerd and CRI-O.

Reference: Docker documentation "JSON File logging driver"; Kubernetes CRI "Logging" (`time stream P|F message`).
Identity:  what the driver's `attrs` (labels, tag) or the record's carrier name; the line itself names nothing.
Time:      `time`, RFC 3339 with nanoseconds.
Severity:  a level in the message: JSON's `level`, or a word where loggers put it; stderr alone is no error.
State:     none.  A message may be JSON of an application: its own time counts if it has one with a zone.
Parts of a split line (P) stay rows of their own: the rest may come in another record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.carried import carried_host
from schemas.sources.cloud import decoded, mapping, row, text
from schemas.sources.fields import labels
from schemas.sources.json_log import level_of, message_of
from schemas.sources.source import Received, Source

CONTAINER_LOG: Final = "container.log"
_CRI: Final = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d)) (?P<stream>stdout|stderr) (?P<flag>[PF])(?: (?P<message>.*))?"
)


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    attrs = {**labels(document.get("attrs")), **labels(document.get("kubernetes")), **labels(document.get("docker"))}
    yield _line(text(document.get("log")), text(document.get("time")), text(document.get("stream")), attrs, received)


def read_cri(document: str, received: Received) -> Iterator[Signal | Rejected]:
    for place, line in enumerate(document.splitlines(), start=1):
        if match := _CRI.fullmatch(line):
            yield _line(match["message"] or "", match["time"], match["stream"], {}, received)
        elif line.strip():
            yield Rejected("bad_line", "not `time stream P|F message` as the CRI writes it", f"line {place}", CONTAINER_LOG)


def _line(said: str, time: str, stream: str, attrs: dict[str, str], received: Received) -> Signal:
    inner = mapping(decoded(said))
    message = message_of(inner) if inner else said
    return row(
        received,
        Kind.LOG,
        CONTAINER_LOG,
        {**carried_host(received), **attrs},
        fallback=f"resource:{received.topic or 'unknown'}",
        event_time_ns=times.parse(time),
        severity_number=level_of(inner, message),
        text=message or said,
        details={"stream": stream},
    )


def _recognises(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("log"), str) and "stream" in document and "time" in document


def _is_cri(document: Any) -> bool:
    return isinstance(document, str) and bool(_CRI.fullmatch(document.split("\n", 1)[0].rstrip("\r")))


SOURCES: Final = (Source("container.log.docker", _recognises, read), Source("container.log.cri", _is_cri, read_cri))
