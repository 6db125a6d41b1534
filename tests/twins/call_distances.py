"""Slow twin of correlate.membership.distances: relax every call until nothing gets shorter."""

from __future__ import annotations

from collections.abc import Mapping


def distances(calls: Mapping[str, frozenset[str]], start: str) -> dict[str, int]:
    found = {start: 0}
    changed = True
    while changed:
        changed = False
        for caller, callees in calls.items():
            for callee in callees:
                for one, other in ((caller, callee), (callee, caller)):
                    if one in found and found[one] + 1 < found.get(other, 10**9):
                        found[other] = found[one] + 1
                        changed = True
    return found
