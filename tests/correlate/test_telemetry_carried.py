"""What a caller feels of its callees, in seconds and shares of requests, is not held against the caller."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from correlate.telemetry.blame import NOTICED, links
from correlate.telemetry.carried import COMPARED, remainders
from correlate.telemetry.roles import CPU, ERRORS, FAMILIES, LATENCY
from tests.twins import telemetry as twin

SHOP, CART, DB = range(3)
BELOW = {SHOP: {CART, DB}, CART: {DB}}
Row = tuple[int, int, int, float, float]


def told(rows: list[Row], below: dict[int, set[int]], entities: int = 3) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    owner, family, metric = (np.array([row[place] for row in rows], np.int64) for place in range(3))
    size, nats = (np.array([row[place] for row in rows], np.float64) for place in (3, 4))
    return remainders(owner, family, metric, size, nats, links(below), (entities, len(FAMILIES)))


def test_a_callee_that_is_late_by_as_much_explains_its_callers_wholly() -> None:
    """C24: the deepest condition.  The entry is the calmest and so the most surprising; the seconds are the database's."""
    rows = [(SHOP, LATENCY, 1, 0.4, 16.0), (CART, LATENCY, 1, 0.5, 7.0), (DB, LATENCY, 1, 0.5, 8.0)]
    left = told(rows, BELOW)
    assert left[SHOP, LATENCY] == 0.0
    assert left[CART, LATENCY] == 0.0
    assert left[DB, LATENCY] == 1.0


def test_what_a_caller_adds_of_its_own_stays_with_it() -> None:
    rows = [(SHOP, LATENCY, 1, 2.0, 16.0), (DB, LATENCY, 1, 0.5, 8.0)]
    assert told(rows, BELOW)[SHOP, LATENCY] == 0.75


def test_other_metrics_and_resources_are_not_compared() -> None:
    """Another metric has another unit; a caller's processor is not its callee's."""
    rows = [(SHOP, LATENCY, 1, 0.4, 16.0), (DB, LATENCY, 2, 9.0, 8.0), (SHOP, CPU, 3, 0.4, 9.0), (DB, CPU, 3, 9.0, 9.0)]
    assert (told(rows, BELOW) == 1.0).all()


def test_a_callee_that_shows_nothing_unusual_explains_nothing() -> None:
    rows = [(SHOP, ERRORS, 1, 0.4, 16.0), (DB, ERRORS, 1, 9.0, NOTICED)]
    assert told(rows, BELOW)[SHOP, ERRORS] == 1.0


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from((LATENCY, ERRORS, CPU)), st.integers(0, 2), st.floats(0.0, 5.0), st.floats(0.0, 20.0)),
        min_size=1,
        max_size=25,
    ),
    st.dictionaries(st.integers(0, 4), st.sets(st.integers(0, 4))),
)
def test_the_kernel_equals_its_slow_twin(rows: list[Row], below: dict[int, set[int]]) -> None:
    expected = twin.remainders(rows, below, COMPARED, float(NOTICED))
    left = told(rows, below, 5)
    for entity in range(5):
        for family in range(len(FAMILIES)):
            assert np.isclose(left[entity, family], expected.get((entity, family), 1.0)), (entity, family)
