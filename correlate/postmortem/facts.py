"""What the sections ask of an incident: its milestones, what ended it, what the leading cause is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from correlate.cause_words import REASONS_MOST
from correlate.chain_origin import ANSWER
from correlate.words import nanoseconds
from schemas.entity import split
from schemas.evidence import Evidence
from schemas.incident import Argument, Cause, Incident, TimelineEntry

ROOT_CAUSES_MOST: Final = 2
"""Named as root causes; the rest are contributing (C25)."""

RUNNER_UP: Final = 0.25
"""A second cause is named as one from this score on: below, it is more likely wrong than every other reading together."""


@dataclass(frozen=True, slots=True)
class Facts:
    incident: Incident

    def entries(self, *kinds: str) -> list[TimelineEntry]:
        return [entry for entry in self.incident.timeline if entry.kind in kinds]

    def refs(self, *kinds: str) -> list[Evidence]:
        """Evidence of all entries of these kinds, oldest first."""
        return [one for entry in self.entries(*kinds) for one in entry.evidence]

    def first(self, kind: str) -> TimelineEntry | None:
        return next(iter(self.entries(kind)), None)

    @property
    def root_causes(self) -> list[Cause]:
        """The leading cause if it is an answer, and a second one that comes close; none when nothing earned it."""
        leading = [cause for cause in self.incident.causes[:ROOT_CAUSES_MOST] if cause.score >= RUNNER_UP]
        return leading if leading and leading[0].score >= ANSWER else []

    @property
    def healing(self) -> TimelineEntry | None:
        """The last change or scaling after detection and before the symptoms receded: what may have fixed it.  One of the component that
        the leading cause names stands before any other."""
        until = self.incident.mitigated_at or self.incident.resolved_at
        if until is None:
            return None
        after, before = nanoseconds(self.incident.detected_at), nanoseconds(until)
        found = [entry for entry in self.entries("change", "scaling") if after <= nanoseconds(entry.at) <= before]
        service = self.incident.causes[0].service if self.incident.causes else None
        return max(found, key=lambda entry: (_is_of(entry, service), entry.at), default=None)

    def refs_of_argument(self, argument: Argument, cause: Cause) -> list[Evidence]:
        """The argument's own records; else those on the timeline that say the same, else those of the cause's component."""
        if argument.refs:
            return list(argument.refs)
        return [one for one in self._told if one.text == argument.text] or self._refs_of_place(cause)

    def refs_of_cause(self, cause: Cause) -> list[Evidence]:
        """Of its strongest arguments, its own change first."""
        changed = (
            [one for entry in self.entries("change", "scaling") if _is_of(entry, cause.service) for one in entry.evidence]
            if cause.change
            else []
        )
        argued = [one for argument in cause.evidence[:REASONS_MOST] for one in self.refs_of_argument(argument, cause)]
        return changed[:1] + argued or self._refs_of_place(cause)

    @property
    def _told(self) -> list[Evidence]:
        return [one for entry in self.incident.timeline for one in entry.evidence]

    def _refs_of_place(self, cause: Cause) -> list[Evidence]:
        kinds = ("metric", "alert", "log", "state", "change")
        return [one for entry in self.entries(*kinds) if _is_of(entry, cause.service) for one in entry.evidence] or self.refs("onset")

    def between_ns(self, start: str, end: str) -> int:
        return nanoseconds(end) - nanoseconds(start)


def _is_of(entry: TimelineEntry, service: str | None) -> bool:
    return service is not None and split(entry.entity)[1] == service
