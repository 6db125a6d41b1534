"""Evidence: when the change took effect, against when the trouble began.

Knows:   a cause comes before its effect, and usually shortly before.
Ignores: where and what was changed.
"""

from __future__ import annotations

from math import log

from correlate.citing import evidence_of
from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import TOLERANCE_NS, Docket
from correlate.evidence.grades import PROOF
from correlate.evidence.mechanisms import SLOW
from correlate.parameters import DEFAULTS
from correlate.units import SECOND_NS
from correlate.words import span
from schemas.incident import Argument

KIND = "change_time"
FILLS = 10
"""How much longer a leak takes to show than other faults: hours where they take minutes."""


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    _, at_ns = docket.seat(candidate)
    delay_ns = docket.scene.onset_ns - at_ns
    refs = (evidence_of(next((row for row in candidate.rows if row.event_time_ns == at_ns), candidate.row)),)
    if delay_ns < -TOLERANCE_NS:
        return [Argument(kind=KIND, nats=-PROOF, text=f"It took effect {span(delay_ns)} after the onset.", refs=refs)]
    scale_s = DEFAULTS.delay_s * (FILLS if _fills_up(docket, candidate) else 1)
    nats = max(-PROOF, log(2 / (1 + max(delay_ns, 0) / SECOND_NS / scale_s)))
    when = f"{span(delay_ns)} before the onset" if delay_ns >= SECOND_NS else "at the onset"
    return [Argument(kind=KIND, nats=nats, text=f"It took effect {when}.", refs=refs)]


def _fills_up(docket: Docket, candidate: Candidate) -> bool:
    """Whether it may leak or pile up what is now seen to have run out."""
    return bool(docket.symptom.troubles & {"grows", "saturated", "slow"}) and any(
        effect.kind in SLOW for effect in docket.content(candidate).effects
    )
