"""Identifiers that records of two components have in common: a trace, a change, a host.

Knows:   which of them were seen with which component in the rows of one incident.
Ignores: who failed first and who depends on whom (chain_links.py).

What names the same trace took part in the same request; what names the same change was changed by it; what runs on one host shares
its fate.  Each is a fact of the data, whatever is known of the call graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from correlate.words import name_of
from schemas.entity import split
from schemas.plain import one_line
from schemas.signal import Kind, Signal, Status, Subject

TRACE: Final = "shared_trace"
CHANGE: Final = "shared_change"
HOST: Final = "shared_host"
_SPOKEN: Final = frozenset({Kind.LOG, Kind.ALERT, Kind.STATE})
_LOOPBACK: Final = frozenset({"localhost", "localhost.localdomain", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104
"""What every machine calls itself names none."""
_CHANGED: Final = frozenset({Kind.CHANGE, Kind.SCALING})


@dataclass(slots=True)
class SharedIds:
    """Kind of identifier → component → the identifiers."""

    of: dict[str, dict[str, set[str]]] = field(default_factory=lambda: {TRACE: {}, CHANGE: {}, HOST: {}})

    def shared(self, one: str, other: str) -> Iterator[tuple[str, str]]:
        """(kind, what a sentence adds for it) of each kind of which both have one in common."""
        for kind, held in self.of.items():
            common = held.get(one, set()) & held.get(other, set())
            if common:
                yield kind, _TOLD[kind].format(_shown(kind, min(common)))


def shared_ids(rows: Iterable[Signal], subjects: Iterable[Subject]) -> SharedIds:
    """rows: members of the incident.  subjects: of whatever else is known of its components."""
    ids = SharedIds()
    for row in rows:
        _note_host(ids, row.subject)
        if row.subject.kind in _SPOKEN and row.trace_id and row.status is not Status.RESOLVED:
            _note(ids.of[TRACE], (row.subject.entity, *row.subject.ancestors), row.trace_id)
        elif row.subject.kind in _CHANGED and row.change_id:
            _note(ids.of[CHANGE], (row.subject.entity, *row.subject.aliases), row.change_id)
    for subject in subjects:
        _note_host(ids, subject)
    return ids


def _note_host(ids: SharedIds, subject: Subject) -> None:
    for ancestor in subject.ancestors:
        kind, name = split(ancestor)
        if kind == "host" and name not in _LOOPBACK and subject.entity != ancestor:
            _note(ids.of[HOST], (subject.entity, *(above for above in subject.ancestors if split(above)[0] == "service")), ancestor)


def _note(held: dict[str, set[str]], entities: Iterable[str], identity: str) -> None:
    for entity in entities:
        held.setdefault(entity, set()).add(identity)


_TOLD: Final[Mapping[str, str]] = {
    TRACE: "both logged trace {}",
    CHANGE: "both were changed by {}",
    HOST: "both run on {}",
}


def _shown(kind: str, identity: str) -> str:
    return name_of(identity) if kind == HOST else one_line(identity, 40)
