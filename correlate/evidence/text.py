"""Evidence: words, names and source files that the change and the failing lines share.

Knows:   what a change removes or sets weighs most, what it talks about least; a name that only one change moves is worth
         more than many common words.
Ignores: whether the change can break anything (mechanism.py).
"""

from __future__ import annotations

from statistics import fmean

from correlate.citing import evidence_of
from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket
from correlate.evidence.grades import CLUE, FAIR, STRONG
from correlate.evidence.tokens import words
from schemas.evidence import Evidence
from schemas.incident import Argument

KIND = "text"
ORDINARY = 0.3
"""Link that a change has by chance alone, when no other changes tell (nats)."""
HALF = 0.5
"""Least share of the lines of an error that name a library, and least rarity of that name among the changes."""
SHARED = 0.8
"""Share of an error's words that must reappear for it to be the same error."""


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    arguments = [
        _linked(docket, candidate),
        *_names(docket, candidate),
        *_source(docket, candidate),
        *_library(docket, candidate),
    ]
    return [argument for argument in arguments if argument.nats]


def _linked(docket: Docket, candidate: Candidate) -> Argument:
    """The link beyond what the changes at hand have on the average.  That words are shared says something, how many of them hardly more: who
    changes what it is about, who watches it and who guards it all speak of it."""
    usual = fmean([docket.link(other).nats for other in docket.candidates if other.deployed] or [0.0])
    link = docket.link(candidate)
    nats = max(-FAIR, min(FAIR, link.nats - max(usual, ORDINARY if docket.symptom.wordings else 0.0)))
    if link.words:
        shared = ", ".join(_spelled(docket, word) for word in link.words)
        text = (
            f"It shares with what fails: {shared}." if nats > 0 else f"It shares no more with what fails than other changes do ({shared})."
        )
        return Argument(kind=KIND, nats=nats, text=text)
    return Argument(kind=KIND, nats=nats, text="It shares no word with what fails.")


def _spelled(docket: Docket, word: str) -> str:
    return " ".join(docket.symptom.spelled.get(part, part) for part in word.lstrip("=").split())


def _names(docket: Docket, candidate: Candidate) -> list[Argument]:
    moved = docket.content(candidate).names & docket.symptom.names
    rare = sorted(name for name in moved if sum(name in content.names for content in docket.contents.values()) == 1)
    return (
        [Argument(kind=KIND, nats=STRONG, text=f"It alone moves {rare[0]}, which the errors name.", refs=_saying(docket, rare[0]))]
        if rare
        else []
    )


def _source(docket: Docket, candidate: Candidate) -> list[Argument]:
    """The failing lines point into a file it touches, or are the very error it raises."""
    arguments, content = [], docket.content(candidate)
    for path in candidate.files:
        file = path.rsplit("/", 1)[-1].lower()
        if file in docket.symptom.files and (not candidate.entities or candidate.entities & docket.symptom.files[file]):
            arguments.append(
                Argument(
                    kind=KIND,
                    nats=CLUE if content.is_idle else FAIR,
                    text=f"The errors point to {file}, which it touches.",
                    refs=_saying(docket, file),
                )
            )
            break
    said = [words(wording.texts[0]) for wording in docket.symptom.wordings]
    if any(len(raised) >= 2 and any(len(raised & line) >= SHARED * len(raised) for line in said) for raised in content.raises):
        arguments.append(Argument(kind=KIND, nats=FAIR, text="It raises the very error that is seen."))
    return arguments


def _library(docket: Docket, candidate: Candidate) -> list[Argument]:
    """The failing lines come from the library of which it changes the version."""
    said = docket.symptom.words
    named = sorted(
        word for word in docket.content(candidate).upgraded if said.get(word, 0.0) >= HALF and docket.rarity.get(word, 1.0) >= HALF
    )
    if not named:
        return []
    name = _spelled(docket, named[0])
    return [Argument(kind=KIND, nats=STRONG, text=f"It changes the version of {name}, which the errors name.", refs=_saying(docket, name))]


def _saying(docket: Docket, said: str) -> tuple[Evidence, ...]:
    """The first failing line that says so."""
    first = next((line for line in docket.symptom.lines if said.lower() in line.text.replace(",", "").lower()), None)
    return (evidence_of(first),) if first is not None else ()
