"""What a revision changed against the one before, a sentence each: the reader of revision 7 need not compare it with revision 6.

Knows:   which differences a responder must hear of: status, severity, cause, onset, spread, what came late.
Ignores: when revisions are made (reporting.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from correlate.words import clause, listed, percent, plural, shown
from schemas.incident import Cause, Incident

NOTICEABLE: Final = 0.1
"""Difference in a cause's probability that is worth a sentence: less is the noise of one more minute of data."""


def changes_since(before: Incident | None, after: Incident) -> tuple[str, ...]:
    """Sentences in the order of importance; none for the first revision and for one that changed nothing of these."""
    return tuple(_changes(before, after)) if before is not None else ()


def _changes(before: Incident, after: Incident) -> Iterator[str]:
    if before.status is not after.status:
        yield f"Status went from {before.status.value} to {after.status.value}."
    if before.severity != after.severity:
        yield f"Severity went from {before.severity} to {after.severity}: {clause(after.severity_reason)}."
    yield from _of_the_cause(before, after)
    if before.onset_at != after.onset_at:
        seconds = (datetime.fromisoformat(after.onset_at) - datetime.fromisoformat(before.onset_at)).total_seconds()
        yield f"The onset moved {abs(seconds):g} s {'later' if seconds > 0 else 'earlier'}, to {shown(after.onset_at)}."
    spread = [name for name in after.services if name not in before.services]
    if spread:
        yield f"It spread to {listed(spread, 5)}."
    cleared = [name for name in before.services if name not in after.services]
    if cleared:
        yield f"{listed(cleared, 5)} no longer {'counts' if len(cleared) == 1 else 'count'} as affected."
    known = {entry.entry_id for entry in before.timeline if entry.late}
    late = [entry for entry in after.timeline if entry.late and entry.entry_id not in known]
    for entry in late[:3]:
        yield f"Arrived late, of {shown(entry.at)}: {clause(entry.text)}."
    if len(late) > 3:
        yield f"{plural(len(late) - 3, 'more record')} arrived late."


def _of_the_cause(before: Incident, after: Incident) -> Iterator[str]:
    old, new = (incident.causes[0] if incident.causes else None for incident in (before, after))
    if new is None:
        if old is not None:
            yield f"No cause is proposed any more; it was {_named(old)}."
    elif old is None:
        yield f"First cause proposed: {_named(new)}, {percent(new.score)}."
    elif _identity(old) != _identity(new):
        was = next(
            (f", formerly cause {cause.rank}" for cause in before.causes if _identity(cause) == _identity(new)),
            ", formerly not among the causes",
        )
        yield f"{_named(new)}{was}, is now the first cause ({percent(new.score)}), before {_named(old)}."
    elif abs(old.score - new.score) >= NOTICEABLE:
        yield f"{_named(new)} went from {percent(old.score)} to {percent(new.score)}."


def _identity(cause: Cause) -> tuple[str | None, str | None, str]:
    return cause.service, cause.change, "" if cause.change else cause.kind


def _named(cause: Cause) -> str:
    if cause.change:
        return f"Change {cause.change} to {cause.service}" if cause.service else f"Change {cause.change}"
    return f"{cause.service} ({cause.kind})" if cause.service else f"No component ({cause.kind})"
