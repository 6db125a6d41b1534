"""Where a causal chain starts: the best suspect that is no symptom.

Knows:   the suspects, first failures and dependencies; that a symptom is never a root.
Ignores: how the failure spread from there (chain.py).

An entity is a symptom when something it depends on failed clearly before it and neither a change nor a resource of its own speaks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from correlate.chain_links import Surroundings
from correlate.scene import Account, Finding, Suspect

ANSWER: Final = 0.5
"""Below this score a change is a suggestion, not an answer (schemas.incident.Cause.score): the chain does not begin with it."""

RESOURCES: Final = frozenset({"cpu", "memory", "io", "network"})
"""Families of findings that can be a cause of their own; errors, latency and traffic are how others feel it."""


@dataclass(frozen=True, slots=True)
class Origin:
    critical: str
    """The affected entity in which the failure first did harm."""
    suspect: Suspect | None
    """What is held responsible; None when no suspect explains the critical failure."""
    change: bool
    """The suspect's change earned the root."""
    resource: Finding | None = None
    """Else: the finding of a resource that gave way first, if harm to others followed it."""
    harm: Finding | None = None
    """The first harm after that."""


def origin(account: Account, around: Surroundings) -> Origin:
    """Never raises while anything is affected; the earliest failure is the origin of last resort."""
    own = _own_causes(account)
    for suspect in account.suspects:
        if suspect.entity is None or suspect.score <= 0:
            continue
        critical = _critical(suspect.entity, around)
        if critical is None:
            continue
        earned = _change_earned(suspect, critical, around)
        if earned or not is_symptom(critical, around, own):
            return Origin(critical, suspect, True) if earned else _resource_origin(critical, suspect, own, account)
    free = [entity for entity in around.first_ns if not is_symptom(entity, around, own)]
    earliest = min(free or around.first_ns, key=lambda entity: (around.first_ns[entity], entity))
    return _resource_origin(earliest, None, own, account)


def _resource_origin(critical: str, suspect: Suspect | None, own: Mapping[str, Finding], account: Account) -> Origin:
    """The resource and the harm it did as two steps, where the findings tell them apart."""
    harms = [finding for finding in account.findings if finding.entity == critical and finding.family not in RESOURCES]
    harm = min(harms, key=lambda finding: (finding.first_ns, -finding.nats, finding.family, finding.text), default=None)
    if critical not in own or harm is None:
        return Origin(critical, suspect, False)
    return Origin(critical, suspect, False, own[critical], harm)


def is_symptom(entity: str, around: Surroundings, own: Mapping[str, Finding]) -> bool:
    """Whether a dependency of the entity, direct or not, failed clearly before it and nothing of its own explains it."""
    if entity in own:
        return False
    seen, stack = {entity}, [entity]
    while stack:
        for callee in around.calls.get(stack.pop(), frozenset()) - seen:
            seen.add(callee)
            stack.append(callee)
            at_ns = around.first_ns.get(callee)
            if at_ns is not None and at_ns + around.within_ns(callee, entity) < around.first_ns[entity]:
                return True
    return False


def _own_causes(account: Account) -> dict[str, Finding]:
    """Entity → its earliest finding of a resource, if that did not begin after the entity's other findings."""
    resources: dict[str, Finding] = {}
    symptoms: dict[str, int] = {}
    for finding in sorted(account.findings, key=lambda finding: (finding.first_ns, -finding.nats, finding.family, finding.text)):
        if finding.family in RESOURCES:
            resources.setdefault(finding.entity, finding)
        else:
            symptoms.setdefault(finding.entity, finding.first_ns)
    return {entity: found for entity, found in resources.items() if found.first_ns <= symptoms.get(entity, found.first_ns)}


def _change_earned(suspect: Suspect, critical: str, around: Surroundings) -> bool:
    """Whether the chain may begin with the suspect's change: it is an answer, and it did not come after the failure."""
    if suspect.change is None or suspect.score < ANSWER:
        return False
    return suspect.change.event_time_ns <= around.first_ns[critical] + around.within_ns(critical, critical)


def _critical(suspected: str, around: Surroundings) -> str | None:
    """The suspected entity if it is affected; else the nearest affected one that depends on it or is held by it or holds it."""
    if suspected in around.first_ns:
        return suspected
    near = [entity for entity in around.first_ns if _held(entity, suspected, around)]
    frontier, seen = {suspected}, {suspected}
    while frontier and not near:
        frontier = {caller for entity in frontier for caller in around.callers.get(entity, frozenset())} - seen
        seen |= frontier
        near = [entity for entity in frontier if entity in around.first_ns]
    return min(near, key=lambda entity: (around.first_ns[entity], entity), default=None)


def _held(one: str, other: str, around: Surroundings) -> bool:
    return other in around.holders.get(one, frozenset()) or one in around.holders.get(other, frozenset())
