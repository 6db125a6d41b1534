"""OpenTelemetry severity numbers (1–24) and what other scales call them.

Source: OpenTelemetry logs data model, "Severity fields".  0 means that the source says nothing.
"""

from __future__ import annotations

from typing import Final

UNSPECIFIED: Final = 0
TRACE: Final = 1
DEBUG: Final = 5
INFO: Final = 9
NOTICE: Final = 10
WARN: Final = 13
ERROR: Final = 17
CRITICAL: Final = 18
FATAL: Final = 21

BY_WORD: Final = {
    "trace": TRACE, "verbose": DEBUG, "finest": TRACE, "debug": DEBUG, "fine": DEBUG,
    "info": INFO, "information": INFO, "informational": INFO, "normal": INFO, "none": INFO, "ok": INFO, "default": UNSPECIFIED,
    "notice": NOTICE,
    "warn": WARN, "warning": WARN, "minor": WARN, "low": WARN, "medium": WARN, "moderate": WARN, "average": WARN,
    "err": ERROR, "error": ERROR, "major": ERROR, "high": ERROR, "severe": ERROR, "failed": ERROR,
    "crit": CRITICAL, "critical": CRITICAL, "page": CRITICAL, "urgent": CRITICAL,
    "alert": FATAL, "fatal": FATAL, "panic": FATAL, "emerg": FATAL, "emergency": FATAL, "disaster": FATAL,
}  # fmt: skip
"""Severity words as tools write them, lower case."""

BY_SYSLOG: Final = (FATAL + 3, FATAL + 1, FATAL, ERROR, WARN, NOTICE, INFO, DEBUG)
"""By syslog severity 0 (emergency) … 7 (debug); RFC 5424 §6.2.1 against the OpenTelemetry mapping table."""


def from_word(word: object) -> int:
    """Severity number of a word in any case; UNSPECIFIED for what is no known word."""
    return BY_WORD.get(word.strip().lower(), UNSPECIFIED) if isinstance(word, str) else UNSPECIFIED
