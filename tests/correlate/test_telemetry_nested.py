"""Who calls whom, from the traces that log lines name (C15)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from correlate.memory import freeze, thaw
from correlate.scene import Int64s
from correlate.telemetry.nested import AGREEING, ENOUGH, Nested, enclosed, visits
from tests.correlate.estate import Estate
from tests.twins.telemetry import nestings

WEB, SHOP, STOCK, PRICE = range(4)
ASKED, DONE, NOTE = range(3)

Line = tuple[int, int, int, int]
"""Trace, time, entity, template."""


def rows(lines: list[Line]) -> Int64s:
    """As they leave OpenTraces."""
    whole = np.zeros((7, len(lines)), np.int64)
    whole[:4] = np.array(lines, np.int64).reshape(-1, 4).T
    return whole[:, np.lexsort((whole[1], whole[2], whole[0]))]


def calls(*traces: list[tuple[int, int, int]], times: int = ENOUGH) -> list[tuple[int, int]]:
    """What is known after each trace, given as (time, entity, template), came so many times."""
    nested = Nested()
    for repeat in range(times):
        nested.take(rows([(10 * repeat + number + 1, *line) for number, trace in enumerate(traces) for line in trace]))
    return nested.calls()


def test_who_begins_after_its_caller_and_is_done_before_it_was_called_by_the_nearest() -> None:
    deep = [(0, WEB, ASKED), (1, SHOP, ASKED), (2, STOCK, ASKED), (3, STOCK, DONE), (4, SHOP, DONE), (5, WEB, DONE)]
    assert sorted(calls(deep)) == [(WEB, SHOP), (SHOP, STOCK)]


def test_once_is_no_call() -> None:
    """Fewer than five visits within another may have run beside it."""
    assert calls([(0, WEB, ASKED), (1, SHOP, ASKED), (2, WEB, DONE)], times=ENOUGH - 1) == []


def test_who_is_asked_twice_was_not_busy_in_between() -> None:
    """The web asks stock, then shop, which asks stock, then stock again: stock never asks shop."""
    twice = [(1, STOCK, ASKED), (2, STOCK, DONE), (5, STOCK, ASKED), (6, STOCK, DONE), (9, STOCK, ASKED), (10, STOCK, DONE)]
    around = [(0, WEB, ASKED), (4, SHOP, ASKED), (7, SHOP, DONE), (11, WEB, DONE)]
    assert sorted(calls([*around, *twice])) == [(WEB, SHOP), (WEB, STOCK), (SHOP, STOCK)]


def test_what_runs_side_by_side_calls_nobody() -> None:
    """Shop and stock are asked at once; now one ends first, now the other, and now they overlap."""
    web = [(0, WEB, ASKED), (9, WEB, DONE)]
    stock_within = [*web, (1, SHOP, ASKED), (2, STOCK, ASKED), (3, STOCK, DONE), (4, SHOP, DONE)]
    shop_within = [*web, (1, STOCK, ASKED), (2, SHOP, ASKED), (3, SHOP, DONE), (4, STOCK, DONE)]
    across = [*web, (1, STOCK, ASKED), (2, SHOP, ASKED), (3, STOCK, DONE), (4, SHOP, DONE)]
    for other in (shop_within, across):
        assert sorted(calls(stock_within, stock_within, other, times=AGREEING)) == [(WEB, SHOP), (WEB, STOCK)]


def test_a_call_is_told_once_and_what_was_counted_survives_a_restart() -> None:
    nested, trace = Nested(), [(1, 0, WEB, ASKED), (1, 1, SHOP, NOTE), (1, 2, WEB, DONE)]
    for _ in range(ENOUGH - 1):
        nested.take(rows(trace))
    nested = thaw(freeze(nested))
    nested.take(rows(trace))
    assert nested.calls() == [(WEB, SHOP)]
    assert thaw(freeze(nested)).calls() == []


def order(_: int, __: float) -> list[tuple[str, str]]:
    """What one request makes three services write."""
    return [("web", "order received"), ("shop", "order checked"), ("stock", "reserved"), ("shop", "order stored"), ("web", "answered")]


def test_an_estate_without_call_metrics_and_catalogue_knows_its_calls_from_traces() -> None:
    estate = Estate()
    estate.requests(5, order)
    assert estate.play(120).telemetry.calls() == {"service:web": frozenset({"service:shop"}), "service:shop": frozenset({"service:stock"})}


def test_whose_callers_are_measured_gets_none_from_traces() -> None:
    """Stock is measured to be called by the web through a queue; that it works while shop waits makes it no callee of shop's."""
    estate = Estate()
    estate.requests(5, order)
    estate.edge("web", "stock", lambda _: 0.1)
    assert estate.play(120).telemetry.calls() == {"service:web": frozenset({"service:shop", "service:stock"})}


def test_a_measurement_that_comes_later_takes_the_place_of_what_was_inferred() -> None:
    estate = Estate()
    estate.requests(5, order)
    assert estate.play(120).telemetry.calls()["service:shop"] == frozenset({"service:stock"})
    estate.edge("web", "stock", lambda _: 0.1)
    assert estate.play(180).telemetry.calls() == {"service:web": frozenset({"service:shop", "service:stock"})}


lines = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 8), st.integers(0, 3), st.integers(0, 2)), max_size=24)


@given(lines)
def test_the_kernels_equal_their_twins(given: list[Line]) -> None:
    whole = rows(given)
    outer, inner, within = enclosed(*visits(whole))
    told = [tuple(pair) for pair in zip(outer.tolist(), inner.tolist(), within.tolist(), strict=True)]
    assert sorted(told) == sorted(nestings([tuple(row) for row in whole[:4].T.tolist()]))


@given(lines, st.integers(1, 3))
def test_traces_may_end_in_one_tick_or_in_many(given: list[Line], cut: int) -> None:
    whole, parts = Nested(), Nested()
    for _ in range(ENOUGH):
        whole.take(rows(given))
        parts.take(rows([line for line in given if line[0] <= cut]))
        parts.take(rows([line for line in given if line[0] > cut]))
    assert sorted(whole.calls()) == sorted(parts.calls())
