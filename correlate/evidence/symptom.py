"""What the outage says of itself: the words, names and source files of its alarms, and which kind of trouble they are.

Knows:   how a line that belongs to the outage is told from one that is always there, and what such lines have in common.
Ignores: changes; and where the outage began (change_place.py).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import orjson

from correlate.evidence.mechanisms import TROUBLES
from correlate.evidence.tokens import name_words, names, stem, words
from correlate.scene import Scene
from schemas.entity import split
from schemas.masking import mask
from schemas.severity import WARN
from schemas.signal import Kind, Signal

QUIET_SHARE: Final = 1 / 3
"""Share of the time before detection that counts as normal: the oldest third is out of reach of all but the slowest onsets."""
DENSER: Final = 5.0
"""How much more often a known line must come to be news: rates of logs double and halve by themselves."""
MEASURED_SHARE: Final = 0.5
"""What a word of a departed metric's name counts against one of every failing line: many metrics depart in any outage."""
REMEMBERED: Final = 4_096
"""Texts of which is kept what they say: every revision of an incident asks for the same exemplars again."""
SAMPLE: Final = 100
"""Lines of one wording that are looked at; more of the same say the same."""

_FILE = re.compile(r"([\w\-]+\.(?:go|py|java|kt|rs|tsx?|jsx?|mjs|rb|php|cs|cpp|cc|c|scala|exs?|swift|sql|lua|clj))\b")


@dataclass(frozen=True, slots=True)
class Wording:
    """Alarming lines of one wording from one entity."""

    entity: str
    lines: tuple[Signal, ...]

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines[:SAMPLE]]


@dataclass(frozen=True, slots=True)
class Symptom:
    wordings: tuple[Wording, ...]
    alerts: tuple[str, ...]
    """What the alerts say, with the names of their rules and metrics."""
    words: Mapping[str, float]
    """Stem → share of the lines of its wording that hold it; less for what healthy lines say too and for names of entities."""
    names: frozenset[str]
    """Identifiers that the failing lines share and healthy lines do not say."""
    files: Mapping[str, frozenset[str]]
    """Source file that the failing lines point to → entities that said so."""
    troubles: frozenset[str]
    """Kinds of trouble, words of mechanisms.TROUBLES."""
    talk: frozenset[str]
    """Stems by which the failing lines and alerts say what kind of trouble it is: whoever answers to the trouble says them too."""
    spelled: Mapping[str, str]
    """Stem → the word as the failing lines and alerts write it."""

    @property
    def lines(self) -> Iterable[Signal]:
        return (line for wording in self.wordings for line in wording.lines)


@dataclass(frozen=True, slots=True)
class Lines:
    """The log lines of a scene, sorted."""

    failing: tuple[Wording, ...]
    """Warnings and errors that are new or much more frequent since the quiet time."""
    healthy: tuple[Signal, ...]


def symptom(scene: Scene, lines: Lines) -> Symptom:
    wordings, healthy = lines.failing, lines.healthy
    alerts = tuple(_said(alert) for alert in scene.alerts)
    told = (*alerts, *(wording.texts[0] for wording in wordings))
    entity_words = {word for entity in (*scene.calls, *scene.blame) for word in name_words(split(entity)[1])}
    usual = Counter(word for line in healthy for word in words(line.text))
    usual_names = {name for line in healthy for name in names(line.text)}
    shares = _shares(wordings)
    for text in alerts:
        shares.update(dict.fromkeys(words(text), 1.0))
    for word in _measured(scene):
        shares.setdefault(word, MEASURED_SHARE)
    entities = {split(entity)[1] for entity in (*scene.calls, *scene.blame)}
    return Symptom(
        wordings=wordings,
        alerts=alerts,
        words={word: share * (0.5 if usual[word] else 1.0) * (0.3 if word in entity_words else 1.0) for word, share in shares.items()},
        names=frozenset(name for wording in wordings for name in _common(wording.texts, names, 0.5)) - usual_names - entities,
        files=_files(wordings),
        troubles=frozenset(name for text in told for name, _ in troubles_in(text)),
        talk=frozenset(word for text in told for _, said in troubles_in(text) for word in said),
        spelled=_spelled(told),
    )


@lru_cache(maxsize=REMEMBERED)
def troubles_in(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The kinds of trouble that a text tells of, each with the words by which it does."""
    found = ((name, [match[0] for match in phrases.finditer(text)]) for name, phrases in TROUBLES.items())
    return tuple((name, frozenset().union(*map(words, said))) for name, said in found if said)


def _spelled(texts: Iterable[str]) -> dict[str, str]:
    spelled: dict[str, str] = {}
    for text in texts:
        for word in re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+", text):
            spelled.setdefault(stem(word.lower()), word.lower())
    return spelled


def sort_lines(scene: Scene) -> Lines:
    by_wording: dict[tuple[str, str], list[Signal]] = defaultdict(list)
    healthy = []
    for line in scene.logs:
        if line.severity_number >= WARN:
            by_wording[line.subject.entity, mask(line.text)].append(line)
        else:
            healthy.append(line)
    first = min((line.event_time_ns for line in scene.logs), default=scene.onset_ns)
    quiet_until = min(first + int((scene.detected_ns - first) * QUIET_SHARE), scene.onset_ns)
    wordings = []
    for (entity, _), lines in by_wording.items():
        late = [line for line in lines if line.event_time_ns >= quiet_until]
        if late and _is_news(len(lines) - len(late), quiet_until - first, [line.event_time_ns for line in late], scene.now_ns):
            wordings.append(Wording(entity, tuple(late)))
        else:
            healthy.extend(lines)
    return Lines(tuple(wordings), tuple(healthy))


def attributes_of(line: Signal) -> dict[str, str]:
    """Everything a log line is labelled with: its subject's attributes, and those of the line itself."""
    return dict(line.subject.attributes) | (_own_attributes(line.details) if line.details else {})


@lru_cache(maxsize=REMEMBERED)
def _own_attributes(details: str) -> dict[str, str]:
    own = orjson.loads(details).get("attributes")
    return {key: str(value) for key, value in own.items()} if isinstance(own, dict) else {}


def _is_news(early: int, quiet_ns: int, late_ns: Sequence[int], now_ns: int) -> bool:
    if not early:
        return True
    rate_before = early / max(quiet_ns, 1)
    newest = late_ns[len(late_ns) // 2 :]
    return len(newest) / max(now_ns - newest[0], 1) > DENSER * rate_before


def _measured(scene: Scene) -> Iterator[str]:
    """Words of the names of metrics that departed from normal: their authors named what they measure."""
    for finding in scene.findings:
        if finding.subject.kind is Kind.METRIC:
            yield from words(finding.subject.name.replace("_", " ").replace(".", " "))


def _said(alert: Signal) -> str:
    said = [alert.text, alert.subject.name, *(value for key, value in alert.subject.attributes if "metric" in key)]
    return re.sub(r"[_\-](?=[a-z])", " ", " ".join(said)) + " " + " ".join(said[1:])


def _shares(wordings: Sequence[Wording]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for wording in wordings:
        own = name_words(split(wording.entity)[1])
        for word, share in _counted(wording.texts, words).items():
            if share > 0.05 and word not in own:
                shares[word] = max(shares.get(word, 0.0), min(1.0, share + 0.2))
    return shares


def _counted(texts: Sequence[str], cut: object) -> dict[str, float]:
    counts = Counter(item for text in texts for item in cut(text))  # type: ignore[operator]
    return {item: count / len(texts) for item, count in counts.items()}


def _common(texts: Sequence[str], cut: object, share: float) -> set[str]:
    return {item for item, seen in _counted(texts, cut).items() if seen >= share}


def _files(wordings: Sequence[Wording]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for wording in wordings:
        for text in wording.texts:
            for file in _FILE.findall(text):
                found[file.lower()].add(wording.entity)
    return {file: frozenset(entities) for file, entities in found.items()}
