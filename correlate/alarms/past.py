"""What fired in past incidents: what fires in any of them says nothing of who caused this one.

Knows:   how often each complaint fired in past incidents, and in the last ones, forgotten by halves.
Ignores: the present one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from correlate.alarms.alarm import Complaint
from correlate.parameters import DEFAULTS

_RECENT_INCIDENTS = 2.0
"""Half-life, in incidents, of what is taken as an echo of the last one."""
_DOUBT = 1e-9
_COMPLAINTS_MAX = 50_000


@dataclass(slots=True)
class Past:
    """What fired in past incidents, forgotten by halves."""

    incidents: float = 0.0
    recent: float = 0.0
    of_ident: dict[tuple[str, str, str], float] = field(default_factory=dict)
    of_ident_recent: dict[tuple[str, str, str], float] = field(default_factory=dict)
    of_kind: dict[str, float] = field(default_factory=dict)
    idents_of_kind: dict[str, int] = field(default_factory=dict)

    def learn(self, complaints: Iterable[Complaint]) -> None:
        long, short = 0.5 ** (1 / DEFAULTS.incidents_remembered), 0.5 ** (1 / _RECENT_INCIDENTS)
        for table, keep in ((self.of_ident, long), (self.of_kind, long), (self.of_ident_recent, short)):
            _fade(table, keep)
        self.incidents, self.recent = self.incidents * long + 1, self.recent * short + 1
        for complaint in complaints:
            if complaint.ident not in self.of_ident:
                self.idents_of_kind[complaint.kind] = self.idents_of_kind.get(complaint.kind, 0) + 1
            for table, key in ((self.of_ident, complaint.ident), (self.of_ident_recent, complaint.ident)):
                table[key] = table.get(key, 0.0) + 1
            self.of_kind[complaint.kind] = self.of_kind.get(complaint.kind, 0.0) + 1

    def particular(self, complaint: Complaint) -> float:
        """Chance that the complaint is not just what fires in any incident, or an echo of the last."""
        spread = max(1, self.idents_of_kind.get(complaint.kind, 0))
        usual = (self.of_kind.get(complaint.kind, 0.0) + 0.5) / (self.incidents * spread + 1)
        in_any = (self.of_ident.get(complaint.ident, 0.0) + usual) / (self.incidents + 1)
        echo = self.of_ident_recent.get(complaint.ident, 0.0) / (self.recent + 1)
        return (1 - min(1 - _DOUBT, in_any)) * (1 - min(1 - _DOUBT, echo))


def _fade(table: dict[object, float] | dict[str, float] | dict[tuple[str, str, str], float], keep: float) -> None:
    for key in list(table):
        table[key] *= keep  # type: ignore[index]
        if table[key] < _DOUBT or len(table) > _COMPLAINTS_MAX:  # type: ignore[index]
            del table[key]  # type: ignore[arg-type]
