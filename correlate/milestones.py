"""The milestones of an incident: onset, detection, mitigation, verified recovery, merge.  Each but a relapse happens at most once (C9, C11).

Knows:   when each was, in a sentence, and which records show it.
Ignores: what happened in between (moments.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from correlate.citing import distinct, evidence_of, evidence_of_finding
from correlate.first_failures import FirstFailure
from correlate.moments import EVIDENCE_MOST, WEIGHTS, Moment
from correlate.recovered import UNVERIFIED, VERIFIED, evidence_of_recovery
from correlate.scene import Account
from correlate.words import clause, name_of, span
from schemas.evidence import Evidence
from schemas.signal import Kind, Signal, Status

BY_DEFINITION: Final = "alerts are closed and series are back inside their normal"
"""What `resolved` means by definition (schemas.incident.Phase), said when the account names no particular reason."""


def milestones(account: Account, firsts: Mapping[str, FirstFailure]) -> Iterator[Moment]:
    """Those that have happened."""
    known = [first for first in firsts.values() if first.evidence]
    nearest = min(known, key=lambda first: (abs(first.at_ns - account.onset_ns), first.at_ns), default=None)
    entity = nearest.entity if nearest is not None else ""
    yield _milestone("onset", account.onset_ns, entity, _onset(account, nearest, known), nearest.evidence if nearest is not None else ())
    yield _detection(account, entity)
    for number, relapse in enumerate(account.relapses, start=1):
        text = f"Relapse: what had seemed over for {span(relapse.again_ns - relapse.over_ns)} began again."
        yield _milestone("relapse", relapse.again_ns, entity, text, _last_heard(account, relapse.again_ns), str(number))
    if account.mitigated_ns is not None:
        text = "Mitigated: the symptoms are back inside their normal; the change that is accused of it stands."
        yield _milestone("recovery", account.mitigated_ns, entity, text, _is_over(account, account.mitigated_ns))
    if account.resolved_ns is not None:
        how = VERIFIED if account.verified else UNVERIFIED
        text = f"{how}: {'; '.join(clause(reason) for reason in account.recovery) or BY_DEFINITION}."
        yield _milestone("resolved", account.resolved_ns, entity, text, _is_over(account, account.resolved_ns))
    if account.merged_into is not None:
        last = max((row.event_time_ns for row in account.members), default=account.onset_ns)
        yield _milestone("merge", last, entity, f"Merged into incident {account.merged_into}.", _last_heard(account, last))


def _onset(account: Account, nearest: FirstFailure | None, known: Sequence[FirstFailure]) -> str:
    """Names the first component only where the data single it out."""
    alone = nearest is not None and nearest.at_ns == min(first.at_ns for first in known)
    if nearest is not None and alone and abs(nearest.at_ns - account.onset_ns) <= nearest.within_ns:
        return f"Onset, ± {span(nearest.within_ns)}: {name_of(nearest.entity)} is the first to depart from its normal."
    return "Onset: departures from normal begin."


def _detection(account: Account, entity: str) -> Moment:
    """When something first told: an alert where one did, else the joint evidence."""
    delay_ns = account.detected_ns - account.onset_ns
    when = f"{span(delay_ns)} after the onset" if delay_ns > 0 else "at the onset"
    alert = _first_alert(account)
    shown: tuple[Evidence, ...]
    if alert is not None:
        entity, shown = alert.subject.entity, (evidence_of(alert),)
    else:
        known = [finding for finding in account.findings if finding.first_ns <= account.detected_ns] or account.findings
        told_of = [finding for finding in known if name_of(finding.entity) in account.detected_by.split()] or known
        known = sorted(told_of, key=lambda finding: (-finding.nats, finding.first_ns, finding.entity, finding.family))
        shown = distinct((evidence_of_finding(finding) for finding in known), EVIDENCE_MOST)
    told = clause(account.detected_by)
    return _milestone("detection", account.detected_ns, entity, f"Detected {when}" + (f": {told}." if told else "."), shown)


def _first_alert(account: Account) -> Signal | None:
    """The first firing alert that had come by the time of detection."""
    firing = [row for row in account.members if row.subject.kind is Kind.ALERT and row.status is not Status.RESOLVED]
    told = [row for row in firing if min(row.starts_at_ns or row.event_time_ns, row.event_time_ns) <= account.detected_ns]
    return min(told, key=lambda row: (row.event_time_ns, row.topic, row.partition, row.offset, row.row), default=None)


def _is_over(account: Account, at_ns: int) -> tuple[Evidence, ...]:
    return evidence_of_recovery(account, at_ns) or _last_heard(account, at_ns)


def _last_heard(account: Account, until_ns: int) -> tuple[Evidence, ...]:
    """What was last heard by then: the last resolutions, else the last change, else the last of the findings."""
    before = [row for row in account.members if row.event_time_ns <= until_ns]
    before.sort(key=lambda row: (-row.event_time_ns, row.topic, row.partition, row.offset, row.row))
    rows = [row for row in before if row.status is Status.RESOLVED] or [row for row in before if row.subject.kind is Kind.CHANGE]
    if rows:
        return distinct((evidence_of(row) for row in rows), EVIDENCE_MOST)
    last = sorted(account.findings, key=lambda finding: (-finding.last_ns, finding.entity, finding.family))
    return distinct((evidence_of_finding(finding) for finding in last), EVIDENCE_MOST)


def _milestone(kind: str, at_ns: int, entity: str, text: str, evidence: tuple[Evidence, ...], identity: str = "") -> Moment:
    return Moment(at_ns, kind, entity, identity, text, evidence, WEIGHTS[kind])
