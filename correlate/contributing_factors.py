"""What contributed besides the cause (C25–C28, C49, C101): only what the data show, each with the records that show it.

Knows:   which conditions of the system can be read off an account: a change without a canary, a setting that nothing validated, a
         dependency without a fallback, late detection, no alert where it began, noisy or flapping alerts, telemetry that was shed.
Ignores: stale runbooks, misleading dashboards and everything else that telemetry does not tell; the draft asks people for those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from correlate.chain_origin import ANSWER
from correlate.citing import distinct, evidence_of, evidence_of_finding
from correlate.moments import change_name, details_of
from correlate.scene import Account, Finding
from correlate.shed_words import is_loss, shed_words
from correlate.units import MINUTE_NS
from correlate.words import listed, name_of, plural, span
from schemas.evidence import Evidence
from schemas.incident import Argument, Chain
from schemas.signal import Kind, Signal, Status

LATE_DETECTION_NS: Final = 5 * MINUTE_NS
"""The usual evaluation window of a page: what takes longer was not watched for."""

FLAPPING_EPISODES: Final = 3
"""Fired and resolved three times in one incident: responders were called back twice for the same thing."""

NOISY_ALERTS: Final = 10
"""Distinct alerts for one incident: more than anyone reads before acting."""

REFS_MOST: Final = 3

_ERRORS: Final = frozenset({"errors"})
_SLOW: Final = frozenset({"latency", "edge_in"})


def contributing_factors(account: Account, chain: Chain) -> tuple[Argument, ...]:
    """Factors by kind; nats are 0, for these are observations and not weighed against each other."""
    alerts = [row for row in account.members if row.subject.kind is Kind.ALERT]
    firing = [row for row in alerts if row.status is not Status.RESOLVED]
    return (
        *_of_the_change(account),
        *_without_fallback(account, chain),
        *_late_detection(account, firing),
        *_nothing_behind(account, firing),
        *_unwatched_origin(chain, firing),
        *_noise(alerts, firing),
        *_shed(account),
    )  # fmt: skip


def _factor(kind: str, text: str, refs: Iterable[Evidence]) -> Argument:
    return Argument(kind=kind, nats=0.0, text=text, refs=distinct(refs, REFS_MOST))


def _of_the_change(account: Account) -> Iterator[Argument]:
    """How the guilty change was put in place, as far as its own event says."""
    best = account.suspects[0] if account.suspects else None
    if best is None or best.change is None or best.score < ANSWER:
        return
    change, facts = best.change, details_of(best.change)
    name = change_name(change)
    rollout = facts.get("rollout")
    if isinstance(rollout, dict) and rollout.get("steps") in (0, 1):
        yield _factor("no_canary", f"The rollout went to all replicas in one step, without a canary: {name}.", [evidence_of(change)])
    if best.kind == "config" or "config" in change.subject.name or "flag" in change.subject.name:
        yield _factor("unvalidated_config", f"A setting took effect without a check that stopped it: {name}.", [evidence_of(change)])


def _without_fallback(account: Account, chain: Chain) -> Iterator[Argument]:
    """A dependency's errors became errors of its caller: nothing in between answered in its place."""
    for families, one, many in (
        (_ERRORS, "Errors of {} became errors of {}: no fallback took over.", "Errors passed on along {}: no fallback took over."),
        (_SLOW, "{} grew slow and {} with it: nothing cut the wait short.", "Slowness passed on along {}: nothing cut the wait short."),
    ):
        suffering: dict[str, Finding] = {}
        for finding in account.findings:
            if finding.family in families:
                suffering.setdefault(finding.entity, finding)
        calls = [edge for edge in chain.edges if "dependency" in edge.evidence and {edge.source, edge.target} <= suffering.keys()]
        if not calls:
            continue
        steps = [f"{name_of(edge.source)} → {name_of(edge.target)}" for edge in calls]
        text = one.format(name_of(calls[0].source), name_of(calls[0].target)) if len(calls) == 1 else many.format(listed(steps, 4))
        shown = [suffering[entity] for edge in calls for entity in (edge.source, edge.target)]
        yield _factor("dependency_without_fallback", text, (evidence_of_finding(finding) for finding in shown))


def _late_detection(account: Account, firing: Sequence[Signal]) -> Iterator[Argument]:
    delay_ns = account.detected_ns - account.onset_ns
    if delay_ns >= LATE_DETECTION_NS:
        first = min(firing, key=lambda row: (row.event_time_ns, row.topic, row.partition, row.offset), default=None)
        refs = [evidence_of(first)] if first is not None else [evidence_of_finding(finding) for finding in account.findings[:1]]
        yield _factor("detection_delay", f"Nothing told of it for {span(delay_ns)} after the onset.", refs)


def _nothing_behind(account: Account, firing: Sequence[Signal]) -> Iterator[Argument]:
    """An alert that nothing measured of its component confirms: the rule, its threshold or what it watches is to be looked at."""
    for entity in account.unconfirmed:
        mine = [row for row in firing if entity in (row.subject.entity, *row.subject.ancestors)]
        names = listed(list(dict.fromkeys(row.subject.name or "an unnamed alert" for row in mine)))
        text = f"Nothing measured of {name_of(entity)} departed from normal when {names} fired: the alert has nothing behind it."
        yield _factor("unconfirmed_alert", text, (evidence_of(row) for row in mine))


def _unwatched_origin(chain: Chain, firing: Sequence[Signal]) -> Iterator[Argument]:
    """Alerts fired on what suffered, none on what it began in."""
    critical = next((node for node in chain.nodes if node.role == "critical_failure"), chain.nodes[0] if chain.nodes else None)
    if critical is None or not firing:
        return
    watched = {entity for row in firing for entity in (row.subject.entity, *row.subject.ancestors)}
    if critical.entity not in watched:
        on = listed(sorted({name_of(row.subject.entity) for row in firing}))
        text = f"No alert fired on {name_of(critical.entity)}, where it began; alerts fired on {on}."
        yield _factor("missing_alert", text, [*critical.refs, evidence_of(firing[0])])


def _noise(alerts: Sequence[Signal], firing: Sequence[Signal]) -> Iterator[Argument]:
    """Alerts that came and went, and too many of them (C101)."""
    episodes: Counter[tuple[str, str]] = Counter()
    running: set[tuple[str, str, str]] = set()
    for row in alerts:
        key = row.subject.entity, row.subject.name, row.dedup_key
        if row.status is Status.RESOLVED:
            running.discard(key)
        elif key not in running:
            running.add(key)
            episodes[key[:2]] += 1
    flapping = {key: count for key, count in episodes.items() if count >= FLAPPING_EPISODES}
    rows: dict[tuple[str, str], list[Signal]] = {key: [] for key in flapping}
    for row in firing:
        if (row.subject.entity, row.subject.name) in rows:
            rows[row.subject.entity, row.subject.name].append(row)
    for (entity, name), count in sorted(flapping.items()):
        refs = (evidence_of(row) for row in rows[entity, name])
        yield _factor("noisy_alert", f"{name} on {name_of(entity)} fired {count} times over, resolved in between.", refs)
    if len(episodes) >= NOISY_ALERTS:
        text = f"{plural(len(episodes), 'distinct alert')} fired for one incident."
        yield _factor("alert_fatigue", text, (evidence_of(row) for row in firing))


def _shed(account: Account) -> Iterator[Argument]:
    for what, count in sorted(account.shed.items()):
        if count and is_loss(what):
            yield _factor("telemetry_shed", f"{shed_words(what, count)}.", [])
