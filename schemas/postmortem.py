"""The draft postmortem: the value of one record of `causeline.postmortems.v1` (compacted, key = incident id).

Knows:   the twelve fields of the template (C38–C54), and that every sentence cites evidence or says unknown.
Ignores: how sentences are made (correlate/postmortem/) and where the document is filed (sinks/).
"""

from __future__ import annotations

import msgspec

from schemas.evidence import Evidence

UNKNOWN = "unknown"
"""What a field says when the data do not tell; never a guess."""


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    cites: tuple[str, ...] = ()
    """Keys of `Postmortem.evidence`, such as `E12`; empty only for prompts to a person and for the word `unknown`."""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    """title_and_id, authors_and_reviewers, summary, impact, timeline, root_cause, contributing_factors, detection,
    what_went_well, what_was_difficult, action_items, lessons_learned: the twelve fields, in this order."""
    heading: str
    prompt: str
    """The question a person answers here (C39)."""
    sentences: tuple[Sentence, ...] = ()


class Postmortem(msgspec.Struct, frozen=True, kw_only=True):
    schema_version: int = 1
    incident_id: str
    incident_revision: int
    revision: int
    estate: str
    status: str = "draft"
    """Always `draft` as the engine writes it; people move it on elsewhere (C34)."""
    template_version: int = 1
    title: str
    severity: str
    sections: tuple[Section, ...]
    evidence: dict[str, Evidence]
    warnings: tuple[str, ...] = ()
    """What a reviewer must fill in or doubt (C55): empty sections, shed rows, missing telemetry."""
    markdown: str
    """The same draft rendered as CommonMark."""
