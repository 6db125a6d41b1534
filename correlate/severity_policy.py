"""How severe an incident is: SEV1 … SEV4 by a written policy, and the rule that decided (C58, C66–C69).

Knows:   the policy table and the facts it asks for.
Ignores: how the facts were measured.

The first rule that applies decides.  Its name and its facts are recorded, so that anyone can see later which threshold fired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from correlate.customers import entry_services
from correlate.scene import Account
from correlate.words import listed, name_of, percent, plural
from schemas.incident import Impact
from schemas.severity import CRITICAL, ERROR
from schemas.signal import Kind, Status

OUTAGE_RATIO: Final = 0.5
"""Every second request fails: retries no longer hide it, customers call it down."""

SERIOUS_RATIO: Final = 0.05
"""One request in twenty fails: a page of a dozen requests fails for every other customer."""

NOTICEABLE_RATIO: Final = 0.01
"""The error budget of a 99.9 % month is gone in three days."""

WIDE_SERVICES: Final = 5
"""More services than one team runs: the response needs coordination."""


@dataclass(frozen=True, slots=True)
class Facts:
    entries: tuple[str, ...]
    """Affected entry services: what customers see at first hand."""
    error_ratio: float | None
    services: int
    alert_severity: int
    """Highest OpenTelemetry severity number of the incident's firing alerts; 0 without one."""
    unconfirmed: bool = False
    """Alerts fired, and nothing measured departed from normal."""


@dataclass(frozen=True, slots=True)
class Rule:
    level: str
    name: str
    applies: Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Verdict:
    level: str
    reason: str
    """The rule's name and the facts it saw."""


def _ratio(facts: Facts) -> float:
    return facts.error_ratio if facts.error_ratio is not None else 0.0


POLICY: Final = (
    Rule("SEV4", "an alert fired with nothing behind it", lambda facts: facts.unconfirmed),
    Rule("SEV1", "customers see an outage", lambda facts: bool(facts.entries) and _ratio(facts) >= OUTAGE_RATIO),
    Rule("SEV2", "customers see serious errors", lambda facts: bool(facts.entries) and _ratio(facts) >= SERIOUS_RATIO),
    Rule("SEV2", "a page fired and customers are affected", lambda facts: bool(facts.entries) and facts.alert_severity >= CRITICAL),
    Rule("SEV2", "a service is down", lambda facts: _ratio(facts) >= OUTAGE_RATIO),
    Rule("SEV2", "many services are affected and a page fired", lambda f: f.services >= WIDE_SERVICES and f.alert_severity >= CRITICAL),
    Rule("SEV3", "customers may notice", lambda facts: bool(facts.entries)),
    Rule("SEV3", "requests fail", lambda facts: _ratio(facts) >= NOTICEABLE_RATIO),
    Rule("SEV3", "an alert of severity error or above fired", lambda facts: facts.alert_severity >= ERROR),
    Rule("SEV3", "several services are affected", lambda facts: facts.services > 1),
    Rule("SEV4", "one component departs from its normal", lambda facts: True),
)
"""The policy: what nothing confirms first, then the most severe rule first; the last one always applies."""


def severity(account: Account, impact: Impact) -> Verdict:
    """The level of this incident as the policy has it."""
    return judge(facts_of(account, impact))


def judge(facts: Facts) -> Verdict:
    rule = next(rule for rule in POLICY if rule.applies(facts))
    ratio = f"peak error ratio {percent(facts.error_ratio)}" if facts.error_ratio is not None else "error ratio unknown"
    seen = listed([name_of(entity) for entity in facts.entries]) or "none known"
    alerts = f"highest severity of an alert {facts.alert_severity} of 24" if facts.alert_severity else "no alert"
    return Verdict(
        rule.level, f"{rule.name} ({ratio}, entry services affected: {seen}, {plural(facts.services, 'component')} affected, {alerts})"
    )


def facts_of(account: Account, impact: Impact) -> Facts:
    firing = [row.severity_number for row in account.members if row.subject.kind is Kind.ALERT and row.status is not Status.RESOLVED]
    return Facts(
        entries=tuple(sorted(entry_services(account.calls) & account.entities.keys())),
        error_ratio=impact.error_ratio_peak,
        services=len(account.entities),
        alert_severity=max(firing, default=0),
        unconfirmed=bool(account.unconfirmed),
    )
