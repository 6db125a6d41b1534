"""What shows that an incident is over: resolutions and series that are back; what is not back is not said to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from correlate.first_failures import first_failures
from correlate.postmortem import draft
from correlate.recovered import evidence_of_recovery, is_verified, reasons
from correlate.scene import Finding, Position, Sample
from correlate.telling import tell
from correlate.timeline import timeline
from tests.correlate.outage import Outage, ns


def seen_last(finding: Finding, value: float, offset: int = 99) -> Finding:
    return replace(finding, last=Sample(ns(1_000), value, Position("telemetry.metrics", 0, offset)))


@pytest.mark.parametrize(("value", "back"), [(0.0, True), (0.2, True), (0.3, False), (0.5, False), (2.0, False), (-3.0, True)])
def test_a_series_is_back_when_it_is_nearer_to_normal_than_to_what_it_had_become(value: float, back: bool) -> None:
    finding = Outage().fails("api", 0)
    assert (finding.expected, finding.observed) == (0.0, 0.5)
    assert seen_last(finding, value).is_back is back
    assert not finding.is_back


def test_recovery_cites_the_last_samples_of_the_series_that_are_back() -> None:
    """C11: not the deploy before the onset, which shows nothing of it."""
    outage = Outage()
    outage.change("api", -300)
    outage.findings = [seen_last(outage.fails("api", 0), 0.01)]
    (recovery,) = (entry for entry in timeline(outage.account(), first_failures(outage.account())).entries if entry.kind == "resolved")
    (shown,) = recovery.evidence
    assert (shown.topic, shown.offset, shown.value) == ("telemetry.metrics", 99, 0.01)
    assert shown.text == "errors_total of api was 0.01, and 0 before the onset"


def test_resolutions_come_first_and_those_from_before_the_onset_show_nothing() -> None:
    outage = Outage()
    outage.alert("api", -500)
    outage.resolve("api", -400)
    outage.alert("api", 10)
    outage.resolve("api", 850)
    outage.findings = [seen_last(outage.fails("api", 0), 0.0)]
    shown = evidence_of_recovery(outage.account(), ns(900))
    assert [(one.kind, one.at[14:19]) for one in shown] == [("alert", "27:30"), ("metric", "30:00")]


def test_what_is_not_back_is_not_said_to_be() -> None:
    one, two, three = (seen_last(Outage().fails(name, 0), value) for name, value in (("a", 0.0), ("b", 0.5), ("c", 0.6)))
    assert reasons((), [one], departed=True) == ("the series that departed are back inside their normal",)
    assert reasons((), [one, two], departed=True) == (
        "1 of the 2 series that departed most are back near their normal; the other has ended or stays at a new level",
    )
    assert reasons((), [two, three, one], departed=True) == (
        "1 of the 3 series that departed most are back near their normal; the others have ended or stay at a new level",
    )
    assert reasons((), [one], departed=False) == ()


def test_alerts_that_fell_silent_are_told_apart_from_those_that_resolved() -> None:
    outage = Outage()
    for key in "ab":
        outage.alert("api", 10, key=key)
    outage.resolve("api", 60, key="a")
    assert reasons(outage.members, (), departed=False) == ("1 of 2 alerts told that they resolved; the others fell silent",)
    outage.resolve("api", 70, key="b")
    assert reasons(outage.members, (), departed=False) == ("all 2 alerts resolved",)


def test_silence_alone_verifies_nothing() -> None:
    """C11: an alert that told so, a series that is back, or logs and shares that are as before do."""
    outage = Outage()
    outage.alert("api", 10)
    gone, back = (seen_last(Outage().fails("api", 0), value) for value in (0.6, 0.0))
    assert reasons(outage.members, [gone], departed=True)[0] == "its alert fell silent"
    assert not is_verified(outage.members, [gone], departed=True)
    assert not is_verified(outage.members, [], departed=False)
    assert is_verified(outage.members, [gone, back], departed=True)
    assert is_verified(outage.members, [Outage().fails("api", 0, "log_share")], departed=True)
    outage.resolve("api", 60)
    assert is_verified(outage.members, [gone], departed=True)


def test_what_is_not_verified_is_not_told_as_recovered_nor_as_gone_well() -> None:
    outage = Outage()
    outage.findings = [seen_last(outage.fails("api", 0), 0.6)]
    account = outage.account(recovery=("its alert fell silent",), verified=False)
    (over,) = (entry for entry in timeline(account, first_failures(account)).entries if entry.kind == "resolved")
    assert over.text == "Over as far as the data tell, but not verified: its alert fell silent."
    markdown = draft(tell(account), revision=1).markdown
    assert "not verified" in markdown
    assert "Recovery was verified" not in markdown
