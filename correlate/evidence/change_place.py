"""Evidence: what was changed, against where the trouble sits.

Knows:   each entity's share of the blame; the same change elsewhere without trouble speaks for it; what no deploy names may not run.
Ignores: time and content.
"""

from __future__ import annotations

from math import log
from statistics import fmean

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket
from correlate.evidence.grades import CLUE, FAIR, STRONG
from correlate.words import percent
from schemas.entity import split
from schemas.incident import Argument

KIND = "change_place"
TRACE = 0.03
"""Share of the blame that anything unblamed may still bear: telemetry misses one fault in thirty."""
FAR = -2.0
"""An entity that no blame reaches at all (nats)."""


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    entity, _ = docket.seat(candidate)
    if entity is None:
        arguments = [Argument(kind=KIND, nats=-CLUE, text="Nothing says where it took effect.")]
    else:
        arguments = [_said(docket, _nats(docket, entity), entity)]
    fine = sorted(split(name)[1] for name in candidate.entities if name != entity and docket.places.get(name, 0.0) < TRACE)
    if fine and candidate.deployed and docket.places.get(entity or "", 0.0) > TRACE:
        arguments.append(Argument(kind=KIND, nats=-CLUE, text=f"The same change reached {fine[0]} too, which shows nothing."))
    if not candidate.deployed:
        arguments.append(Argument(kind=KIND, nats=-FAIR, text="No deploy names it."))
    return arguments


def _nats(docket: Docket, entity: str) -> float:
    if not docket.places:
        return 0.0
    shares = [docket.places.get(name, 0.0) + TRACE for name in sorted({*docket.scene.calls, *docket.places})]
    usual = fmean(shares)
    return max(FAR, min(STRONG, log((docket.places.get(entity, 0.0) + TRACE) / usual)))


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
