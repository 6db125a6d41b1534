"""Which services customers see at first hand, by the call graph alone.

Knows:   that an entry service calls others and is called by nobody, and the names under which call graphs draw the customer.
Ignores: whether it fails.
Source:  OpenTelemetry service graph connector, "virtual nodes": an uninstrumented client is drawn as `user`, an unknown one as `unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schemas.entity import split

VIRTUAL_CLIENTS: Final = frozenset({"user", "unknown"})


def entry_services(calls: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Entities that call others and that nobody but the customer calls; empty when no calls are known."""
    clients = {caller for caller, callees in calls.items() if callees and split(caller)[1] not in VIRTUAL_CLIENTS}
    called = {callee for caller in clients for callee in calls[caller] if callee != caller}
    direct = {callee for caller, callees in calls.items() if split(caller)[1] in VIRTUAL_CLIENTS for callee in callees}
    return frozenset((clients | direct) - called)
