"""An account told: the snapshot that downstream tools read.  The order of the steps, and nothing else."""

from __future__ import annotations

from correlate.cause_words import CAUSES_MOST, cause
from correlate.chain import chain
from correlate.contributing_factors import contributing_factors
from correlate.first_failures import first_failures
from correlate.impact import impact
from correlate.scene import Account
from correlate.severity_policy import severity
from correlate.timeline import timeline
from correlate.title import title
from correlate.words import moment
from schemas.entity import split
from schemas.incident import Incident


def tell(account: Account) -> Incident:
    """The incident as the account has it at this revision; the same account always gives the same bytes."""
    firsts = first_failures(account)
    measured = impact(account)
    verdict = severity(account, measured)
    happened = timeline(account, firsts)
    linked = chain(account, firsts)
    causes = tuple(cause(rank, suspect) for rank, suspect in enumerate(account.suspects[:CAUSES_MOST], start=1))
    return Incident(
        incident_id=account.incident_id,
        revision=account.revision,
        status=account.phase,
        severity=verdict.level,
        severity_reason=verdict.reason,
        estate=account.estate,
        title=title(account),
        onset_at=moment(account.onset_ns),
        detected_at=moment(account.detected_ns),
        mitigated_at=moment(account.mitigated_ns) if account.mitigated_ns is not None else None,
        resolved_at=moment(account.resolved_ns) if account.resolved_ns is not None else None,
        merged_into=account.merged_into,
        services=_services(account),
        entities=tuple(account.entities),
        signal_count=account.signal_count,
        causes=causes,
        contributing_factors=contributing_factors(account, linked),
        chain=linked,
        timeline=happened.entries,
        impact=measured,
        timeline_total=happened.total,
        shed=dict(sorted(account.shed.items())),
        changes_since=account.notes,
    )


def _services(account: Account) -> tuple[str, ...]:
    """Names of the affected services, most affected first; of other entities where no service is known."""
    services = [split(entity)[1] for entity in account.entities if split(entity)[0] == "service"]
    return tuple(services or (split(entity)[1] for entity in account.entities))
