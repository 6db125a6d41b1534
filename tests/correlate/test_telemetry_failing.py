"""How surprising a share of failures is hangs on how many requests it is of (C15, C23)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.telemetry.failing import failing, surprise_of
from correlate.telemetry.roles import ERRORS
from tests.correlate.estate import Curve, Estate, between, metric, ns
from tests.correlate.test_telemetry_flow import counter
from tests.twins import telemetry as twin

BEGIN_S, END_S = 3590, 3750


def nats_of(failed: float, asked: float, before: tuple[float, ...] = (0.0,) * 60) -> float:
    """Four samples that fail alike, after an hour of `before`."""
    return float(surprise_of(np.full((1, 4), failed), np.array([before]), np.array([asked]), np.array([asked]))[0])


def test_the_same_share_says_more_of_many_requests_than_of_few() -> None:
    """2 % of 180 requests a minute are fourteen failures where there were none; of three requests a minute they are less than one."""
    assert nats_of(0.02, 180.0) > 30.0
    assert nats_of(0.02, 3.0) < 1.0


def test_failures_that_come_in_bursts_say_less() -> None:
    """Twenty failures in one minute of the hour and none in the others: the next four minutes with five each are no such surprise."""
    evenly, at_once = nats_of(0.05, 100.0, (1 / 300,) * 60), nats_of(0.05, 100.0, (0.2, *(0.0,) * 59))
    assert 0.0 < at_once < evenly / 10.0


def test_who_fails_less_than_usual_shows_nothing() -> None:
    assert nats_of(0.01, 100.0, (0.02,) * 60) == 0.0


def shop(name: str, share: Curve, asked: tuple[str, Curve]) -> Estate:
    estate = Estate(noise=0.0)
    estate.series(metric("orders", name), share, 30)
    estate.series(metric("orders", asked[0]), asked[1], 30)
    return estate.play(END_S)


@pytest.mark.parametrize(
    ("name", "share", "asked"),
    [
        ("availability_average", between(BEGIN_S, END_S + 1, 100.0, 98.0), ("requests_total", counter(lambda _: 6.0))),
        ("http_server_error_ratio", between(BEGIN_S, END_S + 1, 0.0, 0.02), ("requests_total", counter(lambda _: 6.0))),
        ("request_success_ratio", between(BEGIN_S, END_S + 1, 1.0, 0.98), ("requests_sum", lambda at_s: 179.0 + 2 * (at_s // 30 % 2))),
    ],
)
def test_shares_are_read_whichever_way_they_are_told_and_requests_whichever_way_they_are_counted(
    name: str, share: Curve, asked: tuple[str, Curve]
) -> None:
    """Six requests a second, one of fifty fails: hundredths or parts, successes or failures, a counter or a sum for each sample."""
    estate = shop(name, share, asked)
    telemetry = estate.telemetry
    begin, end = (np.full(telemetry.series.count, ns(at_s)) for at_s in (BEGIN_S, END_S))
    owner, nats = failing(telemetry.series, telemetry.registry, begin, end)
    assert [telemetry.registry.entities[one] for one in owner.tolist()] == ["service:orders"]
    assert nats[0] > 40.0
    judged = telemetry.judge_span(ns(BEGIN_S), ns(END_S), np.zeros(0))
    assert judged.raw[owner[0], ERRORS] == nats[0]


def test_nobody_is_judged_by_a_share_of_uncounted_requests() -> None:
    estate = shop("availability_average", between(BEGIN_S, END_S + 1, 100.0, 98.0), ("queue_depth", lambda _: 5.0))
    begin, end = (np.full(estate.telemetry.series.count, ns(at_s)) for at_s in (BEGIN_S, END_S))
    assert not failing(estate.telemetry.series, estate.telemetry.registry, begin, end)[1].any()


shares = st.one_of(st.just(math.nan), st.floats(0.0, 1.0))


@given(st.lists(shares, min_size=4, max_size=4), st.lists(shares, min_size=6, max_size=6), *(st.sampled_from((0.0, 1.0, 70.0)),) * 2)
def test_the_kernel_equals_its_slow_twin(failed: list[float], before: list[float], asked: float, usual: float) -> None:
    fast = surprise_of(np.array([failed]), np.array([before]), np.array([asked]), np.array([usual]))[0]
    assert fast == pytest.approx(twin.failing(failed, before, asked, usual), rel=1e-6, abs=1e-6)
