"""What happened and why: the timeline and the root cause with its chain of "what allowed this?" (C29–C32, C45, C46)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from correlate.cause_words import claim_of
from correlate.chain_origin import ANSWER
from correlate.moments import WEIGHTS
from correlate.postmortem.facts import Facts
from correlate.postmortem.ledger import Ledger, ask, unknown
from correlate.words import clause, name_of, percent, plural, shown
from schemas.incident import Cause, Chain, Edge, TimelineEntry
from schemas.postmortem import Sentence

ENTRIES_MOST: Final = 60
"""In the document: two pages.  The incident's own timeline has more."""

WHYS_MOST: Final = 5
"""Steps down the chain before people are asked to go on; the method's customary number."""

REASONS_MOST: Final = 4
"""For and against a cause each."""


def timeline(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    """One sentence an entry: its time, a space, what happened."""
    entries = facts.incident.timeline
    kept = sorted(entries, key=lambda entry: (-WEIGHTS.get(entry.kind, 0), -entry.count, entry.at, entry.entry_id))[:ENTRIES_MOST]
    ids = {entry.entry_id for entry in kept}
    for entry in entries:
        if entry.entry_id in ids:
            yield ledger.say(f"{shown(entry.at)} {clause_of(entry)}", entry.evidence)
    left = facts.incident.timeline_total - len(kept)
    if left > 0:
        yield ask(f"does any of the {plural(left, 'entry', 'entries')} left out here matter? The incident's own timeline has them.")


def clause_of(entry: TimelineEntry) -> str:
    marks = [f"{entry.count} times"] if entry.count > 1 else []
    marks += ["arrived late"] if entry.late else []
    marks += ["provisional"] if entry.provisional else []
    text = entry.text.rstrip(". ")
    return f"{text} ({', '.join(marks)})" if marks else text


def root_cause(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    """The leading causes with what speaks for and against them, then the chain walked back from the customer."""
    causes = facts.root_causes
    if not causes:
        yield unknown(
            "Root cause (no candidate reached a probability of 50 %)" if facts.incident.causes else "Root cause (no candidate was found)"
        )
        for cause in facts.incident.causes[:1]:
            yield from _weighed(cause, facts, ledger)
    for cause in causes:
        yield from _weighed(cause, facts, ledger)
    yield from _what_allowed_this(facts, ledger)


def _weighed(cause: Cause, facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    yield ledger.say(f"{claim_of(cause)} (probability {percent(cause.score)})", facts.refs_of_cause(cause))
    for argument in [argument for argument in cause.evidence if argument.nats > 0][:REASONS_MOST]:
        yield ledger.say(f"For it: {clause(argument.text)}", facts.refs_of_argument(argument, cause))
    for argument in cause.against[:REASONS_MOST]:
        yield ledger.say(f"Against it: {clause(argument.text)}", facts.refs_of_argument(argument, cause))
    if cause.missing:
        yield ask(f"where could be found what would settle it? Missing: {'; '.join(clause(missing) for missing in cause.missing)}.")


def _what_allowed_this(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    """Why after why from the impact back to the root, each answer a link of the chain; the last ones are asked, never answered by guess."""
    chain = facts.incident.chain
    nodes = {node.id: node for node in chain.nodes}
    for edge in _back_from_impact(chain)[:WHYS_MOST]:
        target = nodes[edge.target]
        refs = [*target.refs, *nodes[edge.source].refs]
        yield ledger.say(f"What allowed {name_of(target.entity)} to leave its normal? {edge.text}", refs)
    yield ask("what allowed that, and what allowed it to reach so far before anything stopped it?")
    yield ask("is the last answer a condition that can be changed? If it is a person or a moment of inattention, ask once more.")
    yield ask("had that condition been different, would this not have happened?")


def _back_from_impact(chain: Chain) -> list[Edge]:
    """The longest of the best-held paths from an impact back to the root."""
    into: dict[str, Edge] = {}
    for edge in chain.edges:
        if edge.target not in into or edge.score > into[edge.target].score:
            into[edge.target] = edge
    longest: list[Edge] = []
    for node in chain.nodes:
        path, at = [], node.id
        while at in into:
            path.append(into[at])
            at = into[at].source
        longest = max(longest, path, key=len)
    return longest


def also_considered(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    """Candidates that are not weighed as root causes."""
    named = {cause.rank for cause in facts.root_causes or facts.incident.causes[:1]}
    for cause in facts.incident.causes:
        if cause.rank not in named and 0.05 <= cause.score < ANSWER:
            text = f"Also considered, probability {percent(cause.score)}: {clause(cause.because)}"
            yield ledger.say(text, facts.refs_of_cause(cause))
