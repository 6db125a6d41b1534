"""Log templates: a line with what varies taken out, and a hash of that.

Knows:   what varies from line to line: numbers, ids, hex, addresses, times, generated pod suffixes.
Ignores: which template is rare or bad (correlate/).

Words stay, and so does what tells where in the code a line comes from: `Travel2Controller#115`, `Cart.java:42`.  Quoted texts are not
taken out as a whole: they often hold the one word that matters (`'Connection refused'`).  The same expressions run in Python's `re`
and, for whole columns, in polars' engine: RE2 syntax only, ASCII classes, no lookaround.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.series import VALUE, over

MARK: Final = "<*>"
MASKED_CHARS: Final = 2_000
"""A template is told by its beginning; as much as a row keeps of its text."""
CACHED_TEMPLATES: Final = 100_000
"""Masked texts whose hash is remembered: ten times what a large estate shows at once."""

_EDGE: Final = "EDGE"
"""Stands for an ASCII word boundary, which the two engines spell differently."""
_LANGUAGES: Final = ("java", "kt", "scala", "py", "go", "js", "ts", "rb", "cs", "cpp", "cc", "c", "h", "rs", "php", "ex", "erl")
"""Endings of source files."""
_ANCHORS: Final = rf"([A-Za-z_$)]#|\.(?:{'|'.join(_LANGUAGES)}):)([0-9])"
"""A line of code: the letter put before its number saves it from the masks below."""
_ANCHORED: Final = "${1}L${2}"
_ANCHOR_NEEDLES: Final = ["#", *(f".{language}:" for language in _LANGUAGES)]
"""A line without any of these has none."""
_VARYING: Final = "|".join(
    (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?",
        r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?",
        r"EDGE[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}EDGE",
        r"EDGE[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]+|/[0-9]{1,2}EDGE)?",
        r"EDGE0[xX][0-9a-fA-F]+EDGE",
        r"-(?:[bcdfghjklmnpqrstvwxz2456789]{8,10}|[0-9a-f]{8,10})-[a-z0-9]{5}EDGE",
        r"EDGE[0-9a-fA-F]{8,}EDGE",
        r"EDGE[0-9]+(?:[.,:][0-9]+)*(?:[eE][+-]?[0-9]+)?(?:ns|us|µs|ms|s|m|h|d|[KMGTkmgt]i?[Bb]?|[Bb])?EDGE",
    )
)
_anchors = re.compile(_ANCHORS, re.ASCII).sub
_varying = re.compile(_VARYING.replace(_EDGE, r"\b"), re.ASCII).sub
_RUST_VARYING: Final = _VARYING.replace(_EDGE, r"(?-u:\b)")

_CUT: Final = VALUE.str.slice(0, MASKED_CHARS)
_MASKED: Final = _CUT.str.replace_all(_RUST_VARYING, MARK)
_HAS_ANCHOR: Final = VALUE.str.contains_any(_ANCHOR_NEEDLES).arg_true()
_ANCHORED_MASKED: Final = _CUT.str.replace_all(_ANCHORS, _ANCHORED).str.replace_all(_RUST_VARYING, MARK)


def mask(text: str) -> str:
    """The template of one text."""
    return _varying(MARK, _anchors(r"\1L\2", text[:MASKED_CHARS]))


def mask_many(texts: pl.Series) -> pl.Series:
    """`mask` of a whole column."""
    masked, anchored = over(texts, _MASKED), over(texts, _HAS_ANCHOR)
    return masked.scatter(anchored, over(texts.gather(anchored), _ANCHORED_MASKED)) if len(anchored) else masked


def template_id(masked: str) -> int:
    """63-bit hash of a masked text: the same on every worker."""
    return int.from_bytes(blake2b(masked.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


class Templates:
    """Remembers the hashes of masked texts; what it returns does not depend on what it remembers."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def ids(self, texts: pl.Series | Sequence[str]) -> npt.NDArray[np.int64]:
        """The template id of each text; shape (n,)."""
        column = texts if isinstance(texts, pl.Series) else pl.Series(texts, dtype=pl.String)
        if len(self._ids) > CACHED_TEMPLATES:
            self._ids.clear()
        masked = mask_many(column).to_list()
        known = list(map(self._ids.get, masked))
        return np.array(known if None not in known else list(map(self._id, masked)), np.int64)

    def _id(self, masked: str) -> int:
        known = self._ids.get(masked)
        if known is None:
            known = self._ids[masked] = template_id(masked)
        return known


def template_ids(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """The template id of each text; shape (n,)."""
    return Templates().ids(texts)
