"""Evidence: what was changed, against where the trouble sits.

Knows:   each entity's share of the blame; commits that no deploy names travel with the deploys that follow them.
Ignores: time and content.
"""

from __future__ import annotations

from math import log

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket
from correlate.evidence.parameters import CLUE, FAIR, STRONG
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
    if not candidate.deployed:
        arguments.append(Argument(kind=KIND, nats=-FAIR, text="No deploy names it."))
    return arguments


def _nats(docket: Docket, entity: str) -> float:
    if not docket.places:
        return 0.0
    shares = [docket.places.get(name, 0.0) + TRACE for name in {*docket.scene.calls, *docket.places}]
    usual = sum(shares) / len(shares)
    return max(FAR, min(STRONG, log((docket.places.get(entity, 0.0) + TRACE) / usual)))


def _said(docket: Docket, nats: float, entity: str) -> Argument:
    share = docket.places.get(entity, 0.0)
    where = "the most blamed" if share >= 1 else f"blamed {share:.0%} as much as the most blamed" if share > 0 else "not blamed at all"
    return Argument(kind=KIND, nats=nats, text=f"It changed {split(entity)[1]}, which is {where}.")
