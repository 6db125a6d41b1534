"""What one simulated outage is to be: drawn from a seed, before anything is simulated.

Knows:   the choices (size, sampling, traffic, fault, what telemetry is missing) and their ranges.
Ignores: how any of it is brought about.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

FAULTS: Final = ("cpu", "memory", "disk", "network", "code", "config", "dependency", "change", "none")
SHAPES: Final = ("flat", "daily", "bursty")
STEPS_S: Final = (1, 10, 15, 30, 60, 300)
"""Usual sampling intervals, from a debugging session to a cloud vendor's free tier."""

ROWS_MOST: Final = 120_000
"""Metric rows of one case: what keeps a whole set to minutes.  Large estates therefore get shorter histories…"""
SERVICES_MOST: Final = {1: 12, 10: 80, 15: 120}
"""…and nobody samples a large one every second."""
SAMPLES_BEFORE: Final = (24, 288)
"""Samples before the fault: from minutes of history (two dozen) to a day of five-minute samples."""
SAMPLES_DURING: Final = 12
SAMPLES_AFTER: Final = 8
FAULT_LEAST_S: Final = 600
HISTORY_LEAST_S: Final = 240

DAY_S: Final = 86_400
LONG_DAYS: Final = (3, 8)
"""Days of history of a long case…"""
LONG_STEPS_S: Final = (60, 120, 300)
LONG_SAMPLES: Final = 2_400
"""…and about how many samples these are: the finer, the shorter."""
LONG_SERVICES: Final = (5, 7)
QUIET: Final = "quiet"
"""No fault at all: every incident is a false one."""


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    services: int
    step_s: int
    shape: str
    fault: str
    before_s: int
    during_s: int
    after_s: int
    pods_most: int
    logs: bool
    graph: bool
    catalogue: bool
    alerts: bool
    changes: bool
    diffs: bool
    """Whether pushes come with their diffs."""
    rollouts: bool
    """Whether deploys are told step by step, pod by pod."""
    dialect: int
    """Which names the request metrics have."""
    noise: float
    """Relative noise of measurements."""
    begins_s: int = 0
    """Second of the week, from Monday's midnight, at which the first sample lies; only long cases care."""
    long: bool = False
    """Days of history, with what clocks bring: the curve of a day, the weekend, nightly and hourly jobs."""

    @property
    def lasts_s(self) -> int:
        return self.before_s + self.during_s + self.after_s

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in ("logs", "graph", "catalogue", "alerts", "changes") if not getattr(self, name))


def plan(seed: int) -> Plan:
    """Kinds of fault and sampling rates take turns, so that any row of consecutive seeds holds all of them."""
    dice = random.Random(f"plan {seed}")
    fault = FAULTS[seed % len(FAULTS)]
    step_s = STEPS_S[(seed // len(FAULTS) + seed % len(FAULTS)) % len(STEPS_S)]
    services = round(5 * (SERVICES_MOST.get(step_s, 200) / 5) ** dice.random())
    pods_most = 1 if services > 60 else dice.randint(1, 3) if fault != "change" else dice.randint(2, 3)
    logs = dice.random() < 0.65
    graph = dice.random() < 0.7
    changes = dice.random() < 0.7 or fault in ("change", "config")
    wanted = round(SAMPLES_BEFORE[0] * (SAMPLES_BEFORE[1] / SAMPLES_BEFORE[0]) ** dice.random())
    during_s = max(SAMPLES_DURING * step_s, FAULT_LEAST_S)
    after_s = max(SAMPLES_AFTER * step_s, 120)
    series = services * (1 + pods_most) // 2 * 11 + (services * 6 if graph else 0)
    affordable_s = ROWS_MOST // series * step_s - during_s - after_s
    before_s = max(HISTORY_LEAST_S, SAMPLES_BEFORE[0] * step_s, min(wanted * step_s, affordable_s))
    return Plan(
        seed=seed, services=services, step_s=step_s, shape=SHAPES[dice.randrange(3)], fault=fault, before_s=before_s, during_s=during_s,
        after_s=after_s, pods_most=pods_most, logs=logs, graph=graph, catalogue=dice.random() < (0.7 if graph else 0.3), alerts=dice.random() < 0.6,
        changes=changes, diffs=dice.random() < 0.6, rollouts=dice.random() < 0.5, dialect=dice.randrange(2),
        noise=dice.choice((0.03, 0.07, 0.15)),
    )  # fmt: skip


def long_plan(seed: int) -> Plan:
    """Days of a small estate, every second one without a fault; a fault strikes on the morning rise, at night among the jobs, or at any time."""
    dice = random.Random(f"long plan {seed}")
    step_s = LONG_STEPS_S[seed // 2 % len(LONG_STEPS_S)]
    days = min(max(LONG_SAMPLES * step_s // DAY_S, LONG_DAYS[0]), LONG_DAYS[1])
    fault = QUIET if seed % 2 else FAULTS[:-1][seed // 2 % (len(FAULTS) - 1)]
    hour = (dice.uniform(7, 9), dice.uniform(1, 4), dice.uniform(0, 24))[seed // 2 % 3]
    logs, graph = dice.random() < 0.5, dice.random() < 0.7
    return Plan(
        seed=seed, services=dice.randint(*LONG_SERVICES), step_s=step_s, shape="weekly", fault=fault, before_s=round((days - 1) * DAY_S + hour * 3_600),
        during_s=max(SAMPLES_DURING * step_s, FAULT_LEAST_S), after_s=DAY_S // 4, pods_most=1 if fault != "change" else 2, logs=logs, graph=graph,
        catalogue=dice.random() < (0.7 if graph else 0.3), alerts=dice.random() < 0.4, changes=dice.random() < 0.5 or fault in ("change", "config"),
        diffs=True, rollouts=dice.random() < 0.5, dialect=dice.randrange(2), noise=dice.choice((0.03, 0.07)), begins_s=dice.randrange(7) * DAY_S, long=True,
    )  # fmt: skip
