"""Evidence: whether what the change does can begin this kind of trouble at all, or would rather ease it.

Knows:   the tables of mechanisms.py; that an effect accuses only as far as it is tied to the failing lines or to the failing place.
Ignores: words as such (text.py).
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import fsum
from typing import Final

from correlate.evidence.candidates import Candidate
from correlate.evidence.content import REMEMBERED
from correlate.evidence.docket import Docket
from correlate.evidence.effects import Effect
from correlate.evidence.grades import CLUE, FAIR, STRONG
from correlate.evidence.mechanisms import CAUSES, EASES, HAZARDS, HEARSAY, MEASURED, RISKY_PATHS, SAYS, SUBJECTS, UNKNOWN, VAGUE
from correlate.evidence.tokens import name_words, words
from schemas.entity import split
from schemas.incident import Argument

KIND = "mechanism"
UNTIED = 0.3
"""What is left of a mechanism that neither the words nor the place tie to the outage: many changes could break many things."""
TIED = 0.5
"""Link (nats) at which an effect speaks of just what fails."""
BY_PLACE = 0.7
"""How far the place alone ties a mechanism: the most blamed service, changed in a way that can begin just this."""
_SUBJECTS: Final = tuple((re.compile(rf"\b({subject})\b", re.I), troubles) for subject, troubles in SUBJECTS)
ALWAYS_SAFE = frozenset({"patch", "index_added"})


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    content = docket.content(candidate)
    if not content.has_diff and not content.effects:
        return _hearsay(docket, candidate)
    if content.is_idle:
        return [Argument(kind=KIND, nats=-STRONG, text="It only observes or comments.")]
    arguments = [_fits(docket, candidate), _risk(docket, candidate)]
    return [argument for argument in arguments if argument.nats]


def tie(docket: Docket, candidate: Candidate, effect: Effect) -> float:
    """How far an effect speaks of what fails, by its words and by its place, UNTIED..1."""
    said = docket.symptom.words
    link = fsum(said[word] * docket.rarity[word] for word in effect.words if word in said and word in docket.rarity)
    by_words = min(1.0, link / TIED)
    by_place = docket.share(candidate)
    return UNTIED + (1 - UNTIED) * max(by_words, BY_PLACE * by_place + (1 - BY_PLACE) * by_words)


def _fits(docket: Docket, candidate: Candidate) -> Argument:
    troubles = sorted(docket.symptom.troubles) or [UNKNOWN]
    effects = docket.content(candidate).effects
    scored = [
        (CAUSES[trouble][effect.kind] * tie(docket, candidate, effect), trouble, effect)
        for effect in effects
        for trouble in troubles
        if effect.kind in CAUSES[trouble]
    ]
    eases = [(trouble, effect) for trouble in troubles for effect in effects if effect.kind in EASES[trouble]]
    if scored:
        fit, trouble, effect = max(scored, key=lambda row: (row[0], row[1], row[2].text))
        if not eases or CAUSES[trouble][effect.kind] > VAGUE:  # a cure alters something too
            return Argument(kind=KIND, nats=STRONG * fit, text=f"It {SAYS[effect.kind]} ({effect.text}), {_leads_to(trouble)}.")
    if eases:
        trouble, effect = min(eases, key=lambda row: (row[1].kind not in MEASURED, row[1].text))
        nats = -STRONG if effect.kind in MEASURED else -FAIR
        text = f"It {SAYS[effect.kind]} ({effect.text}), which works against trouble of the kind “{trouble}”."
        return Argument(kind=KIND, nats=nats, text=text)
    return Argument(kind=KIND, nats=-FAIR, text="Nothing it does is known to begin this kind of trouble.")


def _leads_to(trouble: str) -> str:
    return "which may break anything" if trouble == UNKNOWN else f"which can begin trouble of the kind “{trouble}”"


def _risk(docket: Docket, candidate: Candidate) -> Argument:
    """How dangerous such a change is anywhere, whatever fails."""
    content = docket.content(candidate)
    hazards = [effect for effect in content.effects if effect.kind in HAZARDS]
    if hazards:
        strength = max(tie(docket, candidate, effect) for effect in hazards)
        return Argument(kind=KIND, nats=FAIR * strength, text=f"It {SAYS[hazards[0].kind]}: {hazards[0].text}.")
    kinds = {effect.kind for effect in content.effects}
    if kinds and kinds <= ALWAYS_SAFE:
        return Argument(kind=KIND, nats=-FAIR, text="Such a change seldom breaks anything.")
    if content.has_diff and not content.patch.removed:
        return Argument(kind=KIND, nats=-CLUE, text="It only adds.")
    return Argument(kind=KIND, nats=0.0, text="")


def _hearsay(docket: Docket, candidate: Candidate) -> list[Argument]:
    """What a change without a diff lets one expect, by its message and its paths."""
    arguments = []
    seats = {*candidate.entities, docket.seat(candidate)[0] or ""}
    own = frozenset().union(*(name_words(split(entity)[1]) for entity in seats))  # in a metrics pipeline, "metric" is no metric
    said = next((row[1:] for row in HEARSAY if (match := row[0].search(candidate.message)) and not words(match[0]) & own), None)
    if said and candidate.files:
        arguments.append(Argument(kind=KIND, nats=FAIR * said[1], text=f"Without a diff, {said[0]}: “{candidate.message[:80]}”."))
    for paths, troubles, what in RISKY_PATHS:
        if any(paths.search(path) for path in candidate.files) and troubles & docket.symptom.troubles:
            arguments.append(Argument(kind=KIND, nats=CLUE, text=f"It touches {what}, which could begin this kind of trouble."))
            break
    if candidate.files and (about := _about(candidate.message, candidate.files)):
        fits = next((subject for subject, troubles in about if docket.symptom.troubles & set(troubles)), None)
        if fits is not None and not (said and said[1] < 0):
            arguments.append(Argument(kind=KIND, nats=CLUE, text=f"It is about “{fits}”, where this kind of trouble can begin."))
        elif fits is None and docket.symptom.troubles:
            arguments.append(
                Argument(kind=KIND, nats=-CLUE, text=f"It is about “{about[0][0]}”, where this kind of trouble seldom begins.")
            )
    return arguments


@lru_cache(maxsize=REMEMBERED)
def _about(message: str, files: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the message and the paths speak of, each with the troubles that begin there."""
    spaced = re.sub(r"[/_.\-]|(?<=[a-z])(?=[A-Z])", " ", f"{message} {' '.join(files)}")
    return tuple((match[0], troubles) for subject, troubles in _SUBJECTS if (match := subject.search(spaced)))
