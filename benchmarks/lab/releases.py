"""What the shop's teams release during a recording, and which release is broken.

Knows:   versions, what each changes, and the words its commit says.
Ignores: when it is rolled out (plan.py) and how (deploys.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

SERVICES = ("frontend", "catalog", "checkout", "inventory", "payment")


@dataclass(frozen=True, slots=True)
class Release:
    service: str
    version: str
    message: str
    """Subject of the commit; it says truly what the settings below change."""
    settings: dict[str, str] = field(default_factory=dict)
    """Environment of the process (shop/settings.py)."""

    @property
    def name(self) -> str:
        return f"{self.service} {self.version}"


INITIAL = {
    release.service: release
    for release in (
        Release("frontend", "4.1.6", "Start from release 4.1.6"),
        Release("catalog", "5.0.3", "Start from release 5.0.3"),
        Release("checkout", "1.7.2", "Start from release 1.7.2", {"ORDERS_MODULE": "orders_1_7"}),
        Release("inventory", "2.9.0", "Start from release 2.9.0"),
        Release("payment", "3.1.1", "Start from release 3.1.1"),
    )
}
"""What runs when a recording begins."""

BROKEN = Release("checkout", "1.8.0", "Grant loyalty points when an order is placed", {"ORDERS_MODULE": "orders_1_8"})
"""Leaks a database connection for each declined card (shop/orders_1_8.py)."""

INNOCENT = {
    release.name: release
    for release in (
        Release("payment", "3.1.2", "Remember charges for 15 minutes", {"CHARGE_TTL_S": "900"}),
        Release("catalog", "5.0.4", "Keep product pages in the cache for 20 s", {"CACHE_TTL_S": "20"}),
        Release("catalog", "5.0.5", "Warn about requests slower than 800 ms", {"CACHE_TTL_S": "20", "SLOW_S": "0.8"}),
        Release("frontend", "4.2.0", "Retry a failed checkout after 150 ms", {"RETRY_AFTER_S": "0.15"}),
        Release("inventory", "2.9.1", "Use at most 12 database connections", {"POOL_SIZE": "12"}),
    )
}
"""Releases that change something and break nothing."""

RELEASES = {BROKEN.name: BROKEN, **INNOCENT}
