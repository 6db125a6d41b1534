"""Where the outage sits: each entity's share of the blame, with what silent neighbours may carry.

Knows:   the blame that telemetry gives, the call graph, and that error lines name whom they failed to reach.
Ignores: changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import sqrt

from correlate.evidence.symptom import Wording
from correlate.parameters import DEFAULTS
from correlate.scene import Scene
from schemas.entity import split

HOPS = 3
"""How far blame travels to silent neighbours: a call path that fails is seldom longer, and at a half each an eighth is left."""


def places(scene: Scene, failing: Sequence[Wording]) -> dict[str, float]:
    """Entity → share of the blame, 1 for the most blamed; {} when nothing is blamed."""
    blame = {entity: nats for entity, nats in scene.blame.items() if nats > 0}
    top = max(blame.values(), default=1.0)
    shares = {entity: nats / top for entity, nats in blame.items()}
    alerted = {alert.subject.entity for alert in scene.alerts}
    for entity in alerted:  # an alert was set by somebody who knew what failure looks like there; when all alert, none says much
        shares[entity] = max(shares.get(entity, 0.0), 1 / sqrt(len(alerted)))
    for entity, named, share in _named_by_errors(scene, failing):
        shares[named] = max(shares.get(named, 0.0), shares.get(entity, 0.0) * share)
    down = dict(shares)
    for _ in range(HOPS):  # a dependency may be at fault without showing it
        down = _spread(down, scene, downward=True)
    up = _spread(shares, scene, downward=False)  # whoever calls an overloaded service may be what overloads it
    return {entity: max(down.get(entity, 0.0), up.get(entity, 0.0)) for entity in sorted({*down, *up})}


def _spread(shares: dict[str, float], scene: Scene, *, downward: bool) -> dict[str, float]:
    spread = dict(shares)
    for caller, callees in scene.calls.items():
        for callee in callees:
            giver, taker = (caller, callee) if downward else (callee, caller)
            spread[taker] = max(spread.get(taker, 0.0), DEFAULTS.hop_share * shares.get(giver, 0.0))
    return spread


def _named_by_errors(scene: Scene, failing: Sequence[Wording]) -> list[tuple[str, str, float]]:
    """Who names whom in how large a share of its alarming lines, among entities that depend on each other."""
    texts: dict[str, list[str]] = {}
    for wording in failing:
        texts.setdefault(wording.entity, []).extend(wording.texts)
    found = []
    for entity, lines in sorted(texts.items()):
        for callee in sorted(scene.calls.get(entity, frozenset())):
            name = re.compile(rf"(?<![\w-]){re.escape(split(callee)[1])}(?![\w-])", re.I)
            if share := sum(bool(name.search(line)) for line in lines) / len(lines):
                found.append((entity, callee, share))
    return found
