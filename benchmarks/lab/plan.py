"""The timetable of a recording: what happens when.

Knows:   the four kinds of recording, the order of their steps, and how a timetable is stretched to a given length.
Ignores: how a step is carried out (record.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fault = Literal["bad-deploy", "dependency", "cpu", "none"]
FAULTS: tuple[Fault, ...] = ("bad-deploy", "dependency", "cpu", "none")

Action = Literal["push", "deploy", "rollback", "flag", "begin", "end"]

TEMPLATE_S = 1320.0
"""Length of the timetable as written below: 10 min of calm, 6 min around the outage, 6 min of recovery."""

SHORTEST_MINUTES = 10.0
"""Below this the outage is too short for alerts that wait 30 s over 1 min windows to fire and resolve."""


@dataclass(frozen=True, slots=True)
class Step:
    at_s: float
    """Seconds since the recording began."""
    action: Action
    subject: str
    """A release's name, a flag's `key on|off`, or the faulty service."""


BEFORE: tuple[tuple[float, Action, str], ...] = (
    (60, "push", "payment 3.1.2"),
    (105, "deploy", "payment 3.1.2"),
    (200, "flag", "free-shipping-banner on"),
    (290, "push", "catalog 5.0.4"),
    (335, "deploy", "catalog 5.0.4"),
    (455, "push", "frontend 4.2.0"),
    (500, "push", "inventory 2.9.1"),
    (545, "deploy", "inventory 2.9.1"),
    (585, "flag", "low-stock-badge on"),
)
AROUND: dict[Fault, tuple[tuple[float, Action, str], ...]] = {
    "bad-deploy": ((530, "push", "checkout 1.8.0"), (600, "deploy", "checkout 1.8.0"), (960, "rollback", "checkout 1.8.0")),
    "dependency": ((690, "begin", "postgresql"), (960, "end", "postgresql")),
    "cpu": ((690, "begin", "inventory"), (960, "end", "inventory")),
    "none": (),
}
AFTER: tuple[tuple[float, Action, str], ...] = (
    (650, "deploy", "frontend 4.2.0"),
    (780, "flag", "free-shipping-banner off"),
    (1055, "push", "catalog 5.0.5"),
    (1100, "deploy", "catalog 5.0.5"),
)


def timetable(fault: Fault, minutes: float) -> list[Step]:
    """All steps of a recording of this length, in order; the innocent ones are the same whatever the fault."""
    if minutes < SHORTEST_MINUTES:
        raise ValueError(f"a recording needs at least {SHORTEST_MINUTES:g} minutes for alerts to fire and resolve, not {minutes:g}")
    stretch = minutes * 60 / TEMPLATE_S
    return sorted(
        (Step(at * stretch, action, subject) for at, action, subject in (*BEFORE, *AROUND[fault], *AFTER)), key=lambda step: step.at_s
    )
