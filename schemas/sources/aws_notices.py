"""Event notices of AWS data services: RDS, Aurora, DocumentDB, Neptune, Redshift, DMS and ElastiCache.

Reference: RDS user guide, "Amazon RDS event categories and messages"; DMS, "Amazon SNS notifications"; ElastiCache, "Event notifications".
Shapes:    EventBridge detail (`SourceIdentifier`, `EventCategories`, `EventID`); SNS message (`Event Source`, `Event Message`, spelled
           with spaces); ElastiCache's `{"ElastiCache:FailoverComplete": "cluster"}`.
Identity:  the source's identifier is a database (for DMS a replication task).  Time: Date or `Event Time` (no zone, is UTC).
Severity:  Redshift's word; else by event category: failure and low storage are errors, failover and availability warnings.  Kind: configuration, creation,
           deletion, maintenance and patching are changes, the rest states.  EventID (RDS-EVENT-0087) is the stable code, Message prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.severity import ERROR, INFO, WARN, from_word
from schemas.signal import Kind, Signal
from schemas.sources.aws_event import Event, line
from schemas.sources.cloud import first, row, sequence, text
from schemas.sources.source import Received, Source

FORMAT: Final = "aws.rds"
_CHANGES: Final = re.compile(r"(?i)config|creation|deletion|maintenance|security patching|patching|rotat|upgrad|modif|parameter")
_ERRORS: Final = re.compile(r"(?i)fail(?!over)|low storage|error|incompatible|insufficient|corrupt")
_WARNINGS: Final = re.compile(r"(?i)failover|availability|restart|shutdown|reboot|recovery|stopped|out of|replica lag")
_TASK: Final = re.compile(r"(?i)replication.?task")
_PART: Final = re.compile(r"(?i)snapshot|param|security|subnet|engine.?version|replication.?instance|certificate|blue.?green")
"""Sources that belong to databases and are none."""
_CODE: Final = re.compile(r"[A-Za-z]+-EVENT-\d+")


def read_rds(event: Event, received: Received) -> Iterator[Signal]:
    """RDS and its kin, and DMS, by EventBridge."""
    detail = event.detail
    categories = [text(category) for category in sequence(detail.get("EventCategories"))] or [first(detail, "category")]
    yield _notice(
        received,
        source=f"aws.{event.source.removeprefix('aws.') or 'rds'}",
        kind_of_source=first(detail, "SourceType", "type") or event.type,
        identifier=first(detail, "SourceIdentifier"),
        ids=[*event.resources, first(detail, "SourceArn")],
        place=event.place,
        code=first(detail, "EventID", "eventId"),
        message=first(detail, "Message", "detailMessage"),
        categories=categories,
        time_ns=times.parse(detail.get("Date")) or event.time_ns,
        dedup_key=f"aws.event|{event.id}" if event.id else "",
    )


def _notice(
    received: Received, *, source: str, kind_of_source: str, identifier: str, ids: list[str], place: dict[str, str], code: str, message: str,
    categories: list[str], time_ns: int, dedup_key: str = "", url: str = "", stated: str = "",
) -> Signal:  # fmt: skip
    said = " ".join([*categories, message])
    change = any(_CHANGES.search(category) for category in categories) or (not any(categories) and bool(_CHANGES.search(message)))
    key = "service.name" if _TASK.search(kind_of_source) else "" if _PART.search(kind_of_source) else "db.instance.id"
    return row(
        received,
        Kind.CHANGE if change else Kind.STATE,
        source,
        {**({key: identifier} if key else {}), **place, "event.code": code},
        ids=[id_ for id_ in (*ids, "" if key else identifier) if id_],
        fallback=f"service:{source.removeprefix('aws.')}",
        name=code or source,
        text=line(" ".join(part for part in (kind_of_source, identifier, code) if part), message, ", ".join(filter(None, categories))),
        event_time_ns=time_ns,
        severity_number=from_word(stated) or (ERROR if _ERRORS.search(said) else WARN if _WARNINGS.search(said) else INFO),
        dedup_key=dedup_key,
        evidence_url=url if url.startswith("https://") else "",
        details={
            "action": code or "notice",
            "outcome": "failed" if _ERRORS.search(said) else "succeeded",
            "categories": [c for c in categories if c],
        },
    )


def _is_spaced(document: Any) -> bool:
    return isinstance(document, dict) and "Event Message" in document and ("Event Source" in document or "Event ID" in document)


def _read_spaced(document: Any, received: Received) -> Iterator[Signal]:
    carrier = received.carrier or {}
    code = _CODE.search(first(document, "Event ID"))
    source = first(document, "Event Source")
    category = document.get("Event Category", document.get("Event Categories"))
    yield _notice(
        received,
        source="aws.dms" if source.startswith("replication") else "aws.redshift" if source.startswith("cluster") else FORMAT,
        kind_of_source=source,
        identifier=first(document, "Source ID", "SourceId", "Source Id", "Resource", "SourceIdentifier"),
        ids=[first(document, "Source ARN", "SourceArn")],
        place={"cloud.provider": "aws"},
        code=code[0] if code else "",
        message=first(document, "Event Message"),
        categories=[text(found) for found in sequence(category)] or [text(category)],
        time_ns=times.parse(document.get("Event Time")) or times.parse(carrier.get("time", "")),
        dedup_key=_message_key(received),
        url=first(document, "Identifier Link"),
        stated=first(document, "Severity"),
    )


def _message_key(received: Received) -> str:
    """A redelivered SNS message keeps its id."""
    id_ = (received.carrier or {}).get("aws.sns.message_id", "")
    return f"aws.message|{id_}" if id_ else ""


def _is_elasticache(document: Any) -> bool:
    return isinstance(document, dict) and 0 < len(document) <= 4 and all(str(key).startswith("ElastiCache:") for key in document)


def _read_elasticache(document: Any, received: Received) -> Iterator[Signal]:
    for key, value in document.items():
        what = key.removeprefix("ElastiCache:")
        yield _notice(
            received,
            source="aws.elasticache",
            kind_of_source="ElastiCache",
            identifier=text(value),
            ids=[],
            place={"cloud.provider": "aws"},
            code=what,
            message=re.sub(r"(?<=[a-z])(?=[A-Z])", " ", what).lower(),
            categories=[],
            time_ns=times.parse((received.carrier or {}).get("time", "")),
            dedup_key=_message_key(received),
        )


SOURCES: Final = (Source(f"{FORMAT}.sns", _is_spaced, _read_spaced), Source("aws.elasticache", _is_elasticache, _read_elasticache))
