"""Rows become ticks: in one order, each in its column, whatever lots they came in."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from correlate.due import LOG_EXEMPLARS_PER_TICK, lots_of, split, ticks, trace_keys
from schemas import severity
from schemas.signal import Kind, Signal, Subject, frame
from tests.twins import due as twin

TICK_NS = 10
PLACES = ["logs", "metrics", "alerts"]
KINDS = st.sampled_from([Kind.METRIC, Kind.LOG, Kind.LOG, Kind.ALERT, Kind.CHANGE])

rows = st.builds(
    Signal,
    subject=st.builds(Subject, kind=KINDS, entity=st.sampled_from(["service:a", "service:b"])),
    event_time_ns=st.integers(1, 45),
    value=st.sampled_from([None, 0.0, 1.5]),
    severity_number=st.sampled_from([severity.INFO, severity.WARN, severity.ERROR]),
    template_id=st.integers(0, 3),
    text=st.sampled_from(["one", "two"]),
    trace_id=st.sampled_from(["", "t1"]),
)
sources = st.tuples(st.sampled_from(PLACES), st.integers(0, 1))
batches = st.lists(st.tuples(sources, st.lists(rows, min_size=1, max_size=12)), max_size=8)


def lots(made: list[tuple[tuple[str, int], list[Signal]]]) -> list[pl.DataFrame]:
    """Frames of one source each, their offsets counted on from frame to frame."""
    ends: dict[tuple[str, int], int] = {}
    frames = []
    for source, signals in made:
        for offset, signal in enumerate(signals, ends.get(source, 0)):
            signal.topic, signal.partition = source
            signal.offset, signal.row = offset // 2, offset % 2
        ends[source] = ends.get(source, 0) + len(signals) + len(signals) % 2
        frames.append(frame(signals))
    return frames


def place(topic: str, partition: int) -> int:
    return PLACES.index(topic) * 10 + partition


@given(batches)
def test_ticks_equal_those_cut_by_hand(made: list[tuple[tuple[str, int], list[Signal]]]) -> None:
    """Every row in its tick and its column, in order of time and place; values that are none are left out."""
    frames = lots(made)
    found, expected = list(ticks(frames, TICK_NS, place)), twin.ticks(frames, TICK_NS)
    assert [tick.end_ns for tick in found] == [tick.end_ns for tick in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.rows == other.rows
        assert one.exemplars == other.exemplars
        assert (one.metrics is None) == (not other.metrics)
        assert (one.logs is None) == (not other.logs)
        if one.metrics is not None:
            wanted = [(s.subject.id, s.event_time_ns, s.value, place(s.topic, s.partition), s.offset, s.row) for s in other.metrics]
            held = one.metrics
            columns = (held.subject_ids, held.times_ns, held.values, held.places, held.offsets, held.rows)
            assert list(zip(*(column.tolist() for column in columns), strict=True)) == wanted
        if one.logs is not None:
            logs = one.logs
            assert logs.texts.to_list() == [s.text for s in other.logs]
            assert logs.traces.tolist() == trace_keys(pl.Series([s.trace_id for s in other.logs], dtype=pl.String)).tolist()
            assert logs.template_ids.tolist() == [s.template_id for s in other.logs]
            assert logs.severities.tolist() == [s.severity_number for s in other.logs]
            assert logs.places.tolist() == [place(s.topic, s.partition) for s in other.logs]


@given(batches, st.integers(0, 50), st.randoms(use_true_random=False))
def test_what_is_split_is_all_there_and_the_order_of_lots_of_different_sources_does_not_matter(
    made: list[tuple[tuple[str, int], list[Signal]]], until_ns: int, rng: random.Random
) -> None:
    frames = lots(made)
    due, rest = split(frames, until_ns)
    assert all((lot["event_time_ns"] <= until_ns).all() for lot in due)
    assert all((lot["event_time_ns"] > until_ns).all() for lot in rest)
    assert sum(map(len, due + rest)) == sum(map(len, frames))
    lanes: dict[tuple[str, int], list[pl.DataFrame]] = {}
    for lot in frames:
        lanes.setdefault((lot.item(0, "topic"), lot.item(0, "partition")), []).append(lot)
    mixed = []
    while lanes:
        source = rng.choice(sorted(lanes))
        mixed.append(lanes[source].pop(0))
        lanes = {name: lane for name, lane in lanes.items() if lane}
    for one, other in zip(ticks(frames, TICK_NS, place), ticks(mixed, TICK_NS, place), strict=True):
        assert one.rows == other.rows
        assert one.exemplars == other.exemplars
        assert (one.logs is None) == (other.logs is None)
        assert one.logs is None or other.logs is None or one.logs.texts.equals(other.logs.texts)


@given(batches)
def test_a_batch_of_several_sources_is_taken_apart_in_order(made: list[tuple[tuple[str, int], list[Signal]]]) -> None:
    frames = lots(made)
    for (topic, partition), lot in lots_of(pl.concat(frames)) if frames else ():
        assert (lot["topic"] == topic).all()
        assert (lot["partition"] == partition).all()
        assert lot.equals(pl.concat([one for one in frames if (one.item(0, "topic"), one.item(0, "partition")) == (topic, partition)]))


def test_a_storm_of_lines_is_kept_as_so_many_exemplars_and_counted_whole() -> None:
    """Per tick the first alarming rows and the first of each healthy template; the columns hold all of them."""
    subject = Subject(kind=Kind.LOG, entity="service:a")
    count = 3 * LOG_EXEMPLARS_PER_TICK
    storm = [
        Signal(subject, event_time_ns=1 + at % 20, severity_number=level, template_id=at, topic="logs", partition=0, offset=at)
        for at in range(count)
        for level in (severity.INFO, severity.ERROR)
    ]
    found = list(ticks([frame(storm)], TICK_NS, place))
    assert [len(tick.exemplars) for tick in found] == [2 * LOG_EXEMPLARS_PER_TICK, 2 * LOG_EXEMPLARS_PER_TICK]
    assert sum(len(tick.logs.times_ns) for tick in found if tick.logs) == 2 * count
    for tick in found:
        assert tick.logs is not None
        assert all(one <= other for one, other in pairwise(tick.logs.times_ns.tolist()))
        assert np.unique(tick.logs.places).tolist() == [0]


IDS = st.one_of(
    st.just(""),
    st.integers(1, 2**128 - 1).map(lambda number: f"{number:032x}"),
    st.integers(1, 2**64 - 1).map(str),
    st.uuids().map(str),
    st.text(max_size=8).map("request-".__add__),
)


@given(st.lists(IDS, max_size=30))
def test_a_trace_has_one_number_and_no_other_trace_has_it(ids: list[str]) -> None:
    """Whatever ids come beside it; no id has 0 and no number is negative (C26)."""
    keys = trace_keys(pl.Series(ids, dtype=pl.String)).tolist()
    assert [bool(key) for key in keys] == [bool(name) for name in ids]
    assert all(key >= 0 for key in keys)
    assert keys == [int(trace_keys(pl.Series([name]))[0]) for name in ids]
    assert len(set(keys)) == len(set(ids))


def test_ids_of_all_ones_and_short_ids_are_told_apart() -> None:
    """Halves at the borders of 64 bits, where sums and products overflow to like numbers (C26)."""
    borders = ["0" * 16, "0" * 15 + "1", "7" + "f" * 15, "7" + "f" * 14 + "e", "8" + "0" * 15, "f" * 15 + "e", "f" * 16]
    ids = [*(head + tail for head in borders for tail in borders if head + tail != "0" * 32), "1", "2", "8" + "0" * 15, "f" * 16]
    assert len(set(trace_keys(pl.Series(ids)).tolist())) == len(ids)


def test_ids_that_differ_at_one_end_only_are_told_apart() -> None:
    """Padded 64-bit ids begin alike, and those made of a time and a machine end alike."""
    ids = [f"{number:016x}{tail}" for number in range(1, 100) for tail in ("0" * 16, "0242ac1200020242")] + [
        f"{n:032x}" for n in range(1, 100)
    ]
    assert len(np.unique(trace_keys(pl.Series(ids)))) == len(ids)
