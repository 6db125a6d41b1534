"""Ranks all candidate causes of one incident in one list: changes, entities, and nobody.

Knows:   the judges' verdict on changes (with "no change" among them) and the blame of entities, both in nats.
Ignores: how either was found.

A probability is shared out once.  The changes have theirs from their own contest; what "no change" has is shared among the entities by
their blame.  So a guilty change stands above the entity it broke, and with no suspect change the entities rank as telemetry and alarms
say.  Blame compares by ratios: alerts speak in a handful of nats, metrics and logs in a hundred, and a hundred against ninety is no
certainty.  Against changes its size counts too: where little is measured, the one component that raised an alert is not the only one
that can have failed, and what it cannot claim stays unclaimed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from correlate.parameters import DEFAULTS
from correlate.scene import Suspect
from schemas.incident import Argument

SUSPECTS_MAX: Final = 20
TRAFFIC: Final = "traffic"
"""Kind of the suspect that asked for more, rather than broke."""
DEAD: Final = "dead"
"""Kind of "no change" whose entity its own watcher found dead."""


def rank(
    changes: Sequence[Suspect],
    blame: Mapping[str, float],
    kind_of: Callable[[str], str],
    arguments_of: Callable[[str], tuple[Argument, ...]],
) -> list[Suspect]:
    """All suspects, best first.

    changes: the change judge's suspects with their probabilities; those without a change (`change is None`) stand for "no change".
    blame: entity → nats, of the entities that deviate or are accused.
    """
    none = [suspect for suspect in changes if suspect.change is None]
    guilty = [suspect for suspect in changes if suspect.change is not None]
    left = sum(suspect.score for suspect in none) if changes else 1.0
    exogenous = tuple(argument for suspect in none for argument in suspect.arguments)
    missing = tuple(dict.fromkeys(text for suspect in none for text in suspect.missing))
    named = next((suspect for suspect in none if suspect.kind in (TRAFFIC, DEAD)), None)
    entities = [
        Suspect(
            entity,
            TRAFFIC if named and named.kind == TRAFFIC and named.entity == entity else kind_of(entity),
            None,
            share * left,
            (*arguments_of(entity), *exogenous),
            missing,
        )
        for entity, share in _shares(blame, named, contested=bool(guilty)).items()
    ]
    if not entities and none:
        entities = [replace(none[0], score=left)]
    return sorted(guilty + entities, key=lambda suspect: (-suspect.score, suspect.change is None, suspect.entity or ""))[:SUSPECTS_MAX]


def _shares(blame: Mapping[str, float], named: Suspect | None, contested: bool) -> dict[str, float]:
    """Entities' shares of one, by blame, best first.  The entry whose requests rose is likelier than whoever broke under them, and a
    component found dead likelier than whoever needs it, by the odds of what tells so.

    Contested by changes, somebody whom nothing measured accuses has a share as well: as one whose nats would just open an incident.
    """
    top = max(blame.values(), default=0.0)
    nobody = DEFAULTS.open_nats if contested and top > 0 and not (named and named.entity) else 0.0
    most = max(top, nobody)
    weights = {entity: (max(nats, 0.0) / most) ** DEFAULTS.odds_power if top > 0 else 1.0 for entity, nats in blame.items()}
    if named and named.entity:
        weights[named.entity] = math.exp(sum(argument.nats for argument in named.arguments))
    total = sum(weights.values()) + ((nobody / most) ** DEFAULTS.odds_power if nobody else 0.0)
    return {entity: weight / total for entity, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0]))}
