"""Who fails as often as the one that complains, but is asked far less often, is no more than a part of the reason (C23, C24)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.telemetry.accounted import accounted, beyond, by_owner, share_of
from tests.correlate.estate import Estate, between, metric, ns
from tests.twins import telemetry as twin

BEGIN_S, END_S = 3590, 3840
FAILING = (("site", 700.0, 95.0), ("search", 1200.0, 95.0), ("balancer", 70.0, 84.0), ("unasked", None, 90.0))
"""(service, requests a sample or nobody counts them, share that succeeds from BEGIN on)."""


def shop(name: str, usual: float, then: dict[str, float]) -> Estate:
    estate = Estate(noise=0.0005)
    for service, requests, _ in FAILING:
        estate.series(metric(service, name), between(BEGIN_S, END_S + 1, usual, then[service]), 60)
        if requests is not None:
            estate.series(metric(service, "requests_sum"), lambda _, requests=requests: requests, 60)
    return estate.play(END_S)


def shares(estate: Estate, name: str) -> dict[str, float]:
    registry = estate.telemetry.registry
    series = [number for number, subject in enumerate(registry.subjects) if subject.name == name]
    symptom = next(number for number in series if registry.subjects[number].entity == "service:site")
    found = accounted(estate.telemetry, symptom, np.array(series), ns(BEGIN_S), ns(END_S))
    return {registry.entities[registry.owner[number]].removeprefix("service:"): share for number, share in zip(series, found, strict=True)}


def test_a_greater_share_of_few_requests_accounts_for_less_than_a_smaller_share_of_many() -> None:
    """35 of the site's requests fail.  The balancer's 11 of 70 are a third of them, though its share is thrice the site's; the search's 60 of
    1,200 are enough; of whom nobody counts requests nothing is said."""
    found = shares(shop("availability_average", 100.0, {service: share for service, _, share in FAILING}), "availability_average")
    assert found["search"] == 1.0
    assert found["balancer"] == pytest.approx(11.2 / 35.0, abs=0.02)
    assert found["unasked"] == 1.0


def test_a_share_of_failures_is_read_like_a_share_of_successes() -> None:
    found = shares(
        shop("http_server_error_ratio", 0.001, {service: 1.001 - share / 100 for service, _, share in FAILING}), "http_server_error_ratio"
    )
    assert found["search"] == 1.0
    assert found["balancer"] == pytest.approx(11.2 / 35.0, abs=0.02)


def test_a_symptom_that_shows_nothing_or_is_no_count_of_failures_leaves_everybody_whole() -> None:
    calm = shop("availability_average", 100.0, dict.fromkeys(("site", "search", "balancer", "unasked"), 100.5))
    assert set(shares(calm, "availability_average").values()) == {1.0}
    late = shop("latency_p99", 0.1, {"site": 1.0, "search": 0.2, "balancer": 0.2, "unasked": 0.2})
    assert set(shares(late, "latency_p99").values()) == {1.0}


samples = st.lists(st.one_of(st.just(float("nan")), st.floats(0.0, 50.0)), min_size=3, max_size=3)


@given(
    st.lists(st.tuples(st.integers(0, 3), samples, st.floats(0.0, 20.0)), min_size=1, max_size=12),
    st.one_of(st.none(), st.lists(st.sampled_from((0.0, 1.0, 70.0)), min_size=4, max_size=4)),
    st.integers(0, 3),
)
def test_the_kernels_equal_their_slow_twin(rows: list[tuple[int, list[float], float]], asked: list[float] | None, symptom: int) -> None:
    failed = beyond(np.array([window for _, window, _ in rows]), np.array([level for _, _, level in rows]))
    total = by_owner(np.array([owner for owner, _, _ in rows]), failed, None if asked is None else np.array(asked), 4)
    expected = twin.accounted(rows, asked, symptom, 4)
    if abs(np.nan_to_num(total[symptom])) > 1e-6:  # about zero, rounding decides whether there is a symptom
        assert np.allclose(share_of(total, float(total[symptom])), expected)
