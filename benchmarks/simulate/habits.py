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
from benchmarks.simulate.plan import DAY_S, Plan

SHARE: Final = 0.15
"""Of services that have a regular job."""
EVERY_S: Final = (600, 900, 1_800, 3_600)
LASTS_SAMPLES: Final = (1, 3)
TAKES: Final = (0.1, 0.25)
"""Share of the processors that a job takes."""

NIGHTLY: Final = (0.25, 0.5)
"""Share of the processors that a backup takes, for…"""
NIGHTLY_LASTS_S: Final = (1_200, 3_600)
HOURLY: Final = (0.15, 0.4)
HOURLY_LASTS_S: Final = (180, 480)
LATE_S: Final = 120
"""Jobs start this late at most, and take…"""
UNEQUAL: Final = 0.1
"""…so much more or less from day to day."""


def habits(plan: Plan, estate: Estate, at_s: Floats) -> dict[int, Floats]:
    """Service → share of its processors that its regular job takes, over time."""
    if plan.long:
        return _by_the_clock(plan, estate, at_s)
    dice = random.Random(f"habits {plan.seed}")
    found: dict[int, Floats] = {}
    for service in range(estate.size):
        if dice.random() < SHARE:
            every_s, first_s = dice.choice(EVERY_S), dice.uniform(0, 600)
            lasts_s = min(dice.randint(*LASTS_SAMPLES) * plan.step_s, every_s / 4)
            found[service] = np.where((at_s - first_s) % every_s < lasts_s, dice.uniform(*TAKES), 0.0)
    return found


def _by_the_clock(plan: Plan, estate: Estate, at_s: Floats) -> dict[int, Floats]:
    """A nightly backup of two services, from the bottom up, and an hourly job of a third."""
    dice = random.Random(f"habits {plan.seed}")
    found = {}
    for service, every_s, takes, lasts_s in (
        (estate.size - 1, DAY_S, NIGHTLY, NIGHTLY_LASTS_S),
        (dice.randrange(1, estate.size - 2), DAY_S, NIGHTLY, NIGHTLY_LASTS_S),
        (estate.size - 2, 3_600, HOURLY, HOURLY_LASTS_S),
    ):
        first_s, share, long_s = dice.uniform(1, 4) * 3_600 % every_s, dice.uniform(*takes), dice.uniform(*lasts_s)
        found[service] = np.zeros(len(at_s))
        for begin_s in np.arange(first_s - every_s, at_s[-1], every_s).tolist():
            begin_s += dice.uniform(0, LATE_S)
            during = (at_s >= begin_s) & (at_s < begin_s + long_s * dice.uniform(1 - UNEQUAL, 1 + UNEQUAL))
            found[service][during] = share * dice.uniform(1 - UNEQUAL, 1 + UNEQUAL)
    return found


def with_habits(conditions: Conditions, jobs: dict[int, Floats]) -> Conditions:
    """Conditions in which the regular jobs run as well."""
    hog = dict(conditions.hog)
    for service, takes in jobs.items():
        hog[service] = np.minimum(hog[service] + takes, 0.95) if service in hog else takes
    return Conditions(
        conditions.slow, conditions.fails, conditions.skips, conditions.workers, hog, conditions.delay_s, conditions.loss, conditions.calls
    )
