"""Which entity it is: what callees explain of their callers, and what adds up to blame (C15, C23)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from correlate import ranking
from correlate.parameters import DEFAULTS
from correlate.telemetry import blame
from correlate.telemetry.roles import CALLS, CPU, ERRORS, FAMILIES, LATENCY
from correlate.trouble import Trouble
from tests.twins import telemetry as twin

_SPREADING = [number for number in range(len(FAMILIES)) if number in blame._SPREADING]
matrices = st.integers(1, 5).flatmap(
    lambda size: st.tuples(
        st.lists(st.lists(st.floats(0, 60), min_size=len(FAMILIES), max_size=len(FAMILIES)), min_size=size, max_size=size),
        st.dictionaries(st.integers(0, size - 1), st.sets(st.integers(0, size - 1), max_size=3), max_size=size),
    )
)


@given(matrices)
def test_what_callees_explain_is_as_a_loop_over_them_says(drawn: tuple[list[list[float]], dict[int, set[int]]]) -> None:
    rows, calls = drawn
    below = blame.reachable(calls)
    expected = twin.discounted(
        rows,
        {entity: callees - {entity} for entity, callees in below.items()},
        {family: 1.0 if family == CALLS else DEFAULTS.hop_share for family in _SPREADING},
        float(blame.NOTICED),
    )
    assert np.allclose(blame.discounted(np.array(rows), blame.links(below), DEFAULTS), np.array(expected))


def test_a_slow_callee_explains_a_slow_caller_and_not_its_busy_processor() -> None:
    """web waits for db: half of db's slowness is taken off web's, of its own processor time nothing (C23)."""
    nats = np.zeros((2, len(FAMILIES)))
    nats[0, LATENCY], nats[0, CPU], nats[1, LATENCY] = 15.0, 8.0, 20.0
    rest = blame.discounted(nats, blame.links({0: {1}}), DEFAULTS)
    assert rest[0, LATENCY] == 15.0 - DEFAULTS.hop_share * (20.0 - blame.NOTICED)
    assert rest[0, CPU] == 8.0
    assert rest[1, LATENCY] == 20.0


def test_a_failing_callee_explains_that_its_caller_asks_less_and_a_calm_one_does_not() -> None:
    """web gives up after db's answers: its missing calls are db's doing; while db is calm they are its own (C23)."""
    nats = np.zeros((2, len(FAMILIES)))
    nats[0, CALLS], nats[1, ERRORS] = 15.0, 20.0
    assert blame.discounted(nats, blame.links({0: {1}}), DEFAULTS)[0, CALLS] == 0.0
    nats[1, ERRORS] = blame.NOTICED
    assert blame.discounted(nats, blame.links({0: {1}}), DEFAULTS)[0, CALLS] == 15.0


def trouble(**known: dict[str, float]) -> Trouble:
    one = Trouble(1, 0, 0, 120, ["service:web"], 0)
    for name, nats in known.items():
        setattr(one, name, nats)
    return one


def test_what_moves_with_an_alerts_symptom_counts_in_place_of_the_peak() -> None:
    """With a symptom to explain, later peaks say nothing; without one they count (C23)."""
    shown = {"service:web": 5.0, "service:db": 4.0}
    told = trouble(at_onset=shown, peak={"service:web": 30.0}, together={"service:db": 9.0})
    ranking.weigh(told)
    assert told.blame == {"service:db": 13.0, "service:web": 5.0}
    untold = trouble(at_onset=shown, peak={"service:web": 30.0})
    ranking.weigh(untold)
    assert untold.blame == {"service:web": 35.0, "service:db": 4.0}


def test_another_detectors_opinion_is_added_and_nobody_without_evidence_is_named() -> None:
    one = trouble(at_onset={"service:web": 5.0, "service:idle": 0.0}, opinions={"service:web": 1.0, "host:n1": 7.0})
    ranking.weigh(one)
    assert list(one.blame.items()) == [("host:n1", 7.0), ("service:web", 6.0)]


def test_errors_spread_upwards_only() -> None:
    """A caller explains nothing of its callee (C23)."""
    nats = np.zeros((2, len(FAMILIES)))
    nats[:, ERRORS] = 20.0
    rest = blame.discounted(nats, blame.links({0: {1}}), DEFAULTS)
    assert rest[1, ERRORS] == 20.0
    assert rest[0, ERRORS] < 20.0
