"""What a monitoring system sees of an outage: one value a sample and series, with its own noise, counters and restarts.

Knows:   that requests are counted, latencies estimated from few requests, and resources read pod by pod.
Ignores: names and wire forms (metrics.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.simulate.estate import Floats, Ints
from benchmarks.simulate.outage import Outage
from benchmarks.simulate.physics import SPREAD

P90: Final = float(np.exp(1.2816 * SPREAD))
"""The 90 % quantile of latencies in units of their median."""
MEMORY_LIMIT_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples × services (or edges); per pod where pods differ."""

    at_s: Floats
    begins: Ints
    """First moment of each sample's interval; one more than there are samples."""
    requests: Floats
    errors: Floats
    p90_s: Floats
    edge_requests: Floats
    edge_errors: Floats
    edge_p90_s: Floats


def samples(outage: Outage) -> Samples:
    plan, course = outage.plan, outage.course
    chance = np.random.default_rng([plan.seed, 2])
    at_s = np.arange(plan.step_s, plan.lasts_s + 1e-9, plan.step_s)
    begins = np.searchsorted(outage.times.at_s, np.concatenate(([0.0], at_s)))
    requests, errors, p90 = _measured(course.rps, course.errors, course.latency_s, begins, course.dt_s, plan.noise, chance)
    edge = _measured(course.edge_rps, course.edge_errors, course.edge_s, begins, course.dt_s, plan.noise, chance)
    return Samples(at_s, begins, requests, errors, p90, *edge)


def _measured(
    rps: Floats, errors: Floats, latency_s: Floats, begins: Ints, dt_s: float, noise: float, chance: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """(requests counted, errors counted, 90 % quantile) of each interval."""
    expected = _summed(rps, begins) * dt_s
    failing = _summed(rps * errors, begins) * dt_s / np.maximum(expected, 1e-9)
    mean_s = _summed(rps * latency_s, begins) * dt_s / np.maximum(expected, 1e-9)
    requests = np.round(expected)
    failed = chance.binomial(requests.astype(np.int64), np.clip(failing, 0, 1)).astype(float)
    wobble = chance.normal(0, 1, mean_s.shape) * np.hypot(noise, SPREAD / np.sqrt(np.maximum(requests, 1)))
    p90 = np.where(requests > 0, mean_s * P90 / np.exp(SPREAD**2 / 2) * np.exp(wobble), np.nan)
    return requests, failed, p90


def _summed(values: Floats, begins: Ints) -> Floats:
    total = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))
    found: Floats = total[begins[1:]] - total[begins[:-1]]
    return found


def averaged(values: Floats, begins: Ints) -> Floats:
    """Mean over each interval of one course (moments, or moments × anything)."""
    columns = values[:, None] if values.ndim == 1 else values
    mean = _summed(columns, begins) / np.maximum(np.diff(begins), 1)[:, None]
    return mean[:, 0] if values.ndim == 1 else mean
