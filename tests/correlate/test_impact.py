"""Quantified impact: measured where customers are, by a formula that is told, unknown where the data do not tell (C44)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.golden_signals import Golden, golden, seconds_per_unit
from correlate.impact import impact
from correlate.traffic import bucket_means
from schemas.signal import Kind, Subject
from tests.correlate.outage import Outage, bad_deploy
from tests.twins import buckets as twin


def test_a_bad_deploy_is_measured_at_the_service_that_customers_call():
    """900 s at 100 requests/s, 25 more a second failed for 600 s: 105,000 requests, 15,000 of them failed, 20 % at worst."""
    figures = impact(bad_deploy().account())
    assert figures.duration_s == 900
    assert figures.requests_total == 105_000
    assert figures.requests_failed == 15_000
    assert figures.error_ratio_peak == pytest.approx(0.2)
    assert figures.latency_peak_s is None
    assert "http_requests_total at frontend" in figures.formulas["requests_failed"]
    assert figures.formulas["latency_peak_s"].startswith("unknown: no series gives a latency")


def test_a_request_that_passes_several_services_counts_once():
    """The checkout behind the frontend counts the same requests again."""
    outage = bad_deploy()
    outage.metric("checkout", "http_requests_total", [1_000.0] * 80, start_s=-300, code="200")
    assert impact(outage.account()).requests_total == 105_000


def test_two_metrics_that_count_the_same_requests_count_once():
    """A histogram's _count beside a plain counter."""
    outage = bad_deploy()
    outage.metric("frontend", "http_server_request_duration_seconds_count", [90.0] * 80, start_s=-300, code="200")
    assert impact(outage.account()).requests_total == 105_000


def test_calls_told_by_both_sides_count_once():
    """A mesh reports each call at its source and at its destination."""
    outage = Outage()
    outage.fails("api", 0)
    for reporter in ("source", "destination"):
        outage.metric("api", "traces_service_graph_request_total", [10.0] * 60, client="web", server="api", reporter=reporter)
    assert impact(outage.account()).requests_total == pytest.approx(10 * 900)


def test_an_incident_that_goes_on_has_no_duration_yet():
    figures = impact(bad_deploy().account(resolved_s=None))
    assert figures.duration_s is None
    assert figures.formulas["duration_s"] == "unknown: the incident is not resolved"


def test_a_gauge_that_does_not_say_per_second_is_not_summed_but_still_gives_a_ratio():
    """A load balancer's RequestCount may be a count per period: the ratio needs no unit, the sum does."""
    outage = Outage()
    outage.fails("lb", 0)
    outage.metric("lb", "request_workload", [100.0] * 60, code="200")
    outage.metric("lb", "request_workload", [100.0] * 60, code="503")
    figures = impact(outage.account())
    assert (figures.requests_total, figures.requests_failed) == (None, None)
    assert "does not say whether its values are per second" in figures.formulas["requests_total"]
    assert figures.error_ratio_peak == pytest.approx(0.5)


def test_one_failure_of_three_requests_is_not_a_third_of_all():
    """A ratio over a handful of requests is noise."""
    outage = Outage()
    outage.fails("api", 0)
    outage.metric("api", "http_requests_total", [0.1] * 60, code="200")
    outage.metric("api", "http_requests_total", [0.05] * 60, code="500")
    assert impact(outage.account()).error_ratio_peak is None


def test_a_success_ratio_gives_the_error_ratio_by_the_mean_over_its_replicas():
    """One quiet replica at zero decides nothing."""
    outage = Outage()
    outage.fails("api", 0)
    for pod, low in (("a", 0.0), ("b", 1.0), ("c", 1.0), ("d", 1.0)):
        outage.metric("api", "request_success_ratio", [1.0] * 20 + [low] * 60, start_s=-300, pod=pod)
    assert impact(outage.account()).error_ratio_peak == pytest.approx(0.25)


def test_a_success_ratio_that_was_zero_all_along_is_not_believed():
    """A dead metric tells nothing about an outage."""
    outage = Outage()
    outage.fails("api", 0)
    outage.metric("api", "pod_success_rate_percent", [0.0] * 80, start_s=-300)
    assert impact(outage.account()).error_ratio_peak is None


@pytest.mark.parametrize(
    ("name", "unit", "values", "peak_s"),
    [
        ("http_request_duration_seconds_p99", "", [0.2, 1.5], 1.5),
        ("latency_p95", "ms", [200.0, 1_500.0], 1.5),
        ("front_latency_p90_s", "", [0.2, 1.5], 1.5),
        ("service:http_duration_seconds:p95_1m", "", [0.2, 1.5], 1.5),
        ("latency_average", "", [0.2, 1.5], None),
    ],
)
def test_latency_needs_a_unit(name, unit, values, peak_s):
    """Seconds by unit or by name; a bare number is unknown."""
    outage = Outage()
    outage.fails("api", 0)
    outage.metric("api", name, values, unit=unit)
    assert impact(outage.account()).latency_peak_s == peak_s


def test_the_mean_of_a_histogram_stands_in_where_there_is_no_quantile():
    outage = Outage()
    outage.fails("api", 0)
    outage.metric("api", "http_server_request_duration_seconds_count", [10.0] * 60)
    outage.metric("api", "http_server_request_duration_seconds_sum", [1.0] * 30 + [20.0] * 30)
    figures = impact(outage.account())
    assert figures.latency_peak_s == pytest.approx(2.0)
    assert "_sum / " in figures.formulas["latency_peak_s"]


@pytest.mark.parametrize(
    ("name", "labels", "what"),
    [
        ("http_requests_total", {"code": "200"}, Golden.REQUESTS),
        ("http_requests_total", {"code": "503"}, Golden.FAILED_REQUESTS),
        ("http_requests_total", {"code": "404"}, Golden.REQUESTS),
        ("grpc_server_handled_requests_total", {"grpc_code": "Unavailable"}, Golden.FAILED_REQUESTS),
        ("http.server.request.duration_count", {"http.response.status_code": "500"}, Golden.FAILED_REQUESTS),
        ("HTTPCode_Target_5XX_Count", {}, Golden.FAILED_REQUESTS),
        ("request_error_ratio", {}, Golden.ERROR_RATIO),
        ("http_request_duration_seconds_bucket", {"le": "0.1"}, None),
        ("http_requests_in_flight", {}, None),
        ("http_request_size_bytes_count", {}, None),
        ("jvm_gc_errors_of_region", {}, None),
        ("container_cpu_usage_percent", {}, None),
    ],
)
def test_names_and_status_tell_what_a_series_counts(name, labels, what):
    """OpenTelemetry, Prometheus and cloud names; 404 is an answer, not an outage."""
    assert golden(Subject(kind=Kind.METRIC, entity="service:api", name=name, attributes=tuple(sorted(labels.items())))) is what


def test_a_counter_of_unit_1_counts_and_a_gauge_of_unit_1_is_a_share():
    """OpenTelemetry gives counts without a unit of their own the unit 1, as it does ratios."""
    counts, share = (
        Subject(kind=Kind.METRIC, entity="service:api", name=name, unit="1") for name in ("request_errors_total", "request_errors")
    )
    assert golden(counts) is Golden.FAILED_REQUESTS
    assert golden(share) is Golden.ERROR_RATIO


def test_milliseconds_in_a_name_are_not_seconds():
    assert seconds_per_unit(Subject(kind=Kind.METRIC, entity="service:api", name="request_duration_ms")) == 1e-3


samples = st.lists(st.tuples(st.integers(-50, 150), st.one_of(st.floats(-1e6, 1e6), st.just(math.nan))), max_size=40)


@given(samples, st.integers(-20, 20), st.integers(1, 17), st.integers(1, 9))
def test_bucket_means_are_those_of_the_slow_twin(taken, start, bucket, count):
    times = np.array([at for at, _ in taken], dtype=np.int64)
    values = np.array([value for _, value in taken], dtype=np.float64)
    fast = bucket_means(times, values, start, bucket, count)
    slow = twin.bucket_means(times.tolist(), values.tolist(), start, bucket, count)
    assert [None if math.isnan(value) else pytest.approx(value, abs=1e-6) for value in fast] == slow
