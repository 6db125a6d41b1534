"""Ranks all candidate causes of one incident in one list: changes, entities, and nobody.

Knows:   the judges' verdict on changes (with "no change" among them) and the blame of entities, both in nats.
Ignores: how either was found.

A probability is shared out once.  The changes have theirs from their own contest; what "no change" has is shared among the entities by
their blame.  So a guilty change stands above the entity it broke, and with no suspect change the entities rank as telemetry and alarms
say.  Blame compares by ratios: alerts speak in a handful of nats, metrics and logs in a hundred, and a hundred against ninety is no
certainty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from correlate.parameters import DEFAULTS
from correlate.scene import Suspect
from schemas.incident import Argument

SUSPECTS_MAX: Final = 20
_FIRST: Final = 1.001
"""Times the weight of the most blamed: enough to stand before it."""


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
    preferred = next((suspect.entity for suspect in none if suspect.entity), None)
    entities = [
        Suspect(entity, kind_of(entity), None, share * left, (*arguments_of(entity), *exogenous), missing)
        for entity, share in _shares(blame, preferred).items()
    ]
    if not entities and none:
        entities = [replace(none[0], score=left)]
    return sorted(guilty + entities, key=lambda suspect: (-suspect.score, suspect.change is None, suspect.entity or ""))[:SUSPECTS_MAX]


def _shares(blame: Mapping[str, float], preferred: str | None) -> dict[str, float]:
    """Entities' shares of one, by blame, best first; the one at whose door an outside cause knocks stands first."""
    if not blame:
        return {preferred: 1.0} if preferred else {}
    top = max(blame.values())
    weights = {entity: (max(nats, 0.0) / top) ** DEFAULTS.odds_power if top > 0 else 1.0 for entity, nats in blame.items()}
    if preferred:
        weights[preferred] = max(weights.get(preferred, 0.0), 1.0) * _FIRST
    total = sum(weights.values())
    return {entity: weight / total for entity, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0]))}
