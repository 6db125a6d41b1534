"""The draft of one incident (C33–C39): which section is written by what, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from correlate.postmortem import opening, reflection, story
from correlate.postmortem.blameless import systemic
from correlate.postmortem.completeness import warnings
from correlate.postmortem.facts import Facts
from correlate.postmortem.ledger import Ledger
from correlate.postmortem.markdown import render
from correlate.postmortem.template import FIELDS, TEMPLATE_VERSION
from schemas.incident import Incident
from schemas.postmortem import Postmortem, Section, Sentence

_Writer = Callable[[Facts, Ledger], Iterator[Sentence]]

WRITERS: Final[Mapping[str, _Writer]] = {
    "title_and_id": opening.title_and_id,
    "authors_and_reviewers": opening.authors_and_reviewers,
    "summary": opening.summary,
    "impact": opening.impact,
    "timeline": story.timeline,
    "root_cause": story.root_cause,
    "contributing_factors": reflection.contributing_factors,
    "detection": reflection.detection,
    "what_went_well": reflection.what_went_well,
    "what_was_difficult": reflection.what_was_difficult,
    "action_items": reflection.action_items,
    "lessons_learned": reflection.lessons_learned,
}


def draft(incident: Incident, *, revision: int) -> Postmortem:
    """The draft of this snapshot; the same snapshot and revision always give the same bytes."""
    facts, ledger = Facts(incident), Ledger()
    sections = tuple(
        Section(key=field.key, heading=field.heading, prompt=field.prompt, sentences=tuple(WRITERS[field.key](facts, ledger)))
        for field in FIELDS
    )
    written = Postmortem(
        incident_id=incident.incident_id,
        incident_revision=incident.revision,
        revision=revision,
        estate=incident.estate,
        template_version=TEMPLATE_VERSION,
        title=systemic(incident.title),
        severity=incident.severity,
        sections=sections,
        evidence=ledger.evidence,
        warnings=warnings(incident, sections, ledger.evidence),
        markdown="",
    )
    return msgspec.structs.replace(written, markdown=render(written))
