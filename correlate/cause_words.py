"""Causes in words: what is suspected, because of what, what speaks against it and what would settle it (C23).

Knows:   how a suspect becomes a ranked cause, and the plain sentence that gives its strongest reasons.
Ignores: how suspects are found and weighed (causes.py, evidence/).
"""

from __future__ import annotations

from typing import Final

from correlate.chain_origin import ANSWER
from correlate.moments import change_name
from correlate.scene import Suspect
from correlate.words import clause, name_of
from schemas.entity import split
from schemas.incident import Argument, Cause
from schemas.plain import one_line

CAUSES_MOST: Final = 10
"""Ranked candidates in one record: whoever must look further looks at the data."""

REASONS_MOST: Final = 3
"""In one sentence: what a reader can hold while reading on."""

REASON_CHARACTERS: Final = 160
"""Of one reason in that sentence; the argument itself has all of it."""

NO_REASON: Final = "nothing measured speaks for it more than for others"

_KINDS: Final = {
    "cpu": "something that uses the CPU of {}",
    "memory": "something that uses the memory of {}",
    "disk": "something that uses the disk of {}",
    "network": "a loss or delay in the network of {}",
    "code": "a fault in the code of {}",
    "config": "a wrong setting of {}",
    "dependency": "a dependency of {}",
    "pod": "a failing instance of {}",
    "traffic": "a surge of requests to {}",
}


def cause(rank: int, suspect: Suspect) -> Cause:
    """One ranked candidate.  Arguments are ordered by strength, so that the first is the best."""
    ordered = sorted(suspect.arguments, key=lambda argument: (-abs(argument.nats), argument.kind, argument.text))
    evidence = tuple(argument for argument in ordered if argument.nats >= 0)
    return Cause(
        rank=rank,
        service=split(suspect.entity)[1] if suspect.entity else None,
        kind=suspect.kind,
        change=suspect.change.change_id or None if suspect.change is not None else None,
        score=round(min(1.0, max(0.0, suspect.score)), 4),
        because=because(suspect, evidence),
        evidence=evidence,
        against=tuple(argument for argument in ordered if argument.nats < 0),
        missing=suspect.missing,
    )


def because(suspect: Suspect, evidence: tuple[Argument, ...]) -> str:
    """`A fault in the code of payment is the likeliest cause: errors rose first there; …`"""
    return f"{_claim(suspect)}: {_reasons(evidence)}."


def claim_of(cause: Cause) -> str:
    """What a cause claims, without its reasons."""
    return cause.because.removesuffix(f": {_reasons(cause.evidence)}.")


def _reasons(evidence: tuple[Argument, ...]) -> str:
    said = (one_line(clause(argument.text), REASON_CHARACTERS) for argument in evidence if argument.nats > 0 and argument.text)
    return "; ".join(list(dict.fromkeys(said))[:REASONS_MOST]) or NO_REASON


def _claim(suspect: Suspect) -> str:
    if suspect.kind == "none":
        sure = "the likeliest explanation" if suspect.score >= ANSWER else "a possible explanation"
        return f"That none of the known changes caused it is {sure}"
    what = suspected(suspect)
    return f"{what[:1].upper()}{what[1:]} is {'the likeliest' if suspect.score >= ANSWER else 'a possible'} cause"


def suspected(suspect: Suspect) -> str:
    """What is suspected, as part of a sentence."""
    if suspect.change is not None:
        return f"the {clause(change_name(suspect.change))}"
    if suspect.entity is None:
        return "Something outside the observed components" if suspect.kind != "traffic" else "a surge of requests from outside"
    where = name_of(suspect.entity)
    return _KINDS.get(suspect.kind, "a failure inside {}").format(where)
