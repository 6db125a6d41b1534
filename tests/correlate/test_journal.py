"""What an estate remembers beside its series: in order of time, bounded, each resolution once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from correlate.journal import ALERTS_MAX, LOOK_BACK_NS, Hearing, Journal
from correlate.units import SECOND_NS
from schemas.signal import Kind, Signal, Status, Subject

times = st.lists(st.integers(0, 3 * LOOK_BACK_NS // SECOND_NS), max_size=40)


def alert(at_s: int, key: str = "a", status: Status = Status.FIRING) -> Signal:
    return Signal(Subject(Kind.ALERT, "service:web", "Down"), at_s * SECOND_NS, dedup_key=key, status=status)


@given(times, st.integers(0, 3 * 86_400), st.integers(0, 86_400))
def test_what_lies_between_is_what_a_look_at_each_row_finds(ats: list[int], start_s: int, length_s: int) -> None:
    """Late rows stand where their time puts them: the span that is cut out holds what a slow look at every row would take."""
    journal = Journal()
    for number, at_s in enumerate(ats):
        journal.alert(alert(at_s, key=str(number)))
    start_ns, end_ns = start_s * SECOND_NS, (start_s + length_s) * SECOND_NS
    slow = sorted((row for row in journal.alerts if start_ns <= row.event_time_ns <= end_ns), key=lambda row: row.event_time_ns)
    assert list(journal.between(journal.alerts, start_ns, end_ns)) == slow


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abc"), st.booleans()), max_size=60))
def test_a_resolution_is_told_once_while_it_is_remembered(rows: list[tuple[int, str, bool]]) -> None:
    """Counting what is on the shelf gives what searching the shelf gave."""
    journal, now_s = Journal(), 0
    for step_s, key, resolved in rows:
        now_s += step_s * 20_000  # four steps are nearly a day: the shelf forgets
        if not resolved:
            journal.alert(alert(now_s, key))
            continue
        told = any(row.dedup_key == key and row.status is Status.RESOLVED for row in journal.alerts)
        again = told and key not in journal.firing
        heard = journal.alert(alert(now_s, key, Status.RESOLVED))
        assert (heard is Hearing.REPEAT) == again


def test_counts_of_resolutions_go_with_the_shelf() -> None:
    """A flood of alerts that fire and resolve leaves no more counts than the shelf has rows."""
    journal = Journal()
    for number in range(ALERTS_MAX):
        journal.alert(alert(number, str(number)))
        journal.alert(alert(number, str(number), Status.RESOLVED))
    assert len(journal.alerts) == ALERTS_MAX
    assert sum(journal.closed.values()) == sum(row.status is Status.RESOLVED for row in journal.alerts)
