"""Who is who among the series: owners, families, callers; as arrays beside the series table.

Knows:   the role of each series by number, the numbers of entities, and the calls that series and the catalogue tell of.
Ignores: samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from correlate.scene import Int64s
from correlate.telemetry import blame
from correlate.telemetry.roles import EDGE_IN_CLIENT, EDGE_IN_SERVER, FAMILIES, Role, role_of
from schemas.signal import Subject

NOBODY: Final = -1
_COLUMNS: Final = ("owner", "family", "direction", "client", "requests")


class Registry:
    """Numbers of entities never change; numbers of series follow the series table."""

    def __init__(self) -> None:
        self.entities: list[str] = []
        self.witnesses: set[int] = set()
        """Entities that have series or logs of their own, not only a place in the catalogue."""
        self.number_of: dict[str, int] = {}
        self.subjects: list[Subject] = []
        self.owner = np.zeros(0, np.int64)
        self.family = np.zeros(0, np.int64)
        self.direction = np.zeros(0, np.int64)
        self.client = np.zeros(0, np.int64)
        self.requests = np.zeros(0, np.int64)
        self.metrics: dict[tuple[str, int], int] = {}
        """The same metric in the same role elsewhere: its peers."""
        self.observed: dict[int, set[int]] = {}
        self.declared: dict[int, set[int]] = {}
        self.inferred: dict[int, set[int]] = {}
        """From traces in logs; they count only for callees of whom no caller is measured or declared."""
        self._changed = True
        self._below = blame.links({})
        self._callers = blame.links({})

    def entity(self, name: str) -> int:
        number = self.number_of.get(name)
        if number is None:
            number = self.number_of[name] = len(self.entities)
            self.entities.append(name)
            self._changed = True
        return number

    def witness(self, name: str) -> int:
        """The number of an entity that has telemetry of its own."""
        number = self.entity(name)
        self.witnesses.add(number)
        return number

    def add(self, subjects: list[Subject]) -> list[tuple[bool, int, bool]]:
        """Adds series; returns for each whether its name is a counter's, its group of peers, and whether it says what went well."""
        made: list[tuple[bool, int, bool]] = []
        rows = []
        for subject in subjects:
            role = role_of(subject)
            kind = (subject.name, 1 if role.client else 0)
            made.append((role.cumulative, self.metrics.setdefault(kind, len(self.metrics)), role.successes))
            rows.append((self.witness(role.owner), role.family, role.direction, self._caller(role), int(role.requests)))
        self.subjects.extend(subjects)
        columns = np.array(rows, np.int64).reshape(-1, len(_COLUMNS)).T
        for name, column in zip(_COLUMNS, columns, strict=True):
            setattr(self, name, np.concatenate((getattr(self, name), column)))
        return made

    def _caller(self, role: Role) -> int:
        if not role.client:
            return NOBODY
        caller = self.entity(role.client)
        self.observe(caller, self.entity(role.owner))
        return caller

    def observe(self, caller: int, callee: int) -> None:
        """Takes note of a call; nobody calls itself."""
        if caller != callee and callee not in self.observed.setdefault(caller, set()):
            self.observed[caller].add(callee)
            self._changed = True

    def infer(self, caller: int, callee: int) -> None:
        """Takes note of a call that nobody has measured."""
        self.inferred.setdefault(caller, set()).add(callee)
        self._changed = True

    def keep(self, kept: Int64s) -> None:
        """Follows the series table when it has made room."""
        self.subjects = [self.subjects[number] for number in kept.tolist()]
        for name in _COLUMNS:
            setattr(self, name, getattr(self, name)[kept])

    def declare(self, calls: Mapping[str, frozenset[str]]) -> None:
        """Takes the catalogue's dependencies, in place of earlier ones."""
        self.declared = {
            self.entity(caller): {self.entity(callee) for callee in sorted(callees)} for caller, callees in sorted(calls.items())
        }
        self._changed = True

    def calls(self) -> dict[int, set[int]]:
        """Caller → callees: observed, declared, and inferred where nothing better is known."""
        known = set(self.owner[self.client != NOBODY].tolist()).union(*self.declared.values()) if self.inferred else set()
        calls = {}
        for caller in sorted({*self.observed, *self.declared, *self.inferred}):
            callees = self.observed.get(caller, set()) | self.declared.get(caller, set()) | (self.inferred.get(caller, set()) - known)
            if callees:
                calls[caller] = callees
        return calls

    def links(self) -> tuple[blame.Links, blame.Links]:
        """(everybody below each entity, direct callers of each entity)."""
        if self._changed:
            calls = self.calls()
            callers: dict[int, set[int]] = {}
            for caller, callees in calls.items():
                for callee in callees:
                    callers.setdefault(callee, set()).add(caller)
            self._below, self._callers = blame.links(blame.reachable(calls)), blame.links(callers)
            self._changed = False
        return self._below, self._callers

    def latency_edges(self) -> list[tuple[int, Int64s]]:
        """For the client and the server side: (family, numbers of the series that time a call between two entities)."""
        calls = self.client >= 0
        return [(family, np.nonzero(calls & (self.family == family))[0]) for family in (EDGE_IN_CLIENT, EDGE_IN_SERVER)]

    @property
    def size(self) -> tuple[int, int]:
        """Shape of a matrix entity × family."""
        return len(self.entities), len(FAMILIES)
