"""The timeline of one incident (C7–C20): its moments in order, each with an id that survives amendments, bounded.

Knows:   order, identity, bounds, and the difference between two timelines.
Ignores: what the moments are (moments.py, milestones.py).

An entry's id hashes the incident, the kind, the entity and, where there can be several, the place of its first record: the same
records give the same id on any worker.  A moment that there is once (onset, detection, an entity's first failure) keeps its id when
later data move it; an earlier record that arrives late for the others is a new entry, and the old one is retracted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from correlate.first_failures import FirstFailure
from correlate.milestones import milestones
from correlate.moments import TEXT_CHARACTERS, Moment, failures_as_moments, rows_as_moments
from correlate.scene import Account
from correlate.words import moment as time_text
from schemas.incident import Incident, TimelineEntry
from schemas.plain import one_line
from schemas.timeline import Op, TimelineDelta

ENTRIES_MOST: Final = 120
"""In one snapshot: with two pieces of evidence each, at most about 400 kB, well under Kafka's default of 1 MB for a record."""


STORY: Final = (
    "change", "scaling", "onset", "relapse", "metric", "state", "log", "alert", "escalation", "detection", "recovery", "alert_resolved", "resolved", "merge",
)  # fmt: skip
"""Order of kinds at the very same time: causes, failures, what told of them, what ended them."""


@dataclass(frozen=True, slots=True)
class Timeline:
    entries: tuple[TimelineEntry, ...]
    """By time, then kind (STORY), then id; the most telling ones when there are more than the bound."""
    total: int
    """How many there are without the bound."""


def timeline(account: Account, firsts: Mapping[str, FirstFailure], *, most: int = ENTRIES_MOST) -> Timeline:
    """What happened, oldest first."""
    moments = [*milestones(account, firsts), *failures_as_moments(account.findings, firsts), *rows_as_moments(account)]
    known = {_entry_id(account.incident_id, moment): moment for moment in moments}
    kept = sorted(known, key=lambda entry_id: (-known[entry_id].weight, -known[entry_id].count, known[entry_id].at_ns, entry_id))[:most]
    kept.sort(key=lambda entry_id: (known[entry_id].at_ns, STORY.index(known[entry_id].kind), entry_id))
    return Timeline(tuple(_entry(entry_id, known[entry_id], account.settled_ns) for entry_id in kept), len(known))


def deltas(before: Incident | None, after: Incident) -> list[TimelineDelta]:
    """What must be done to the timeline of `before` to have that of `after`: retractions first, then the rest in order of time.

    Applied in order to an empty timeline, the deltas of all revisions give exactly the newest snapshot's entries; so an entry that the
    bound pushes out of the snapshot is retracted as well.
    """
    old = {entry.entry_id: entry for entry in before.timeline} if before is not None else {}
    new = {entry.entry_id: entry for entry in after.timeline}
    gone = [(Op.RETRACT, entry) for entry_id, entry in old.items() if entry_id not in new]
    come = [(Op.AMEND if entry_id in old else Op.ADD, entry) for entry_id, entry in new.items() if old.get(entry_id) != entry]
    return [
        TimelineDelta(incident_id=after.incident_id, estate=after.estate, revision=after.revision, op=op, entry=entry)
        for op, entry in gone + come
    ]


def _entry_id(incident_id: str, moment: Moment) -> str:
    identity = "\n".join((incident_id, moment.kind, moment.entity, moment.identity))
    return blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _entry(entry_id: str, moment: Moment, settled_ns: int | None) -> TimelineEntry:
    return TimelineEntry(
        entry_id=entry_id,
        at=time_text(moment.at_ns),
        kind=moment.kind,
        entity=moment.entity,
        text=one_line(moment.text, TEXT_CHARACTERS),
        evidence=moment.evidence,
        provisional=settled_ns is not None and moment.at_ns > settled_ns,
        late=moment.late,
        count=moment.count,
    )
