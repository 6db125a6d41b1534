"""What shows that an incident is over (C11): alerts that resolved, and series that are back.

Knows:   which alerts told that they resolved, and where the series that departed most stand at the end.
Ignores: when an incident counts as over (incidents.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from correlate.citing import distinct, evidence_of, evidence_of_return
from correlate.moments import EVIDENCE_MOST
from correlate.scene import Account, Finding
from schemas.evidence import Evidence
from schemas.signal import Signal, Status

VERIFIED: Final = "Recovered, as verified afterwards"
UNVERIFIED: Final = "Over as far as the data tell, but not verified"


def reasons(alerts: Sequence[Signal], findings: Sequence[Finding], *, departed: bool) -> tuple[str, ...]:
    """Why it counts as over, in clauses.  `departed`: telemetry took part, with or without a finding that is told."""
    told = []
    fired = {signal.dedup_key for signal in alerts if signal.status is not Status.RESOLVED and signal.dedup_key}
    closed = {signal.dedup_key for signal in alerts if signal.status is Status.RESOLVED and signal.dedup_key}
    if fired and fired <= closed:
        told.append("its alert resolved" if len(fired) == 1 else f"all {len(fired)} alerts resolved")
    elif fired & closed:
        told.append(f"{len(fired & closed)} of {len(fired)} alerts told that they resolved; the others fell silent")
    elif fired:
        told.append("its alert fell silent" if len(fired) == 1 else f"all {len(fired)} alerts fell silent")
    if departed:
        told.append(_series(findings))
    return tuple(told)


def is_verified(alerts: Sequence[Signal], findings: Sequence[Finding], *, departed: bool) -> bool:
    """Whether something shows that it is over, and not only that nothing speaks of it any more."""
    if any(signal.status is Status.RESOLVED for signal in alerts):
        return True
    followed = [finding for finding in findings if finding.last is not None]
    return any(finding.is_back for finding in followed) if followed else departed


def _series(findings: Sequence[Finding]) -> str:
    """A series that has ended, or that stays at a new level, is not said to be back."""
    followed = [finding for finding in findings if finding.last is not None]
    back = sum(finding.is_back for finding in followed)
    if back == len(followed):
        return "the series that departed are back inside their normal"
    others = "the other has ended or stays at a new level" if len(followed) - back == 1 else "the others have ended or stay at a new level"
    return f"{back} of the {len(followed)} series that departed most are back near their normal; {others}"


def evidence_of_recovery(account: Account, until_ns: int) -> tuple[Evidence, ...]:
    """The last resolutions, then the last samples of the series that are back, the strongest departures first."""
    rows = [row for row in account.members if row.status is Status.RESOLVED and account.onset_ns <= row.event_time_ns <= until_ns]
    rows.sort(key=lambda row: (-row.event_time_ns, row.topic, row.partition, row.offset, row.row))
    most = sorted(account.findings, key=lambda finding: (-finding.nats, finding.entity, finding.family))
    back = [evidence_of_return(finding, finding.last) for finding in most if finding.last is not None and finding.is_back]
    return distinct([*map(evidence_of, rows), *back], EVIDENCE_MOST)
