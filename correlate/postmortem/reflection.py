"""What a review is for: contributing factors, detection, what went well, what was difficult, actions, lessons (C47–C54).

Only observations are drafted here; judgement, owners and dates are asked of people (C35, C36).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from correlate.contributing_factors import LATE_DETECTION_NS
from correlate.postmortem.facts import Facts
from correlate.postmortem.ledger import Ledger, ask, unknown
from correlate.postmortem.story import also_considered
from correlate.recovered import VERIFIED
from correlate.words import clause, shown, span
from schemas.postmortem import Sentence

ACTIONS: Final = {
    "no_canary": "Roll this kind of change out in steps, and stop by itself when the new replicas differ from the old ones",
    "unvalidated_config": "Check this setting before it takes effect, against the condition that it broke here",
    "dependency_without_fallback": "Answer from a fallback, or shed load, when this dependency returns errors",
    "detection_delay": "Alert on what customers felt, within the time in which it was felt here",
    "missing_alert": "Alert on the component where it began",
    "unconfirmed_alert": "Check what this alert watches and its threshold against what was measured when it fired",
    "noisy_alert": "Give this alert a longer window or a second condition, so that it fires once an incident",
    "alert_fatigue": "Group these alerts under the dependency that they share",
    "telemetry_shed": "Raise the limit under which rows were left out, or lower their number at the source",
}
"""Contributing factor → a candidate for a change of the system (C93); a person decides, owns and dates it."""

DIFFICULT: Final = frozenset({"missing_alert", "unconfirmed_alert", "noisy_alert", "alert_fatigue", "telemetry_shed", "detection_delay"})
"""Factors that stood in the way of those who responded."""


def contributing_factors(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    factors = facts.incident.contributing_factors
    for factor in factors:
        yield ledger.say(factor.text, factor.refs or facts.refs("onset"))
    yield from also_considered(facts, ledger)
    if not factors:
        yield unknown("Contributing factors (telemetry shows none)")
    yield ask("which of these also played a part: a stale runbook, a misleading dashboard, an unchecked setting, a missing fallback?")


def detection(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    """How and when found, and how long customers felt it before (C48, C49)."""
    entry = facts.first("detection")
    if entry is None:
        yield unknown("How it was found")
        return
    yield ledger.say(f"{clause(entry.text)}, at {shown(entry.at)}", entry.evidence)
    delay_ns = facts.between_ns(facts.incident.onset_at, facts.incident.detected_at)
    refs = [*facts.refs("onset"), *entry.evidence]
    yield ledger.say(f"Onset to detection: {span(max(delay_ns, 0))}", refs)
    if delay_ns >= LATE_DETECTION_NS:
        yield ask("for all of that time customers felt what nothing reported; which signal would have told first?")


def what_went_well(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    incident = facts.incident
    delay_ns = facts.between_ns(incident.onset_at, incident.detected_at)
    if delay_ns < LATE_DETECTION_NS:
        yield ledger.say(f"It was detected within {span(max(delay_ns, 0))} of the onset", facts.refs("onset", "detection"))
    healing = facts.healing
    if healing is not None:
        until = incident.mitigated_at or incident.resolved_at or healing.at
        text = f"The {clause(healing.text)} came {span(facts.between_ns(incident.detected_at, healing.at))} after detection"
        yield ledger.say(f"{text}, and the symptoms receded {span(facts.between_ns(healing.at, until))} after it", healing.evidence)
    resolved = facts.first("resolved")
    if resolved is not None and resolved.text.startswith(VERIFIED):
        yield ledger.say("Recovery was verified from the data before the incident was closed", resolved.evidence)
    yield ask("which tools, decisions and preparations helped?")


def what_was_difficult(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    for factor in facts.incident.contributing_factors:
        if factor.kind in DIFFICULT:
            yield ledger.say(factor.text, factor.refs or facts.refs("onset"))
    if not facts.root_causes:
        yield ledger.say("The data at hand did not settle the cause", facts.refs("onset", "detection"))
    late = [entry for entry in facts.incident.timeline if entry.late]
    if late:
        yield ledger.say(f"Records came late, up to the one of {shown(late[-1].at)}", [one for entry in late for one in entry.evidence])
    yield ask("where did information, access, tools or instructions stand in the way of those who responded?")


def action_items(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    """Candidates from what contributed, each still without owner, date and test of done."""
    told: dict[str, None] = {}
    for factor in facts.incident.contributing_factors:
        action = ACTIONS.get(factor.kind)
        if action is not None and action not in told:
            told[action] = None
            yield ledger.say(f"Candidate: {action} ({clause(factor.text)})", factor.refs or facts.refs("onset"))
    if not told:
        yield unknown("Action items")


def lessons_learned(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    yield unknown("Lessons learned")
    yield ask("which other teams or services have the same condition?")
