"""Whom a chain may lead to: whose own trouble is more than one of many shows by chance."""

from __future__ import annotations

from tests.correlate.outage import Outage
from tests.correlate.test_chain import chain_of, edges


def test_load_that_is_merely_carried_brings_nobody_down():
    """A callee that is asked more and works more for it, but neither fails nor is slow."""
    outage = Outage(calls={"batch": {"db"}})
    outage.fails("batch", 0, "errors")
    outage.fails("db", 30, "traffic")
    outage.fails("db", 30, "cpu")
    outage.suspect("batch", 0.9)
    assert edges(chain_of(outage.account(holding_nats=8))) == []


def test_a_caller_that_departs_no_more_than_one_of_many_does_by_chance_is_no_link():
    """C14: of two callers one shows less than an incident of this estate needs to go on; an alert about it would say that it is hurt."""
    outage = Outage(calls={"frontend": {"orders"}, "reports": {"orders"}})
    outage.fails("orders", 0)
    outage.fails("frontend", 20)
    outage.fails("reports", 20, nats=5)
    outage.suspect("orders", 0.9)
    assert edges(chain_of(outage.account(holding_nats=8))) == [("orders", "frontend")]
    outage.alert("reports", 60)
    assert edges(chain_of(outage.account(holding_nats=8))) == [("orders", "frontend"), ("orders", "reports")]


def test_the_origin_stands_in_the_chain_however_little_it_shows():
    outage = Outage(calls={"frontend": {"orders"}})
    outage.fails("orders", 0, nats=5)
    outage.fails("frontend", 20)
    outage.suspect("orders", 0.9)
    assert edges(chain_of(outage.account(holding_nats=8))) == [("orders", "frontend")]


def test_who_is_in_a_large_incident_without_a_finding_that_is_told_stays_a_link():
    """Findings that are told are bounded; that somebody joined is known."""
    outage = Outage(calls={"frontend": {"orders"}})
    outage.fails("orders", 0)
    outage.log("frontend", 20, "call to orders failed", template_id=3)
    outage.entities["service:frontend"] = outage.entities["service:orders"]
    outage.suspect("orders", 0.9)
    assert edges(chain_of(outage.account(holding_nats=8))) == [("orders", "frontend")]
