"""Evidence: what was changed, against where the trouble sits.

Knows:   each entity's share of the blame; what no deploy names may not run; of what nobody measures, nothing is known.
Ignores: time and content.
"""

from __future__ import annotations

from math import log
from statistics import fmean

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket
from correlate.evidence.grades import FAIR
from correlate.words import percent
from schemas.entity import split
from schemas.incident import Argument

KIND = "change_place"
TRACE = 0.03
"""Share of the blame that anything unblamed may still bear: telemetry misses one fault in thirty."""


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    """A schema, a base image, a firewall or a queue shows nothing because nobody looks there: its silence clears it of nothing."""
    entity, _ = docket.seat(candidate)
    arguments = [_said(docket, _nats(docket, entity), entity)] if entity is not None and entity in docket.scene.known else []
    if not candidate.deployed:
        arguments.append(Argument(kind=KIND, nats=-FAIR, text="No deploy names it."))
    return arguments


def _nats(docket: Docket, entity: str) -> float:
    """How much more of the blame lies there than at an entity on the average; those that are known to show nothing count too."""
    if not docket.places:
        return 0.0
    shares = [docket.places.get(name, 0.0) + TRACE for name in sorted({*docket.scene.known, *docket.places})]
    return log((docket.places.get(entity, 0.0) + TRACE) / fmean(shares))


def _said(docket: Docket, nats: float, entity: str) -> Argument:
    most = max(docket.places.values(), default=0.0)
    share = docket.places.get(entity, 0.0) / most if most else 0.0
    shown = (
        f"departs most from normal{', though little' if most < 1 else ''}"
        if share >= 1
        else f"departs {percent(share)} as far from normal as the one that departs most"
        if share > 0
        else "shows nothing"
    )
    return Argument(kind=KIND, nats=nats, text=f"It changed {split(entity)[1]}, which {shown}.")
