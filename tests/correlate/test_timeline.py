"""The timeline: what happened, oldest first, each entry with its evidence and an id that survives."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.citing import position_of
from correlate.first_failures import first_failures
from correlate.scene import Account, Relapse
from correlate.telling import tell
from correlate.timeline import ENTRIES_MOST, deltas, timeline
from schemas.incident import TimelineEntry
from schemas.timeline import Op
from tests.correlate.outage import Outage, bad_deploy, ns


def entries(account: Account) -> tuple[TimelineEntry, ...]:
    return timeline(account, first_failures(account)).entries


def test_a_bad_deploy_is_told_from_the_change_to_the_verified_recovery():
    """C7, C9, C12: change, onset, first failures, logs, alert, detection, rollback, recovery, in this order."""
    told = [(entry.kind, entry.entity.partition(":")[2]) for entry in entries(bad_deploy().account())]
    assert told == [
        ("change", "catalog"),
        ("change", "payment"),
        ("onset", "payment"),
        ("metric", "payment"),
        ("log", "payment"),
        ("metric", "checkout"),
        ("metric", "frontend"),
        ("alert", "frontend"),
        ("detection", "frontend"),
        ("change", "payment"),
        ("alert_resolved", "frontend"),
        ("resolved", "payment"),
    ]


def test_every_entry_points_to_the_record_that_shows_it():
    """C10, C19: topic, partition, offset, a copy and its hash."""
    for entry in entries(bad_deploy().account()):
        assert entry.evidence, entry
        for one in entry.evidence:
            assert one.topic.startswith("telemetry.")
            assert one.offset > 0
            assert len(one.sha256) == 64
            assert one.text


def test_a_relapse_has_an_entry_of_its_own_each_time():
    """C9, C10: when it seemed over and when it began again, under ids that stay when the next relapse comes."""
    relapses = (Relapse(ns(300), ns(360)), Relapse(ns(500), ns(620)))
    one, two = ([entry for entry in entries(bad_deploy().account(relapses=relapses[:many])) if entry.kind == "relapse"] for many in (1, 2))
    assert two[:1] == one
    assert [entry.text for entry in two] == [
        "Relapse: what had seemed over for 1 min began again.",
        "Relapse: what had seemed over for 2 min began again.",
    ]
    assert all(entry.evidence for entry in two)


def test_what_is_mitigated_says_what_still_stands():
    """C9: impact over, cause not removed."""
    told = {entry.kind: entry.text for entry in entries(bad_deploy().account(mitigated_ns=ns(700), resolved_s=None))}
    assert told["recovery"] == "Mitigated: the symptoms are back inside their normal; the change that is accused of it stands."


def test_the_first_failure_of_each_component_is_told_once_at_its_own_time():
    """C13."""
    told = {entry.entity: entry.at for entry in entries(bad_deploy().account()) if entry.kind == "metric"}
    assert told == {
        "service:payment": "2023-11-14T22:13:20.000Z",
        "service:checkout": "2023-11-14T22:13:32.000Z",
        "service:frontend": "2023-11-14T22:13:40.000Z",
    }


def test_the_onset_names_a_component_only_where_the_data_single_one_out():
    """C11: an onset found on joint evidence, before any first failure, does not pretend to know where."""
    (clear,) = (entry for entry in entries(bad_deploy().account()) if entry.kind == "onset")
    assert clear.text == "Onset, ± 2 s: payment is the first to depart from its normal."
    (vague,) = (entry for entry in entries(bad_deploy().account(onset_ns=ns(-45))) if entry.kind == "onset")
    assert vague.text == "Onset: departures from normal begin."


def test_log_lines_of_one_template_are_one_entry_that_counts_them():
    """C5: the flood is one line; its first record and its last are the evidence."""
    (log,) = (entry for entry in entries(bad_deploy().account()) if entry.kind == "log")
    assert log.count == 2
    assert [one.text[-1] for one in log.evidence] == ["7", "8"]
    assert "“Failed to charge card: connection refused by 10.0.0.7”" in log.text


def test_an_alert_that_repeats_is_one_entry_until_it_resolves_and_the_next_firing_is_another():
    """Alertmanager repeats a firing alert for hours; a flap is news."""
    outage = Outage()
    outage.fails("api", 0)
    for at_s in (10, 20, 30):
        outage.alert("api", at_s)
    outage.resolve("api", 40)
    outage.resolve("api", 45)
    outage.alert("api", 50)
    told = [(entry.kind, entry.count) for entry in entries(outage.account()) if entry.kind.startswith("alert")]
    assert told == [("alert", 3), ("alert_resolved", 2), ("alert", 1)]


def test_an_alert_on_many_instances_resolves_when_the_last_one_does():
    """C15: one cascade, one entry, whatever number of instances fire."""
    outage = Outage()
    outage.fails("api", 0)
    for key in "abc":
        outage.alert("api", 10, key=key)
    for at_s, key in ((50, "a"), (60, "c"), (70, "b")):
        outage.resolve("api", at_s, key=key)
    told = [(entry.kind, entry.at[14:19], entry.count) for entry in entries(outage.account()) if entry.kind.startswith("alert")]
    assert told == [("alert", "13:30", 3), ("alert_resolved", "14:30", 1)]


def test_an_alert_that_grows_more_severe_is_an_escalation():
    outage = Outage()
    outage.fails("api", 0)
    outage.alert("api", 10, severity=13)
    outage.alert("api", 100, severity=18)
    assert [entry.kind for entry in entries(outage.account()) if entry.kind in ("alert", "escalation")] == ["alert", "escalation"]


def test_an_alert_counts_from_when_its_tool_says_it_began():
    """A repeat that arrives late still says when it started firing."""
    outage = Outage()
    outage.fails("api", 0)
    row = outage.alert("api", 300)
    row.starts_at_ns = ns(45)
    (alert,) = (entry for entry in entries(outage.account()) if entry.kind == "alert")
    assert alert.at == "2023-11-14T22:14:05.000Z"


def test_what_lies_after_the_closed_buckets_is_provisional():
    """Alerts and changes reach the timeline at once, and say that they may still change."""
    told = {entry.at[14:19]: entry.provisional for entry in entries(bad_deploy().account(settled_ns=ns(100)))}
    assert told["14:20"] is False
    assert told["20:20"] is True


def test_a_record_that_came_late_marks_its_entry():
    outage = bad_deploy()
    late = outage.change("checkout", 5)
    account = outage.account(late=frozenset([position_of(late)]))
    assert [entry.entity for entry in entries(account) if entry.late] == ["service:checkout"]


def test_an_entity_without_any_record_is_not_told():
    """C10: what nothing shows is not on the timeline, even if joint evidence counts it as affected."""
    outage = bad_deploy()
    outage.entities["service:shadow"] = ns(1)
    assert all("shadow" not in entry.entity for entry in entries(outage.account()))


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_in_which_rows_were_kept_changes_nothing(chance: random.Random):
    """Same rows, any order: the same bytes."""
    outage = bad_deploy()
    calm = msgspec.json.encode(tell(outage.account()))
    chance.shuffle(outage.members)
    chance.shuffle(outage.findings)
    assert msgspec.json.encode(tell(outage.account())) == calm


def test_an_entry_keeps_its_id_when_later_data_move_or_extend_it():
    """A first failure refined to an earlier sample, and one more line of a template, amend their entries."""
    outage = bad_deploy()
    before = tell(outage.account(revision=1))
    outage.fails("checkout", 9, nats=30, text="errors of checkout rose from 0 to 51 %")
    outage.log("payment", 30, "Failed to charge card: connection refused by 10.0.0.9", template_id=7)
    after = tell(outage.account(revision=2))
    told = [(delta.op, delta.entry.kind, delta.entry.entity.partition(":")[2]) for delta in deltas(before, after)]
    assert told == [(Op.AMEND, "log", "payment"), (Op.AMEND, "metric", "checkout")]
    assert {delta.revision for delta in deltas(before, after)} == {2}


def test_the_first_revision_adds_everything_and_an_equal_one_changes_nothing():
    incident = tell(bad_deploy().account())
    assert [delta.op for delta in deltas(None, incident)] == [Op.ADD] * len(incident.timeline)
    assert deltas(incident, incident) == []


def test_a_row_that_turns_out_not_to_belong_is_retracted():
    outage = bad_deploy()
    before = tell(outage.account())
    outage.members = [row for row in outage.members if row.subject.entity != "service:catalog"]
    (delta,) = deltas(before, tell(outage.account(revision=2)))
    assert (delta.op, delta.entry.entity) == (Op.RETRACT, "service:catalog")


@settings(deadline=None)
@given(st.lists(st.integers(0, 11), max_size=6, unique=True), st.lists(st.integers(0, 11), max_size=6, unique=True))
def test_deltas_applied_in_order_give_the_snapshot(first: list[int], second: list[int]):
    """A reader of the delta topic and a reader of the snapshots see the same timeline."""
    seen: dict[str, TimelineEntry] = {}
    before = None
    for revision, left_out in enumerate((first, second, []), start=1):
        outage = bad_deploy()
        outage.members = [row for index, row in enumerate(outage.members) if index not in left_out]
        after = tell(outage.account(revision=revision))
        for delta in deltas(before, after):
            if delta.op is Op.RETRACT:
                del seen[delta.entry.entry_id]
            else:
                assert (delta.entry.entry_id in seen) is (delta.op is Op.AMEND)
                seen[delta.entry.entry_id] = delta.entry
        before = after
        assert seen == {entry.entry_id: entry for entry in after.timeline}


def test_a_storm_keeps_the_milestones_the_suspect_and_the_first_failures():
    """Bounded with the most telling kept, and the true number told."""
    outage = bad_deploy()
    for number in range(1_000):
        outage.log(f"noise-{number}", 5 + number / 10, f"line {number}", template_id=100 + number)
    told = timeline(outage.account(), first_failures(outage.account()))
    assert len(told.entries) == ENTRIES_MOST
    assert told.total == 1_012
    kept = {(entry.kind, entry.entity.partition(":")[2]) for entry in told.entries}
    assert kept >= {("onset", "payment"), ("detection", "frontend"), ("resolved", "payment"), ("change", "payment"), ("metric", "checkout")}
    assert list(told.entries) == sorted(told.entries, key=lambda entry: entry.at)
