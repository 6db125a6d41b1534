"""How readers reach into JSON that anybody may have sent: every function takes anything and never raises.

Knows:   nested and dotted paths, scalars as text, numbers as finite floats.
Ignores: what the fields mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from schemas.sources.cloud import mapping, sequence, text

__all__ = ["at", "flat", "has_keys", "labels", "labels_in", "mapping", "sequence", "text", "text_at"]

MAX_LABELS: Final = 128
"""Labels a row keeps.  Prometheus allows 30 by default, Datadog 100; more is a mistake or an attack."""
_MAX_DEPTH: Final = 8
_MISSING: Final = object()


def has_keys(*keys: str) -> Callable[[Any], bool]:
    """A recogniser: true for an object that holds all of these keys."""
    wanted = frozenset(keys)
    return lambda document: isinstance(document, dict) and wanted <= document.keys()


def at(document: Any, path: str) -> Any:
    """What lies at `a.b.c`, nested or under a flat dotted key (`{"a.b": {"c": …}}`); None when nothing does."""
    if not isinstance(document, dict):
        return None
    found = document.get(path, _MISSING)
    if found is not _MISSING:
        return found
    for head, rest in _ways_into(path):
        inner = document.get(head)
        if isinstance(inner, dict):
            found = at(inner, rest)
            if found is not None:
                return found
    return None


@lru_cache(maxsize=4_096)
def _ways_into(path: str) -> tuple[tuple[str, str], ...]:
    """(key, path within it) for each dot of a path; remembered, since readers ask every record for the same paths."""
    dots = [] if path.startswith(".") else [index for index, character in enumerate(path) if character == "."]
    return tuple((path[:dot], path[dot + 1 :]) for dot in dots)


def text_at(document: Any, *paths: str) -> str:
    """The first of the paths that holds a scalar, as text."""
    for path in paths:
        if found := text(at(document, path)):
            return found
    return ""


def labels(value: object) -> dict[str, str]:
    """The scalars of an object as text; what is nested is left out."""
    found: dict[str, str] = {}
    for key, item in mapping(value).items():
        if len(found) >= MAX_LABELS:
            break
        if said := text(item):
            found[key] = said
    return found


def flat(value: object, prefix: str = "") -> dict[str, str]:
    """Every scalar of an object under its dotted path; of arrays, the scalars joined by commas."""
    return dict(_leaves(value, prefix, 0))


def _leaves(value: object, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and depth < _MAX_DEPTH:
        for count, (key, item) in enumerate(value.items()):
            if count < MAX_LABELS:
                yield from _leaves(item, f"{prefix}.{key}" if prefix else str(key), depth + 1)
    elif isinstance(value, list):
        said = ",".join(part for item in value[:MAX_LABELS] if (part := text(item)))
        if said:
            yield prefix, said
    elif said := text(value):
        yield prefix, said


_QUOTED: Final = re.compile(r"([A-Za-z_][\w./-]{0,63})\s*=\s*\"((?:[^\"\\]|\\.){0,512})\"")
_LISTED: Final = re.compile(r"(?m)^[ \t]*[-*•][ \t]+\**([A-Za-z_][\w./-]{0,63})\**[ \t]*[=:][ \t]*(\S[^\n]{0,511})$")
_MAX_TEXT_CHARS: Final = 16_384


def labels_in(said: str) -> dict[str, str]:
    """Labels that a tool wrote into its text: `{pod="a", …}` as Prometheus prints them, or a list of ` - pod = a`."""
    said = said[:_MAX_TEXT_CHARS]
    found = dict(_LISTED.findall(said)[:MAX_LABELS])
    found |= dict(_QUOTED.findall(said)[:MAX_LABELS])
    return {key: value.strip() for key, value in found.items() if value.strip()}
