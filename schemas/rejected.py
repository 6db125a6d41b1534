"""What could not be read, as a value.

Knows:   why a record or a part of it was refused, and where in the record the trouble lies.
Ignores: who sent it and what becomes of it (streams/deadletters.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rejected:
    """One refused record, or one refused part of a record whose other parts were read."""

    reason: str
    """A short code in snake_case from a closed set, usable as a metric label: `not_json`, `too_large`, `no_time`, …"""
    detail: str
    """One sentence for a person: what was wrong and what would be right.  Never holds the payload itself."""
    at: str = ""
    """Where it lies: a path such as `alerts[3].startsAt`; empty for the whole record."""
    format: str | None = None
    """The detected format, such as `prometheus.alertmanager`, when detection got that far."""
