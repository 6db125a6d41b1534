"""The incident's name (C40): what is felt, where, and since which change if one earned it."""

from __future__ import annotations

from typing import Final

from correlate.chain_origin import ANSWER
from correlate.customers import entry_services
from correlate.scene import Account
from correlate.words import name_of, plural
from schemas.plain import one_line
from schemas.signal import Kind, Status

CHARACTERS_MOST: Final = 120
"""A subject line, a chat message, a page's head."""

_FELT: Final = {
    "errors": "Errors",
    "latency": "Slow responses",
    "cpu": "Unusual use of CPU",
    "memory": "Unusual use of memory",
    "io": "Unusual use of disks",
    "network": "Unusual network traffic",
    "edge_in": "Slow responses",
    "edge_out": "Slow dependencies",
    "log_share": "Unusual logs",
    "log_sequence": "Unusual logs",
    "traffic": "Unusual traffic",
}
"""Family of the finding that weighs most → what is felt; symptoms first when two weigh the same."""

_NOTICED: Final = frozenset({"errors", "latency", "edge_in"})
"""Families in which whoever calls a service notices it."""


def title(account: Account) -> str:
    """`Errors on checkout and 3 more after a change to payment`."""
    if account.unconfirmed:
        return one_line(f"{_alerted(account)} on {name_of(account.unconfirmed[0])}, with nothing behind it", CHARACTERS_MOST)
    entities = list(account.entities)
    place = _place(account)
    where = name_of(place) if place else account.estate
    more = f" and {plural(len(entities) - 1, 'more component')}" if len(entities) > 1 else ""
    return one_line(f"{_felt(account, place)} on {where}{more}{_since(account)}", CHARACTERS_MOST)


def _place(account: Account) -> str | None:
    """Where it is felt: the entry service that suffers most in what customers notice; else the most affected entity."""
    entries = entry_services(account.calls)
    suffering = [finding for finding in account.findings if finding.entity in entries and finding.family in _NOTICED]
    worst = max(suffering, key=lambda finding: (finding.nats, finding.entity), default=None)
    return worst.entity if worst is not None and worst.entity in account.entities else next(iter(account.entities), None)


def _felt(account: Account, place: str | None) -> str:
    order = list(_FELT)
    known = [finding for finding in account.findings if finding.family in _FELT]
    harm = [finding for finding in known if finding.entity == place and finding.family in _NOTICED]
    failing = [finding for finding in harm if finding.family == "errors"]  # to fail is worse than to be slow
    best = min(failing or harm or known, key=lambda f: (f.entity != place, -f.nats, order.index(f.family), f.first_ns), default=None)
    return _FELT[best.family] if best is not None else _alerted(account)


def _alerted(account: Account) -> str:
    alert = next((row for row in account.members if row.subject.kind is Kind.ALERT and row.status is not Status.RESOLVED), None)
    return one_line(alert.subject.name, 60) if alert is not None and alert.subject.name else "Departure from normal"


def _since(account: Account) -> str:
    best = account.suspects[0] if account.suspects else None
    if best is None or best.change is None or best.score < ANSWER:
        return ""
    return f" after a change to {name_of(best.entity or best.change.subject.entity)}"
