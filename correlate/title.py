"""The incident's name (C40): what is felt, where, and since which change if one earned it."""

from __future__ import annotations

from typing import Final

from correlate.chain_origin import ANSWER
from correlate.scene import Account
from correlate.words import name_of, plural
from schemas.plain import one_line
from schemas.signal import Kind, Status

CHARACTERS_MOST: Final = 120
"""A subject line, a chat message, a page's head."""

_FELT: Final = {
    "errors": "Errors",
    "latency": "Slow responses",
    "cpu": "Shortage of CPU",
    "memory": "Shortage of memory",
    "io": "Slow disk",
    "network": "Network trouble",
    "edge_in": "Slow responses",
    "edge_out": "Slow dependencies",
    "log_share": "Unusual logs",
    "log_sequence": "Unusual logs",
    "traffic": "Unusual traffic",
}
"""Family of the finding that weighs most → what is felt; symptoms first when two weigh the same."""


def title(account: Account) -> str:
    """`Errors on checkout and 3 more after a change to payment`."""
    entities = list(account.entities)
    where = name_of(entities[0]) if entities else account.estate
    more = f" and {plural(len(entities) - 1, 'more component')}" if len(entities) > 1 else ""
    return one_line(f"{_felt(account)} on {where}{more}{_since(account)}", CHARACTERS_MOST)


def _felt(account: Account) -> str:
    order = list(_FELT)
    first = next(iter(account.entities), None)
    known = [finding for finding in account.findings if finding.family in _FELT]
    best = min(known, key=lambda f: (f.entity != first, -f.nats, order.index(f.family), f.first_ns), default=None)
    if best is not None:
        return _FELT[best.family]
    alert = next((row for row in account.members if row.subject.kind is Kind.ALERT and row.status is not Status.RESOLVED), None)
    return one_line(alert.subject.name, 60) if alert is not None and alert.subject.name else "Departure from normal"


def _since(account: Account) -> str:
    best = account.suspects[0] if account.suspects else None
    if best is None or best.change is None or best.score < ANSWER:
        return ""
    return f" after a change to {name_of(best.entity or best.change.subject.entity)}"
