"""What belongs to an incident: what began with it, and of what began later its shadow, its aftermath, its relapse.

Knows:   which incident a departure or alert began with or goes on with.
Ignores: how departures are found and what becomes of incidents (incidents.py).

A responder calls it the same incident when it began before the former one had been over for longer than the clock can tell, and when it
brings no news: it hits the entity that is suspected already, or one that took part shows again what it showed, or it is far weaker than
what is known.  While the change that is accused has not been undone, the incident is not over at all, and what no alert covers is a part
of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from correlate.parameters import Parameters
from correlate.trouble import Trouble
from schemas.incident import Phase

_SHADOW: Final = 1 / 3
"""Share of the strongest departure of an incident below which a later one is its shadow: queues drain, caches warm, callers retry.  Three
groups of evidence make a fault; who shows no more than one of them as strongly is taken along.  At a half, a fault that follows a louder
one on another component was swallowed by it."""


class Departure(NamedTuple):
    """What an entity shows that no incident holds."""

    entity: str
    onset_ns: int
    nats: float
    window_ns: int


def nearest(troubles: Iterable[Trouble], onset_ns: int) -> Trouble | None:
    return min(troubles, key=lambda trouble: trouble.apart_ns(onset_ns), default=None)


def near(troubles: Iterable[Trouble], onset_ns: int, window_ns: int, parameters: Parameters) -> Trouble | None:
    """The incident whose onset or relapse is nearest, if the clocks cannot tell them apart."""
    trouble = nearest(troubles, onset_ns)
    if trouble is None:
        return None
    close_ns = parameters.join_windows * max(trouble.window_ns, window_ns)
    return trouble if trouble.apart_ns(onset_ns) <= close_ns else None


def sequel_of(troubles: Iterable[Trouble], departure: Departure, parameters: Parameters, *, alerting: bool) -> Trouble | None:
    """The incident that a departure goes on with; of several the one that began last."""

    def goes_on(trouble: Trouble) -> bool:
        if _stands(trouble) and alerting:
            return True
        return _no_pause(trouble, departure.onset_ns, departure.window_ns, parameters) and not _is_news(trouble, departure, parameters)

    return _last(trouble for trouble in troubles if trouble.published and trouble.onset_ns <= departure.onset_ns and goes_on(trouble))


def recurrence_of(troubles: Iterable[Trouble], entity: str, time_ns: int, window_ns: int, parameters: Parameters) -> Trouble | None:
    """The incident, no longer open, that an alert about one of its entities takes up again."""
    return _last(
        trouble
        for trouble in troubles
        if trouble.published
        and not trouble.open
        and entity in trouble.entities
        and (_stands(trouble) or _no_pause(trouble, time_ns, window_ns, parameters))
    )


def _stands(trouble: Trouble) -> bool:
    return trouble.standing and trouble.phase is not Phase.RESOLVED


def _no_pause(trouble: Trouble, onset_ns: int, window_ns: int, parameters: Parameters) -> bool:
    """A pause that the clock cannot tell from none is none."""
    close_ns = parameters.join_windows * max(trouble.window_ns, window_ns)
    return trouble.resolved_ns is None or onset_ns - trouble.resolved_ns < close_ns


def _is_news(trouble: Trouble, departure: Departure, parameters: Parameters) -> bool:
    entity = departure.entity
    if entity == next(iter(trouble.blame), None) or departure.nats < _SHADOW * trouble.best:
        return False
    took_part = not trouble.open and entity in trouble.entities
    return not (took_part and departure.nats < trouble.seen.get(entity, 0.0) + parameters.open_nats)


def _last(troubles: Iterable[Trouble]) -> Trouble | None:
    return max(troubles, key=lambda trouble: (trouble.onset_ns, trouble.number), default=None)
