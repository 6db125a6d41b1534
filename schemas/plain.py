"""Text from others made harmless to show: one line or several, and nothing in it that steers a terminal or a reader's eye.

Knows:   which characters are not text: controls, ANSI sequences, bidirectional overrides, invisible and tag characters, lone surrogates.
Ignores: markup, which each way of showing escapes for itself (Markdown in correlate/postmortem/, styles in sinks/terminal.py).

Sources: ECMA-48 §5.4 (control sequences), Unicode UAX #9 (bidirectional controls), Unicode TR #36 §2.2 (invisible characters).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_SEQUENCES: Final = re.compile(
    r"""\x1b\[[0-?]*[ -/]*[@-~]?            # CSI: colours, cursor moves
      | \x9b[0-?]*[ -/]*[@-~]?              # the same with the one-byte introducer
      | (?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]).{0,256}?(?:\x07|\x1b\\|\x9c)  # OSC, DCS, SOS, PM, APC: titles, links
      | \x1b[ -/]*[0-~]?""",
    re.VERBOSE | re.DOTALL,
)
_BREAKS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SPACES: Final = re.compile(r"\s+")


def plain(text: str) -> str:
    """The text with line breaks as `\\n` and tabs kept, without anything that is not text."""
    if text.isprintable():  # no breaks and no controls
        return text if text.isascii() else _UNSEEN.sub("", text)
    return _UNSEEN.sub("", _BREAKS.sub("\n", _SEQUENCES.sub("", text)))


def one_line(text: str, most: int = 0) -> str:
    """`plain` on one line with single spaces; cut to `most` characters with an ellipsis when `most` is not 0."""
    return _cut(text[: 4 * most + 1_000], most) if most else _lined(text)


def _lined(text: str) -> str:
    line = plain(text)
    if "  " in line or not line.isprintable():  # most text is one line already; a space is the only printable white space
        line = _SPACES.sub(" ", line)
    return line.strip()


@lru_cache(maxsize=4_096)
def _cut(text: str, most: int) -> str:
    """A pure function of a bounded text; remembered, since each telling of an incident quotes most of what the one before quoted."""
    line = _lined(text)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
