"""The causal chain: root → critical failure → propagation → impact, never a circle, never from a symptom."""

from __future__ import annotations

from graphlib import TopologicalSorter

from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.chain import NODES_MOST, chain
from correlate.first_failures import first_failures
from correlate.scene import Account
from schemas.incident import Chain
from tests.correlate.outage import Outage, bad_deploy, because


def chain_of(account: Account) -> Chain:
    return chain(account, first_failures(account))


def roles(told: Chain) -> list[tuple[str, str]]:
    return [(node.role, node.id.removeprefix("service:")) for node in told.nodes]


def edges(told: Chain) -> list[tuple[str, str]]:
    return [(edge.source.removeprefix("service:"), edge.target.removeprefix("service:")) for edge in told.edges]


def test_a_bad_deploy_leads_from_the_change_to_what_customers_feel():
    """C14, C16: change → payment → checkout → frontend, each edge with what holds it."""
    told = chain_of(bad_deploy().account())
    change = "change:service.upgraded-payment--30"
    assert roles(told) == [("root", change), ("critical_failure", "payment"), ("propagation", "checkout"), ("impact", "frontend")]
    assert edges(told) == [(change, "payment"), ("payment", "checkout"), ("checkout", "frontend")]
    assert told.edges[0].evidence[0] == "change_precedes"
    assert told.edges[1].evidence == ("dependency", "time_order")
    assert told.edges[1].text == "checkout depends on payment and first failed 12 s after it."
    assert all(node.refs for node in told.nodes)


def test_a_symptom_that_is_suspected_first_is_not_the_root():
    """The ranking blames the frontend, where the alert is; what it depends on failed a minute earlier."""
    outage = Outage(calls={"frontend": {"payment"}})
    outage.fails("frontend", 60)
    outage.fails("payment", 0)
    outage.suspect("frontend", 0.7)
    outage.suspect("payment", 0.2)
    assert roles(chain_of(outage.account())) == [("root", "payment"), ("impact", "frontend")]


def test_a_suspect_with_a_resource_of_its_own_is_a_root_although_a_dependency_failed_before():
    """A host's memory gave way by itself, whatever else was going on."""
    outage = Outage(calls={"frontend": {"payment"}})
    outage.fails("payment", 0)
    outage.fails("frontend", 60, "memory")
    outage.fails("frontend", 90, "errors")
    outage.suspect("frontend", 0.7, "memory")
    told = chain_of(outage.account())
    assert roles(told) == [("root", "memory:service:frontend"), ("critical_failure", "frontend")]
    assert [(node.text, node.at[14:19]) for node in told.nodes] == [
        ("Memory of frontend rose from 0 to 50 %.", "14:20"),
        ("Errors of frontend rose from 0 to 50 %.", "14:50"),
    ]
    assert told.edges[0].evidence == ("same_entity", "time_order")


def test_a_change_that_came_after_the_failure_is_not_the_root():
    """Order of time: the late deploy is suspected, and still no cause."""
    outage = Outage()
    late = outage.change("api", 300)
    outage.fails("api", 0)
    outage.suspect("api", 0.9, "change", late)
    assert roles(chain_of(outage.account())) == [("root", "api")]


def test_a_change_that_is_only_a_suggestion_is_not_the_root():
    """Below 0.5 a change is a suggestion, not an answer."""
    outage = Outage()
    maybe = outage.change("api", -30)
    outage.fails("api", 0)
    outage.suspect("api", 0.4, "change", maybe)
    assert roles(chain_of(outage.account())) == [("root", "api")]


def test_a_change_to_a_silent_dependency_leads_to_the_nearest_service_that_failed():
    """The changed service answers fast and wrong: its callers fail, it does not."""
    outage = Outage(calls={"frontend": {"cart"}, "cart": {"prices"}})
    guilty = outage.change("prices", -20)
    outage.fails("cart", 0)
    outage.fails("frontend", 30)
    outage.suspect("prices", 0.8, "change", guilty, because("its answers changed"))
    told = chain_of(outage.account())
    assert [role for role, _ in roles(told)] == ["root", "critical_failure", "impact"]
    assert edges(told)[1] == ("cart", "frontend")
    assert told.nodes[0].entity == "service:prices"


def test_a_failure_passes_through_a_healthy_service():
    """C14: the gateway between them shows nothing."""
    outage = Outage(calls={"frontend": {"gateway"}, "gateway": {"orders"}})
    outage.fails("orders", 0)
    outage.fails("frontend", 40)
    outage.suspect("orders", 0.9)
    (edge,) = chain_of(outage.account()).edges
    assert edge.evidence == ("indirect_dependency", "time_order")
    assert "through gateway" in edge.text


def test_clocks_and_sampling_are_given_the_benefit_of_the_doubt():
    """With samples a minute apart, a caller that seems to fail 40 s before its dependency may still be its symptom."""
    outage = Outage(calls={"frontend": {"orders"}})
    outage.fails("orders", 40)
    outage.fails("frontend", 0)
    outage.metric("orders", "http_requests_total", [1.0, 1.0], step_s=60)
    outage.suspect("orders", 0.9)
    told = chain_of(outage.account())
    assert edges(told) == [("orders", "frontend")]
    assert told.edges[0].evidence == ("dependency",)
    assert "± 1 min" in told.edges[0].text


def test_the_doubt_is_that_of_what_shows_the_failure_and_not_of_the_rarest_series():
    """A series that comes every ten minutes does not blur what one of every fifteen seconds shows."""
    outage = Outage(calls={"frontend": {"orders"}})
    outage.fails("orders", 0)
    outage.fails("frontend", 40)
    for _ in range(3):
        outage.metric("orders", "errors_total", [1.0, 1.0], step_s=15)
        outage.metric("frontend", "errors_total", [1.0, 1.0], step_s=15)
    outage.metric("orders", "backup_seconds", [1.0, 1.0], step_s=600)
    outage.suspect("orders", 0.9)
    told = chain_of(outage.account())
    assert told.edges[0].evidence == ("dependency", "time_order")
    assert told.edges[0].text == "frontend depends on orders and first failed 40 s after it."


def test_without_that_doubt_an_earlier_failure_is_not_explained_by_a_later_one():
    """Sampled every five seconds, 40 s are 40 s."""
    outage = Outage(calls={"frontend": {"orders"}})
    outage.fails("orders", 40)
    outage.fails("frontend", 0)
    outage.metric("orders", "http_requests_total", [1.0, 1.0], step_s=5)
    outage.suspect("orders", 0.9)
    assert edges(chain_of(outage.account())) == []


def test_load_travels_from_a_caller_to_what_it_calls_only_when_that_failed_clearly_later():
    outage = Outage(calls={"batch": {"db"}})
    outage.fails("batch", 0, "traffic")
    outage.fails("db", 30, "latency")
    outage.suspect("batch", 0.9)
    (edge,) = chain_of(outage.account()).edges
    assert edge.evidence == ("load", "time_order")
    outage.fails("db", 1, "latency")
    assert edges(chain_of(outage.account())) == []


def test_a_shared_trace_and_a_name_in_a_record_strengthen_an_edge():
    outage = Outage(calls={"frontend": {"orders"}})
    outage.fails("orders", 0)
    outage.fails("frontend", 10)
    outage.suspect("orders", 0.9)
    (weak,) = chain_of(outage.account()).edges
    outage.log("frontend", 11, "upstream orders refused the connection", trace_id="abc123")
    outage.log("orders", 10, "out of connections", trace_id="abc123")
    (strong,) = chain_of(outage.account()).edges
    assert strong.score > weak.score
    assert set(strong.evidence) == {"dependency", "time_order", "names_peer", "shared_trace"}


def test_without_any_call_graph_order_of_time_is_all_that_is_claimed():
    """Works without topology, and says how little that is."""
    outage = Outage()
    outage.fails("orders", 0)
    outage.fails("frontend", 30)
    outage.suspect("orders", 0.9)
    (edge,) = chain_of(outage.account()).edges
    assert edge.evidence == ("time_order",)
    assert edge.score < 0.5
    assert "is not known" in edge.text


def test_what_nothing_links_to_the_origin_is_left_out():
    """Two services whose dependencies are known and do not touch: no edge is made up."""
    outage = Outage(calls={"frontend": {"orders"}, "reports": {"warehouse"}})
    outage.fails("orders", 0)
    outage.fails("frontend", 10)
    outage.fails("reports", 30)
    outage.suspect("orders", 0.9)
    assert ("impact", "reports") not in roles(chain_of(outage.account()))


def test_a_pod_and_its_host_hang_together():
    """Containment is a link of its own."""
    outage = Outage()
    outage.alert("pod:api-1", 6, "CrashLoop", ancestors=("service:api", "host:node-3"))
    outage.fails("host:node-3", 0, "memory")
    outage.fails("pod:api-1", 5)
    outage.suspect("host:node-3", 0.9, "memory")
    (edge,) = chain_of(outage.account()).edges
    assert edge.evidence[0] == "containment"
    assert "runs on host node-3" in edge.text


def test_nothing_failed_yet_is_an_empty_chain():
    assert chain_of(Outage().account()) == Chain()


names = st.sampled_from([f"s{number}" for number in range(9)])
calls = st.dictionaries(names, st.sets(names, max_size=4), max_size=9)
failures = st.dictionaries(
    names, st.tuples(st.integers(0, 90), st.sampled_from(["errors", "latency", "cpu", "memory"])), min_size=1, max_size=9
)
suspects = st.lists(st.tuples(names, st.floats(0, 1), st.booleans()), max_size=4)


@settings(deadline=None)
@given(calls, failures, suspects)
def test_every_chain_is_a_small_acyclic_graph_with_one_root_from_which_all_else_is_reached(graph, failing, suspected):
    """Whatever the call graph (cycles, self-calls), the times and the suspects."""
    outage = Outage(calls=graph)
    for name, (at_s, family) in failing.items():
        outage.fails(name, at_s, family)
    for name, score, changed in suspected:
        outage.suspect(name, score, "change" if changed else "code", outage.change(name, -5) if changed else None)
    told = chain_of(outage.account())
    ids = [node.id for node in told.nodes]
    assert len(ids) == len(set(ids)) <= NODES_MOST
    list(TopologicalSorter({node: {e.source for e in told.edges if e.target == node} for node in ids}).static_order())  # raises on a cycle
    assert [node.role for node in told.nodes].count("root") == 1
    assert told.nodes[0].role == "root"
    targets = {edge.target for edge in told.edges}
    assert targets == set(ids) - {told.nodes[0].id}
    assert {edge.source for edge in told.edges} | targets <= set(ids)
    assert all(0 <= edge.score <= 1 and edge.evidence and edge.text.endswith(".") for edge in told.edges)


@settings(deadline=None)
@given(calls, failures, suspects)
def test_no_root_is_a_symptom(graph, failing, suspected):
    """A root without a change or resource of its own has no dependency, at any depth, that failed clearly before it."""
    outage = Outage(calls=graph)
    for name, (at_s, family) in failing.items():
        outage.fails(name, at_s, family)
    for name, score, _ in suspected:
        outage.suspect(name, score)
    root = chain_of(outage.account()).nodes[0].entity.removeprefix("service:")
    if failing[root][1] in ("cpu", "memory"):
        return
    below, waiting = set(), [root]
    while waiting:
        new = graph.get(waiting.pop(), set()) - below
        below |= new
        waiting += new
    assert not [name for name in below - {root} if name in failing and failing[name][0] + 2 < failing[root][0]]
