"""Ranks all candidate causes of one incident in one list: changes, entities, and nobody.

Knows:   the judges' verdict on changes (with "no change" among them) and the blame of entities, both in nats.
Ignores: how either was found.

A probability is shared out once.  The changes have theirs from their own contest; what "no change" has is shared among the entities by
their blame.  So a guilty change stands above the entity it broke, and with no suspect change the entities rank as telemetry and alarms
say.  Blame compares by ratios: alerts speak in a handful of nats, metrics and logs in a hundred, and a hundred against ninety is no
certainty.
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
    surged = next((suspect for suspect in none if suspect.kind == TRAFFIC), None)
    entities = [
        Suspect(
            entity,
            TRAFFIC if surged and surged.entity == entity else kind_of(entity),
            None,
            share * left,
            (*arguments_of(entity), *exogenous),
            missing,
        )
        for entity, share in _shares(blame, surged).items()
    ]
    if not entities and none:
        entities = [replace(none[0], score=left)]
    return sorted(guilty + entities, key=lambda suspect: (-suspect.score, suspect.change is None, suspect.entity or ""))[:SUSPECTS_MAX]


def _shares(blame: Mapping[str, float], surged: Suspect | None) -> dict[str, float]:
    """Entities' shares of one, by blame, best first.  The entry whose requests rose is likelier than whoever broke under them, by the odds
    of what tells of the surge."""
    top = max(blame.values(), default=0.0)
    weights = {entity: (max(nats, 0.0) / top) ** DEFAULTS.odds_power if top > 0 else 1.0 for entity, nats in blame.items()}
    if surged and surged.entity:
        weights[surged.entity] = math.exp(sum(argument.nats for argument in surged.arguments))
    total = sum(weights.values())
    return {entity: weight / total for entity, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0]))}
