"""Pointers to records: what turns a row or a finding into the evidence that a statement cites (C10, C19).

Knows:   where a row lies and how its copy is made: harmless to show, at most 500 characters, hashed.
Ignores: which statement cites it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from correlate.scene import Finding, Position
from correlate.words import moment
from schemas.evidence import Evidence
from schemas.plain import plain
from schemas.signal import Kind, Signal

COPY_CHARACTERS: Final = 500
"""Of a record's text: the first lines of a stack trace, and 2 kB at most in UTF-8, so that hundreds fit into one Kafka record."""

NOWHERE: Final = Position(topic="", partition=-1, offset=-1)
"""Of a finding whose first record is not known: its copy still says what was computed."""


def position_of(signal: Signal) -> Position:
    return Position(signal.topic, signal.partition, signal.offset, signal.row)


def evidence_of(signal: Signal) -> Evidence:
    """The evidence that one row is."""
    return _evidence(
        position_of(signal),
        at_ns=signal.event_time_ns,
        kind=signal.subject.kind.value,
        entity=signal.subject.entity,
        source=signal.subject.source,
        text=signal.text or signal.subject.name,
        value=signal.value,
        url=signal.evidence_url,
    )


def evidence_of_finding(finding: Finding) -> Evidence:
    """The evidence that a computed departure from normal is: its first deviating record, and what was computed."""
    return _evidence(
        finding.position or NOWHERE,
        at_ns=finding.first_ns,
        kind=(Kind.LOG if finding.family.startswith("log") else Kind.METRIC).value,
        entity=finding.entity,
        source=finding.subject.source,
        text=finding.text or finding.subject.name,
        value=finding.observed,
        url="",
    )


def distinct(evidence: Iterable[Evidence], most: int) -> tuple[Evidence, ...]:
    """The first `most` of them, each record once."""
    seen: dict[tuple[str, int, int, int, str], Evidence] = {}
    for one in evidence:
        seen.setdefault(place_of(one), one)
        if len(seen) == most:
            break
    return tuple(seen.values())


def place_of(evidence: Evidence) -> tuple[str, int, int, int, str]:
    """What tells two pieces of evidence apart: the record, or the hash of the copy where no record is known."""
    return evidence.topic, evidence.partition, evidence.offset, evidence.row, "" if evidence.topic else evidence.sha256


def _evidence(position: Position, *, at_ns: int, kind: str, entity: str, source: str, text: str, value: float | None, url: str) -> Evidence:
    copy = plain(text[: 4 * COPY_CHARACTERS]).strip()[:COPY_CHARACTERS]
    return Evidence(
        topic=position.topic,
        partition=position.partition,
        offset=position.offset,
        row=position.row,
        at=moment(at_ns),
        kind=kind,
        entity=entity,
        source=source,
        text=copy,
        value=value,
        url=url,
        sha256=sha256(copy.encode()).hexdigest(),
    )
