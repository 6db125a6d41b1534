"""When each component first failed, and the record that shows it (C13).

Knows:   the first failure of every affected entity, with its finding or, where there is none, its first record.
Ignores: what caused what (chain.py) and how it is told (timeline.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from correlate.citing import distinct, evidence_of, evidence_of_finding
from correlate.scene import Account, Finding, Series
from correlate.units import SECOND_NS
from correlate.words import gist, name_of, quoted
from schemas.evidence import Evidence
from schemas.signal import Kind, Signal, Status

CLOCK_SKEW_NS: Final = 2 * SECOND_NS
"""How far apart two hosts' clocks may be: NTP keeps them within tens of milliseconds, a drifting virtual machine within seconds."""


@dataclass(frozen=True, slots=True)
class FirstFailure:
    entity: str
    at_ns: int
    text: str
    finding: Finding | None
    evidence: tuple[Evidence, ...]
    within_ns: int = CLOCK_SKEW_NS
    """How exactly its time is known: the clock skew, or the step of the series that shows it where that is longer."""


def first_failures(account: Account) -> dict[str, FirstFailure]:
    """Of every affected entity, in the account's order (most affected first)."""
    findings: dict[str, list[Finding]] = {}
    for finding in account.findings:
        findings.setdefault(finding.entity, []).append(finding)
    rows = _rows_by_entity(account.members)
    steps, usual = _steps(account.series)
    told: dict[str, FirstFailure] = {}
    for entity, at_ns in account.entities.items():
        first = _first_failure(entity, at_ns, findings.get(entity, ()), rows.get(entity, ()))
        told[entity] = replace(first, within_ns=max(CLOCK_SKEW_NS, _step(first, steps, usual)))
    return told


def simultaneous_ns(firsts: Mapping[str, FirstFailure], *entities: str) -> int:
    """Within which span the first failures of these entities count as simultaneous."""
    return max((firsts[entity].within_ns for entity in entities if entity in firsts), default=CLOCK_SKEW_NS)


def _steps(series: Sequence[Series]) -> tuple[dict[int, int], dict[str, int]]:
    """Time between samples by id of the series; and by entity that of its usual series, as the longest may be one that came three times."""
    by_entity: dict[str, list[int]] = {}
    for one in series:
        by_entity.setdefault(one.subject.entity, []).append(one.step_ns)
    usual = {entity: sorted(steps)[len(steps) // 2] for entity, steps in by_entity.items()}
    return {one.subject.id: one.step_ns for one in series}, usual


def _step(first: FirstFailure, steps: Mapping[int, int], usual: Mapping[str, int]) -> int:
    """Time between samples of what shows a first failure.  Log lines are stamped one by one; an alert is a rule about some series."""
    if first.finding is not None and first.finding.is_of_logs:
        return 0
    typical = usual.get(first.entity, 0)
    return typical if first.finding is None else steps.get(first.finding.subject.id, typical)


def _rows_by_entity(members: Sequence[Signal]) -> dict[str, list[Signal]]:
    rows: dict[str, list[Signal]] = {}
    for signal in members:
        if signal.subject.kind in (Kind.ALERT, Kind.LOG, Kind.STATE) and signal.status is not Status.RESOLVED:
            for entity in (signal.subject.entity, *signal.subject.ancestors):
                rows.setdefault(entity, []).append(signal)
    return rows


def _first_failure(entity: str, at_ns: int, findings: Sequence[Finding], rows: Sequence[Signal]) -> FirstFailure:
    if findings:
        first = min(findings, key=lambda finding: (finding.first_ns, -finding.nats, finding.family, finding.text))
        return FirstFailure(entity, at_ns, first.text, first, (evidence_of_finding(first),))
    text = f"The first departure of {name_of(entity)} from its normal"
    if rows:
        row = min(
            rows, key=lambda row: (abs((row.starts_at_ns or row.event_time_ns) - at_ns), row.topic, row.partition, row.offset, row.row)
        )
        return FirstFailure(entity, at_ns, _told(row) or text, None, distinct([evidence_of(row)], 1))
    return FirstFailure(entity, at_ns, text, None, ())


def _told(row: Signal) -> str:
    said = quoted(gist(row.text))
    return f"{row.subject.name}: {said}" if row.subject.kind is Kind.ALERT and row.subject.name and said else said or row.subject.name
