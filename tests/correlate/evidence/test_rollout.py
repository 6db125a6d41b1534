"""New replicas against old ones, at the same time, as callers feel them."""

import pytest

from correlate.evidence import rollout
from correlate.evidence.grades import CLUE, FAIR, PROOF, STRONG
from correlate.scene import Series
from correlate.units import MINUTE_NS
from tests.correlate.evidence.bench import hear, outage, per_minute
from tests.correlate.evidence.outages.tell import Change

OLD, NEW = ("orders-1", "orders-2"), "orders-9"
FINE, BAD = [1.0] * 40, [0.4] * 6


def success(pod: str, values: list[float], server: str = "orders", client: str = "web") -> Series:
    name = "traces_service_graph_request_success_ratio"
    return per_minute(server, name, values, pod=pod, client=client, server=server, reporter="destination")


def told(*series: Series) -> float | None:
    change = Change("release", 4, "orders", kind="release", pods=((NEW,), ("orders-0",)))
    arguments = hear(rollout.judge, outage(change, series=series), "release")
    return arguments[0].nats if arguments else None


def test_a_new_replica_that_fails_beside_fine_old_ones_is_proof() -> None:
    assert told(*(success(pod, FINE) for pod in OLD), success(NEW, BAD)) == PROOF


def test_old_replicas_that_fail_as_well_point_elsewhere() -> None:
    assert told(*(success(pod, FINE[:34] + BAD) for pod in OLD), success(NEW, BAD)) == -FAIR


def test_new_replicas_that_serve_well_speak_for_the_release() -> None:
    assert told(*(success(pod, FINE) for pod in OLD), success(NEW, [1.0] * 6)) == -STRONG


def test_a_wrong_answer_does_not_show_where_it_is_given() -> None:
    """When the caller fails on all its replicas, fine figures of the callee's new replicas weigh little."""
    caller = success("web-1", FINE[:34] + BAD, server="web", client="edge")
    assert told(*(success(pod, FINE) for pod in OLD), success(NEW, [1.0] * 6), caller) == -CLUE


def test_a_replica_that_serves_nothing_while_its_siblings_do_is_suspect() -> None:
    assert told(*(success(pod, FINE) for pod in OLD)) == STRONG + CLUE


def test_once_a_release_is_through_the_replaced_replicas_are_what_it_is_compared_with() -> None:
    gone = success("orders-0", [1.0] * 35)
    replaced = per_minute(
        "orders", gone.subject.name, [1.0] * 38, pod="orders-0", first_minute=-34, client="web", server="orders", reporter="destination"
    )
    change = Change("release", 4, "orders", kind="release", pods=((NEW,), ("orders-0",)), stopped_late=True)
    (argument,) = hear(rollout.judge, outage(change, series=(replaced, success(NEW, BAD))), "release")
    assert argument.nats == PROOF


def test_what_fails_only_since_no_old_replica_is_left_is_not_held_against_the_release() -> None:
    """The old ones fell silent minutes before the new ones began to fail: they might fail as well by now."""
    replaced = success("orders-1", FINE)
    replaced = Series(replaced.subject, replaced.times_ns - 10 * MINUTE_NS, replaced.values, MINUTE_NS)
    later = success(NEW, [1.0] * 4 + [0.4] * 8)
    change = Change("deploy", 7, "orders", kind="deploy")
    assert hear(rollout.judge, outage(change, series=(replaced, later)), "deploy") == []
    at_once = success(NEW, [0.4] * 12)
    (argument,) = hear(rollout.judge, outage(change, series=(replaced, at_once)), "deploy")
    assert argument.nats == PROOF


def failures(pod: str, rate_per_s: float, samples: int) -> Series:
    series = per_minute("orders", "http_requests_errors_total", [rate_per_s] * samples, pod=pod)
    return Series(series.subject, series.times_ns, series.values, MINUTE_NS, per_second=True)


def test_some_failures_among_many_requests_are_no_proof_against_replicas_that_had_none() -> None:
    """A failure a minute may happen to anybody, and so may one request in a thousand; twenty in a hundred may not."""
    asked = [per_minute("orders", "http_requests_total", [100.0] * 40, pod=pod) for pod in OLD]
    asked = [Series(each.subject, each.times_ns, each.values, MINUTE_NS, per_second=True) for each in asked]
    old = [failures(pod, 0.0, 40) for pod in OLD]
    assert told(*old, failures(NEW, 1 / 60, 6)) == -STRONG
    assert told(*asked, *old, failures(NEW, 0.1, 6)) == -STRONG
    assert told(*old, failures(NEW, 20.0, 6)) == PROOF
    found = told(*asked, *old, failures(NEW, 20.0, 6))
    assert found is not None
    assert found > FAIR


CPU, MEMORY = "container_cpu_usage_percent", "container_memory_usage_bytes"


def used(name: str, new: list[float], old: float = 10.0) -> list[Series]:
    series = [per_minute("orders", name, [old] * 40, pod=pod) for pod in OLD]
    return series + ([per_minute("orders", name, new, pod=NEW)] if new else [])


@pytest.mark.parametrize("name", [CPU, MEMORY])
def test_somewhat_more_cpu_or_memory_of_a_new_version_is_no_harm(name: str) -> None:
    served = [success(pod, FINE) for pod in OLD] + [success(NEW, [1.0] * 6)]
    assert told(*served, *used(name, [22.0] * 6)) == -STRONG


@pytest.mark.parametrize("name", [CPU, MEMORY])
def test_several_times_the_cpu_or_memory_of_its_siblings_speaks_against_a_release_even_before_callers_feel_it(name: str) -> None:
    served = [success(pod, FINE) for pod in OLD] + [success(NEW, [1.0] * 6)]
    assert told(*served, *used(name, [90.0] * 6)) == FAIR


def test_a_new_replica_that_uses_nothing_is_dead_and_one_that_holds_its_memory_only_idle() -> None:
    """Without any figure of calls, what replicas use themselves is compared."""
    assert told(*used(CPU, [0.0] * 6), *used(MEMORY, [0.0] * 6)) == STRONG + CLUE
    assert told(*used(CPU, [0.0] * 6), *used(MEMORY, [10.0] * 6)) == -CLUE


def test_a_new_replica_that_was_started_and_never_seen_is_suspect() -> None:
    assert told(*used(CPU, [])) == STRONG + CLUE


def test_versions_are_compared_where_pods_are_not_told() -> None:
    """The old version's series goes on beside the new one's, which began with the release."""
    old = per_minute("orders", MEMORY, [10.0] * 40, version="v1")
    new = per_minute("orders", MEMORY, [80.0] * 5, version="v2")
    (argument,) = hear(rollout.judge, outage(Change("deploy", 5, "orders", kind="deploy"), series=(old, new)), "deploy")
    assert argument.nats == FAIR


def test_what_new_replicas_use_once_the_old_ones_are_gone_says_less() -> None:
    """Whatever broke since would make the old ones use more as well."""
    old = per_minute("orders", MEMORY, [10.0] * 40, version="v1", first_minute=-44)
    new = per_minute("orders", MEMORY, [80.0] * 10, version="v2")
    (argument,) = hear(rollout.judge, outage(Change("deploy", 5, "orders", kind="deploy"), series=(old, new)), "deploy")
    assert argument.nats == CLUE


def test_a_small_deviation_is_less_than_proof() -> None:
    """Two points of a ratio are one deviation: five of them, and thirty."""
    slightly = told(*(success(pod, FINE) for pod in OLD), success(NEW, [0.9] * 6))
    assert slightly is not None
    assert FAIR < slightly < told(*(success(pod, FINE) for pod in OLD), success(NEW, BAD)) == PROOF  # type: ignore[operator]


def test_nothing_is_said_without_series_of_single_replicas() -> None:
    assert told() is None
