"""The arithmetic of commits and credit, against a twin that anyone can check."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.in_flight import Held, InFlight

steps = st.lists(
    st.one_of(
        st.tuples(st.just("fetch"), st.integers(1, 5), st.integers(0, 3)),
        st.tuples(st.just("ack"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("release"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("settle"), st.just(0), st.just(0)),
    ),
    max_size=60,
)


@given(steps)
def test_the_commit_is_the_end_of_the_acked_prefix_whatever_the_order_of_acks(script: list[tuple[str, int, int]]) -> None:
    """No unacknowledged record lies before a commit; every acknowledged one before the first unacknowledged does."""
    ledger: InFlight[str] = InFlight()
    fetched: list[Held] = []
    next_offset, commit = 0, None
    for what, number, hole in script:
        if what == "fetch":
            held = Held(next_offset + hole, next_offset + hole + number - 1, byte_count=10 * number)
            next_offset = held.last_offset + 1
            fetched.append(held)
            ledger.add("p", held)
        elif what == "settle":
            commit = ledger.settle("p") or commit
            prefix = [held.acked for held in fetched].index(False) if not all(held.acked for held in fetched) else len(fetched)
            assert commit == (fetched[prefix - 1].last_offset + 1 if prefix else None)
        elif fetched:
            held = fetched[number % len(fetched)]
            ledger.release("p", held)
            held.acked = held.acked or what == "ack"
    assert ledger.total_bytes == sum(held.byte_count for held in fetched if not held.credited) >= 0


def test_a_batch_of_a_forgotten_partition_is_no_longer_held() -> None:
    """A refetched copy with the same offsets is another batch: the old one's ack must not count for it."""
    ledger: InFlight[str] = InFlight()
    old, new = Held(0, 9, 100), Held(0, 9, 100)
    ledger.add("p", old)
    ledger.forget("p")
    ledger.add("p", new)
    assert not ledger.holds("p", old)
    assert ledger.holds("p", new)
    assert ledger.byte_counts() == {"p": 100}


def test_a_position_that_moves_back_unannounced_is_a_bug() -> None:
    ledger: InFlight[str] = InFlight()
    ledger.add("p", Held(10, 19, 1))
    with pytest.raises(AssertionError, match="without a seek"):
        ledger.add("p", Held(15, 24, 1))


def test_the_oldest_batch_in_hand_and_the_acked_end_are_visible_before_the_commit() -> None:
    ledger: InFlight[str] = InFlight()
    first, second = Held(0, 9, 1), Held(10, 19, 1)
    ledger.add("p", first)
    ledger.add("p", second)
    assert (ledger.oldest_unacked("p"), ledger.acked_to("p")) == (0, None)
    first.acked = True
    assert (ledger.oldest_unacked("p"), ledger.acked_to("p")) == (10, 10)
    ledger.settle("p")
    assert (ledger.oldest_unacked("p"), ledger.acked_to("p")) == (10, 10)
