"""Grouping kernels equal what a person would do with a dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from correlate.telemetry.grouping import grouped, stable_order
from tests.twins import telemetry as slow

keys = st.lists(st.one_of(st.integers(0, 5), st.integers(0, 2**62 - 1)), max_size=40)
rows = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6), st.integers(0, 9)), min_size=1, max_size=40)


@given(keys)
def test_equal_keys_keep_their_order_however_large_keys_are(values: list[int]) -> None:
    assert stable_order(np.array(values, np.int64)).tolist() == sorted(range(len(values)), key=values.__getitem__)


@given(rows)
def test_each_key_has_its_earliest_row_and_as_many_units_as_show_it(made: list[tuple[int, int, int]]) -> None:
    """Of rows at the same time the first counts, and a unit once however often it comes."""
    made.sort(key=lambda row: row[1])
    key, unit, time = (np.array(column, np.int64) for column in zip(*made, strict=True))
    first, count = grouped(key, unit, time)
    assert list(zip(first.tolist(), count.tolist(), strict=True)) == slow.grouped(made)
