"""No change is guilty: the world outside, the calendar, the hardware, the traffic, the data (C24)."""

from dataclasses import replace

import numpy as np
import pytest

from correlate.evidence import exogenous
from correlate.evidence.docket import open_docket
from correlate.evidence.grades import PROOF, STRONG
from correlate.evidence.traffic import surge
from schemas.incident import Argument
from schemas.signal import Kind, Signal, Status, Subject
from tests.correlate.evidence.bench import outage
from tests.correlate.evidence.outages.tell import Change, Log
from tests.correlate.evidence.outages.world import traffic


def down(entity: str, says: str, *changes: Change) -> list[Argument]:
    """What speaks for nobody, when besides the usual alert another one tells of an entity."""
    scene = outage(*changes).scene()
    subject = Subject(kind=Kind.ALERT, entity=entity, name="Watcher", source="test", estate="shop")
    alert = Signal(subject=subject, event_time_ns=scene.detected_ns, text=says, status=Status.FIRING)
    return exogenous.judge(open_docket(replace(scene, alerts=[*scene.alerts, alert])))


@pytest.mark.parametrize(
    "says", ["exporter at 10.0.0.7:9187 does not answer its scrape", "database down", "node is unreachable", "no heartbeat for 5 min"]
)
def test_a_component_that_its_own_watcher_finds_dead_and_nobody_changed_speaks_for_nobody(says: str) -> None:
    (argument,) = down("service:ordersdb", says, Change("web", 5, "web"))
    assert argument.nats == STRONG
    assert argument.text.startswith("ordersdb itself does not answer")


def test_a_component_that_a_change_touched_or_that_is_only_slow_speaks_not_for_nobody() -> None:
    assert down("service:ordersdb", "database down", Change("db", 5, "ordersdb")) == []
    assert down("service:ordersdb", "p95 of ordersdb is 4 s", Change("web", 5, "web")) == []


def facts(*changes: Change, logs: tuple[Log, ...] = (), series=()) -> list[str]:  # type: ignore[no-untyped-def]
    arguments = exogenous.judge(open_docket(outage(*changes, logs=logs, series=series).scene()))
    assert all(argument.nats == PROOF for argument in arguments)
    return [argument.text for argument in arguments]


@pytest.mark.parametrize(
    "line",
    [
        "POST https://api.acmepay.com/v1/charges: 503 Service Unavailable, {i}",
        "GET https://api.mapward.io/v2/route: 429 Too Many Requests, {i}",
        "x509: certificate has expired or is not yet valid ({i})",
        "lookup erp.corp on 10.0.0.53:53: server misbehaving, {i}",
        "blk_update_request: I/O error, dev sdb, sector {i}",
        "getaddrinfo ENOTFOUND stock, try {i}",
    ],
)
def test_trouble_outside_is_told_by_the_failing_lines(line: str) -> None:
    assert facts(logs=(Log("error", "orders", 10, line),))


def test_a_healthy_line_that_names_a_host_outside_is_no_fact() -> None:
    assert not facts(
        logs=(Log("info", "orders", 10, "charged by api.acmepay.com in {i} ms"), Log("error", "orders", 10, "total is negative: {i}"))
    )


def test_a_host_that_a_change_brought_in_is_news_of_that_change() -> None:
    logs = (Log("error", "orders", 10, "connect to broker.newhost.net timed out, {i}"),)
    moved = Change("moved", 5, "orders", diff="@@\n-broker: broker.oldhost.net\n+broker: broker.newhost.net\n")
    assert facts(logs=logs)
    assert not facts(moved, logs=logs)


def test_one_tenant_with_all_the_errors_is_its_data_and_not_a_change() -> None:
    errors = Log("error", "orders", 12, "cell out of range", {"tenant": ["acme"]})
    healthy = Log("info", "orders", 20, "rendered", {"tenant": ["acme", "globex", "initech", "hooli"]})
    assert any("tenant acme" in fact for fact in facts(logs=(errors, healthy)))


def test_an_endpoint_with_all_the_errors_is_a_part_of_the_program() -> None:
    """A change does split paths, methods, codes and versions: they acquit nobody."""
    errors = Log("error", "orders", 12, "failed", {"url.path": ["/checkout"], "http.status_code": ["500"], "service.version": ["v7"]})
    healthy = Log("info", "orders", 20, "ok", {"url.path": ["/a", "/b", "/c", "/d"], "http.status_code": ["200", "201", "204"]})
    assert not facts(logs=(errors, healthy))


@pytest.mark.parametrize(
    "seen",
    [["only"], ["only", "other"], ["only", "only", "only", "a", "b"]],
    ids=["the value is the only one", "two values are a coin's sides", "most of what is healthy has it too"],
)
def test_a_value_that_does_not_split_bad_from_good_acquits_nobody(seen: list[str]) -> None:
    errors, healthy = Log("error", "orders", 20, "x", {"tenant": ["only"]}), Log("info", "orders", 20, "ok", {"tenant": seen})
    assert not facts(logs=(errors, healthy))


def test_a_node_whose_services_all_fail_is_to_blame_and_a_node_where_one_of_many_fails_is_not() -> None:
    nodes = {"k8s.node.name": ["n1", "n2", "n3", "n4"]}
    here = {"k8s.node.name": ["n4"]}
    healthy = (Log("info", "orders", 20, "ok", nodes), Log("info", "web", 20, "ok", nodes))
    both = (Log("error", "orders", 8, "probe failed", here), Log("error", "web", 8, "probe failed", here))
    one = (Log("error", "orders", 8, "probe failed", here), Log("error", "web", 8, "orders failed"))
    assert any("n4" in fact for fact in facts(logs=(*healthy, *both)))
    assert not any("n4" in fact for fact in facts(logs=(*healthy, *one)))


def test_a_surge_at_the_entry_is_a_cause_and_a_surge_within_is_not() -> None:
    """A retry storm rises between services, while the entry is asked as ever."""
    assert any(fact.startswith("Requests to web rose") for fact in facts(series=(traffic("web", 100, 700), traffic("orders", 200, 1300))))
    assert not facts(series=(traffic("web", 100, 105), traffic("orders", 200, 1300)))


def test_of_several_entries_the_one_that_gained_most_is_named() -> None:
    """Where calls are known the surge has a door; where nobody is known to call anybody, any service may be an entry (C23)."""
    both = (traffic("web", 100, 700), traffic("mobile", 100, 300), traffic("orders", 200, 1000))
    scene = outage(series=both).scene()
    calls = {"service:web": frozenset({"service:orders"}), "service:mobile": frozenset({"service:orders"})}
    named = surge(replace(scene, calls=calls))
    assert named is not None
    assert named.entity == "service:web"
    unknown = surge(replace(scene, calls={}))
    assert unknown is not None
    assert unknown.entity is None


def test_a_surge_stays_the_cause_when_it_is_over() -> None:
    """What the trouble met tells, not what is asked by the time of a late revision (C23)."""
    rises = traffic("web", 100, 700)
    step, over = rises.step_ns, 15
    since = np.arange(rises.times_ns[-1] + step, rises.times_ns[-1] + (over + 1) * step, step)
    whole = replace(rises, times_ns=np.concatenate((rises.times_ns, since)), values=np.concatenate((rises.values, np.full(over, 100.0))))
    assert any(fact.startswith("Requests to web rose") for fact in facts(series=(whole,)))


def test_a_sample_tells_of_the_time_since_the_one_before() -> None:
    """Sampled once a minute, what rose a minute after the onset is first seen at two, and no later one is the cause."""
    assert facts(series=(traffic("web", 100, 700, minutes_early=-2),))


def test_traffic_that_rises_after_the_onset_is_a_consequence() -> None:
    assert not facts(series=(traffic("web", 100, 700, minutes_early=-3),))
