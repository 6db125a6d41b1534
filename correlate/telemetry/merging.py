"""Masked texts that differ in a word or two are one template: names, users and list lengths survive masking.

Knows:   the words of the templates met so far, in groups that share their first fixed words.
Ignores: how often they occur.  What a text is merged into depends on the order of first appearance, which event time fixes.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.masking import MARK, mask

WORDS: Final = 14
"""Words by which a template is told; log lines say what they are about at their beginning."""
_FIXED: Final = 2
"""First fixed words that merged templates share: level and place in most formats."""
_ALIKE: Final = 0.6
"""Share of equal words, by position, from which on two texts are one template."""
_CROWD: Final = 200
"""Templates compared a group; a group beyond that is free text, and takes no further ones in."""
_BETWEEN: Final = re.compile(r"[\s\[\](){},;:=|\"'<>]+")


class Merging:
    """Numbers masked texts; alike ones get the same number."""

    def __init__(self) -> None:
        self.words: list[list[str]] = []
        self._groups: dict[tuple[str, ...], list[int]] = {}

    def number(self, text: str) -> int:
        """The number of a text's template: that of the most alike one in its group, or the next."""
        words = _words(text)
        group = self._groups.setdefault(tuple([word for word in words if word != MARK][:_FIXED]), [])
        best = max(group, key=lambda number: _likeness(words, self.words[number]), default=None)
        if best is not None and _likeness(words, self.words[best]) >= _ALIKE:
            self.words[best] = [ours if ours == theirs else MARK for ours, theirs in zip(self.words[best], words, strict=False)]
            return best
        self.words.append(words)
        if len(group) < _CROWD:
            group.append(len(self.words) - 1)
        return len(self.words) - 1


def _words(text: str) -> list[str]:
    masked = mask(text).replace(MARK, " * ")
    return [MARK if word == "*" else word for word in _BETWEEN.split(masked) if word][:WORDS]


def _likeness(one: list[str], other: list[str]) -> float:
    longest = max(len(one), len(other))
    return sum(ours == theirs for ours, theirs in zip(one, other, strict=False)) / longest if longest else 1.0
