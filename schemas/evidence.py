"""A pointer to a record that backs a statement, with a copy that outlives the topic's retention (C10, C19)."""

from __future__ import annotations

import msgspec


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where one record lies, when it speaks of, and what it says."""

    topic: str
    partition: int
    offset: int
    row: int = 0
    """Which row of the record; one record may hold many."""
    at: str
    """Event time, RFC 3339 UTC."""
    kind: str
    """Kind of the signal: log, alert, change, scaling, metric or state."""
    entity: str
    source: str = ""
    """The format it was read from."""
    text: str = ""
    """Copy of what it says, redacted, at most 500 characters."""
    value: float | None = None
    url: str = ""
    sha256: str = ""
    """Of the copy, so that a later reader can tell whether it was altered."""
