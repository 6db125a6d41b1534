"""A patch as text → what is removed, added, changed and left, free of noise.

Knows:   unified diffs, whole or reduced; comments, blank lines and lines that only observe (logs, metrics, traces).
Ignores: what the change does (effects.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from correlate.evidence.tokens import words

MAX_LINES: Final = 600
"""Lines of a patch that are read: beyond this a reviewer skims, and so do we; generated files fill the rest."""

_COMMENT = re.compile(r"^\s*(//|#(?!include|define|if\b|else|endif|\[)|--(\s|$)|\*(\s|/|$)|/\*|\"\"\"|'''|<!--|;)")
_OBSERVES = re.compile(
    r"(?i:\b(log|logger|logging|slog|console|tracing|tracer|metrics?|statsd|prometheus|promauto|meter)\b\s*[.:(])"
    r"|\b(print|println|printf|puts|NSLog|Log[A-Z]\w*)\b|\b(info|warn|error|debug|trace)!\(|\b(Counter|Gauge|Histogram|Summary)\w*\b"
    r"|\.(inc|observe|labels|with_?[lL]abels|record|set_attribute|setAttribute|addEvent)\("
)
_GUARDS = re.compile(
    r"^\s*(\}?\s*(else|elif|elsif|elseif)\b\s*)?(if|unless|guard|except|catch|rescue|try|finally)\b|^\s*\}\s*(catch|finally)\b|\bcatch_unwind\b"
)
_FAILURE = re.compile(
    r"err|exception|except\b|catch|rescue|fail|timed?_?out|unavailable|exceeded|refused|full\b|\b[45]\d\d\b|null|\bnil\b|none\b|undefined",
    re.I,
)
SETTING: Final = re.compile(r"""^\s*(?:-\s*)?["']?([A-Za-z_][\w.\-/]*)["']?\s*(?::|=>|=)\s*["']?([^"'#,;{]*?)["']?\s*[,;]?\s*(#.*)?$""")
"""A line of configuration: its key and its value."""
_LEVEL = re.compile(r"\d+(?:[.,_]\d+)*")


@dataclass(frozen=True, slots=True)
class Pair:
    """A line that became another."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Patch:
    """Lines without their marks; observing lines and comments apart."""

    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    """Removed and added lines that are the same line changed; also among `removed` and `added`."""
    context: tuple[str, ...] = ()
    """Lines that stayed, or only moved."""
    headers: tuple[str, ...] = ()
    observing: tuple[str, ...] = ()
    """Added or removed lines that only log, count or trace."""
    protecting: tuple[str, ...] = ()
    """Added lines that check or catch; also among `added`."""

    reacting: tuple[str, ...] = ()
    """Added lines inside an added check for failure: they run when there is trouble already; also among `added`."""

    is_empty: bool = True
    """Whether the text holds no line that came or went, not even a comment."""


@lru_cache(maxsize=1024)
def read(text: str) -> Patch:
    """The patch that a text holds; an empty one for a text without any."""
    removed: list[str] = []
    added: list[str] = []
    context: list[str] = []
    headers: list[str] = []
    for line in text.split("\n")[:MAX_LINES]:
        if line.startswith(("---", "+++", "diff ", "index ", "\\ No newline")):
            continue
        if line.startswith("@@"):
            headers.append(line.strip("@ "))
        elif line[:1] in "+-" and line[1:].strip():
            (added if line[0] == "+" else removed).append(line[1:])
        elif line.strip():
            context.append(line)
    is_empty = not (removed or added)
    moved = _moved(removed, added)
    removed, added = _without(removed, moved), _without(added, moved)
    context += moved
    return Patch(
        is_empty=is_empty,
        removed=tuple(filter(_works, removed)),
        added=tuple(filter(_works, added)),
        pairs=_pairs([line for line in removed if _works(line)], [line for line in added if _works(line)]),
        context=tuple(context),
        headers=tuple(headers),
        observing=tuple(line for line in (*removed, *added) if not _COMMENT.match(line) and _OBSERVES.search(line)),
        protecting=tuple(line for line in added if _works(line) and _GUARDS.search(line)),
        reacting=tuple(_reacting(added)),
    )


def _works(line: str) -> bool:
    return not _COMMENT.match(line) and not _OBSERVES.search(line)


def _reacting(added: Sequence[str]) -> Iterator[str]:
    """Lines deeper than an added guard that asks for failure, up to where its block ends."""
    depth: int | None = None
    for line in added:
        indent = len(line) - len(line.lstrip())
        if depth is not None and indent <= depth and not line.strip().startswith("}"):
            depth = None
        if depth is not None:
            yield line
        elif _GUARDS.search(line) and _FAILURE.search(line):
            depth = indent


def _moved(removed: Sequence[str], added: Sequence[str]) -> list[str]:
    """Lines on both sides: they only moved or changed their indentation."""
    left = Counter(line.strip() for line in added)
    moved = []
    for line in removed:
        if left[line.strip()]:
            left[line.strip()] -= 1
            moved.append(line)
    return moved


def _without(lines: Sequence[str], moved: Sequence[str]) -> list[str]:
    left = Counter(line.strip() for line in moved)
    kept = []
    for line in lines:
        if left[line.strip()]:
            left[line.strip()] -= 1
        else:
            kept.append(line)
    return kept


def _pairs(removed: Sequence[str], added: Sequence[str]) -> tuple[Pair, ...]:
    """Each removed line with the added line it became: equal but for numbers first, then of one key, then alike by half of their words."""
    free = list(added)
    pairs: list[Pair] = []
    for alike in (same_but_for_numbers, _same_key, _half_alike):
        for old in removed:
            if any(pair.old is old for pair in pairs):
                continue
            new = next((line for line in free if alike(old, line)), None)
            if new is not None:
                free.remove(new)
                pairs.append(Pair(old, new))
    return tuple(pairs)


def same_but_for_numbers(old: str, new: str) -> bool:
    """Whether two lines differ in their numbers alone."""
    return _LEVEL.sub("#", old).split() == _LEVEL.sub("#", new).split()


def _same_key(old: str, new: str) -> bool:
    one, other = SETTING.match(old), SETTING.match(new)
    return bool(one and other and one[1] == other[1])


def _half_alike(old: str, new: str) -> bool:
    one, other = words(old), words(new)
    return bool(one) and 2 * len(one & other) >= max(len(one), len(other))
