"""Studies run on few cases that stand for all, side by side, and read every dump once."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from benchmarks import studies
from benchmarks.cases import Case, Fault
from benchmarks.processes import each_fresh
from benchmarks.readings import KeptReader
from benchmarks.studies import chosen
from schemas.reading import Read, Reader, Records


def a_case(name: str, kind: str, path: Path = Path()) -> Case:
    fault = Fault(name, "f", 0.0, 1.0, None, kind, "", None, frozenset(), frozenset(), None)
    return Case("set", name, path, 1.0, (), (fault,))


def test_few_cases_show_every_kind_of_fault_and_lie_apart() -> None:
    """…where the first so many would all be of one kind; in the order of the set, and the same each time."""
    cases = [a_case(f"{kind}-{number}", kind) for kind, many in (("cpu", 6), ("memory", 2), ("code", 1)) for number in range(many)]
    assert [case.name for case in chosen(cases, 3)] == ["cpu-3", "memory-1", "code-0"]
    assert [case.name for case in chosen(cases, 5)] == ["cpu-1", "cpu-4", "memory-0", "memory-1", "code-0"]
    assert [case.name for case in chosen(cases, 7)] == ["cpu-0", "cpu-2", "cpu-3", "cpu-5", "memory-0", "memory-1", "code-0"]


@pytest.mark.parametrize("most", [None, 3, 8])
def test_as_many_cases_as_there_are_is_all_of_them(most: int | None) -> None:
    cases = [a_case(str(number), "cpu") for number in range(3)]
    assert chosen(cases, most) == cases


def test_a_number_is_turned_only_where_its_topic_is(tmp_path: Path) -> None:
    """A case without alerts is not run with a number of the alerts turned: nothing could come of it."""
    (tmp_path / "quiet").mkdir()
    (tmp_path / "loud").mkdir()
    (tmp_path / "quiet" / "telemetry.metrics.ndjson").touch()
    (tmp_path / "loud" / "telemetry.alerts.ndjson").touch()
    sets = {"set": [a_case("quiet", "cpu", tmp_path / "quiet"), a_case("loud", "cpu", tmp_path / "loud")]}
    planned = {variant.name: [case.name for case in cases] for _, cases, variant in studies.sensitivities(sets)}
    assert planned["busy_nats × 2"] == ["loud"]
    assert planned["outlier_sd × 0.5"] == ["quiet"]
    assert "delay_s × 2" not in planned, "no case has changes"


def _records() -> Records:
    lines = [b'{"timestamp": "2026-01-01T00:00:00Z", "service": "checkout", "level": "error", "message": "no stock"}', b"not json"]
    return Records(topic="telemetry.logs", partition=0, offsets=[0, 1], timestamps_ns=[0, 0], values=lines)


def _same(one: Read, other: Read) -> None:
    assert_frame_equal(one.signals, other.signals)
    assert one.rejected == other.rejected


def test_what_was_read_once_is_the_same_the_next_time_and_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and rejections alike; other records find nothing of it."""
    read = Reader().read(_records())
    assert len(read.signals) == 1
    assert [place for place, _ in read.rejected] == [1]
    _same(KeptReader(tmp_path).read(_records()), read)
    monkeypatch.setattr(Reader, "read", lambda self, records: pytest.fail("read again"))
    _same(KeptReader(tmp_path).read(_records()), read)
    with pytest.raises(pytest.fail.Exception, match="read again"):
        KeptReader(tmp_path).read(Records("telemetry.logs", 0, [2], [0], [b"another"]))


def test_a_kept_reading_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    KeptReader(tmp_path).read(_records())
    for place in tmp_path.rglob("*"):
        if place.is_file():
            place.write_bytes(place.read_bytes()[:40])
    _same(KeptReader(tmp_path).read(_records()), Reader().read(_records()))


def test_dumps_made_for_one_replay_leave_nothing_behind(tmp_path: Path) -> None:
    KeptReader(tmp_path, keeps=False).read(_records())
    assert not list(tmp_path.rglob("*"))


def _touch(number: int) -> int:
    """Leaves a mark in its process, and dies where it is told to."""
    if number < 0:
        os._exit(1)
    seen = sys.modules.setdefault("marks_of_this_process", [])  # type: ignore[arg-type]
    seen.append(number)  # type: ignore[attr-defined]
    return len(seen)  # type: ignore[arg-type]


def test_each_piece_of_work_has_a_process_of_its_own_and_a_death_costs_one() -> None:
    """Marks left by one piece are not seen by the next; a piece whose process dies has no result, all others have theirs."""
    assert sorted(each_fresh(_touch, [1, 2, -1, 3], jobs=2), key=lambda pair: pair[0]) == [(-1, None), (1, 1), (2, 1), (3, 1)]
