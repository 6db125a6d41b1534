"""What a reviewer must fill in or doubt (C55): empty sections, unknown figures, weak causes, telemetry that was missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from correlate.chain_origin import ANSWER
from correlate.postmortem.ledger import ASK
from correlate.shed_words import is_loss, shed_words
from correlate.words import listed, plural
from schemas.evidence import Evidence
from schemas.incident import Incident, Phase
from schemas.postmortem import UNKNOWN, Section

REQUIRED: Final = ("summary", "impact", "timeline", "root_cause", "detection", "what_was_difficult", "action_items")
"""Sections whose emptiness makes the document useless: detection and what was difficult are the two that most often stay empty."""

FIGURES: Final = ("duration_s", "requests_total", "requests_failed", "error_ratio_peak", "latency_peak_s")


def warnings(incident: Incident, sections: Sequence[Section], evidence: Mapping[str, Evidence]) -> tuple[str, ...]:
    """In the order in which a reviewer meets them."""
    return (*_of_the_state(incident), *_of_the_sections(sections), *_of_the_data(incident, evidence))


def _of_the_state(incident: Incident) -> Iterator[str]:
    if incident.status is not Phase.RESOLVED:
        yield f"The incident is {incident.status.value}: this draft will change."
    if not incident.causes:
        yield "No cause was proposed."
    elif incident.causes[0].score < ANSWER:
        yield "No cause reached a probability of 50 %: the first one is a suggestion, not an answer."
    missing = [name for name in FIGURES if getattr(incident.impact, name) is None]
    if missing:
        yield f"Impact is incomplete: {listed(missing, len(missing))} {UNKNOWN}."


def _of_the_sections(sections: Sequence[Section]) -> Iterator[str]:
    for section in sections:
        if section.key in REQUIRED and not any(is_statement(sentence.text) for sentence in section.sentences):
            yield f"The section “{section.heading}” is empty: telemetry says nothing, and nobody has written it yet."
    yield "Authors, reviewers, owners and due dates are unknown until people name them."


def _of_the_data(incident: Incident, evidence: Mapping[str, Evidence]) -> Iterator[str]:
    for what, count in incident.shed.items():
        if count and is_loss(what):
            yield f"{shed_words(what, count)}: what they said is not in this draft."
    late = sum(entry.late for entry in incident.timeline)
    if late:
        yield f"{plural(late, 'timeline entry', 'timeline entries')} came from records that arrived late."
    if incident.timeline_total > len(incident.timeline):
        yield f"The timeline shows {len(incident.timeline)} of {incident.timeline_total} entries."
    computed = sum(not one.topic for one in evidence.values())
    if computed:
        yield f"{plural(computed, 'piece')} of evidence {'is' if computed == 1 else 'are'} computed; the first record behind it is not known."


def is_statement(text: str) -> bool:
    """Whether a sentence says something: neither a question to people nor an unknown."""
    return not text.startswith(ASK) and not text.endswith(f": {UNKNOWN}.")
