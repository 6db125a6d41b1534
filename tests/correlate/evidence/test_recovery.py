"""What happened when a change was undone: the experiment that settles the case (C9)."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from correlate.evidence import recovery
from correlate.evidence.docket import open_docket
from correlate.evidence.grades import PROOF
from correlate.scene import Scene
from schemas.signal import Kind, Signal, Status, Subject
from tests.correlate.evidence.bench import candidate, outage, per_minute
from tests.correlate.evidence.outages.tell import MINUTE_NS, T0, Change

BEFORE, DURING = [0.01] * 34, [0.4] * 6


def row(name: str, minutes_after: float, text: str = "", details: str = "", change_id: str = "undo") -> Signal:
    subject = Subject(kind=Kind.CHANGE, entity="service:orders", name=name, source="test", estate="shop")
    return Signal(subject=subject, event_time_ns=T0 + int(minutes_after * MINUTE_NS), text=text, details=details, change_id=change_id)


ROLLBACK = row("service.rolledback", 6)


def scene(after: Sequence[float], undoing: Signal = ROLLBACK, kind: str = "commit") -> Scene:
    """Errors of orders rise at the onset; the change is undone six minutes later; `after` is what then came."""
    errors = per_minute("orders", "error_ratio", [*BEFORE, *DURING, *after], first_minute=-34)
    told = outage(Change("guilty", 5, "orders", kind=kind), Change("other", 5, "web"), series=(errors,)).scene()
    return replace(told, changes=[*told.changes, undoing], now_ns=T0 + (6 + len(after)) * MINUTE_NS)


def nats(told: Scene, change: str = "guilty") -> float:
    docket = open_docket(told)
    return sum(argument.nats for argument in recovery.judge(docket, candidate(docket, change)))


def test_trouble_that_ends_with_the_rollback_was_the_changes() -> None:
    assert nats(scene([0.4, 0.02, 0.01, 0.01])) == PROOF


def test_trouble_that_stays_after_the_rollback_was_not() -> None:
    assert nats(scene([0.4, 0.41, 0.4, 0.39, 0.4, 0.4])) == -PROOF


def test_one_minute_after_a_rollback_it_is_too_early_to_say() -> None:
    assert nats(scene([0.4])) == 0


def test_other_changes_are_neither_confirmed_nor_cleared() -> None:
    assert nats(scene([0.01] * 5), "other") == 0


@pytest.mark.parametrize(
    "undoing",
    [row("push", 6, text='Revert "tidy"\n\nThis reverts commit guilty.'), row("service.deployed", 6, details='{"action":"rollback"}')],
    ids=["a revert commit names it", "a deploy says so"],
)
def test_a_change_is_undone_in_many_words(undoing: Signal) -> None:
    assert nats(scene([0.01] * 5, undoing)) == PROOF


def test_a_flag_is_undone_by_turning_it_back() -> None:
    assert nats(scene([0.01] * 5, row("flag.changed", 6, details='{"action":"turned off"}', change_id="guilty"), "flag")) == PROOF
    assert nats(scene([0.01] * 5, row("flag.changed", 6, details='{"action":"turned on"}', change_id="guilty"), "flag")) == 0


def test_alerts_that_all_resolve_are_a_recovery() -> None:
    told = scene([])
    resolved = msgspec.structs.replace(told.alerts[0], status=Status.RESOLVED, event_time_ns=T0 + 8 * MINUTE_NS)
    assert nats(replace(told, series=(), alerts=[*told.alerts, resolved], now_ns=T0 + 8 * MINUTE_NS)) == PROOF
