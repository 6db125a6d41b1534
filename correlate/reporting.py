"""When an incident is told, and what is told anew.

Knows:   which incidents were published, their revisions, and what late rows amend.
Ignores: what the incident book decides and how an account becomes words.

An incident is told when it opens, when its phase changes, and otherwise at most once a minute of event time.  Revisions are numbered by
what happened, never by when it was computed: the same rows give the same revisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b

from msgspec.structs import replace

from correlate.accounts import BEFORE_NS, View, account_of, alerts_of, arguments_of, scene_of
from correlate.causes import rank
from correlate.chain_origin import ANSWER
from correlate.changes import judge_changes, judge_traffic
from correlate.evidence import recovery
from correlate.findings import LOOKED_AT, chosen
from correlate.incidents import Notice, Trouble
from correlate.membership import membership, surroundings
from correlate.near_misses import near_misses
from correlate.postmortem import draft
from correlate.revisions import changes_since
from correlate.scene import Finding, Position, Suspect
from correlate.telling import tell
from correlate.timeline import deltas
from correlate.units import HOUR_NS, MINUTE_NS, SECOND_NS
from schemas.incident import Argument, Incident, Phase
from schemas.postmortem import Postmortem
from schemas.signal import Signal
from schemas.timeline import TimelineDelta

REVISE_NS = MINUTE_NS
"""Nobody rereads an incident more than once a minute."""
AMENDABLE_NS = 24 * HOUR_NS
"""A resolved incident takes late rows for a day: the deadline of most reviews."""
TOLD_MAX = 500
"""Incidents kept in memory for amendment."""


@dataclass(frozen=True, slots=True)
class Emission:
    """One revision, ready to be published."""

    incident: Incident
    deltas: tuple[TimelineDelta, ...]
    postmortem: Postmortem | None


@dataclass(slots=True)
class Told:
    incident_id: str
    incident: Incident
    at_ns: int
    trouble: Trouble
    postmortem_revision: int = 0


@dataclass(slots=True)
class Reporter:
    told: dict[int, Told] = field(default_factory=dict)
    """By the incident's number."""
    due: list[Emission] = field(default_factory=list)
    late: list[Signal] = field(default_factory=list)
    """Late rows not yet told."""
    late_positions: dict[Position, int] = field(default_factory=dict)
    """Rows that came late, and their event times; forgotten when no incident of theirs takes late rows any more."""
    stale: set[int] = field(default_factory=set)
    """Incidents with news not yet told."""

    def open_severities(self) -> list[str]:
        """Of each incident that is not over, as last told, whichever process told it."""
        return [told.incident.severity for told in self.told.values() if told.incident.status not in (Phase.RESOLVED, Phase.MERGED)]

    def take(self) -> list[Emission]:
        due, self.due = self.due, []
        return due

    def heard_late(self, signal: Signal) -> None:
        self.late.append(signal)
        self.late_positions[Position(signal.topic, signal.partition, signal.offset, signal.row)] = signal.event_time_ns

    def _forget_late(self, now_ns: int) -> None:
        """A late row is of an incident that ended at most a day before it came, and that may have lasted a day itself."""
        oldest_ns = now_ns - 2 * AMENDABLE_NS
        if any(time_ns < oldest_ns for time_ns in self.late_positions.values()):
            self.late_positions = {place: time_ns for place, time_ns in self.late_positions.items() if time_ns >= oldest_ns}

    def report(self, view: View, notices: Sequence[Notice], now_ns: int) -> None:
        """After each tick: tells what is worth telling now."""
        for number, known in self.told.items():
            known.trouble = view.book.incidents.get(number, known.trouble)
        self.stale.update(notice.number for notice in notices)
        self._review(view, now_ns)
        for number in sorted(self.stale):
            trouble = view.book.incidents.get(number)
            if trouble is None or not trouble.published:
                continue
            told = self.told.get(number)
            if told is None or told.incident.status is not trouble.phase or now_ns - told.at_ns >= REVISE_NS:
                self._tell(view, trouble, now_ns, ())
        self.stale = {number for number in self.stale if number in view.book.incidents and not self._is_told(number, view, now_ns)}

    def _review(self, view: View, now_ns: int) -> None:
        """Whether the change that a mitigated incident is laid to still stands."""
        for number, trouble in sorted(view.book.incidents.items()):
            if trouble.phase is Phase.MITIGATED and now_ns % REVISE_NS == 0 and number in self.told:
                suspects = _suspects(view, trouble, now_ns, *_shown(view, trouble, now_ns))
                trouble.standing = accused_stands(suspects)

    def _is_told(self, number: int, view: View, now_ns: int) -> bool:
        told = self.told.get(number)
        return told is not None and told.at_ns == now_ns

    def amend(self, view: View, now_ns: int) -> None:
        """Tells anew each incident that late rows belong to."""
        late, self.late = self.late, []
        if late:
            self._forget_late(now_ns)
        for _, told in sorted(self.told.items()) if late else ():
            trouble = told.trouble
            end_ns = trouble.resolved_ns or now_ns
            mine = [signal for signal in late if trouble.onset_ns - HOUR_NS <= signal.event_time_ns <= end_ns]
            if mine and now_ns - end_ns <= AMENDABLE_NS:
                self._tell(view, trouble, max(now_ns, told.at_ns), tuple(_late_note(signal, now_ns) for signal in mine))

    def last_word(self, view: View, now_ns: int) -> None:
        """At the end of a replay: tells what is still untold of the open incidents."""
        for number, trouble in sorted(view.book.incidents.items()):
            if trouble.published and (number in self.stale or number not in self.told):
                self._tell(view, trouble, now_ns, ())
        self.stale.clear()

    def _tell(self, view: View, trouble: Trouble, now_ns: int, notes: tuple[str, ...]) -> None:
        before = self.told.get(trouble.number)
        findings, alerts = _shown(view, trouble, now_ns)
        suspects = _suspects(view, trouble, now_ns, findings, alerts)
        trouble.standing = accused_stands(suspects)
        account = account_of(
            view,
            trouble,
            alerts,
            incident_id=before.incident_id if before else _incident_id(view.estate, trouble),
            revision=before.incident.revision + 1 if before else 1,
            now_ns=now_ns,
            suspects=suspects,
            findings=findings,
            late=frozenset(self.late_positions),
            notes=notes,
        )
        incident = tell(account)
        told_before = before.incident if before else None
        around = surroundings(view, trouble, account)
        incident = replace(
            incident,
            changes_since=notes + changes_since(told_before, incident),
            membership=membership(around),
            near_misses=near_misses(around),
        )
        resolved = trouble.phase is Phase.RESOLVED
        revision = (before.postmortem_revision if before else 0) + resolved
        postmortem = draft(incident, revision=revision) if resolved else None
        self.due.append(Emission(incident, tuple(deltas(told_before, incident)), postmortem))
        self.told[trouble.number] = Told(account.incident_id, incident, now_ns, trouble, revision)
        while len(self.told) > TOLD_MAX:
            del self.told[next(iter(self.told))]


def _shown(view: View, trouble: Trouble, now_ns: int) -> tuple[list[Finding], list[Signal]]:
    """Departures and alerts of an incident.  What an entity showed in the first stretch is not told anew by a relapse: the cause is read
    from the beginning."""
    end_ns = trouble.resolved_ns or now_ns
    first_ns = trouble.relapses[0].over_ns if trouble.relapses else end_ns
    seen_ns = min(now_ns, end_ns + 2 * trouble.window_ns)  # recovery is told when it has lasted one and a half windows
    found = view.telemetry.findings(trouble.onset_ns, first_ns, LOOKED_AT, seen_ns)
    if trouble.relapses:
        known = {finding.entity for finding in found}
        later = view.telemetry.findings(trouble.relapses[-1].again_ns, end_ns, LOOKED_AT, seen_ns)
        found += [finding for finding in later if finding.entity in trouble.entities and finding.entity not in known]
    findings = chosen(found, trouble.blame)
    return findings, alerts_of(view, trouble, min(now_ns, end_ns + BEFORE_NS), findings)


def accused_stands(suspects: Sequence[Suspect]) -> bool:
    """Whether a change is accused and nothing has come that undid it."""
    first = next(iter(suspects), None)
    if first is None or first.change is None or first.score < ANSWER:
        return False
    return not _is_undone(first)


def _is_undone(suspect: Suspect) -> bool:
    return any(argument.kind == recovery.KIND for argument in suspect.arguments)


def _suspects(view: View, trouble: Trouble, now_ns: int, findings: Sequence[Finding], alerts: Sequence[Signal]) -> list[Suspect]:
    """Who did it, as was seen when it first seemed over: later everything suffers from everything, but for what an undoing shows."""
    over_ns = trouble.first_over_ns
    if over_ns is None:
        return _judged(view, trouble, now_ns, findings, alerts)
    first = _judged(
        view,
        trouble,
        over_ns,
        [finding for finding in findings if finding.first_ns <= over_ns],
        [alert for alert in alerts if alert.event_time_ns <= over_ns + BEFORE_NS],
    )
    since = _judged(view, trouble, now_ns, findings, alerts)
    return since if any(_is_undone(suspect) for suspect in since) else first


def _judged(view: View, trouble: Trouble, now_ns: int, findings: Sequence[Finding], alerts: Sequence[Signal]) -> list[Suspect]:
    scene = scene_of(view, trouble, now_ns, findings, alerts)
    changes = judge_changes(scene) if scene.changes else judge_traffic(scene)

    def arguments(entity: str) -> tuple[Argument, ...]:
        return arguments_of(trouble, findings, alerts, entity, measured=view.measures(entity))

    return rank(changes, trouble.blame, trouble.kind, arguments)


def _incident_id(estate: str, trouble: Trouble) -> str:
    """Readable and deterministic: when it began, and a hash of what began."""
    began = datetime.fromtimestamp(trouble.onset_ns // SECOND_NS, UTC)
    top = next(iter(trouble.blame), "")
    digest = blake2b(f"{estate}|{trouble.number}|{trouble.onset_ns}|{top}".encode(), digest_size=3).hexdigest()
    return f"inc-{began:%Y%m%dT%H%M%SZ}-{digest}"


def _late_note(signal: Signal, now_ns: int) -> str:
    minutes = (now_ns - signal.event_time_ns) / MINUTE_NS
    at = datetime.fromtimestamp(signal.event_time_ns // SECOND_NS, UTC)
    return f"{signal.subject.kind.value} of {at:%H:%M} on {signal.subject.entity.partition(':')[2]} arrived {minutes:.0f} min late"
