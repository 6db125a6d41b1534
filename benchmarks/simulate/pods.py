"""Pods of services over time: what runs when, and which of them are hurt.

Knows:   how deploys replace pods one by one.
Ignores: telemetry.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from benchmarks.simulate.faults import STEP_OF_ROLLOUT_S
from benchmarks.simulate.outage import Outage


@dataclass(frozen=True, slots=True)
class Pod:
    service: int
    name: str
    version: str
    from_s: float
    to_s: float
    hurt_from_s: float
    """Infinite for those that never are."""


@dataclass(frozen=True, slots=True)
class Deploy:
    service: int
    at_s: float
    version: int
    steps: tuple[tuple[float, str, str], ...]
    """(when, pod started, pod stopped)."""
    guilty: bool


def pods_and_deploys(outage: Outage) -> tuple[list[Pod], list[Deploy]]:
    """All pods of the whole time, and the deploys that replaced some: the guilty one and innocent ones around."""
    plan, estate, fault = outage.plan, outage.estate, outage.fault
    dice = random.Random(f"deploys {plan.seed}")
    wanted: list[tuple[float, int, bool]] = [(fault.begin_s, fault.root, True)] if plan.fault == "change" else []
    if plan.changes:
        taken = {fault.root}
        for _ in range(min(dice.randint(2, 6), estate.size - 1)):
            service = dice.choice([each for each in range(estate.size) if each not in taken])
            taken.add(service)
            before = dice.random() < 0.75
            at_s = dice.uniform(0.1, 1.0) * fault.begin_s if before else dice.uniform(fault.begin_s, fault.end_s)
            wanted.append((at_s, service, False))
    deploys, pods = [], []
    changed: dict[int, Deploy] = {}
    for at_s, service, guilty in sorted(wanted):
        version = dice.randint(2, 60)
        steps = tuple(
            (
                at_s + number * STEP_OF_ROLLOUT_S,
                _pod_name(outage, service, version, number),
                _pod_name(outage, service, version - 1, number),
            )
            for number in range(int(estate.pods[service]))
        )
        changed[service] = Deploy(service, at_s, version, steps, guilty)
        deploys.append(changed[service])
    for service in range(estate.size):
        pods += _pods_of(outage, service, changed.get(service))
    return pods, deploys


def _pods_of(outage: Outage, service: int, deploy: Deploy | None) -> list[Pod]:
    fault, lasts_s, never = outage.fault, float(outage.plan.lasts_s), float("inf")
    hurt = service == fault.root and outage.plan.fault != "none"
    if deploy is None:
        names = [_pod_name(outage, service, 1, number) for number in range(int(outage.estate.pods[service]))]
        return [
            Pod(service, name, "v1", 0.0, lasts_s, fault.begin_s if hurt and number < fault.hurt_pods else never)
            for number, name in enumerate(names)
        ]
    found = []
    for at_s, started, stopped in deploy.steps:
        found.append(Pod(service, stopped, f"v{deploy.version - 1}", 0.0, at_s, never))
        found.append(Pod(service, started, f"v{deploy.version}", at_s, lasts_s, at_s if deploy.guilty else never))
    return found


def _pod_name(outage: Outage, service: int, version: int, number: int) -> str:
    dice = random.Random(f"pod {outage.plan.seed} {service} {version}")
    letters = "bcdfghjklmnpqrstvwxz2456789"
    of_set = "".join(dice.choices(letters, k=9))
    own = ["".join(dice.choices(letters, k=5)) for _ in range(number + 1)][number]
    return f"{outage.estate.names[service]}-{of_set}-{own}"
