"""A trace, a change or a host that two components have in common (C14)."""

from __future__ import annotations

from correlate.chain import chain
from correlate.first_failures import first_failures
from correlate.shared_ids import shared_ids
from schemas.incident import Edge
from tests.correlate.outage import Outage


def edges(outage: Outage) -> dict[tuple[str, str], Edge]:
    account = outage.account()
    told = chain(account, first_failures(account))
    return {(edge.source.partition(":")[2], edge.target.partition(":")[2]): edge for edge in told.edges}


def test_one_request_that_failed_in_both_links_them_without_any_call_graph() -> None:
    """A trace id in the logs of two services, one of which failed half a minute later."""
    outage = Outage()
    outage.fails("payment", 0)
    outage.fails("frontend", 30)
    outage.log("payment", 1, "card refused", trace_id="4bf92f35")
    outage.log("frontend", 31, "buy failed", trace_id="4bf92f35")
    outage.suspect("payment", 0.8)
    (edge,) = edges(outage).values()
    assert (edge.source, edge.target) == ("service:payment", "service:frontend")
    assert edge.evidence == ("time_order", "shared_trace")
    assert edge.text == "frontend first failed 30 s after payment; both logged trace 4bf92f35."


def test_a_host_in_common_strengthens_a_link_but_makes_none() -> None:
    def outage(calls: dict[str, set[str]]) -> Outage:
        told = Outage(calls=calls)
        for service, at_s in (("payment", 0.0), ("frontend", 30.0)):
            told.fails(service, at_s)
            told.alert(service, at_s + 1, ancestors=["host:web-1"], key=service)
        told.suspect("payment", 0.8)
        return told

    (linked,) = edges(outage({"frontend": {"payment"}, "other": {"frontend"}})).values()
    assert "shared_host" in linked.evidence
    assert "both run on host web-1" in linked.text
    assert not edges(outage({}))


def test_a_change_in_common_is_one_of_the_same_id() -> None:
    outage = Outage()
    change = outage.change("payment", -10)
    ids = shared_ids([change], [])
    assert not list(ids.shared("service:payment", "service:frontend"))
    ids.of["shared_change"]["service:frontend"] = {change.change_id}
    assert list(ids.shared("service:payment", "service:frontend")) == [("shared_change", f"both were changed by {change.change_id}")]


def test_series_that_follow_each_other_strengthen_a_link() -> None:
    """Lead-lag is evidence for a link that something else makes, with its lag and its strength in the sentence."""
    outage = Outage(calls={"frontend": {"payment"}})
    for service, lag in (("payment", 0), ("frontend", 2)):
        failing = outage.fails(service, 15.0 * lag, "errors")
        rise = [0.001 * (at % 3) for at in range(20 + lag)] + [5.0 + at % 4 for at in range(30)] + [0.001] * (10 - lag)
        outage.metric(service, failing.subject.name, rise, start_s=-300)
        series = outage.series[-1]
        outage.series[-1] = type(series)(failing.subject, series.times_ns, series.values, series.step_ns)
    outage.suspect("payment", 0.8)
    (edge,) = edges(outage).values()
    assert edge.evidence[-1] == "lead_lag"
    assert "errors_total follows errors_total of payment 30 s later (rank correlation" in edge.text
