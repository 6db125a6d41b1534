"""Evidence: what happened when a change was undone.

Knows:   a rollback, a revert, a flag turned back are the experiment that settles the case: trouble that ends with them was theirs,
         trouble that stays was not.
Ignores: everything before the undoing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from correlate.citing import evidence_of
from correlate.evidence.candidates import Candidate, facts_of
from correlate.evidence.docket import Docket
from correlate.evidence.grades import PROOF
from correlate.scene import Scene, Series
from correlate.telemetry.roles import owner_of
from correlate.units import MINUTE_NS
from correlate.words import span
from schemas.incident import Argument
from schemas.signal import Signal, Status

KIND = "recovery"
SETTLES_NS = 5 * MINUTE_NS
"""Time that an undone change is given to show: old replicas start, queues drain, caches warm."""
BACK = 0.7
"""Share of the way back to normal that counts as recovery: what remains is backlog."""

_UNDOES = re.compile(r"roll(ed)?[ _.-]?back|revert|undo|restor|abort", re.I)
_OPPOSITE = (("on", "off"), ("enabled", "disabled"), ("true", "false"))


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    undoing = next(_undoings(docket.scene, candidate), None)
    if undoing is None:
        return []
    after_ns = docket.scene.now_ns - undoing.event_time_ns
    share = recovered(docket.scene, undoing.event_time_ns)
    refs = (evidence_of(undoing),)
    when = span(undoing.event_time_ns - docket.scene.onset_ns)
    if share is not None and share >= BACK:
        return [Argument(kind=KIND, nats=PROOF, text=f"It was undone {when} after the onset, and the trouble ended.", refs=refs)]
    if after_ns >= SETTLES_NS:
        return [
            Argument(
                kind=KIND,
                nats=-PROOF,
                text=f"It was undone {when} after the onset, yet the trouble stays after {span(after_ns)}.",
                refs=refs,
            )
        ]
    return []


def _undoings(scene: Scene, candidate: Candidate) -> Iterator[Signal]:
    return (row for row in scene.changes if row.event_time_ns > max(candidate.at_ns, scene.onset_ns) and _undoes(row, candidate))


def _undoes(row: Signal, candidate: Candidate) -> bool:
    if row in candidate.rows:
        return False
    facts = facts_of(row)
    if candidate.row.change_id and candidate.row.change_id in row.text:
        return bool(_UNDOES.search(row.text))  # a revert commit names what it reverts
    if row.subject.entity not in candidate.entities:
        return False
    if candidate.is_flag and "flag" in row.subject.name:
        was, now = str(facts_of(candidate.row).get("action", "")), str(facts.get("action", ""))
        same = row.change_id == candidate.row.change_id or row.dedup_key == candidate.row.dedup_key != ""
        return same and any((one in was and other in now) or (other in was and one in now) for one, other in _OPPOSITE)
    if any(move.old and (move.old, move.new) == (str(facts.get("to", "")), str(facts.get("from", ""))) for move in candidate.moves):
        return True
    return bool(_UNDOES.search(f"{row.subject.name} {facts.get('action', '')}"))


def recovered(scene: Scene, since_ns: int) -> float | None:
    """How far the trouble has gone back to normal since then, 0..1; None where nothing can tell."""
    closed = [alert for alert in scene.alerts if alert.status is Status.RESOLVED and alert.event_time_ns > since_ns]
    firing = {(alert.subject, alert.dedup_key) for alert in scene.alerts if alert.status is Status.FIRING}
    if closed and firing <= {(alert.subject, alert.dedup_key) for alert in closed}:
        return 1.0
    ways = [
        way
        for series in scene.series
        if owner_of(series.subject) in scene.blame and (way := _way_back(series, scene.onset_ns, since_ns)) is not None
    ]
    return float(np.median(ways)) if ways else None


def _way_back(series: Series, onset_ns: int, since_ns: int) -> float | None:
    """Of one series: the share of its departure that is gone; None where it never departed or nothing came since."""
    times, values = series.times_ns, series.values
    before, during, after = (
        values[times < onset_ns],
        values[(times >= onset_ns) & (times <= since_ns)],
        values[times > since_ns + series.step_ns],
    )
    if len(before) < 5 or len(during) < 2 or len(after) < 2:
        return None
    normal, bad, now = float(np.median(before)), float(np.median(during)), float(np.median(after[-3:]))
    spread = 1.4826 * float(np.median(np.abs(before - normal)))
    if abs(bad - normal) <= 5 * max(spread, 0.1 * abs(normal)):
        return None
    return min(1.0, max(0.0, 1 - (now - normal) / (bad - normal)))
