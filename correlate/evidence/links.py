"""How strongly the words of each change are those of the outage.

Knows:   a word counts by its place in the change, by how many failing lines say it, and by how few changes say it; a pair of words more
         than one; a change of many words must share more.
Ignores: what a link is worth as evidence (text.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import fsum, log, sqrt

from correlate.evidence.content import Content

USUAL_WORDS = 60
"""Distinct words of an ordinary change: one that says ten times as much shares more with anything by chance."""
WORD, PAIR = 0.6, 1.0
"""What a shared word and a shared pair of words count."""
SHOWN = 4


@dataclass(frozen=True, slots=True)
class Link:
    nats: float
    words: tuple[str, ...]
    """Those that say most, strongest first."""


def rarities(contents: Collection[Content]) -> dict[str, float]:
    """Word → 1 when one change alone says it, 0 when all do."""
    count = len(contents)
    said_by = Counter(word for content in contents for word in content.weights)
    return {word: log((count + 1) / by) / log(count + 1) for word, by in said_by.items()}


def link(content: Content, said: Mapping[str, float], talk: Collection[str], rarity: Mapping[str, float]) -> Link:
    """`talk`: words of the trouble itself; a message that says them, and nothing else that does, answers to it rather than began it."""
    hits = {
        word: weight * said[word] * (PAIR if word.startswith("=") else WORD) * rarity[word]
        for word, weight in content.weights.items()
        if word in said and not (word in content.spoken and any(part in talk for part in word.lstrip("=").split()))
    }
    nats = fsum(hits.values()) / max(1.0, sqrt(len(content.weights) / USUAL_WORDS))
    return Link(nats, tuple(sorted(hits, key=lambda word: (-hits[word], word))[:SHOWN]))
