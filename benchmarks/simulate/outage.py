"""One outage from cause to consequence, twice: as it happened, and as it would have been without the fault.

Knows:   how strong a fault must be so that somebody feels it, and how the difference of the two courses tells who suffered from whom.
Ignores: telemetry.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.simulate.estate import Estate, Floats, estate
from benchmarks.simulate.faults import Fault, Times, break_something
from benchmarks.simulate.habits import habits, with_habits
from benchmarks.simulate.physics import Conditions, Course, run
from benchmarks.simulate.plan import DAY_S, QUIET, Plan

MOMENTS_PER_SAMPLE: Final = 4
DT_MOST_S: Final = 20.0
DT_LONG_S: Final = 60.0
"""Days go by in longer steps."""
DAY: Final = (.35, .28, .24, .22, .22, .25, .35, .55, .8, .95, 1, .98, .95, .97, 1, .98, .95, .93, .95, 1, .95, .8, .62, .45)  # fmt: skip
"""Requests by hour of the day, in shares of the most: few at night, a steep morning, a dip at noon, an evening."""
WEEKEND: Final = 0.65
LATENCY_FELT: Final = 1.25
"""An affected service answers this many times slower than without the fault…"""
ERRORS_FELT: Final = 0.01
"""…or fails this much more often…"""
LOAD_FELT: Final = 1.2
"""…or, being called, is called this much more often and suffers."""
HARM_LATENCY: Final = 1.8
HARM_ERRORS: Final = 0.04
"""What makes it an outage at all, at the entry of the trouble or its callers."""
JOB_LEAST: Final = 0.05
"""A job that takes less of the processors than this is none."""
STRENGTHS: Final = (1.0, 1.5, 2.2, 3.2, 5.0, 8.0, 12.0)


@dataclass(frozen=True, slots=True)
class Outage:
    plan: Plan
    estate: Estate
    fault: Fault
    times: Times
    course: Course
    without: Course
    cause: int
    """The service to blame: the fault's, or for a surge the bottleneck."""
    affected: frozenset[int]
    chain: tuple[tuple[int, int], ...]
    """(failed, whom that hurt)."""
    jobs: dict[int, Floats]
    """Regular jobs: share of a service's processors over time."""


def outage(plan: Plan) -> Outage:
    built = estate(plan)
    dt_s = min(DT_LONG_S if plan.long else DT_MOST_S, max(0.5, plan.step_s / MOMENTS_PER_SAMPLE))
    at_s = np.arange(0, plan.lasts_s, dt_s)
    times = Times(at_s, plan.before_s, plan.before_s + plan.during_s)
    outside = _traffic(plan, built, at_s)
    jobs = habits(plan, built, at_s)
    without = run(built, outside, with_habits(Conditions(), jobs), dt_s)
    calm = run(built, outside, Conditions(), dt_s) if jobs and not plan.long else without
    while _breaks(without, calm, plan):
        jobs = {service: takes / 2 for service, takes in jobs.items() if takes.max() > JOB_LEAST}
        without = run(built, outside, with_habits(Conditions(), jobs), dt_s)
    if plan.fault == QUIET:
        return Outage(plan, built, Fault(0, QUIET, QUIET, times.end_s, times.end_s), times, without, without, 0, frozenset(), (), jobs)
    for strength in STRENGTHS:
        fault = break_something(plan, built, times, strength)
        asked = outside if fault.surge is None else outside * fault.surge[:, None]
        course = run(built, asked, with_habits(fault.conditions, jobs), dt_s)
        begin, end = np.searchsorted(at_s, [times.begin_s, times.end_s]).tolist()
        if _is_harm(built, fault, course, without, begin, end):
            break
    cause = fault.root if fault.surge is None else _bottleneck(course, without, begin, end)
    affected, chain = _consequences(built, course, without, cause, fault, begin, end)
    return Outage(plan, built, fault, times, course, without, cause, affected, chain, jobs)


def _traffic(plan: Plan, built: Estate, at_s: Floats) -> Floats:
    """Requests a second from outside: moments × services."""
    chance = np.random.default_rng([plan.seed, 1])
    dice = random.Random(f"traffic {plan.seed}")
    shape = np.ones(len(at_s))
    if plan.shape == "daily":
        shape = 0.7 + 0.3 * np.sin(2 * np.pi * (at_s / 86_400 + dice.random()))
    elif plan.shape == "weekly":
        clock_s = plan.begins_s + at_s
        shape = np.interp(clock_s % DAY_S / 3_600, np.arange(25), (*DAY, DAY[0]))
        shape *= np.where(clock_s // DAY_S % 7 >= 5, WEEKEND, 1.0)
    elif plan.shape == "bursty":
        dt_s = at_s[1] - at_s[0]
        swing, keeps = np.zeros(len(at_s)), np.exp(-dt_s / 120)
        shocks = chance.normal(0, 0.12 * np.sqrt(1 - keeps**2), len(at_s))
        for moment in range(1, len(at_s)):
            swing[moment] = keeps * swing[moment - 1] + shocks[moment]
        shape = np.exp(swing)
    mean = built.entry_rps[None, :] * shape[:, None]
    dt_s = at_s[1] - at_s[0]
    drawn: Floats = chance.poisson(mean * dt_s) / dt_s
    return drawn


def _is_harm(built: Estate, fault: Fault, course: Course, without: Course, begin: int, end: int) -> bool:
    """Whether callers of the trouble, or the entries in a surge, feel it."""
    slower = course.mean("latency_s", begin, end) / without.mean("latency_s", begin, end)
    failing = course.mean("errors", begin, end) - without.mean("errors", begin, end)
    if fault.surge is not None:
        watched = np.array(built.entries)
    else:
        into = built.edges_into(fault.root)
        edge_slower = course.mean("edge_s", begin, end)[into] / without.mean("edge_s", begin, end)[into]
        edge_failing = course.mean("edge_errors", begin, end)[into] - without.mean("edge_errors", begin, end)[into]
        if (edge_slower >= HARM_LATENCY).any() or (edge_failing >= HARM_ERRORS).any():
            return True
        watched = np.array([fault.root])
    return bool((slower[watched] >= HARM_LATENCY).any() or (failing[watched] >= HARM_ERRORS).any())


def _breaks(course: Course, calm: Course, plan: Plan) -> bool:
    """Whether regular jobs, which nobody should much feel, are an outage of which the truth would not tell: one that meets a wave of requests
    can fill queues that retries keep full.  Means over two samples."""
    many = max(1, round(2 * plan.step_s / course.dt_s))
    failing, slower = course.errors - calm.errors, course.latency_s / calm.latency_s
    means = [np.diff(np.cumsum(each, axis=0)[::many], axis=0) / many for each in (failing, slower)]
    return bool((means[0] >= HARM_ERRORS).any() or (means[1] >= HARM_LATENCY).any())


def _bottleneck(course: Course, without: Course, begin: int, end: int) -> int:
    """Who gave way: where most waiting came up."""
    waited = (course.waiting * course.latency_s)[begin:end].mean(axis=0) - (without.waiting * without.latency_s)[begin:end].mean(axis=0)
    return int(np.argmax(waited))


def _consequences(
    built: Estate, course: Course, without: Course, cause: int, fault: Fault, begin: int, end: int
) -> tuple[frozenset[int], tuple[tuple[int, int], ...]]:
    slower = course.mean("latency_s", begin, end) / without.mean("latency_s", begin, end)
    failing = course.mean("errors", begin, end) - without.mean("errors", begin, end)
    hurt = {int(index) for index in np.nonzero((slower >= LATENCY_FELT) | (failing >= ERRORS_FELT))[0]} | {cause}
    loaded = course.mean("edge_rps", begin, end) / np.maximum(without.mean("edge_rps", begin, end), 1e-9) >= LOAD_FELT
    edges = []
    for edge, (client, server) in enumerate(zip(built.client.tolist(), built.server.tolist(), strict=True)):
        if client in hurt and server in hurt:
            edges.append((server, client))
            if loaded[edge]:
                edges.append((client, server))
    reached = _from(cause, edges)
    return frozenset(reached), tuple(sorted((a, b) for a, b in edges if a in reached and b != cause))


def _from(cause: int, edges: list[tuple[int, int]]) -> set[int]:
    """Who is reached from the cause along edges; others suffer from chance."""
    reached, waiting = {cause}, [cause]
    while waiting:
        node = waiting.pop()
        for source, target in edges:
            if source == node and target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
