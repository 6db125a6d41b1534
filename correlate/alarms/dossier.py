"""What does not change any more of an open burst's complaints, so that each new one costs only itself.

Knows:   of each complaint how particular it is to its entity, how late it came, and with which others it counts as one.
Ignores: how that is weighed (ranking.py), and closed bursts: the past learns from them, and what was particular is so no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from correlate.alarms.alarm import Alarm
from correlate.alarms.past import Past
from correlate.parameters import DEFAULTS

_LATENESS: Final = 1.5
"""Windows after the onset at which a complaint counts half: causes speak first, and exporters poll once a window."""

Ident = tuple[str, str, str]
Group = tuple[str, str, str]
"""Entity, unit and alert name: twenty log lines of one crash are one piece of evidence."""


@dataclass(slots=True)
class Dossier:
    """Parallel to the first alarms of each complaint of one burst, in their order."""

    particular: list[float] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    """1 at the onset, less the later."""
    kinds: list[str] = field(default_factory=list)
    group: list[int] = field(default_factory=list)
    """Index into `groups`."""
    groups: dict[Group, int] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)
    """Of each group: the host that its first complaint names."""
    showing: dict[str, set[str]] = field(default_factory=dict)
    """Kind of complaint → the entities that show it."""

    def extend(self, first: Mapping[Ident, Alarm], onset_ns: int, past: Past) -> None:
        """Takes in what has come since."""
        for alarm in islice(first.values(), len(self.particular), None):
            complaint = alarm.complaint
            late = max(0, alarm.time_ns - onset_ns) / (_LATENESS * DEFAULTS.burst_ns)
            group = complaint.candidate, complaint.unit, complaint.name
            if group not in self.groups:
                self.groups[group] = len(self.groups)
                self.hosts.append(complaint.host)
            self.particular.append(past.particular(complaint))
            self.weight.append(0.5**late)
            self.kinds.append(complaint.kind)
            self.group.append(self.groups[group])
            self.showing.setdefault(complaint.kind, set()).add(complaint.candidate)
