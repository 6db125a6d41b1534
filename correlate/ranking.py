"""Which entity it is: what each shows at an incident's onset, at its peak and together with the symptom that an alert names.

Knows:   the telemetry's calibrated nats over the first windows of an incident, and the opinions of other detectors.
Ignores: what opens, joins and ends incidents (incidents.py), changes, and how nats become a probability (causes.py).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from correlate.scene import Floats
from correlate.telemetry import blame, carried, inquiry
from correlate.telemetry.assembly import Evidence
from correlate.telemetry.roles import FAMILIES
from correlate.telemetry.telemetry import Telemetry
from correlate.trouble import Trouble

_NAMED: Final = 10
"""Candidates given for an incident."""


def judge(trouble: Trouble, until_ns: int, others: set[str], telemetry: Telemetry) -> None:
    """Judges everybody over the first windows since the onset, but for those whose trouble is another incident's."""
    if telemetry.silent:
        return
    if not len(trouble.local):
        trouble.local = telemetry.local_levels_at(trouble.onset_ns)
    evidence = telemetry.judge_span(trouble.onset_ns, until_ns, trouble.local)
    calibrated = telemetry.calibrate(evidence.raw)
    nats = _discounted_totals(calibrated, evidence, telemetry)
    names = telemetry.registry.entities
    at_onset = {names[number]: float(nats[number]) for number in np.nonzero(nats > 0)[0].tolist() if names[number] not in others}
    if at_onset:
        trouble.at_onset = at_onset
        trouble.families = {entity: _by_family(calibrated, telemetry.registry.number_of[entity]) for entity in at_onset}
        trouble.best = max(trouble.best, *at_onset.values())
    if trouble.symptom is not None:
        series = inquiry.symptom(telemetry, *trouble.symptom, evidence.nats)
        if series is not None:
            together = _explained(inquiry.moving_with(telemetry, series, trouble.onset_ns, until_ns), telemetry)
            trouble.together = {names[number]: float(together[number]) for number in np.nonzero(together > 0)[0].tolist()}


def current(telemetry: Telemetry) -> dict[str, float]:
    """What each entity shows in the present window, for ranking."""
    if not len(telemetry.calibrated):
        return {}
    nats = _discounted_totals(telemetry.calibrated, telemetry.evidence, telemetry)
    return {telemetry.registry.entities[number]: float(nats[number]) for number in np.nonzero(nats > 0)[0].tolist()}


def weigh(trouble: Trouble) -> None:
    """The ranking: what was shown at the onset and at the peak; with an alert, at the onset and together with its symptom."""
    second = trouble.together or trouble.peak
    nats = {entity: trouble.at_onset.get(entity, 0.0) + second.get(entity, 0.0) for entity in sorted({*trouble.at_onset, *second})}
    for entity, value in trouble.opinions.items():
        nats[entity] = nats.get(entity, 0.0) + value
    ranked = sorted((entity for entity in nats if nats[entity] > 0), key=lambda entity: (-nats[entity], entity))
    trouble.blame = {entity: nats[entity] for entity in ranked[:_NAMED]}


def _explained(together: Floats, telemetry: Telemetry) -> Floats:
    """Who moves with the symptom only as far as what it calls does is carried along."""
    below, _ = telemetry.registry.links()
    strongest, _ = below.most(together, len(together))
    return np.maximum(0.0, together - strongest)


def _discounted_totals(calibrated: Floats, evidence: Evidence, telemetry: Telemetry) -> Floats:
    below, _ = telemetry.registry.links()
    rest = blame.discounted(calibrated, below, telemetry.parameters) * carried.left_of(evidence, telemetry)
    return blame.totals(rest, telemetry.parameters, detecting=False)


def _by_family(calibrated: Floats, number: int) -> dict[str, float]:
    return {FAMILIES[family]: float(calibrated[number, family]) for family in np.nonzero(calibrated[number])[0].tolist()}
