"""Each vectorised kernel of the telemetry equals its slow twin."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.parameters import DEFAULTS
from correlate.telemetry import baseline, blame, edges, onset, shares, surprise
from correlate.telemetry.interner import ABSENT, Interner
from correlate.telemetry.nulls import Null
from correlate.telemetry.roles import CPU, FAMILIES, IO, LATENCY, MEMORY
from tests.twins import telemetry as slow

values = st.floats(-1e6, 1e6)
holey = st.one_of(values, st.just(math.nan))
positive = st.floats(1e-3, 1e3)


def matrices(element: st.SearchStrategy[float], rows: int = 6, columns: int = 9) -> st.SearchStrategy[list[list[float]]]:
    return st.integers(1, columns).flatmap(lambda n: st.lists(st.lists(element, min_size=n, max_size=n), min_size=1, max_size=rows))


@given(matrices(holey))
def test_the_level_is_the_median_of_what_is_known(rows: list[list[float]]) -> None:
    """Level of every row, missing samples left out."""
    assert baseline.medians(np.array(rows)) == pytest.approx([slow.median(row) for row in rows], nan_ok=True)


@given(matrices(st.one_of(st.floats(0, 1e6), st.just(math.nan))))
def test_the_spread_is_the_wider_of_middle_and_tail(rows: list[list[float]]) -> None:
    """Spread of every row of absolute deviations."""
    assert baseline.spreads(np.array(rows)) == pytest.approx([slow.spread(row) for row in rows], nan_ok=True)


@given(st.lists(st.tuples(holey, st.sampled_from((0.0, 0.5, 10.0, 300.0))), min_size=1, max_size=9))
def test_counted_events_scatter_by_the_root_of_their_number(rows: list[tuple[float, float]]) -> None:
    """Where nothing is counted (no step) there is no such floor."""
    level, step_s = (np.array(column) for column in zip(*rows, strict=True))
    assert baseline.grain(level, step_s) == pytest.approx([slow.grain(*row) for row in rows])


@given(matrices(st.integers(0, 10**12)))
def test_a_step_is_the_median_distance_of_the_samples(rows: list[list[int]]) -> None:
    """In whatever order they lie in the ring; 0 stands where none is yet."""
    assert baseline.steps(np.array([[0, *row] for row in rows])) == pytest.approx([slow.step(row) for row in rows], nan_ok=True)


@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(st.floats(0, 1e3), st.just(math.nan))), min_size=1, max_size=20))
def test_peers_are_compared_from_three_on(rows: list[tuple[int, float]]) -> None:
    """Median spread of the same metric elsewhere."""
    groups, spreads = [group for group, _ in rows], [spread for _, spread in rows]
    fast = baseline.peer_medians(np.array(groups), np.array(spreads))
    assert fast == pytest.approx([slow.peer_median(groups, spreads, index) for index in range(len(rows))])


@given(st.lists(values, min_size=1, max_size=9), values, positive)
def test_a_deviation_counts_as_far_as_half_of_the_window_keeps_it_up(window: list[float], level: float, scale: float) -> None:
    """The persistent deviation of one window."""
    low, high = surprise.middles(np.array([window]))
    fast = surprise.persistent(low, high, np.array([level]), np.array([scale]))
    assert fast == pytest.approx([slow.persistent(window, level, scale)])


@given(st.floats(-50, 50), st.integers(2, 100), st.sampled_from([-1, 0, 1]), st.floats(0, 50))
def test_nats_are_those_of_a_student_t_in_the_hurting_direction(z: float, learned: int, direction: int, cap: float) -> None:
    """Surprise of one deviation; the harmless direction is none."""
    fast = surprise.nats(np.array([z]), np.array([learned]), np.array([direction]), np.array([cap]))
    assert fast == pytest.approx([slow.nats(z, learned, direction, cap)])


@given(
    st.lists(st.one_of(st.floats(-9, 9), st.just(math.nan)), min_size=1, max_size=30),
    st.floats(1, 9),
    st.booleans(),
    st.integers(1, 9),
    st.integers(2, 9),
)
def test_what_a_series_has_shown_before_is_no_rarer_than_that(before: list[float], size: float, up: bool, agree: int, learned: int) -> None:
    """The cap of one deviation by its precedents; without any there is none."""
    z = size if up else -size
    fast = surprise.precedent_caps(np.array([before]), np.array([z]), np.array([agree]), np.array([learned]))
    assert fast == pytest.approx([slow.precedent_cap(before, z, agree, min(learned - 1, 4))])


def test_what_goes_a_little_beyond_a_precedent_is_a_little_rarer() -> None:
    """One sample of sixty went as far as ten: ten again is twice one in thirty, eleven hardly more, and a hundred is news."""
    before = np.array([[10.0, *(0.5,) * 59]] * 3)
    again, beyond, far = surprise.precedent_caps(before, np.array([10.0, 11.0, 100.0]), np.full(3, 2), np.full(3, 60))
    assert again == pytest.approx(2 * math.log(61 / 2))
    assert again < beyond < again + 1.0
    assert far > again + 15.0


@given(st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.floats(0, 30), max_size=15))
def test_a_slow_edge_is_charged_to_whom_it_belongs(calls: dict[tuple[int, int], float]) -> None:
    """What all callees of a caller share is the caller's; the rest is the server's."""
    pairs = sorted(calls)
    servers, charged, callers, common = edges.charge(
        np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64), np.array([calls[pair] for pair in pairs])
    )
    by_server, by_caller = slow.charge(calls)
    assert dict(zip(servers.tolist(), charged.tolist(), strict=True)) == pytest.approx(by_server)
    assert dict(zip(callers.tolist(), common.tolist(), strict=True)) == pytest.approx(by_caller)


samples = st.integers(0, 200).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@given(samples, samples)
def test_a_changed_share_is_told_by_its_likelihood_ratio(now: tuple[int, int], before: tuple[int, int]) -> None:
    """Two binomial samples against one."""
    fast = shares.two_samples(*(np.array([float(value)]) for value in (*now, *before)))
    assert fast == pytest.approx([slow.two_samples(*now, *before)], abs=1e-6)


@given(st.integers(0, 500), st.floats(0.1, 100), st.integers(0, 500), st.floats(0.1, 100))
def test_a_changed_rate_is_told_by_its_likelihood_ratio(count: int, exposure: float, before: int, exposure_before: float) -> None:
    """Two Poisson samples against one."""
    fast = shares.two_rates(*(np.array([float(value)]) for value in (count, exposure, before, exposure_before)))
    expected = slow.two_rates(count, exposure, before, exposure_before) if count + before else 0.0
    assert fast == pytest.approx([expected], abs=1e-6)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 50)), min_size=1, max_size=12))
def test_the_usual_share_is_a_weighted_median(blocks: list[tuple[float, int]]) -> None:
    """Minutes weigh by their lines."""
    fast = shares.weighted_medians(np.array([[share for share, _ in blocks]]), np.array([[float(weight) for _, weight in blocks]]))
    assert fast == pytest.approx([slow.weighted_median([share for share, _ in blocks], [weight for _, weight in blocks])])


@given(st.lists(samples, min_size=1, max_size=12), st.booleans())
def test_a_share_changes_where_the_two_sides_differ_most(ticks: list[tuple[int, int]], rising: bool) -> None:
    """The best cut of a sequence of shares."""
    count, trials = [count for count, _ in ticks], [trials for _, trials in ticks]
    _, ratio = shares.split(np.array(count, float), np.array(trials, float), rising)
    assert ratio == pytest.approx(slow.split(count, trials, rising), abs=1e-6)


@given(st.lists(st.floats(0, 10), max_size=200), st.floats(0.001, 2))
def test_a_null_counts_how_often_quiet_times_show_as_much(quiet: list[float], value: float) -> None:
    """Calibrated nats within the body of the null."""
    null = Null()
    null.add(np.array(quiet))
    null.fit()
    known = sorted([*quiet, *(-math.log((index + 0.5) / 20) for index in range(20))])
    if value <= known[int(0.9 * len(known))]:
        assert null.calibrate(np.array([value])) == pytest.approx([slow.calibrate(quiet, value)])


@given(st.lists(st.floats(0, 10), max_size=100), st.lists(st.floats(0, 1e6), min_size=2, max_size=20))
def test_more_surprise_is_never_less_after_calibration(quiet: list[float], shown: list[float]) -> None:
    """Calibration keeps the order from the tail on."""
    null = Null()
    null.add(np.array(quiet))
    null.fit()
    beyond = np.sort(np.array(shown)) + 20.0
    assert (np.diff(null.calibrate(beyond)) >= -1e-9).all()


@given(st.lists(st.lists(st.integers(-5, 5), max_size=8), max_size=6), st.integers(1, 8))
def test_numbers_are_given_in_order_of_appearance(batches: list[list[int]], limit: int) -> None:
    """The interner equals a dictionary, whatever the batches; beyond the limit nothing is numbered."""
    interner, twin = Interner(limit), dict[int, int]()
    for batch in batches:
        for key in batch:
            if len(twin) < limit:
                twin.setdefault(key, len(twin))
        assert interner.number(np.array(batch, np.int64)).tolist() == [twin.get(key, ABSENT) for key in batch]


def test_a_run_begins_with_its_first_deviating_sample_and_bridges_one_normal_one() -> None:
    """Onset of a series: the last run, walked back; two normal samples in a row end it."""
    times = np.arange(8) * 10
    assert onset.run(times, np.array([0.0, 9, 0, 0, 9, 0, 9, 9]), 9.0, 20) == (4, 7)
    assert onset.run(times, np.array([0.0, 9, 0, 0, 9, 0, 9, 9]), 9.0, 10) == (6, 7)
    assert onset.run(times, np.zeros(8), 9.0, 20) is None
    assert onset.run(times, np.array([0.0, 0, 0, 0, 0, -9, -9, -9]), -9.0, 20) == (5, 7)


def test_a_flat_line_can_surprise_no_more_than_its_length() -> None:
    """A line that stood still ten times has shown only that change is rarer than 1 in 11; more where the same metric elsewhere says so."""
    flat, alone = np.full((1, 10), 3.0), np.ones(1)
    assert baseline.flat_caps(flat, np.array([3.0]), np.array([0.0]), alone) == pytest.approx([2 * math.log(11)])
    assert baseline.flat_caps(flat, np.array([3.0]), np.array([0.0]), np.array([91.0])) == pytest.approx([2 * math.log(101)])
    assert baseline.flat_caps(flat, np.array([3.0]), np.array([1.0]), alone)[0] == math.inf


@given(st.lists(st.tuples(st.floats(-5, 150), st.booleans())))
def test_a_rate_of_successes_is_as_large_as_what_it_lacks(rows: list[tuple[float, bool]]) -> None:
    """Of a share or of a percentage; anything else is as large as it is."""
    level, successes = np.array([level for level, _ in rows]), np.array([good for _, good in rows], dtype=bool)
    assert baseline.sizes(level, successes).tolist() == [slow.size(*row) for row in rows]


@given(matrices(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan))))
def test_samples_stray_from_the_median_of_their_row(rows: list[list[float]]) -> None:
    far = baseline.strays(np.array(rows))
    np.testing.assert_array_equal(far, [[slow.stray(row, of) for of in range(len(row))] for row in rows])


standing = st.one_of(st.just(3.0), st.just(3.0), st.just(7.0), st.just(math.nan))


@given(
    matrices(standing).flatmap(
        lambda rows: st.tuples(
            st.just(rows),
            st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)),
            st.lists(standing, min_size=len(rows), max_size=len(rows)),
        )
    )
)
def test_how_rarely_a_metric_departs_is_told_by_the_others_of_its_kind(given: tuple[list[list[float]], list[int], list[float]]) -> None:
    rows, groups, levels = given
    rare = baseline.peer_rarity(np.array(groups), np.array(rows), np.array(levels))
    assert rare.tolist() == [slow.peer_rarity(groups, rows, levels, row) for row in range(len(rows))]


def test_resources_are_one_kind_of_evidence_when_detecting_and_several_when_ranking() -> None:
    """A batch job that moves processor, disks and memory together is told by one of them; with a symptom beside it the symptom adds."""
    shown = np.zeros((3, len(FAMILIES)))
    shown[:, CPU], shown[1:, [MEMORY, IO]], shown[2, LATENCY] = 15.0, 15.0, 15.0
    alone, job, outage = blame.totals(shown, DEFAULTS, detecting=True)
    assert job == alone < outage
    assert blame.totals(shown, DEFAULTS, detecting=False)[1] > alone
