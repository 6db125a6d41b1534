"""Evidence: what was changed, against where the trouble sits.

Knows:   each entity's share of the blame, averaged over all that the change reached; what no deploy names may not run.
Ignores: time and content.
"""

from __future__ import annotations

from math import fsum, log
from statistics import fmean

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket
from correlate.evidence.grades import CLUE, FAIR
from correlate.parameters import DEFAULTS
from correlate.words import percent
from schemas.entity import split
from schemas.incident import Argument

KIND = "change_place"
UNSEEN = 0.1
"""Share of faults that leave no trace where they sit."""


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    entity, _ = docket.seat(candidate)
    if entity is None or entity not in docket.scene.known:
        arguments = [Argument(kind=KIND, nats=-CLUE, text="Nothing says where it took effect.")]
    else:
        arguments = [_said(docket, _nats(docket, candidate), entity)]
    if not candidate.deployed:
        arguments.append(Argument(kind=KIND, nats=-FAIR, text="No deploy names it."))
    return arguments


def _nats(docket: Docket, candidate: Candidate) -> float:
    """How much likelier the trouble is to sit where the change was made than at any place on the average.  What was measured in few nats
    says little of where it sits: somebody who shows nothing counts like one whose nats would just open an incident."""
    if not docket.places:
        return 0.0
    reached = sorted({entity for entity, _ in docket.reach(candidate)} & docket.scene.known)
    total = fsum(docket.places.values())
    told = max((nats for name, nats in docket.scene.blame.items() if name in docket.scene.measured), default=0.0)
    nobody = (DEFAULTS.open_nats / told) ** DEFAULTS.odds_power if told > 0 else 0.0
    unseen = max(UNSEEN, nobody / (total + nobody))
    return log((1 - unseen) * fmean(docket.places.get(name, 0.0) for name in reached) * len(docket.scene.known) / total + unseen)


def _said(docket: Docket, nats: float, entity: str) -> Argument:
    share = docket.places.get(entity, 0.0)
    shown = (
        "departs most from normal"
        if share >= 1
        else f"departs {percent(share)} as far from normal as the one that departs most"
        if share > 0
        else "shows nothing"
    )
    return Argument(kind=KIND, nats=nats, text=f"It changed {split(entity)[1]}, which {shown}.")
