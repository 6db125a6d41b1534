"""When is a worker stuck?  The judgement as a table, without Kafka and without a clock."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from faust.types import TP

from streams.watchdog import Health, Judge, Look, Patience, Progress

TP0 = TP("t", 0)
IDLE = Progress(written=10, fetched=10, acked=10, committed=10, oldest_in_hand=None)


def seen(progress: Progress = IDLE) -> Look:
    return Look(reachable=True, joining=False, partitions={TP0: progress})


def judge_at(judge: Judge, look: Look, *seconds: float) -> Health:
    """The judgement after the same look at each of these moments."""
    for now_s in seconds:
        health = judge.judge(look, now_s)
    return health


def test_a_worker_with_nothing_to_do_is_ready_for_ever() -> None:
    assert judge_at(Judge(), seen(), 0, 5, 86_400) == Health(live=True, ready=True, reason="moving")


def test_a_worker_without_partitions_is_ready() -> None:
    """More workers than partitions is a way to have a spare one."""
    assert judge_at(Judge(), Look(reachable=True, joining=False), 0, 86_400).ready


@pytest.mark.parametrize(
    ("look", "words", "not_ready_s", "exit_s"),
    [
        (seen(replace(IDLE, written=20)), r"records wait.*\(t-0\)", 20, 50),
        (seen(replace(IDLE, committed=5)), r"not committed \(t-0\)", 20, 50),
        (seen(replace(IDLE, committed=None)), r"not committed \(t-0\)", 20, 50),
        (Look(reachable=False, joining=False), "does not answer", 20, 50),
        (Look(reachable=True, joining=True), "consumer group", 20, 120),
        (seen(replace(IDLE, fetched=20, written=99, oldest_in_hand=10)), "in hand", 300, 300),
    ],
)
def test_a_step_that_stands_still_makes_the_worker_first_not_ready_and_then_not_live(
    look: Look, words: str, not_ready_s: float, exit_s: float
) -> None:
    """Each step has its own patience; a slow handler stays ready, for the credit bounds what it can do harm."""
    judge = Judge()
    judge.judge(look, 0)
    assert judge.judge(look, not_ready_s - 1).live
    assert judge.judge(look, not_ready_s - 1).ready is not look.joining
    health = judge.judge(look, not_ready_s)
    assert not health.ready
    assert judge.judge(look, exit_s - 1).live
    health = judge.judge(look, exit_s)
    assert not health.live
    assert re.search(words, health.reason)


def test_every_bit_of_progress_starts_the_patience_anew() -> None:
    """A backlog that shrinks slowly is not stuck."""
    judge = Judge()
    for step in range(100):
        health = judge.judge(seen(replace(IDLE, written=1_000, fetched=step)), now_s=step * 19.0)
        assert health.ready, step


def test_a_full_hand_is_not_a_dead_fetcher() -> None:
    """While the credit is used up nothing is fetched; that is the handler's doing."""
    blocked = seen(replace(IDLE, written=1_000, fetched=20, oldest_in_hand=10))
    assert judge_at(Judge(), blocked, 0, 60, 200).ready


def test_a_broker_that_answers_again_in_time_is_forgiven() -> None:
    judge = Judge()
    assert not judge_at(judge, Look(reachable=False, joining=False), 0, 30).ready
    assert judge.judge(seen(), 31).ready
    assert judge_at(judge, Look(reachable=False, joining=False), 32, 80).live


def test_patience_is_in_the_hands_of_the_caller() -> None:
    judge = Judge(Patience(not_ready_s=1, stuck_s=2))
    assert not judge_at(judge, Look(reachable=False, joining=False), 0, 2).live
