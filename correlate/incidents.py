"""Incidents as they come and go: opened on joint evidence, joined, held, split by new news, recovered.

Knows:   nats per entity and tick from the telemetry, what alerts and other detectors opened, and the life of each incident.
Ignores: where nats come from (telemetry/), who is suspected (ranking.py), changes (evidence/), and how incidents are told.

Locality does not group: every real fault shakes all services.  What separates incidents is time: an onset that lies apart from the
onsets of all open incidents is new news.  An incident's unit of time is the window of its opener's strongest series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from correlate import ranking
from correlate.closed_times import closed_spans
from correlate.parameters import DEFAULTS, Parameters
from correlate.sequels import Departure, near, nearest, recurrence_of, sequel_of
from correlate.telemetry.rows import Span
from correlate.telemetry.telemetry import Telemetry
from correlate.trouble import Joined, Notice, Trouble, kind_of
from schemas.incident import Phase

__all__ = ["IncidentBook", "Joined", "Notice", "Trouble", "kind_of"]

REMEMBERED: Final = 100
"""Incidents kept after they have ended: their times must not be learned from, and what comes back must find them."""
_UNALERTED: Final = 2
"""Times the evidence: people have written alerts for what they care about; what none of them covers must speak up by itself."""


class IncidentBook:
    def __init__(self, parameters: Parameters = DEFAULTS) -> None:
        self.parameters = parameters
        self.incidents: dict[int, Trouble] = {}
        self.alerting = False
        """Alerts are connected: what no alert speaks of needs twice the evidence before anybody is told."""
        self._count = 0
        self._now_ns = 0
        self._reopened: list[int] = []
        """Not yet told."""

    # --- what others say --------------------------------------------------------------------------------------------------

    def alert(self, entity: str, time_ns: int, symptoms: frozenset[str], now_ns: int, telemetry: Telemetry) -> int:
        """An alert opens an incident or joins one, and says which symptom must be explained; returns the incident's number."""
        window = telemetry.window_ns(entity)
        trouble = near(self._open(), time_ns, window, self.parameters) or next(
            (known for known in self._open() if entity in known.entities), None
        )
        trouble = trouble or self._again(recurrence_of(self.incidents.values(), entity, time_ns, window, self.parameters), time_ns, now_ns)
        if trouble is None:
            trouble = self._begin(entity, time_ns, window, now_ns)
        trouble.join(entity, "alerted", time_ns)
        trouble.alerted = True
        trouble.last_ns = max(trouble.last_ns, now_ns)
        if trouble.symptom is None:
            trouble.symptom = (entity, symptoms)
        return trouble.number

    def outside(self, onset_ns: int, entities: Sequence[str], window_ns: int, now_ns: int) -> int:
        """Another detector's incident: joins the one whose onset is near, else opens."""
        trouble = near(self._open(), onset_ns, window_ns, self.parameters) or self._begin(entities[0], onset_ns, window_ns, now_ns)
        for entity in entities:
            trouble.join(entity, "accused", onset_ns)
        trouble.alerted = True
        trouble.last_ns = max(trouble.last_ns, now_ns)
        return trouble.number

    def opinion(self, number: int, nats: Mapping[str, float]) -> None:
        """Another detector's ranking of an incident's entities, in place of its former one."""
        self.incidents[number].opinions = dict(nats)

    def keep(self, number: int, now_ns: int) -> None:
        """Something outside the telemetry says that the incident goes on: it may not recover yet."""
        self.incidents[number].last_ns = now_ns

    def ended(self, number: int, ended_ns: int) -> None:
        """Another detector's incident is over since `ended_ns`; where telemetry shows something too, telemetry decides."""
        trouble = self.incidents[number]
        if trouble.open and not trouble.at_onset and not trouble.peak:
            trouble.phase = Phase.RECOVERING
            trouble.resolved_ns = max(trouble.onset_ns + self.parameters.tick_ns, ended_ns)

    # --- one tick ---------------------------------------------------------------------------------------------------------

    def advance(self, now_ns: int, telemetry: Telemetry) -> list[Notice]:
        self._now_ns = now_ns
        totals = telemetry.totals()
        joint = float(np.log(max(2, telemetry.witnesses())))  # each entity is a chance of its own to be surprised
        opening, holding = self.parameters.open_nats + joint, self.parameters.hold_nats + joint
        self._take_in(totals, opening, holding, now_ns, telemetry)
        current = ranking.current(telemetry) if self._open() else {}
        notices = [Notice(number, "reopened") for number in self._reopened]
        self._reopened = []
        for trouble in list(self.incidents.values()):
            if trouble.open:
                self._follow(trouble, totals, holding, current, now_ns, telemetry)
                notices.extend(self._publish(trouble, opening))
            elif trouble.phase is not Phase.RESOLVED:
                notices.extend(self._settle(trouble, now_ns))
        self._forget()
        return notices

    def _take_in(self, totals: Mapping[str, float], opening: float, holding: float, now_ns: int, telemetry: Telemetry) -> None:
        """Hot entities join the incident whose onset is theirs, or open one; those that show far more than when they were placed are
        placed again: what looked like a part of one incident may be another's beginning."""
        home = {entity: trouble for trouble in self._open() for entity in trouble.entities}
        hot = sorted((entity for entity, nats in totals.items() if nats >= holding), key=lambda entity: (-totals[entity], entity))
        for entity in hot:
            nats, former = totals[entity], home.get(entity)
            if nats < opening and not self._open():
                continue
            if former is not None and nats < former.placed.get(entity, nats) + self.parameters.open_nats:
                continue
            window = telemetry.window_ns(entity)
            ends = [known.resolved_ns for known in self.incidents.values() if known.resolved_ns and entity in known.entities]
            begin = telemetry.onset(entity, max(ends, default=0))
            how = "onset"
            if begin is not None:
                trouble = near(self._open(), begin.at_ns, window, self.parameters)
                if trouble is None:
                    trouble, how = self._alerted_around(begin.at_ns), "around_alert"
                if trouble is None:
                    departure = Departure(entity, begin.at_ns, nats, window)
                    sequel = sequel_of(self.incidents.values(), departure, self.parameters, alerting=self.alerting)
                    trouble, how = self._again(sequel, begin.at_ns, now_ns), "sequel"
            else:
                trouble, how = former or nearest(self._open(), now_ns), "no_onset"
            if trouble is None and nats >= opening:
                since_ns = max([now_ns - window // 2, *(end + 1 for end in ends)])
                trouble = self._begin(entity, begin.at_ns if begin else since_ns, window, now_ns)
                trouble.sure, how = begin.nats if begin else 0.0, "opened"
            if trouble is not None:
                self._place(entity, former, trouble, Joined(how, begin.at_ns if begin else now_ns, nats))

    def _again(self, trouble: Trouble | None, onset_ns: int, now_ns: int) -> Trouble | None:
        """The incident that something goes on with, taken up again where it seemed over."""
        if trouble is not None and not trouble.open:
            trouble.reopen(onset_ns, now_ns)
            self._reopened.append(trouble.number)
        return trouble

    def _place(self, entity: str, former: Trouble | None, trouble: Trouble, why: Joined) -> None:
        if former is not None and former is not trouble:
            former.entities.remove(entity)
            former.placed.pop(entity, None)
            former.joined.pop(entity, None)
        trouble.join(entity, why.how, why.at_ns, why.nats)
        trouble.placed[entity] = why.nats

    def _alerted_around(self, onset_ns: int) -> Trouble | None:
        """The nearest open incident, if it has an alert: an alert's time is late or early by its own rules, so it gathers what is about."""
        known = nearest(self._open(), onset_ns)
        if known is None or not known.alerted:
            return None
        return known if known.onset_ns - known.window_ns <= onset_ns <= self._ranked_until(known) else None

    def _begin(self, entity: str, onset_ns: int, window_ns: int, now_ns: int) -> Trouble:
        self._count += 1
        trouble = Trouble(self._count, onset_ns, max(now_ns, onset_ns), window_ns, [entity], now_ns)
        self.incidents[trouble.number] = trouble
        return trouble

    def _follow(
        self, trouble: Trouble, totals: Mapping[str, float], holding: float, current: dict[str, float], now_ns: int, telemetry: Telemetry
    ) -> None:
        if now_ns <= trouble.onset_ns + trouble.window_ns and not trouble.alerted:
            self._refine(trouble, telemetry)
        until = self._ranked_until(trouble)
        trouble.holding = holding
        for entity, nats in totals.items():
            trouble.seen[entity] = max(nats, trouble.seen.get(entity, 0.0))
        others = {entity for other in self._open() if other is not trouble for entity in other.entities} - set(trouble.entities)
        for entity, nats in current.items():
            if not trouble.relapses and entity not in others and nats > trouble.peak.get(entity, 0.0):
                trouble.peak[entity] = nats
        shown = max((totals.get(entity, 0.0) for entity in trouble.entities), default=0.0)
        if now_ns >= trouble.onset_ns + trouble.window_ns:
            trouble.best = max(trouble.best, shown)
        hot = shown >= holding
        lasting = now_ns <= trouble.onset_ns + int(self.parameters.endure_windows * trouble.window_ns)
        hot = hot or (lasting and telemetry.still(trouble.entities, trouble.local) >= holding)
        young = trouble.alerted and now_ns <= until
        if hot or young:
            trouble.last_ns = now_ns
        if now_ns <= until + 2 * self.parameters.tick_ns:
            ranking.judge(trouble, min(now_ns, until), others, telemetry)
        ranking.weigh(trouble)
        if trouble.last_ns < now_ns:
            trouble.phase = Phase.RECOVERING
            if not lasting:
                telemetry.adopt(trouble.entities)
            trouble.resolved_ns = max(trouble.onset_ns + self.parameters.tick_ns, trouble.last_ns - trouble.window_ns // 2)

    def _refine(self, trouble: Trouble, telemetry: Telemetry) -> None:
        """While an incident is young, a surer witness of its opener may tell the onset better."""
        begin = telemetry.onset(trouble.entities[0]) if trouble.entities else None
        if begin is not None and begin.nats > trouble.sure and abs(begin.at_ns - trouble.onset_ns) <= trouble.window_ns:
            trouble.sure, trouble.onset_ns, trouble.local = begin.nats, begin.at_ns, np.zeros(0)

    def _publish(self, trouble: Trouble, opening: float) -> list[Notice]:
        """Telemetry alone must keep its evidence up for a window before anybody is told: what was detected, where a job is one resource."""
        lasted = trouble.last_ns - trouble.onset_ns >= trouble.window_ns
        notices = []
        shown = max([0.0, *(trouble.seen.get(entity, 0.0) for entity in trouble.entities)])
        enough = shown >= (_UNALERTED if self.alerting else 1) * opening
        if not trouble.published and (trouble.alerted or (enough and lasted and trouble.blame)):
            trouble.published = True
            notices.append(Notice(trouble.number, "opened"))
        elif trouble.published:
            notices.append(Notice(trouble.number, "revised"))
        if trouble.published and trouble.phase is Phase.RECOVERING:
            notices.append(Notice(trouble.number, "recovering"))
        return notices

    def _settle(self, trouble: Trouble, now_ns: int) -> list[Notice]:
        """Recovery is verified when a whole window has passed without a relapse; while the change that is accused stands, the trouble is
        but mitigated, until what has endured is the new normal."""
        if now_ns - trouble.last_ns < trouble.window_ns:
            return []
        assert trouble.resolved_ns is not None
        watched = trouble.standing and now_ns < trouble.resolved_ns + int(self.parameters.endure_windows * trouble.window_ns)
        phase = Phase.MITIGATED if watched else Phase.RESOLVED
        if phase is trouble.phase:
            return []
        trouble.phase = phase
        if phase is Phase.RESOLVED:
            trouble.local = np.zeros(0)
        return [Notice(trouble.number, phase.value)] if trouble.published else []

    # --- what the book knows ----------------------------------------------------------------------------------------------

    def _open(self) -> list[Trouble]:
        return [trouble for trouble in self.incidents.values() if trouble.open]

    def _ranked_until(self, trouble: Trouble) -> int:
        return trouble.onset_ns + int(self.parameters.rank_windows * trouble.window_ns)

    def _forget(self) -> None:
        ended = [number for number, trouble in self.incidents.items() if trouble.phase is Phase.RESOLVED]
        for number in ended[: max(0, len(ended) - REMEMBERED)]:
            del self.incidents[number]

    def troubled(self) -> list[Span]:
        """Spans that must not be learned as normal."""
        return closed_spans(self.incidents.values(), self._now_ns, self.parameters)
