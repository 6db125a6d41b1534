"""Whose own trouble is established, and not only a neighbour's: whom a causal chain may lead to.

Knows:   alerts, findings, and how far one entity of this estate must depart before it alone would keep an incident open.
Ignores: who depends on whom (chain_links.py) and where the chain starts (chain_origin.py).

Of many entities with a dozen families each, some depart a little at any moment, and beside a failure each of them has a neighbour that
seems to explain it.  A call between two is no evidence that the second was hurt: what it shows itself is.
"""

from __future__ import annotations

from correlate.scene import Account
from schemas.signal import Kind, Status


def established(account: Account, families: frozenset[str] | None = None) -> frozenset[str]:
    """Affected entities that an alert is about, that depart by as much as would hold an incident (in one of the families, if these are given),
    or that are in it without a finding that is told: of a large outage more departs than fits."""
    alerted = {
        entity
        for row in account.members
        if row.subject.kind is Kind.ALERT and row.status is not Status.RESOLVED
        for entity in (row.subject.entity, *row.subject.ancestors)
    }
    departed = {
        finding.entity
        for finding in account.findings
        if finding.nats >= account.holding_nats and (families is None or finding.family in families)
    }
    untold = account.entities.keys() - {finding.entity for finding in account.findings}
    return frozenset(account.entities.keys() & (alerted | departed | untold))
