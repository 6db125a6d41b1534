"""Where the outage sits: each entity's share of the blame, with what silent dependencies may carry.

Knows:   the blame that telemetry gives, who raised an alert, and the call graph.
Ignores: changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from correlate.parameters import DEFAULTS
from correlate.scene import Scene

HOPS = 3
"""How far blame travels to silent dependencies: a call path that fails is seldom longer, and at a half each an eighth is left."""


def places(scene: Scene) -> dict[str, float]:
    """Entity → share of the blame, 1 for the most blamed, if that would open an incident; {} when nothing is blamed.  Where all show less,
    the most blamed is little more than the loudest of the quiet."""
    blame = {entity: nats for entity, nats in scene.blame.items() if nats > 0}
    top = max([DEFAULTS.open_nats, *blame.values()])
    shares = {entity: nats / top for entity, nats in blame.items()}
    for entity, share in _alerted(scene, shares).items():
        shares[entity] = max(shares.get(entity, 0.0), share)
    for _ in range(HOPS):  # a dependency may be at fault without showing it
        shares = _handed_down(shares, scene)
    return dict(sorted(shares.items()))


def _alerted(scene: Scene, shares: Mapping[str, float]) -> dict[str, float]:
    """What an alert adds: whoever set it knew what failure looks like there.  When all alert, none says much; and an entry that complains is
    no more suspect than before as far as somebody below it is to blame."""
    alerted = {alert.subject.entity for alert in scene.alerts}
    return {
        entity: (1 - max((shares.get(name, 0.0) for name in _below(entity, scene)), default=0.0)) / sqrt(len(alerted))
        for entity in sorted(alerted)
    }


def _below(entity: str, scene: Scene) -> set[str]:
    """Whoever an entity depends on, within HOPS calls."""
    seen, fringe = {entity}, {entity}
    for _ in range(HOPS):
        fringe = {callee for caller in fringe for callee in scene.calls.get(caller, ())} - seen
        seen |= fringe
    return seen - {entity}


def _handed_down(shares: Mapping[str, float], scene: Scene) -> dict[str, float]:
    handed = dict(shares)
    for caller, callees in scene.calls.items():
        for callee in callees:
            handed[callee] = max(handed.get(callee, 0.0), DEFAULTS.hop_share * shares.get(caller, 0.0))
    return handed
