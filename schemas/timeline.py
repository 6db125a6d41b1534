"""One change to an incident's timeline: the value of one record of `causeline.timeline.v1` (append-only)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from schemas.incident import TimelineEntry


class Op(StrEnum):
    ADD = "add"
    AMEND = "amend"
    RETRACT = "retract"


class TimelineDelta(msgspec.Struct, frozen=True, kw_only=True):
    schema_version: int = 1
    incident_id: str
    estate: str
    revision: int
    """Of the incident after this change; provisional entries carry the revision they were added to."""
    op: Op
    entry: TimelineEntry
