"""Outages told in YAML: complete, reproducible, readable by every reader, and none of them decided by what a reader drops."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from benchmarks.accuracy import TOLD
from benchmarks.cases import Case, read_set, records, seconds
from benchmarks.told.story import HERE, PARTS, Story, StoryError, read, stories
from benchmarks.told.write import write_case, write_part
from schemas.reading import Reader, Reading, Records

ALL = [(part, story) for part in PARTS for story in stories(part)]
FRESH = {story.name: story for story in stories("fresh")}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    return {case.name: case for case in read_set(write_part(tmp_path_factory.mktemp("told"), "fresh"))}


def samples(case: Case, name: str) -> list[tuple[dict[str, str], float]]:
    path = case.topic("metrics")
    assert path is not None
    rows = map(orjson.loads, records(path))
    return [(row["labels"], float(row["value"])) for row in rows if row["name"] == name]


def named(pair: tuple[str, Story]) -> str:
    return pair[1].name


def test_each_part_has_a_dozen_outages_and_a_quarter_that_no_change_began() -> None:
    for part in PARTS:
        told = stories(part)
        assert len(told) >= 12
        assert 0.2 <= sum(story.told.guilty is None for story in told) / len(told) <= 0.35


@pytest.mark.parametrize("pair", ALL, ids=map(named, ALL))
def test_innocent_changes_lie_around_the_guilty_one_and_no_deploy_precedes_its_commit(pair: tuple[str, Story]) -> None:
    told = pair[1].told
    assert 2 <= sum(change.id != told.guilty for change in told.changes) <= 9
    assert all(change.deploy.min >= change.min for change in told.changes if change.deploy)
    assert all(change.min < 0 for change in told.changes if change.id == told.guilty)


def test_the_same_story_gives_the_same_bytes(tmp_path: Path) -> None:
    story = stories("known")[0]
    first, second = tmp_path / "first" / "told" / "case", tmp_path / "second" / "told" / "case"
    assert write_case(first, story, 3) == write_case(second, story, 3)
    assert all((first / path.name).read_bytes() == path.read_bytes() for path in second.iterdir())


@pytest.mark.parametrize("part", PARTS)
def test_every_record_is_read_and_the_guilty_change_is_among_them(part: str, tmp_path: Path) -> None:
    for case in read_set(write_part(tmp_path, part)):
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
    path.write_text(text + "paths: {dialogue>nowhere: {errors: 1, slower: 1}}\n")
    with pytest.raises(StoryError, match="paths: dialogue>nowhere: not among `calls`"):
        read(path)
    path.write_text(text + "also_guilty: [nobody]\n")
    with pytest.raises(StoryError, match="guilty: nobody is no change"):
        read(path)


def test_every_part_can_be_asked_for_by_name_and_no_story_is_told_twice() -> None:
    assert {"told-known", "told-kept", "told-fresh", "told-wide", "told-blind"} == TOLD.keys()
    names = [story.name for _, story in ALL]
    assert len(set(names)) == len(names)
    assert len({story.told.about for _, story in ALL}) == len(names)


def test_fresh_outages_differ_in_what_they_let_be_seen() -> None:
    told = [story.told for story in FRESH.values()]
    assert len(told) == 20
    assert {each for one in told for each in one.without} == {"metrics", "logs", "calls", "catalogue"}
    assert any(one.alert is None for one in told)
    assert (min(one.step_s for one in told), max(one.step_s for one in told)) == (5, 300)
    assert {change.form for one in told for change in one.changes} == {"push", "deploy", "flag", "cloudtrail"}


@pytest.mark.parametrize("name", FRESH)
def test_what_an_estate_does_not_have_is_not_written(name: str, fresh: dict[str, Case]) -> None:
    told, case = FRESH[name].told, fresh[name]
    absent = {each for each in ("metrics", "logs") if each in told.without} | ({"alerts"} if not FRESH[name].alerts else set())
    assert {signal for signal in ("metrics", "logs", "alerts", "deploys") if case.topic(signal) is None} == absent
    assert set(case.about["signals"]) == {"metrics", "logs", "alerts", "deploys"} - absent
    assert (case.catalogue is None) == ("catalogue" in told.without)
    if "metrics" not in told.without:
        assert bool(samples(case, "traces_service_graph_request_total")) != ("calls" in told.without)


@pytest.mark.parametrize("name", [name for name, story in FRESH.items() if "metrics" not in story.told.without])
def test_metrics_are_sampled_as_often_as_told(name: str, fresh: dict[str, Case]) -> None:
    path = fresh[name].topic("metrics")
    assert path is not None
    at_s = sorted({seconds(orjson.loads(line)["timestamp"]) for line in records(path)})
    assert {round(after - before, 2) for before, after in pairwise(at_s)} == {FRESH[name].told.step_s}


def test_a_way_that_is_hurt_shows_to_its_caller_alone(fresh: dict[str, Case]) -> None:
    """Another caller of the same service, and the service itself, see nothing of it."""
    failed: dict[tuple[str, str], float] = {}
    for labels, value in samples(fresh["grpc-keepalive"], "traces_service_graph_request_failed_total"):
        failed[labels["client"], labels["server"]] = value
    assert failed["dispatch", "routing"] > 10 * failed["planner", "routing"]


def test_an_act_that_two_tools_saw_is_right_by_either_name(fresh: dict[str, Case]) -> None:
    assert len(fresh["queue-module-major"].faults[0].changes) == 3, "commit, deployment, call to the cloud"


def test_a_job_logs_and_answers_nobody(fresh: dict[str, Case]) -> None:
    case = fresh["cronjob-time-zone"]
    path = case.topic("logs")
    assert path is not None
    assert any(orjson.loads(line)["service"]["name"] == "wms-maintenance" for line in records(path))
    assert "wms-maintenance" not in {labels["service"] for labels, _ in samples(case, "http_server_requests_total")}
    assert "wms-maintenance" in case.services


def test_what_callers_keep_away_is_neither_counted_nor_logged(fresh: dict[str, Case]) -> None:
    case = fresh["waf-expression-rule"]
    path, onset_s = case.topic("logs"), case.faults[0].begin_s
    assert path is not None
    lines = [row for row in map(orjson.loads, records(path)) if "saved, version" in row["message"]]
    before = [row for row in lines if seconds(row["@timestamp"]) < onset_s]
    after = len(lines) - len(before)
    assert after / (case.end_s - onset_s) < 0.8 * len(before) / (onset_s - seconds(case.about["start"]))
