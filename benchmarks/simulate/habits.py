"""What estates do that is no outage: jobs that take a share of a service's processors and disks, again and again.

Knows:   that such jobs are short, regular, and now and then felt a little.
Ignores: faults.
"""

from __future__ import annotations

import random
from typing import Final

import numpy as np

from benchmarks.simulate.estate import Estate, Floats
from benchmarks.simulate.physics import Conditions
from benchmarks.simulate.plan import Plan

SHARE: Final = 0.15
"""Of services that have a regular job."""
EVERY_S: Final = (600, 900, 1_800, 3_600)
LASTS_SAMPLES: Final = (1, 3)
TAKES: Final = (0.1, 0.25)
"""Share of the processors that a job takes."""


def habits(plan: Plan, estate: Estate, at_s: Floats) -> dict[int, Floats]:
    """Service → share of its processors that its regular job takes, over time."""
    dice = random.Random(f"habits {plan.seed}")
    found: dict[int, Floats] = {}
    for service in range(estate.size):
        if dice.random() < SHARE:
            every_s, first_s = dice.choice(EVERY_S), dice.uniform(0, 600)
            lasts_s = min(dice.randint(*LASTS_SAMPLES) * plan.step_s, every_s / 4)
            found[service] = np.where((at_s - first_s) % every_s < lasts_s, dice.uniform(*TAKES), 0.0)
    return found


def with_habits(conditions: Conditions, jobs: dict[int, Floats]) -> Conditions:
    """Conditions in which the regular jobs run as well."""
    hog = dict(conditions.hog)
    for service, takes in jobs.items():
        hog[service] = np.minimum(hog[service] + takes, 0.95) if service in hog else takes
    return Conditions(
        conditions.slow, conditions.fails, conditions.skips, conditions.workers, hog, conditions.delay_s, conditions.loss, conditions.calls
    )
