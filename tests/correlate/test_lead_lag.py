"""A series that follows another is told with its lag; one that leads, or only happens to move, is not (C14)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.lead_lag import SAMPLES_FEW, correlations, lead
from correlate.scene import Series
from tests.correlate.outage import SECOND_NS, Outage
from tests.twins import rank_correlation as twin

STEP_S = 15
TOLERANCE_NS = STEP_S * SECOND_NS


def wave(lag_steps: int = 0, count: int = 80, scale: float = 1.0) -> Series:
    """A rise and fall in some noise of its own, `lag_steps` late."""
    rng = np.random.default_rng(7 + lag_steps)
    noise = rng.normal(0, 0.01, count)
    values = [scale * (math.exp(-(((at - lag_steps - 35) / 15) ** 2)) + noise[at]) for at in range(count)]
    return Outage().metric("api", "latency_s", values, STEP_S)


@pytest.mark.parametrize("lag", [0, 1, 4])
def test_the_lag_is_found_whatever_the_units(lag: int) -> None:
    found = lead(wave(), wave(lag, scale=1000.0), TOLERANCE_NS)
    assert found is not None
    assert found.lag_ns == lag * STEP_S * SECOND_NS
    assert found.correlation > 0.8


def test_a_series_that_leads_beyond_what_clocks_can_tell_does_not_follow() -> None:
    assert lead(wave(4), wave(), TOLERANCE_NS) is None
    assert lead(wave(1), wave(), TOLERANCE_NS) is not None


def test_noise_follows_nothing() -> None:
    """Of a hundred pairs of unrelated series at most a few pass, though seventeen lags are tried for each."""
    rng = np.random.default_rng(3)
    outage = Outage()
    noise = [outage.metric("api", f"m{number}", rng.normal(0, 1, 60).tolist(), STEP_S) for number in range(200)]
    assert sum(lead(one, other, TOLERANCE_NS) is not None for one, other in zip(noise[::2], noise[1::2], strict=True)) <= 5


def test_a_constant_or_a_short_series_follows_nothing() -> None:
    outage = Outage()
    flat = outage.metric("api", "flat", [1.0] * 60, STEP_S)
    short = outage.metric("api", "short", [1.0, 2.0] * (SAMPLES_FEW // 2 - 1), STEP_S)
    assert lead(wave(), flat, TOLERANCE_NS) is None
    assert lead(wave(), short, TOLERANCE_NS) is None
    assert lead(wave(), outage.metric("api", "empty", [], STEP_S), TOLERANCE_NS) is None


values = st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(math.nan)), min_size=SAMPLES_FEW, max_size=25)


@given(st.data())
def test_correlations_are_those_of_the_slow_twin(data: st.DataObject) -> None:
    x = data.draw(values)
    y = data.draw(st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(math.nan)), min_size=len(x), max_size=len(x)))
    lags = list(range(-4, 5))
    fast, many = correlations(np.array(x), np.array(y), lags)
    slow = twin.correlations(x, y, lags, SAMPLES_FEW)
    assert [None if math.isnan(value) else pytest.approx(value) for value in fast] == slow
    assert len(many) == len(lags)
