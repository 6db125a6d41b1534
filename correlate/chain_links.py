"""What may link one failure to another, and how well it holds (C14).

Knows:   call graph, containment, order of first failures within what clocks and sampling can tell, shared ids, names in records, and
         whether one's series follow the other's.
Ignores: where the chain starts (chain_origin.py) and which links it keeps (chain.py).

A failure spreads from a dependency to its callers, through healthy services in between if need be; between a host or pod and what it
carries; and, as load, from a caller to what it calls if that failed clearly later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from correlate import shared_ids
from correlate.first_failures import FirstFailure, simultaneous_ns
from correlate.lead_lag import lead
from correlate.moments import HARM
from correlate.scene import Account, Series
from correlate.words import name_of, span
from schemas.entity import split
from schemas.plain import one_line
from schemas.signal import Kind, Signal, Status

AFFECTED_MOST: Final = 60
"""Entities looked at, most affected first: pairs grow with the square, and the chain shows a dozen."""

HEALTHY_HOPS: Final = 2
"""Healthy services that a failure may pass through unseen: a proxy and a façade; beyond them a path says little."""

NAME_CHARACTERS: Final = 3
"""A name shorter than this (`db`, `ui`) turns up in text by chance."""

WEIGHTS: Final = {
    "dependency": 0.6,
    "containment": 0.6,
    "indirect_dependency": 0.4,
    "load": 0.3,
    "time_order": 0.3,
    "names_peer": 0.5,
    shared_ids.TRACE: 0.5,
    shared_ids.CHANGE: 0.2,
    shared_ids.HOST: 0.2,
    "lead_lag": 0.2,
}
"""How far each kind of evidence alone supports a link; kinds are joined as independent: 1 - product of the complements."""


@dataclass(frozen=True, slots=True)
class Link:
    source: str
    """Failed first, as far as times can tell."""
    target: str
    kinds: tuple[str, ...]
    text: str

    @property
    def score(self) -> float:
        doubt = 1.0
        for kind in self.kinds:
            doubt *= 1 - WEIGHTS[kind]
        return round(1 - doubt, 3)


@dataclass(slots=True)
class Surroundings:
    """What is known around the affected entities, prepared once for all pairs."""

    first_ns: Mapping[str, int]
    calls: Mapping[str, frozenset[str]]
    callers: Mapping[str, frozenset[str]]
    holders: Mapping[str, frozenset[str]]
    """Entity → entities that hold it."""
    ids: shared_ids.SharedIds
    strongest: Mapping[str, Series]
    """Of each entity the series of its strongest finding."""
    texts: Mapping[str, str]
    firsts: Mapping[str, FirstFailure]
    unharmed: frozenset[str] = frozenset()
    """Entities of which no more is known than that they do or are asked more or less than usual."""
    harmed: frozenset[str] = frozenset()
    """Entities that fail or are slow: whom load may have brought down.  Whoever is merely asked more has stood it."""

    def happened(self, entity: str) -> str:
        return "first departed from normal" if entity in self.unharmed else "first failed"

    def within_ns(self, one: str, other: str) -> int:
        return simultaneous_ns(self.firsts, one, other)

    def in_topology(self, entity: str) -> bool:
        return entity in self.callers or bool(self.calls.get(entity)) or entity in self.holders


def surroundings(account: Account, firsts: Mapping[str, FirstFailure]) -> Surroundings:
    suspected = {suspect.entity for suspect in account.suspects}
    callers: dict[str, set[str]] = {}
    for caller, callees in account.calls.items():
        for callee in callees - {caller}:
            callers.setdefault(callee, set()).add(caller)
    holders: dict[str, set[str]] = {}
    texts: dict[str, list[str]] = {}
    subjects = [finding.subject for finding in account.findings] + [series.subject for series in account.series]
    for subject in [row.subject for row in account.members] + subjects:
        holders.setdefault(subject.entity, set()).update(set(subject.ancestors) - {subject.entity})
    for row in account.members:
        _note_words(row, texts)
    for finding in account.findings:
        texts.setdefault(finding.entity, []).append(finding.text)
    return Surroundings(
        first_ns={
            entity: first.at_ns for rank, (entity, first) in enumerate(firsts.items()) if rank < AFFECTED_MOST or entity in suspected
        },
        calls=account.calls,
        callers={entity: frozenset(found) for entity, found in callers.items()},
        holders={entity: frozenset(found) for entity, found in holders.items() if found},
        ids=shared_ids.shared_ids(account.members, subjects),
        strongest=_strongest(account),
        texts={entity: "\n".join(found) for entity, found in texts.items()},
        firsts=firsts,
        unharmed=frozenset(entity for entity, first in firsts.items() if first.finding is not None and first.finding.family not in HARM),
    )


def reaching(around: Surroundings, entities: frozenset[str], harmed: frozenset[str]) -> Surroundings:
    """The same with these entities alone: all others count as healthy, and a failure may pass through them unseen."""
    first_ns = {entity: at_ns for entity, at_ns in around.first_ns.items() if entity in entities}
    return replace(around, first_ns=first_ns, harmed=harmed)


def links_from(source: str, around: Surroundings) -> list[Link]:
    """Every link that may lead from this entity's failure to another's, best first."""
    found = []
    name = split(source)[1]
    named = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])") if len(name) >= NAME_CHARACTERS else None
    structure = _structure(source, around)
    for target, target_ns in around.first_ns.items():
        if target == source:
            continue
        kind, how = structure.get(target, ("", ""))
        text = around.texts.get(target, "")
        names = named is not None and name in text and named.search(text) is not None
        link = _link(source, target, kind, how, names, target_ns - around.first_ns[source], around)
        if link is not None:
            found.append(link)
    return sorted(found, key=lambda link: (-link.score, around.first_ns[link.target], link.target))


def time_link(source: str, target: str, around: Surroundings) -> Link | None:
    """The weakest link: one failed clearly after the other, and nothing is known of who depends on whom."""
    after_ns = around.first_ns[target] - around.first_ns[source]
    if after_ns <= around.within_ns(source, target) or (around.in_topology(source) and around.in_topology(target)):
        return None
    text = f"{name_of(target)} {around.happened(target)} {span(after_ns)} after {name_of(source)}; whether it depends on it is not known."
    return Link(source, target, ("time_order",), text)


def _link(source: str, target: str, kind: str, how: str, names: bool, after_ns: int, around: Surroundings) -> Link | None:
    within_ns = around.within_ns(source, target)
    shared = list(around.ids.shared(source, target))
    traced = after_ns > within_ns and any(
        found == shared_ids.TRACE for found, _ in shared
    )  # one request failed in both, one after the other
    if after_ns < -within_ns or not (kind or names or traced) or (kind == "load" and after_ns <= within_ns):
        return None
    kinds = [kind] if kind else []
    if after_ns > within_ns:
        kinds.append("time_order")
        when = f"{around.happened(target)} {span(after_ns)} after {'it' if kind or names else name_of(source)}"
    else:
        when = f"{around.happened(target)} at the same time, as far as clocks and sampling tell (± {span(within_ns)})"
    text = f"{how or f'{name_of(target)} reports {name_of(source)}'} and {when}" if kind or names else f"{name_of(target)} {when}"
    if names and kind != "load":
        kinds.append("names_peer")
        text += f"; its records name {name_of(source)}" if kind else ""
    for found, said in shared:
        kinds.append(found)
        text += f"; {said}"
    return Link(source, target, tuple(kinds), f"{text}.")


def _structure(source: str, around: Surroundings) -> dict[str, tuple[str, str]]:
    """Affected entity → how it hangs on the source: kind of evidence and the beginning of a sentence.  The strongest kind wins."""
    found: dict[str, tuple[str, str]] = {}
    for target in around.callers.get(source, frozenset()):
        found[target] = "dependency", f"{name_of(target)} depends on {name_of(source)}"
    for target in around.first_ns:
        if source in around.holders.get(target, frozenset()):
            found.setdefault(target, ("containment", f"{name_of(target)} runs on {name_of(source)}"))
        if target in around.holders.get(source, frozenset()):
            found.setdefault(target, ("containment", f"{name_of(target)} runs in {name_of(source)}"))
    for target, through in _through_healthy(source, around):
        found.setdefault(target, ("indirect_dependency", f"{name_of(target)} depends on {name_of(source)} through {name_of(through)}"))
    for target in around.calls.get(source, frozenset()) & around.harmed:
        found.setdefault(target, ("load", f"{name_of(target)} is called by {name_of(source)}"))
    return found


def _through_healthy(source: str, around: Surroundings) -> Iterator[tuple[str, str]]:
    """Affected entities that reach the source through healthy ones, each with the healthy one next to it."""
    frontier = sorted(around.callers.get(source, frozenset()) - around.first_ns.keys())
    seen = {source, *frontier}
    for _ in range(HEALTHY_HOPS):
        beyond: list[str] = []
        for healthy in frontier:
            for caller in sorted(around.callers.get(healthy, frozenset()) - seen):
                seen.add(caller)
                if caller in around.first_ns:
                    yield caller, healthy
                else:
                    beyond.append(caller)
        frontier = beyond


def _note_words(row: Signal, texts: dict[str, list[str]]) -> None:
    if row.subject.kind not in (Kind.LOG, Kind.ALERT, Kind.STATE) or row.status is Status.RESOLVED:
        return
    peers = [value for key, value in row.subject.attributes if key in ("peer", "server")]
    for entity in (row.subject.entity, *row.subject.ancestors):
        texts.setdefault(entity, []).extend((row.text, *peers))


def _strongest(account: Account) -> dict[str, Series]:
    known = {series.subject.id: series for series in account.series}
    found: dict[str, Series] = {}
    for finding in sorted(account.findings, key=lambda finding: (-finding.nats, finding.family, finding.text)):
        series = known.get(finding.subject.id)
        if series is not None:
            found.setdefault(finding.entity, series)
    return found


def followed(link: Link, around: Surroundings) -> Link:
    """The link with what the series add: whether the strongest of the target follows that of the source."""
    one, other = around.strongest.get(link.source), around.strongest.get(link.target)
    led = lead(one, other, around.within_ns(link.source, link.target)) if one is not None and other is not None else None
    if one is None or other is None or led is None:
        return link
    when = f"{span(led.lag_ns)} later" if led.lag_ns > 0 else "at the same time"
    moves = "follows" if led.correlation > 0 else "moves against"
    text = f"{link.text.rstrip('.')}; its {one_line(other.subject.name, 60)} {moves} {one_line(one.subject.name, 60)} of "
    text += f"{name_of(link.source)} {when} (rank correlation {led.correlation:.2f})."
    return replace(link, kinds=(*link.kinds, "lead_lag"), text=text)
