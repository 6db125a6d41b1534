"""Logs as evidence: lines that vanish, appear or change places are told though no metric moves."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.parameters import DEFAULTS
from correlate.telemetry.logs import _BEGIN, _END, _FIRST, _NEXT, _SHARE, Logs
from correlate.telemetry.merging import Merging
from correlate.telemetry.traces import OpenTraces
from tests.correlate.estate import Estate, ns
from tests.twins import telemetry as slow

BROKEN_S = 1200


def orders(broken: bool) -> list[tuple[str, str]]:
    """What one request makes three services write; the broken code returns before it has reserved."""
    work = [] if broken else [("stock", "reserved 3 of item 77"), ("stock", "ledger updated")]
    return [("web", "GET /order/12 from 10.0.0.7"), ("stock", "reserve requested"), *work, ("web", "order 12 done in 31 ms")]


def test_a_line_that_is_no_longer_written_accuses_who_used_to_write_it() -> None:
    """C8, C15: early returns leave metrics as they were; the missing lines name the service, its trace and the moment."""
    estate = Estate()
    for service in ("web", "stock", "mail"):
        estate.service(service, lambda _: 0.1)
    estate.requests(1, lambda _, at_s: orders(at_s >= BROKEN_S))
    estate.play(BROKEN_S + 180)
    (number,) = estate.told()
    trouble = estate.book.incidents[number]
    assert next(iter(trouble.blame)) == "service:stock"
    assert trouble.kind("service:stock") == "code"
    assert abs(trouble.onset_ns - ns(BROKEN_S)) <= 15_000_000_000
    finding = next(f for f in estate.telemetry.findings(trouble.onset_ns, ns(estate.now_s)) if f.entity == "service:stock")
    assert finding.family in ("log_share", "log_sequence")
    assert finding.position is not None
    assert finding.position.topic == "telemetry.logs"
    assert finding.first_ns >= ns(BROKEN_S)


def test_a_new_line_accuses_who_writes_it() -> None:
    """A template that was never there is the strongest share of all."""
    estate = Estate()
    estate.service("web", lambda _: 0.1)
    estate.requests(1, lambda _, at_s: [*orders(broken=False), *([("stock", "pool exhausted, retrying")] if at_s >= BROKEN_S else [])])
    estate.play(BROKEN_S + 180)
    (number,) = estate.told()
    assert next(iter(estate.book.incidents[number].blame)) == "service:stock"


def test_more_requests_of_the_same_kind_are_no_news() -> None:
    """Shares, not counts: doubled traffic says nothing."""
    estate = Estate()
    estate.service("web", lambda _: 0.1)
    estate.requests(1, lambda _, __: orders(broken=False))
    estate.requests(1, lambda _, at_s: orders(broken=False) if at_s >= BROKEN_S else [])
    assert estate.play(BROKEN_S + 300).told() == []


def test_lines_without_a_trace_are_counted_by_share_only() -> None:
    """Nothing follows anything where no trace ties lines together."""
    logs = Logs(DEFAULTS)
    where = np.zeros((3, 2), np.int64)
    logs.take(
        np.zeros(2, np.int64), np.array([ns(1), ns(2)]), np.array([5, 6]), np.zeros(2, np.int64), pl.Series(["a b c d", "x y z w"]), where
    )
    logs.close(ns(100))
    assert {int(key & 0xFFFFFFFF) for key in logs.contexts.keys} == {_SHARE}


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.integers(0, 2), st.integers(0, 3)), max_size=30, unique_by=lambda row: row[:2]
)


@given(rows, st.integers(1, 4))
@settings(deadline=None)
def test_steps_of_traces_are_counted_once_a_trace(rows: list[tuple[str, int, int, int]], batches: int) -> None:
    """Transitions with beginning and end equal the slow twin's, however the rows were cut into batches."""
    logs = Logs(DEFAULTS)
    texts = ["alpha one red go", "beta two blue run", "gamma three green sit", "delta four grey eat"]
    for batch in range(batches):
        some = [row for index, row in enumerate(sorted(rows, key=lambda row: row[1])) if index % batches == batch]
        if some:
            times, entities = np.array([ns(row[1]) for row in some]), np.array([row[2] for row in some])
            said, where = np.array([row[3] for row in some]) + 100, np.zeros((3, len(some)), np.int64)
            traces, words = np.array([ord(row[0]) for row in some]), pl.Series([texts[row[3]] for row in some])
            logs.take(entities, times, said, traces, words, where)
    logs.close(ns(200))
    counted: Counter[tuple[int, int | str, int | str]] = Counter()
    for part in logs.recent:
        for context, outcome, count in zip(part.context.tolist(), part.outcome.tolist(), part.count.tolist(), strict=True):
            entity, before = divmod(int(logs.contexts.keys[context]), 1 << 32)
            if outcome >= 0 and before != _SHARE:
                after = int(logs.outcomes.keys[outcome]) & 0xFFFFFFFF
                named: int | str = "begin" if before == _BEGIN else texts.index(logs.texts[before - _FIRST])
                then: int | str = "end" if after == _END else texts.index(logs.texts[after - _NEXT])
                counted[entity, named, then] += count
    assert counted == slow.steps(rows)


def test_alike_lines_are_one_template() -> None:
    """Names and list lengths survive masking; lines that differ in a word or two are merged, others are not."""
    merging = Merging()
    first = merging.number("INFO UserService#41 login of alice succeeded after a while with role admin")
    assert merging.number("INFO UserService#41 login of bob succeeded after a while with role guest") == first
    assert merging.number("INFO UserService#41 quota reached") != first
    assert merging.number("INFO UserService#52 login of alice succeeded after a while with role admin") != first


def test_traces_end_after_silence_and_when_there_are_too_many() -> None:
    """C26: an open trace waits ten seconds for more; beyond the room the oldest end early and are counted."""
    traces = OpenTraces()
    one = np.zeros(1, np.int64)
    traces.add(np.vstack((one, [ns(5)], one, one, one, one, one)))
    assert traces.ended(ns(10)).shape[1] == 0
    assert traces.ended(ns(15)).shape[1] == 1
    many = 200_010
    zeros = np.zeros(many, np.int64)
    traces.add(np.vstack((np.arange(many), np.arange(many) + ns(20), zeros, zeros, zeros, zeros, zeros)))
    assert traces.ended(ns(21)).shape[1] >= 10
    assert traces.shed >= 10
