"""Event time: what holds it back, and what does not."""

from __future__ import annotations

import pytest

from correlate.clock import NEVER_NS, Clock, Patience
from correlate.units import SECOND_NS

S = SECOND_NS
A, B = ("telemetry.logs", 0), ("telemetry.alerts", 0)


def clock() -> Clock:
    return Clock(Patience(disorder_ns=30 * S, idle_ns=60 * S))


def test_the_slowest_awake_source_holds_time_back() -> None:
    c = clock()
    c.hear(A, 1000 * S, 0)
    c.hear(B, 400 * S, 0)
    assert c.watermark_ns(0) == 370 * S


def test_a_source_that_is_expected_and_silent_holds_time_until_it_is_idle() -> None:
    """Nothing is closed over the head of a topic that has not spoken yet; after the idle time it is left out."""
    c = clock()
    c.expect(B, 0)
    c.hear(A, 1000 * S, 0)
    assert c.watermark_ns(59 * S) == NEVER_NS
    c.hear(A, 1060 * S, 61 * S)
    assert c.watermark_ns(61 * S) == 1030 * S


def test_a_quiet_alert_topic_does_not_stop_time() -> None:
    """Between two alerts, event time goes on at the pace of the wall clock."""
    c = clock()
    c.hear(A, 1000 * S, 0)
    c.hear(B, 1000 * S, 0)
    c.hear(A, 1020 * S, 20 * S)
    assert c.watermark_ns(20 * S) == 990 * S


def test_when_all_are_silent_time_goes_on_at_the_pace_of_the_wall() -> None:
    """What waits for silence ends, also when a recording of last year was fed."""
    c = clock()
    c.hear(A, 1000 * S, 0)
    assert c.watermark_ns(100 * S) == 1070 * S


def test_sources_at_their_end_hold_nothing_back_and_time_stops_with_the_last_row() -> None:
    c = clock()
    c.hear(A, 1000 * S, 0)
    c.hear(B, 10 * S, 0)
    c.end(B)
    assert c.watermark_ns(0) == 970 * S
    c.end(A)
    assert c.watermark_ns(10**6 * S) == 970 * S


def test_time_never_runs_backwards() -> None:
    """A source that returns from silence with old rows does not reopen what is closed."""
    c = clock()
    c.hear(A, 1000 * S, 0)
    high = c.watermark_ns(0)
    c.hear(B, 5 * S, 1 * S)
    assert c.watermark_ns(1 * S) == high


def test_a_restart_is_no_silence() -> None:
    """After an hour in which nobody listened, the sources are taken up where they were."""
    c = clock()
    c.hear(A, 1000 * S, 0)
    before = c.watermark_ns(0)
    c.resume(3600 * S)
    assert c.watermark_ns(3600 * S) == before


@pytest.mark.parametrize("wrong", [{"disorder_ns": -1}, {"idle_ns": 0}])
def test_impossible_patience_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Patience(**wrong)
