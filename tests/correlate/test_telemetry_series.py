"""The memory of series: counters and gauges, gaps and resets, what is learned and what is not, and its bounds."""

from __future__ import annotations

import numpy as np
import pytest

from correlate.parameters import DEFAULTS
from correlate.scene import Floats
from correlate.telemetry import surprise
from correlate.telemetry.series import AT_ONCE, RING, SeriesTable

SECOND_NS = 1_000_000_000


def table(*, counter: bool, series: int = 1, capacity: int = 64) -> SeriesTable:
    made = SeriesTable(DEFAULTS, capacity)
    for _ in range(series):
        made.add(counter, 0)
    return made


def take(made: SeriesTable, rows: list[tuple[int, float, float]]) -> tuple[list[int], int]:
    """Takes one tick's (series, second, value) rows."""
    number, time, value = (np.array(column) for column in zip(*rows, strict=True))
    nothing = np.zeros(len(rows), np.int64)
    touched, late = made.take(number, (time * SECOND_NS).astype(np.int64), value.astype(float), nothing, np.arange(len(rows)), nothing)
    return touched.tolist(), late


def kept(made: SeriesTable, series: int = 0) -> list[float]:
    """All samples of a series, oldest first."""
    head = int(made.head[series])
    values: Floats = made.values[series, np.arange(max(0, head - RING), head) % RING]
    return [float(value) for value in values]


def test_a_counter_becomes_a_rate_per_second() -> None:
    """Growth by time; the first sample has no rate."""
    made = table(counter=True)
    assert take(made, [(0, 100, 50.0)]) == ([], 0)
    assert take(made, [(0, 110, 70.0)]) == ([0], 0)
    take(made, [(0, 120, 130.0)])
    assert kept(made) == [2.0, 6.0]


def test_a_counter_of_few_events_is_known_as_well_as_their_number_allows() -> None:
    """Four or five a minute are the same rate; seconds of processor time are measured, and may be known far better."""
    made = table(counter=True)
    made.add(True, 0)
    for minute in range(12):
        take(made, [(0, 60.0 * minute, 4.0 * minute), (1, 60.0 * minute, 4.5 * minute)])
    for series in (0, 1):
        made.level[series], made.spread[series] = made.values[series, 0], 0.0
    events, measured = made.scale(np.arange(2)).tolist()
    assert events == pytest.approx(2 / 60)  # the root of four, in a minute
    assert measured < events / 10


def test_a_reset_and_a_gap_give_no_rate() -> None:
    """After a restart or a silence longer than three steps the next growth counts again."""
    made = table(counter=True)
    for second, value in [(10, 0.0), (20, 10.0), (30, 20.0), (40, 5.0), (50, 15.0), (200, 900.0), (210, 910.0)]:
        take(made, [(0, second, value)])
    assert kept(made) == [1.0] * 4


def test_a_counter_by_name_that_falls_is_a_gauge() -> None:
    """`requests_sum` of a five-minute period rises and falls: it is read as it is, from when that is plain."""
    made = table(counter=True)
    for number, value in enumerate([5.0, 9, 4, 8, 3, 7, 6, 9, 5]):
        take(made, [(0, 10.0 * number, value)])
    assert not made.cumulative[0]
    assert kept(made)[-3:] == [6.0, 9.0, 5.0]


def test_samples_of_one_tick_are_one_mean_and_repeats_are_counted() -> None:
    """Sampling once a second: ten samples are one; a repeated or late sample is left out and counted."""
    made = table(counter=False, series=2)
    touched, late = take(made, [(0, 1, 1.0), (0, 2, 3.0), (1, 1, 8.0), (0, 2, 99.0)])
    assert (touched, late) == ([0, 1], 1)
    assert (kept(made, 0), kept(made, 1)) == ([2.0], [8.0])
    assert take(made, [(0, 2, 5.0)]) == ([], 1)


def test_the_step_follows_the_sampling() -> None:
    """The window is two steps, at least two minutes."""
    made = table(counter=False, series=2)
    for number in range(1, 40):
        take(made, [(0, 300.0 * number, 1.0), (1, 300.0 * number - 5, 1.0), (1, 300.0 * number, 1.0)])
    assert made.window.tolist() == [600 * SECOND_NS, 600 * SECOND_NS]


def learn(made: SeriesTable, values: list[float], trouble: tuple[float, float] | None = None, begin: int = 1) -> None:
    """One sample a minute, learned as it comes."""
    whom = np.ones(made.count, dtype=bool)
    spans = [(int(trouble[0] * SECOND_NS), int(trouble[1] * SECOND_NS), whom)] if trouble else []
    for number, value in enumerate(values, begin):
        touched, _ = take(made, [(0, 60.0 * number, value)])
        made.learn(np.array(touched), 60 * number * SECOND_NS, spans)


def test_normal_is_learned_with_a_lag() -> None:
    """A step is not normal before detection has had its time; after ten samples it is."""
    made = table(counter=False)
    learn(made, [10.0] * 20 + [90.0] * 3)
    assert made.level[0] == 10.0
    made = table(counter=False)
    learn(made, [10.0] * 20 + [90.0] * 12)
    assert made.level[0] == 90.0


def test_nothing_is_learned_from_troubled_times() -> None:
    """The level stays what it was before the incident."""
    made = table(counter=False)
    learn(made, [10.0] * 20 + [90.0] * 20, trouble=(20.5 * 60, 1e6))
    assert made.level[0] == 10.0
    assert made.learned[0] >= AT_ONCE


def test_what_was_over_within_three_samples_is_learned_as_a_spike() -> None:
    """It moves no level and widens no spread, but another like it is no longer unheard of; what lasted longer teaches nothing."""
    brief, lasting = table(counter=False), table(counter=False)
    learn(brief, [10.0] * 20 + [90.0] * 2 + [10.0] * 8, trouble=(20.8 * 60, 23 * 60))
    learn(lasting, [10.0] * 20 + [90.0] * 6 + [10.0] * 8, trouble=(20.8 * 60, 27 * 60))
    assert brief.level[0] == lasting.level[0] == 10.0
    assert brief.spread[0] == lasting.spread[0] == 0.0
    assert np.count_nonzero(brief.normal[0] == 90.0) == 2
    assert np.count_nonzero(lasting.normal[0] == 90.0) == 0


def test_what_is_adopted_is_the_level_at_once() -> None:
    """After `relearn` the latest samples make the level, though the trouble taught nothing."""
    made = table(counter=False)
    learn(made, [10.0] * 20 + [90.0] * 20, trouble=(20.5 * 60, 1e6))
    made.relearn(np.array([0]))
    learn(made, [90.0], begin=41)
    assert made.level[0] == 90.0


def test_a_deviation_is_judged_against_the_nearer_of_long_and_local_level() -> None:
    """A series that has stood elsewhere for ten minutes is no news; one that has just left both levels is."""
    made = table(counter=False)
    learn(made, [10.0, 11, 9, 10, 11] * 6)
    now = np.array([30 * 60 * SECOND_NS])
    take(made, [(0, 31 * 60, 50.0)])
    take(made, [(0, 32 * 60, 50.0)])
    everything = np.array([0])
    fresh, cap = made.deviations(everything, now, now + 120 * SECOND_NS, np.array([10.0]), 2)
    assert fresh[0] == pytest.approx(40 / made.scale(everything)[0])
    assert cap[0] > surprise.nats(fresh, made.learned[everything], np.array([1]), np.array([np.inf]))[0]  # no precedent binds
    stale, _ = made.deviations(everything, now, now + 120 * SECOND_NS, np.array([50.0]), 2)
    assert stale[0] == 0.0


def test_a_series_that_spikes_every_hour_is_no_great_news_when_it_spikes_again() -> None:
    """Two spikes in a row are as rare as two of the spikes that were learned, however high they are."""
    made = table(counter=False)
    learn(made, [*([10.0, 11, 9, 10, 11, 10, 9, 10, 11, 9] * 3)[:-1], 90.0])
    learn(made, [10.0, 11, 9, 10, 11, 10, 9, 10, 11] * 2, begin=31)
    now = np.array([50 * 60 * SECOND_NS])
    for minute, value in ((51, 80.0), (52, 85.0)):
        take(made, [(0, minute * 60, value)])
    deviation, cap = made.deviations(np.array([0]), now, now + 120 * SECOND_NS, np.array([10.0]), 2)
    assert deviation[0] > 10
    assert cap[0] == pytest.approx(2 * np.log((made.learned[0] + 1) / 2))


def test_a_rate_of_successes_is_measured_by_what_failed() -> None:
    """Of 100 % that always went well four are missing: as unheard of as four failures where there were none."""
    made = SeriesTable(DEFAULTS, 64)
    made.add(False, 0, True)
    learn(made, [100.0] * 30)
    now = np.array([30 * 60 * SECOND_NS])
    take(made, [(0, 31 * 60, 96.0)])
    take(made, [(0, 32 * 60, 95.0)])
    deviation, cap = made.deviations(np.array([0]), now, now + 120 * SECOND_NS, np.array([100.0]), 2)
    assert deviation[0] < -100
    assert cap[0] == pytest.approx(2 * np.log(made.learned[0] + 1))


def test_a_full_table_forgets_the_longest_silent() -> None:
    """C26: memory is bounded; series that still speak keep their memory and get new numbers."""
    made = table(counter=False, series=64)
    take(made, [(series, 10.0 + series, float(series)) for series in range(64)])
    stay = made.make_room()
    assert stay.tolist() == list(range(16, 64))
    assert made.count == 48
    assert kept(made, 0) == [16.0]
    assert made.add(True, 0) == 48
    assert kept(made, 48) == []
