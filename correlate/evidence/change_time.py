"""Evidence: when the change took effect, against when the trouble began.

Knows:   a cause comes before its effect, and usually shortly before.
Ignores: where and what was changed.
"""

from __future__ import annotations

from math import log1p

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import TOLERANCE_NS, Docket
from correlate.evidence.mechanisms import SLOW
from correlate.evidence.parameters import DELAY_S, PROOF
from correlate.units import SECOND_NS
from correlate.words import span
from schemas.incident import Argument

KIND = "change_time"
AFTER = -PROOF - 1.0
"""A change that came after the onset is worse off than the oldest one (nats)."""

FILLS = 10
"""How much longer a leak takes to show than other faults: hours where they take minutes."""


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    delay_ns = docket.scene.onset_ns - docket.seat(candidate)[1]
    if delay_ns < -TOLERANCE_NS:
        return [Argument(kind=KIND, nats=AFTER, text=f"It took effect {span(delay_ns)} after the onset.")]
    scale_s = DELAY_S * (FILLS if _fills_up(docket, candidate) else 1)
    nats = max(-PROOF, -log1p(max(delay_ns, 0) / SECOND_NS / scale_s))
    return [Argument(kind=KIND, nats=nats, text=f"It took effect {span(max(delay_ns, 0))} before the onset.")]


def _fills_up(docket: Docket, candidate: Candidate) -> bool:
    """Whether it may leak or pile up what is now seen to have run out."""
    return bool(docket.symptom.troubles & {"grows", "saturated", "slow"}) and any(
        effect.kind in SLOW for effect in docket.content(candidate).effects
    )
