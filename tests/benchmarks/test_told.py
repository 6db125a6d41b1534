"""Outages told in YAML: complete, reproducible, readable by every reader, and none of them decided by what a reader drops."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cases import read_set, records
from benchmarks.told.story import HALVES, HERE, Story, StoryError, read, stories
from benchmarks.told.write import write_case, write_half
from schemas.reading import Reader, Reading, Records

ALL = [(half, story) for half in HALVES for story in stories(half)]


def named(pair: tuple[str, Story]) -> str:
    return pair[1].name


def test_each_half_has_a_dozen_outages_and_a_quarter_that_no_change_began() -> None:
    for half in HALVES:
        told = stories(half)
        assert len(told) >= 12
        assert 0.2 <= sum(story.told.guilty is None for story in told) / len(told) <= 0.35


@pytest.mark.parametrize("pair", ALL, ids=map(named, ALL))
def test_innocent_changes_lie_around_the_guilty_one_and_no_deploy_precedes_its_commit(pair: tuple[str, Story]) -> None:
    told = pair[1].told
    assert 2 <= sum(change.id != told.guilty for change in told.changes) <= 9
    assert all(change.deploy.min > change.min for change in told.changes if change.deploy)
    assert all(change.min < 0 for change in told.changes if change.id == told.guilty)


def test_the_same_story_gives_the_same_bytes(tmp_path: Path) -> None:
    story = stories("known")[0]
    first, second = tmp_path / "first" / "told" / "case", tmp_path / "second" / "told" / "case"
    assert write_case(first, story, 3) == write_case(second, story, 3)
    assert all((first / path.name).read_bytes() == path.read_bytes() for path in second.iterdir())


@pytest.mark.parametrize("half", HALVES)
def test_every_record_is_read_and_the_guilty_change_is_among_them(half: str, tmp_path: Path) -> None:
    for case in read_set(write_half(tmp_path, half)):
        path = case.topic("deploys")
        assert path is not None
        values = list(records(path))
        read_rows = Reader(Reading()).read(Records("deploys", 0, range(len(values)), [0] * len(values), values))
        assert not read_rows.rejected
        said = set(read_rows.signals["change_id"])
        assert case.faults[0].changes <= said or not case.faults[0].change


def test_a_story_that_contradicts_itself_is_refused_with_its_name(tmp_path: Path) -> None:
    text = (HERE / "known" / "retry-storm.yaml").read_text()
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace("guilty: u1", "guilty: nobody"))
    with pytest.raises(StoryError, match=r"wrong\.yaml: guilty: nobody is no change"):
        read(path)
    path.write_text(text.replace("cause: dialogue", "cause: dialog"))
    with pytest.raises(StoryError, match="dialog: not among the services"):
        read(path)
