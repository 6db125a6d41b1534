"""The causal chain (C14–C16): a small directed graph root → critical failure → propagation → impact, each edge with its evidence.

Knows:   which nodes there are, which role each plays, and which of the possible links are kept.
Ignores: where the chain starts (chain_origin.py) and what holds a link (chain_links.py).

Edges only go from a node reached earlier to one reached later in a walk that begins at the origin, so the graph cannot have a cycle.
An affected entity that nothing links to the origin, or of which too little departs, is left out: an edge that nothing holds would be a guess.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Final

from correlate.chain_links import Link, Surroundings, followed, links_from, reaching, surroundings, time_link
from correlate.chain_origin import Origin, origin
from correlate.citing import evidence_of, evidence_of_finding
from correlate.customers import entry_services
from correlate.established import established
from correlate.evidence import change_time
from correlate.first_failures import FirstFailure
from correlate.moments import HARM, TEXT_CHARACTERS, change_name
from correlate.scene import Account, Finding, Suspect
from correlate.words import family_words, moment, name_of, nanoseconds, sentence, shown, span
from schemas.incident import Chain, Edge, Node
from schemas.plain import one_line
from schemas.signal import Signal

NODES_MOST: Final = 12
"""More does not fit a screen, nor a head at night; the timeline has every first failure."""

PARENTS_MOST: Final = 2
"""Edges into one node: two tell a diamond from a line."""


def chain(account: Account, firsts: Mapping[str, FirstFailure]) -> Chain:
    """The chain as far as records show it; empty when nothing has failed yet."""
    firsts = {entity: first for entity, first in firsts.items() if first.evidence}
    if not firsts:
        return Chain()
    around = surroundings(account, firsts)
    start = origin(account, around)
    around = reaching(around, established(account) | {start.critical}, harmed=established(account, HARM))
    links = _walk(start.critical, around)
    kept = _kept(start.critical, links, around)
    edges = [link for target, into in links.items() if target in kept for link in into if link.source in kept]
    root, root_edges = _root(start, around)
    sources = {link.source for link in edges}
    nodes = [
        _node(
            firsts[entity],
            _role(entity, start, rooted=bool(root), leads_on=entity in sources),
            start.harm if entity == start.critical else None,
        )
        for entity in links
        if entity in kept
    ]
    return Chain(nodes=(*root, *nodes), edges=(*root_edges, *(_edge(followed(link, around)) for link in edges)))


def _walk(critical: str, around: Surroundings) -> dict[str, list[Link]]:
    """Reached entities in the order of the walk (fewest hops, then earliest failure), each with the best links that lead to it.

    When the walk has seen all that is linked, entities of which no dependency is known are added by order of time alone.
    """
    into: dict[str, list[Link]] = {}
    waiting: dict[str, list[Link]] = {critical: []}
    heap = [(0, around.first_ns[critical], critical)]
    while heap:
        hops, _, entity = heapq.heappop(heap)
        if entity in into:
            continue
        into[entity] = sorted(waiting[entity], key=lambda link: -link.score)[:PARENTS_MOST]
        for link in links_from(entity, around):
            if link.target not in into:
                waiting.setdefault(link.target, []).append(link)
                heapq.heappush(heap, (hops + 1, around.first_ns[link.target], link.target))
    for entity in sorted(around.first_ns.keys() - into.keys(), key=lambda entity: (around.first_ns[entity], entity)):
        by_time = time_link(critical, entity, around)
        if by_time is not None:
            into[entity] = [by_time]
    return into


def _kept(critical: str, links: Mapping[str, list[Link]], around: Surroundings) -> set[str]:
    """The critical failure, and the paths to the others while they fit: entry services first, then the most affected."""
    kept = {critical}
    entries = entry_services(around.calls)
    rank = {entity: index for index, entity in enumerate(around.first_ns)}
    for entity in sorted(links, key=lambda entity: (entity not in entries, rank[entity])):
        path, step = [], entity
        while step not in kept:
            path.append(step)
            step = links[step][0].source
        if len(kept) + len(path) < NODES_MOST:  # one place is the root's
            kept.update(path)
    return kept


def _role(entity: str, start: Origin, *, rooted: bool, leads_on: bool) -> str:
    if entity == start.critical:
        return "critical_failure" if rooted else "root"
    return "propagation" if leads_on else "impact"


def _root(start: Origin, around: Surroundings) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The node before the critical failure: a change that earned it, or a resource that gave way; none when the failure is all we know."""
    if start.change and start.suspect is not None and start.suspect.change is not None:
        return _change_root(start.suspect, start.suspect.change, start.critical, around)
    if start.resource is not None:
        return _resource_root(start.resource, start.critical, start.suspect, around)
    return (), ()


def _change_root(suspect: Suspect, change: Signal, critical: str, around: Surroundings) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    entity = suspect.entity or change.subject.entity
    node = Node(
        id=f"change:{change.change_id or moment(change.event_time_ns)}",
        entity=entity,
        role="root",
        at=moment(change.event_time_ns),
        text=sentence(change_name(change)),
        refs=(evidence_of(change),),
    )
    before_ns, effect_ns = around.first_ns[critical] - change.event_time_ns, around.first_ns[critical] - _effect_ns(suspect, change)
    kinds = dict.fromkeys(argument.kind for argument in suspect.arguments if argument.nats > 0)
    timing = f"{span(before_ns)} before" if before_ns > around.within_ns(critical, critical) else "at the time that"
    took = f", and took effect {span(effect_ns)} before" if 0 < effect_ns < before_ns else ""
    text = f"The change to {name_of(entity)} came {timing} {name_of(critical)} {around.happened(critical)}{took}."
    first = ("change_precedes", *kinds) if before_ns >= 0 else tuple(kinds) or ("same_entity",)
    return (node,), (Edge(source=node.id, target=critical, evidence=first, text=text, score=round(suspect.score, 3)),)


def _effect_ns(suspect: Suspect, change: Signal) -> int:
    """When the change took effect, where the judge of time cites the row of that: a commit does nothing until it is deployed."""
    cited = [one for argument in suspect.arguments if argument.kind == change_time.KIND for one in argument.refs]
    return nanoseconds(cited[0].at) if cited else change.event_time_ns


def _resource_root(
    finding: Finding, critical: str, suspect: Suspect | None, around: Surroundings
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    node = Node(
        id=f"{finding.family}:{critical}",
        entity=critical,
        role="root",
        at=moment(finding.first_ns),
        text=sentence(one_line(finding.text, TEXT_CHARACTERS)),
        refs=(evidence_of_finding(finding),),
    )
    text = f"The {family_words(finding.family)} of {name_of(critical)} left its normal at {shown(node.at)}, not later than its first harm to others."
    score = round(suspect.score, 3) if suspect is not None else 0.0
    return (node,), (Edge(source=node.id, target=critical, evidence=("same_entity", "time_order"), text=text, score=score),)


def _node(first: FirstFailure, role: str, harm: Finding | None) -> Node:
    """`harm`: what a resource that gave way did, where the chain tells the resource as a node of its own."""
    at_ns, text, refs = (
        (first.at_ns, first.text, first.evidence) if harm is None else (harm.first_ns, harm.text, (evidence_of_finding(harm),))
    )
    return Node(
        id=first.entity, entity=first.entity, role=role, at=moment(at_ns), text=sentence(one_line(text, TEXT_CHARACTERS)), refs=refs
    )


def _edge(link: Link) -> Edge:
    return Edge(source=link.source, target=link.target, evidence=link.kinds, text=link.text, score=link.score)
