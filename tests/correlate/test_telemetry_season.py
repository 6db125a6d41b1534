"""What a series did at this time on earlier days bounds its surprise, and no more than that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.memory import freeze, thaw
from correlate.telemetry.season import FORTNIGHT, SLOT_NS, SLOTS, Season, beyond
from tests.twins import telemetry as twin

DAY_NS = SLOTS * SLOT_NS
ONE = np.array([0])


def lived(days: dict[int, dict[int, float]], until: int) -> Season:
    """A season in which series 0 has kept up a value in some (day → quarter → value), read at a quarter counted from the epoch."""
    season = Season()
    for slot in range(until + 1):
        season.advance(slot * SLOT_NS)
        if slot < until:
            value = np.array([days.get(slot // SLOTS, {}).get(slot % SLOTS, 1.0)])
            season.note(ONE, value, value)
    return season


@pytest.mark.parametrize("quarter", [7, 8, 9])
def test_what_two_days_have_shown_at_this_time_is_usual_and_so_are_the_quarters_beside(quarter: int) -> None:
    season = lived({0: {8: 5.0}, 1: {8: 6.0}}, 2 * SLOTS + quarter)
    assert season.usual(ONE)[1].tolist() == [5.0]


@pytest.mark.parametrize(("days", "quarter"), [({0: {8: 5.0}}, 8), ({0: {8: 5.0}, 1: {8: 6.0}}, 12), ({1: {8: 5.0, 9: 5.0}}, 8)])
def test_one_day_or_another_time_is_no_precedent(days: dict[int, dict[int, float]], quarter: int) -> None:
    """An outage yesterday at this time makes nobody blind today, and a nightly job says nothing about the morning."""
    season = lived(days, 2 * SLOTS + quarter)
    assert season.usual(ONE)[1].tolist() == [1.0]


def test_nothing_is_known_before_the_third_day() -> None:
    season = lived({}, 2 * SLOTS - 2)
    assert np.isnan(season.usual(ONE)[1]).all()


def test_what_happens_now_is_no_precedent_of_its_own() -> None:
    """However long an outage lasts, the present day's quarters do not count."""
    season = lived({2: dict.fromkeys(range(20, 40), 9.0)}, 2 * SLOTS + 35)
    assert season.usual(ONE)[1].tolist() == [1.0]


@given(st.dictionaries(st.integers(0, 2 * FORTNIGHT), st.floats(-1e6, 1e6, width=32), min_size=1, max_size=12))
def test_the_second_highest_of_a_fortnight_counts(shown: dict[int, float]) -> None:
    """The vectorised record agrees with sorting all days."""
    season, today = Season(), 2 * FORTNIGHT + 1
    for day, value in sorted(shown.items()):
        season.advance((day * SLOTS + 8) * SLOT_NS)
        season.note(ONE, np.array([value]), np.array([value]))
        season.advance((day * SLOTS + 10) * SLOT_NS)
    season.advance((today * SLOTS + 8) * SLOT_NS)
    highest, lowest = (
        twin.second_highest(sorted(shown.items()), today, FORTNIGHT),
        twin.second_highest([(day, -value) for day, value in sorted(shown.items())], today, FORTNIGHT),
    )
    low, high = season.usual(ONE)
    assert np.isnan(high[0]) if highest is None else high[0] == highest
    assert np.isnan(low[0]) if lowest is None else low[0] == -lowest


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 20), st.floats(0.1, 5))
def test_a_precedent_only_ever_takes_away(middle: float, lowest: float, width: float, scale: float) -> None:
    """The deviation keeps its sign and never grows; without a precedent it stays as it was."""
    one = np.array([middle])
    z = one / scale
    usual = (np.array([lowest]), np.array([lowest + width]))
    bounded = beyond(z, one, one, usual, np.zeros(1), np.array([scale]))
    assert abs(bounded[0]) <= abs(z[0])
    assert bounded[0] * z[0] >= 0
    nothing = np.array([np.nan])
    assert beyond(z, one, one, (nothing, nothing), np.zeros(1), np.array([scale]))[0] == z[0]


def test_it_survives_freezing() -> None:
    season = lived({0: {8: 5.0}, 1: {8: 6.0}}, 2 * SLOTS + 8)
    again = thaw(freeze(season))
    assert again.usual(ONE)[1].tolist() == [5.0]
    assert freeze(again) == freeze(season)
