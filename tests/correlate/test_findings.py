"""Whom the incident blames has evidence shown, and the list stays short (C13, C23)."""

from __future__ import annotations

from correlate.findings import EACH, TOLD_MAX, chosen
from correlate.scene import Finding
from tests.correlate.outage import Outage


def strongest_first(outage: Outage) -> list[Finding]:
    return sorted(outage.findings, key=lambda finding: -finding.nats)


def test_a_blamed_entity_keeps_two_findings_however_loud_the_others_are():
    outage = Outage()
    for number in range(3 * TOLD_MAX):
        outage.fails("loud", 0, nats=100 - number / 10, text=f"loud {number}")
    for family in ("cpu", "errors", "latency"):
        outage.fails("quiet", 0, family, nats=5)
    told = chosen(strongest_first(outage), {"service:loud", "service:quiet"})
    assert len(told) == TOLD_MAX
    assert sum(finding.entity == "service:quiet" for finding in told) == EACH
    assert [finding.nats for finding in told] == sorted((finding.nats for finding in told), reverse=True)


def test_the_rest_goes_to_the_strongest_whoever_shows_it():
    outage = Outage()
    strong = outage.fails("bystander", 0, nats=50)
    outage.fails("blamed", 0, nats=5)
    assert strong in chosen(strongest_first(outage), {"service:blamed"}, most=2)
    assert [finding.entity for finding in chosen(strongest_first(outage), {"service:blamed"}, most=1)] == ["service:blamed"]
