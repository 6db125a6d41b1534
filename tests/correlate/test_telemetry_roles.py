"""What a metric's name means, by the words of OpenTelemetry, Prometheus and the large clouds."""

from __future__ import annotations

import pytest

from correlate.telemetry.roles import FAMILIES, IGNORED, Role, owner_of, role_of
from schemas.signal import Kind, Subject


def role(name: str, entity: str = "service:cart", **attributes: str) -> Role:
    return role_of(Subject(Kind.METRIC, entity, name, attributes=tuple(sorted(attributes.items()))))


@pytest.mark.parametrize(
    ("name", "family", "direction"),
    [
        ("http.server.request.duration", "latency", 1),
        ("TargetResponseTime", "latency", 1),
        ("http_requests_failed_total", "errors", 1),
        ("HTTPCode_Target_5XX_Count", "errors", 1),
        ("request_success_ratio", "errors", -1),
        ("container_cpu_usage_seconds_total", "cpu", 1),
        ("system.cpu.idle", "cpu", -1),
        ("jvm_heap_used_bytes", "memory", 0),
        ("node_memory_MemAvailable_bytes", "memory", 0),
        ("container_fs_reads_total", "io", 1),
        ("container_network_receive_bytes_total", "network", 0),
        ("http_server_requests_total", "traffic", 0),
        ("kafka_consumergroup_lag", "other", 0),
    ],
)
def test_a_metric_belongs_to_a_family_and_hurts_in_one_direction(name: str, family: str, direction: int) -> None:
    """C4: the table of words covers the usual names of each family."""
    found = role(name, "host:web-1")
    assert (FAMILIES[found.family], found.direction) == (family, direction)


def test_a_share_of_successes_is_told_from_a_count_of_them() -> None:
    """A share is measured by what it lacks; a counter of successes has no such end."""
    assert role("request_success_ratio").successes
    assert role("traces_service_graph_request_success_ratio", client="web", server="cart").successes
    assert not role("http_requests_success_total").successes
    assert not role("http_requests_failed_total").successes


def test_evidence_is_charged_to_the_service_that_holds_a_pod() -> None:
    """People fix services, not containers; what no service holds answers for itself."""
    assert owner_of(Subject(Kind.METRIC, "pod:cart-7d4", ancestors=("service:cart", "host:web-1"))) == "service:cart"
    assert owner_of(Subject(Kind.METRIC, "host:web-1")) == "host:web-1"


def test_a_call_is_owned_by_the_called_and_knows_its_caller() -> None:
    """Service-graph metrics: the server owns, the client is named; the reporter tells whose side it is."""
    seen = role("traces_service_graph_request_duration_seconds_p90", client="web", server="cart")
    assert (seen.owner, seen.client, FAMILIES[seen.family]) == ("service:cart", "service:web", "edge_in_client")
    told = role("istio_request_duration_milliseconds", client="web", server="cart", reporter="destination")
    assert FAMILIES[told.family] == "edge_in_server"
    assert role("traces_service_graph_request_total", client="web", server="cart").requests


def test_what_is_nobodys_own_is_ignored() -> None:
    """The node under a pod and the latency that a client waits for are no evidence against the service itself."""
    assert role("node_cpu_usage_percent").family == IGNORED
    assert role("node_cpu_usage_percent", "host:web-1").family != IGNORED
    assert role("http_client_request_duration_seconds").family == IGNORED
