"""Faults as causes: what each does to one service's work, workers, wires or code.  What follows from it is left to physics.py.

Knows:   the mechanisms and their usual courses in time (at once, growing, pod by pod).
Ignores: who will feel it, and what is measured.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.simulate.estate import Estate, Floats
from benchmarks.simulate.physics import RESTART_S, Conditions
from benchmarks.simulate.plan import Plan

MECHANISMS: Final = ("slow", "exception", "leak", "pool", "chatty")
"""What a change may break."""
STEP_OF_ROLLOUT_S: Final = 45.0


@dataclass(slots=True)
class Fault:
    root: int
    kind: str
    mechanism: str
    begin_s: float
    end_s: float
    conditions: Conditions = field(default_factory=Conditions)
    hurt_pods: int = 1
    """How many of the root's pods are hurt, the first ones."""
    steps_s: tuple[float, ...] = ()
    """When each of them began to be hurt."""
    memory: Floats | None = None
    """Share of the memory limit that is used beyond the usual, over time."""
    io: Floats | None = None
    """Factor on disk time."""
    drops: Floats | None = None
    """Share of packets that its interfaces lose."""
    restarts: tuple[float, ...] = ()
    surge: Floats | None = None
    """Factor on requests from outside."""
    peer: int = -1
    """The callee concerned, if one is."""


@dataclass(frozen=True, slots=True)
class Times:
    """The moments of a simulation."""

    at_s: Floats
    begin_s: float
    end_s: float

    def within(self, rise_s: float = 0.0, since_s: float | None = None) -> Floats:
        """0 before and after, 1 during, rising over `rise_s`."""
        begin_s = self.begin_s if since_s is None else since_s
        during = (self.at_s >= begin_s) & (self.at_s < self.end_s)
        return np.where(during, np.clip((self.at_s - begin_s) / rise_s, 0, 1) if rise_s else 1.0, 0.0)


def break_something(plan: Plan, estate: Estate, times: Times, strength: float) -> Fault:
    """The planned fault, `strength` times as strong as the mildest of its kind."""
    dice = random.Random(f"fault {plan.seed}")
    root = _root(plan, estate, dice)
    pods = int(estate.pods[root])
    hurt = dice.randint(1, pods) if plan.fault in ("cpu", "memory") else pods
    mechanism = dice.choice(_possible(estate, root)) if plan.fault == "change" else plan.fault
    fault = Fault(root, plan.fault, mechanism, times.begin_s, times.end_s, hurt_pods=hurt)
    if plan.fault == "change":
        fault.steps_s = tuple(times.begin_s + number * STEP_OF_ROLLOUT_S for number in range(hurt))
        shares = sum((times.within(since_s=at_s) for at_s in fault.steps_s), np.zeros(len(times.at_s))) / pods
    else:
        fault.steps_s = (times.begin_s,) * hurt
        shares = times.within() * (hurt / pods)
    _DO[mechanism](fault, estate, times, shares, strength, dice)
    return fault


def _root(plan: Plan, estate: Estate, dice: random.Random) -> int:
    """Anybody who is called by others; code, changes and dependencies strike services, not stores."""
    bottom = int(estate.layer.max())
    stores = plan.fault in ("cpu", "memory", "disk", "network", "none")
    eligible = [
        service
        for service in range(estate.size)
        if estate.layer[service] > 0 and (stores or estate.layer[service] < bottom) and _usual_rps(estate)[service] > 1.0
    ]
    return dice.choice(eligible)


def _usual_rps(estate: Estate) -> Floats:
    rps = estate.entry_rps.copy()
    for edge in range(len(estate.client)):
        rps[estate.server[edge]] += rps[estate.client[edge]] * estate.calls[edge]
    return rps


def _possible(estate: Estate, root: int) -> tuple[str, ...]:
    return MECHANISMS if len(estate.edges_out_of(root)) else MECHANISMS[:-1]


def _cpu(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    """Something else eats the pods' processors."""
    fault.conditions.hog[fault.root] = np.minimum(shares * (0.5 + 0.1 * strength), 0.93)


def _memory(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    """Memory leaks until collections cost more than work; then the pod is killed and begins again."""
    period_s = (times.end_s - times.begin_s) / 2.5
    used = np.where(times.within() > 0, ((times.at_s - times.begin_s) % period_s) / period_s, 0.0)
    fault.memory = used
    fault.restarts = tuple(times.begin_s + period_s * number for number in (1, 2))
    share = fault.hurt_pods / int(estate.pods[fault.root])
    fault.conditions.slow[fault.root] = 1 + share * strength * np.clip((used - 0.5) * 4, 0, None) ** 2
    down = sum(((times.at_s >= at_s) & (times.at_s < at_s + RESTART_S) for at_s in fault.restarts), np.zeros(len(times.at_s)))
    fault.conditions.fails[fault.root] = np.minimum(down * share, 0.98)


def _disk(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    fault.conditions.slow[fault.root] = 1 + times.within() * 1.5 * strength
    fault.io = 1 + times.within() * 3 * strength


def _network(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    """All ways to the root are long and lossy; its own work is as it was."""
    delay_s, loss = dice.uniform(0.02, 0.06) * strength, min(0.01 * strength, 0.3) * dice.choice((0.3, 1))
    fault.drops = times.within() * loss
    for edge in estate.edges_into(fault.root).tolist():
        fault.conditions.delay_s[edge] = 0.001 + times.within() * delay_s
        fault.conditions.loss[edge] = times.within() * loss


def _code(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    """A path that was never taken before is taken now."""
    fault.conditions.fails[fault.root] = times.within() * min(0.15 * strength, 0.9)


def _config(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    """A limit on concurrent requests is lowered."""
    fault.conditions.workers[fault.root] = 1 - times.within() * (1 - 0.1 / strength)


def _dependency(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    """A provider outside does not answer: the one who calls it waits, and fails."""
    fault.conditions.fails[fault.root] = times.within() * min(0.2 * strength, 0.95)
    fault.conditions.slow[fault.root] = 1 + times.within() * 2 * strength


def _slow(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    fault.conditions.slow[fault.root] = 1 + shares * 2 * strength


def _exception(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    fault.conditions.fails[fault.root] = shares * min(0.2 * strength, 0.9)


def _leak(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    _memory(fault, estate, times, shares, strength, dice)


def _pool(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    fault.conditions.workers[fault.root] = 1 - shares * (1 - 0.1 / strength)


def _chatty(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    """A loop asks a callee once an item instead of once."""
    edge = int(dice.choice(estate.edges_out_of(fault.root).tolist()))
    fault.peer = int(estate.server[edge])
    fault.conditions.calls[edge] = 1 + shares * 3 * strength


def _none(fault: Fault, estate: Estate, times: Times, shares: Floats, strength: float, dice: random.Random) -> None:
    """More requests from outside than the estate is sized for."""
    fault.surge = 1 + times.within(rise_s=60) * 0.6 * strength


_DO: Final = {
    "cpu": _cpu, "memory": _memory, "disk": _disk, "network": _network, "code": _code, "config": _config, "dependency": _dependency,
    "none": _none, "slow": _slow, "exception": _exception, "leak": _leak, "pool": _pool, "chatty": _chatty,
}  # fmt: skip
