"""What a change says and does, as far as its row tells: words by their place, names, errors, effects.

Knows:   that what a change removes or sets says more of what it breaks than what it talks about.
Ignores: the outage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from correlate.evidence.candidates import Candidate, Move, is_flag
from correlate.evidence.effects import Effect, effects, effects_of_move
from correlate.evidence.numbers import library_of
from correlate.evidence.patch import Patch, read
from correlate.evidence.tokens import name_words, names, words
from schemas.entity import split

REMEMBERED = 4_096
"""Changes of which is kept what they do: twice as many as an estate remembers.  Every revision of an incident asks for all of them again."""
_RAISES = re.compile(r"\b(raise|throw|abort|panic|reject|fail|Err\w*|\w*Error\w*|\w*Exception)\b")
_STRING = re.compile(r"""["'`]([^"'`]{6,})["'`]""")
_TALK = re.compile(r"""(["'`])(?=[^"'`]*\s)[^"'`]*\1""")
_OF_LIBRARIES = words(
    "artifact, group, version, id, image, package, dependency, library, core, common, commons, util, utils, client, driver, plugin, starter, sdk,"
    " runtime, framework, datatype, api, github, gitlab, docker, registry, ghcr, org, com, require, module, implementation, compile, boot, types"
)
"""Words that the names of very many libraries hold."""
_SQL = re.compile(r"\b(select|insert|update|delete|from|where|alter|create|drop)\b", re.I)


@dataclass(frozen=True, slots=True)
class Content:
    patch: Patch
    effects: tuple[Effect, ...]
    weights: Mapping[str, float]
    """Stem → how much its place in the change counts, 0..1."""
    names: frozenset[str]
    """Identifiers that the change brings or takes away."""
    raises: tuple[frozenset[str], ...]
    """Word sets of the errors that added lines raise, and that were not raised there before."""
    upgraded: frozenset[str] = frozenset()
    """Words of the names of the libraries of which it changes the version."""
    spoken: frozenset[str] = frozenset()
    """Words that stand in the message alone."""

    @property
    def has_diff(self) -> bool:
        return not self.patch.is_empty

    @property
    def is_idle(self) -> bool:
        """Whether it only comments, moves, logs or counts."""
        return self.has_diff and not any(line.strip(" \t{}()[];,") for line in (*self.patch.removed, *self.patch.added))


def content(candidate: Candidate) -> Content:
    return _content(
        candidate.row.subject.name, candidate.label, candidate.message, candidate.files, candidate.diff, candidate.moves, candidate.entities
    )


@lru_cache(maxsize=REMEMBERED)
def _content(
    name: str, label: str, message: str, files: tuple[str, ...], diff: str, moves: tuple[Move, ...], entities: frozenset[str]
) -> Content:
    patch = read(diff)
    found = effects(diff, files) + _told(name, label, message, moves)
    removed = "\n".join(patch.removed)
    return Content(
        patch=patch,
        effects=found,
        weights=_weights(message, 1.0 if is_flag(name) else 0.4 if patch.is_empty else 0.1, files, entities, patch, found),
        names=names(removed) ^ names("\n".join(line for line in patch.added if line not in patch.protecting)),
        raises=tuple(
            words(text) for line in patch.added if _RAISES.search(line) and not _reworded(line, patch) for text in _STRING.findall(line)
        ),
        upgraded=frozenset(word for pair in patch.pairs for word in words(_spaced(library_of(pair.old, pair.new, patch.context))))
        - _OF_LIBRARIES,
        spoken=words(message) - _words((*patch.removed, *patch.added)) - words(" ".join(files).replace("/", " ")),
    )


def _spaced(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", ". ", name)  # so that no two parts of a name count as a pair


def _reworded(raising: str, patch: Patch) -> bool:
    """Whether a line that raises took the place of one that raised: the error was there, under another name."""
    return any(pair.new == raising and _RAISES.search(pair.old) for pair in patch.pairs)


def _told(name: str, label: str, message: str, moves: tuple[Move, ...]) -> tuple[Effect, ...]:
    """Effects that the row itself tells: a setting's or a scale's from → to, a flag."""
    if is_flag(name):
        return (Effect("flipped", words(message), label),)
    told = f"{name} {message}".strip()
    return tuple(effect for move in moves for effect in effects_of_move(move.setting or told, move.old, move.new))


def _weights(
    message: str, spoken: float, files: tuple[str, ...], entities: frozenset[str], patch: Patch, found: tuple[Effect, ...]
) -> dict[str, float]:
    """The best place that each word has; `spoken`: what a word of the message counts."""
    removed, added = _words(patch.removed), _words(patch.added)
    protecting = _words(patch.protecting) - _words(line for line in patch.added if line not in patch.protecting)
    done = frozenset().union(*(effect.words for effect in found if effect.kind not in _IDLE))
    places = (
        (_words(patch.context), 0.2),
        (protecting, 0.2),
        (removed & added, 0.3),
        (_words(patch.headers), 0.4),
        (words(message), spoken),
        (words(" ".join(files).replace("/", " ")), 0.5),
        (added - removed - protecting, 0.7),
        (removed - added, 1.0),
        (done - protecting, 1.0),
    )
    own = frozenset().union(*(name_words(split(entity)[1]) for entity in entities))  # where it was made is for the place to say
    weights: dict[str, float] = {}
    for found_words, weight in places:
        for word in found_words - own:
            weights[word] = max(weights.get(word, 0.0), weight)
    return weights


def _words(lines: Iterable[str]) -> frozenset[str]:
    """Words of lines of code; texts for people, which only talk, left out."""
    return words("\n".join(line if _SQL.search(line) else _TALK.sub(" ", line) for line in lines))


_IDLE = frozenset(
    {"flipped", "guarded", "released", "bounded", "ordered", "batched", "index_added", "patch", "capacity_raised"}
    | {"altered", "condition", "replaced", "removed", "rewritten"}
)
"""Effects that protect, or that say little: words of theirs count by where they stand."""
