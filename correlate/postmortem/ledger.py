"""Sentences and what they cite: each record gets one key, E1, E2, …, in the order in which the draft first needs it.

A sentence without evidence is not possible here: it says unknown, or it asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from correlate.citing import place_of
from correlate.postmortem.blameless import systemic
from correlate.words import sentence
from schemas.evidence import Evidence
from schemas.plain import one_line
from schemas.postmortem import UNKNOWN, Sentence

CITES_MOST: Final = 4
"""In one sentence: a reader follows two or three, the rest is in the timeline."""

ASK: Final = "To answer:"
"""How a question to the people who own the document begins."""


@dataclass(slots=True)
class Ledger:
    evidence: dict[str, Evidence] = field(default_factory=dict)
    _keys: dict[tuple[str, int, int, int, str], str] = field(default_factory=dict)

    def say(self, text: str, refs: Iterable[Evidence]) -> Sentence:
        """A statement with its evidence; marked as unknown ground when there is none."""
        cites = self.cite(refs)
        text = sentence(systemic(text))
        return Sentence(text=text, cites=cites) if cites else Sentence(text=f"{text} Evidence: {UNKNOWN}.")

    def cite(self, refs: Iterable[Evidence]) -> tuple[str, ...]:
        keys: dict[str, None] = {}
        for one in refs:
            if len(keys) == CITES_MOST:
                break
            place = place_of(one)
            if place not in self._keys:
                self._keys[place] = f"E{len(self._keys) + 1}"
                self.evidence[self._keys[place]] = one
            keys[self._keys[place]] = None
        return tuple(keys)


def unknown(what: str) -> Sentence:
    """`Users affected: unknown.`"""
    return Sentence(text=f"{one_line(systemic(what))}: {UNKNOWN}.")


def ask(question: str) -> Sentence:
    """A question that only people can answer."""
    return Sentence(text=f"{ASK} {one_line(systemic(question))}")
