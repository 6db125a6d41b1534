"""Pointers to records: what turns a row or a finding into the evidence that a statement cites (C10, C19).

Knows:   where a row lies and how its copy is made: harmless to show, at most 500 characters, hashed.
Ignores: which statement cites it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Final

from correlate.scene import Finding, Position, Sample
from correlate.words import moment, name_of, number
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
    subject = signal.subject
    text = (signal.text or subject.name)[: 4 * COPY_CHARACTERS]
    return _evidence(
        position_of(signal),
        signal.event_time_ns,
        subject.kind.value,
        subject.entity,
        subject.source,
        text,
        signal.value,
        signal.evidence_url,
    )


def evidence_of_finding(finding: Finding) -> Evidence:
    """The evidence that a computed departure from normal is: its first deviating record, and what was computed."""
    kind = (Kind.LOG if finding.is_of_logs else Kind.METRIC).value
    text = (finding.text or finding.subject.name)[: 4 * COPY_CHARACTERS]
    place, source = finding.position or NOWHERE, finding.subject.source
    return _evidence(place, finding.first_ns, kind, finding.entity, source, text, finding.observed, "")


def evidence_of_return(finding: Finding, last: Sample) -> Evidence:
    """The evidence that a departure is over: the last sample of its series, beside what is normal."""
    subject = finding.subject
    text = f"{subject.name} of {name_of(finding.entity)} was {number(last.value)}, and {number(finding.expected)} before the onset"
    return _evidence(last.position, last.at_ns, Kind.METRIC.value, finding.entity, subject.source, text, last.value, "")


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


@lru_cache(maxsize=4_096)
def _evidence(position: Position, at_ns: int, kind: str, entity: str, source: str, text: str, value: float | None, url: str) -> Evidence:
    """A pure function of what it is given; remembered, since each revision cites most of what the one before cited."""
    copy = plain(text).strip()[:COPY_CHARACTERS]
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
