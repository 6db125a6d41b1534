"""The host a text came from, where the text itself names none: Kafka headers and the layers taken off so far.

Knows:   under which names shippers put a host beside a record.
Ignores: the text.
"""

from __future__ import annotations

from typing import Final

from schemas.sources.source import Received

_HOST_NAMES: Final = ("host.name", "host", "hostname", "_HOSTNAME", "host_name", "Computer", "node", "k8s.node.name")


def carried_host(received: Received) -> dict[str, str]:
    """`host.name` as the record's carrier or headers give it; empty where they do not."""
    carrier = received.carrier or {}
    named = next((carrier[name] for name in _HOST_NAMES if carrier.get(name)), "")
    if not named:
        said = {key: value for key, value in received.headers if key in _HOST_NAMES and value}
        named = next((said[name].decode("utf-8", "replace") for name in _HOST_NAMES if name in said), "")
    return {"host.name": named[:255]} if named else {}
