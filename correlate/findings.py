"""Which of all departures from normal are told of one incident.

Knows:   whom the incident blames, and how strong each finding is.
Ignores: how findings are made (telemetry/inquiry.py) and worded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from correlate.scene import Finding

LOOKED_AT: Final = 200
"""Findings asked for: of a large outage the strongest five per blamed entity and more."""

TOLD_MAX: Final = 40
"""Findings told of one incident.  More is a list that nobody reads."""

EACH: Final = 2
"""Of each blamed entity: an accusation without evidence is none, and one finding alone may be an artefact."""


def chosen(findings: Sequence[Finding], blamed: Iterable[str], most: int = TOLD_MAX) -> list[Finding]:
    """The two strongest of each blamed entity, then the strongest of all the rest; strongest first.

    findings: strongest first.
    """
    blamed, told = set(blamed), Counter[str]()
    owed: list[Finding] = []
    rest: list[Finding] = []
    for finding in findings:
        mine = finding.entity in blamed and told[finding.entity] < EACH
        told[finding.entity] += mine
        (owed if mine else rest).append(finding)
    return sorted([*owed, *rest][:most], key=lambda finding: (-finding.nats, finding.entity, finding.family))
