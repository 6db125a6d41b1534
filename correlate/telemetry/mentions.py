"""Whom entities name in what they log: “call to stock-db failed” tells that the speaker calls stock-db.

Knows:   the names of services in the wordings of log lines, and who spoke of whom.
Ignores: how often, and whether the call failed; traces, metrics and the catalogue (registry.py).

A name counts where it cannot be a common word: it is joined by a hyphen or an underscore, or stands as the host of an address.  Who is
named after “from” or “by” calls the speaker; what is named otherwise is called by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import polars as pl

from correlate.scene import Int64s
from correlate.telemetry.interner import Interner

SPOKEN: Final = 100_000
"""Pairs of an entity and a wording that are looked at."""
UNRESOLVED: Final = 20_000
"""Names that are kept because nobody of that name is known yet: a peer may be heard of later."""
_NAME: Final = re.compile(r"(?:(?<=//)|(?<=@))[a-z][a-z0-9-]*|\b[a-z][a-z0-9]*(?:[-_][a-z0-9]+)+\b|\b[a-z][a-z0-9-]*(?=:\d{2,5}\b)", re.I)
_ASKED_BY: Final = re.compile(r"(?:\b(?:from|by|for|client|caller|origin|peer|remote|user.agent)\b)\W{0,3}$", re.I)
_BEFORE: Final = 16
"""Characters before a name that tell its part."""
_SPREAD: Final = -7046029254386353131
"""An odd number near 2^64 divided by the golden ratio: it spreads entity numbers over 64 bits."""


class Mentions:
    def __init__(self) -> None:
        self._spoken = Interner(SPOKEN)
        self._waiting: dict[str, set[int]] = {}
        self._known = 0

    def take(self, entity: Int64s, template_id: Int64s, texts: pl.Series) -> None:
        """Looks at the first line of each wording of each entity."""
        heard = len(self._spoken)
        number = self._spoken.number((entity * _SPREAD) ^ template_id)
        if len(self._spoken) == heard:
            return
        numbers, first = np.unique(number, return_index=True)
        for index in first[numbers >= heard].tolist():
            for name in named(texts[index]):
                if name in self._waiting or len(self._waiting) < UNRESOLVED:
                    self._waiting.setdefault(name, set()).add(int(entity[index]))
                    self._known = 0

    def calls(self, number_of: Mapping[str, int]) -> Iterator[tuple[int, int]]:
        """New pairs (speaker, whom it named), as far as such a service is known by now."""
        if self._known == len(number_of):
            return
        self._known = len(number_of)
        for name in sorted(self._waiting):
            peer = number_of.get(f"service:{name}")
            if peer is not None:
                yield from ((speaker, peer) for speaker in sorted(self._waiting.pop(name)) if speaker != peer)


def named(text: str) -> Iterator[str]:
    """Names of those that the speaker of a line asks."""
    for match in _NAME.finditer(text):
        if not _ASKED_BY.search(text[max(0, match.start() - _BEFORE) : match.start()]):
            yield match.group()
