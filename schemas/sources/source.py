"""What a native source is: how it is recognised and how it is read.

Every file beside this one opens with its format's reference and its rules of identity, time, severity, state and dedup, and
ends with `SOURCES`, the formats it reads in order of trust.  schemas/sources/detect.py asks them in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from schemas.rejected import Rejected
from schemas.signal import Signal


@dataclass(frozen=True, slots=True)
class Received:
    """What is known of a record beside its value."""

    ingest_time_ns: int
    """The Kafka record's timestamp: decides the year of year-less times and stands in for absent ones."""
    topic: str = ""
    headers: tuple[tuple[str, bytes], ...] = ()
    carrier: dict[str, str] | None = None
    """Attributes of the layers taken off so far (SNS topic, log group, Pub/Sub attributes), for readers whose identity lies there."""
    redaction_key: bytes = b""
    """Turns people into pseudonyms: pass it on to `redact` and `role_of`."""


Read = Callable[[Any, Received], Iterable[Signal | Rejected]]
"""Reads one document.  Never raises for what others sent; yields `Rejected` for the parts that cannot be read."""


@dataclass(frozen=True, slots=True)
class Source:
    format: str
    """`<vendor>.<thing>`, such as `prometheus.alertmanager`."""
    recognises: Callable[[Any], bool]
    """True for a document of this format: a dict or list of parsed JSON, or a str for text formats.  Cheap, and never raises."""
    read: Read
