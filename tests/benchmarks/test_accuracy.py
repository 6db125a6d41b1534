"""The scoreboard as a command: on a small simulated set, with results kept, conditions made worse and evidence switched off."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from benchmarks import studies
from benchmarks.ablations import KINDS
from benchmarks.accuracy import command
from benchmarks.cases import Case, read_set
from benchmarks.runs import Variant, run_all
from benchmarks.simulate.write import SET, write_set
from benchmarks.turning import Turning, parameters
from correlate.telemetry.roles import FAMILIES

SMALL = (31, 43)
"""A code fault in a small estate without a catalogue; a change in one with every family of telemetry."""


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("exam")
    write_set(directory, SMALL)
    (directory / SET).rename(directory / "small")
    return directory


@pytest.fixture(scope="module")
def cases(exam: Path) -> list[Case]:
    return read_set(exam / "small")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


def test_one_command_measures_tells_and_writes_and_goes_on_where_it_was(exam: Path, tmp_path: Path, kept: Path) -> None:
    """The second time nothing is replayed; sets that are not there are said to be missing."""
    document, figures = tmp_path / "accuracy.md", tmp_path / "figures.json"
    arguments = [
        "--exam", str(exam), "--sets", "small,nowhere", "--kept", str(kept), "--write", str(document), "--json", str(figures),
    ]  # fmt: skip
    first = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert first.exit_code == 0
    assert f"nowhere: not in {exam}, left out" in first.stderr
    assert first.stderr.count("as recorded:") == len(SMALL)
    again = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert "as recorded:" not in again.stderr
    assert again.stdout == first.stdout
    told = orjson.loads(figures.read_bytes())
    row = told["sets"]["small"]
    assert (row["cases"], row["faults"], row["rejected"], row["failed"]) == (2, 2, 0, {})
    assert row["scores"]["recall"] == 1
    assert row["floors"]["random"]["AC@1"] < 0.2
    text = document.read_text()
    for heading in (
        "Goals",
        "Detection and onset",
        "Beside others",
        "Worse conditions",
        "Failures, one by one",
        "Parameters halved and doubled",
    ):
        assert f"## {heading}" in text
    assert "| small (2) |" in text


def test_a_set_that_is_nowhere_is_an_error_that_names_those_at_hand(exam: Path, tmp_path: Path) -> None:
    found = CliRunner().invoke(command, ["--exam", str(exam), "--sets", "nowhere", "--kept", str(tmp_path)])
    assert found.exit_code == 1
    assert "no such set: nowhere" in found.stderr
    assert "present" in found.stderr
    assert "small" in found.stderr


def test_worse_conditions_are_only_those_that_change_something(cases: list[Case]) -> None:
    """…and every case that a condition leaves as it was is left out of its comparison."""
    planned = {variant.name: [case.name for case in touched] for _, touched, variant in studies.generality({"small": cases})}
    assert planned["guilty change unreported"] == ["seed-00043"]
    assert planned["half the sampling rate"] == ["seed-00031", "seed-00043"]
    assert planned["without catalogue"] == ["seed-00043"]


def test_an_unreported_change_cannot_be_named(cases: list[Case], tmp_path: Path) -> None:
    touched = [case for case in cases if case.faults[0].change]
    found = studies.measure("small", touched, Variant("unreported", "guilty change unreported"), 1, tmp_path)
    assert found.scores["HR@1"] is None, "there is no right change any more"
    assert found.scores["abstained"] is not None
    guilty = touched[0].faults[0].changes
    named = {cause.change for each in found.judged for incident in each.incidents for cause in incident.causes}
    assert not named & guilty


def test_every_kind_of_evidence_can_be_switched_off(cases: list[Case], tmp_path: Path) -> None:
    """With all families of metrics and logs mute, an outage without alerts is not found: the switches reach what they name."""
    quiet = [case for case in cases if case.topic("alerts") is None] or cases[:1]
    everything = "+".join(KINDS)
    found = run_all(quiet, Variant("nothing left", turning=Turning(off=everything)), kept=tmp_path)
    for run in found.values():
        assert not run.failed
        told = [cause for snapshot in run.snapshots for cause in orjson.loads(snapshot)["causes"] if cause["score"] > 0.9]
        assert not told, "who has heard nothing is sure of nothing"


def test_the_switches_name_families_that_exist_and_miss_none_but_traffic() -> None:
    from benchmarks.ablations import FAMILIES_OF

    named = {family for families in FAMILIES_OF.values() for family in families}
    assert named == set(FAMILIES) - {"traffic"}


def test_a_number_is_turned_for_one_variant_only(cases: list[Case], tmp_path: Path, kept: Path) -> None:
    """An opening threshold a thousand times as high keeps everything shut; the next run opens as before."""
    one = [case for case in cases if case.topic("alerts") is None] or cases[:1]
    shut = run_all(one, Variant("shut", turning=Turning("open_nats", 1_000.0)), kept=tmp_path)
    before = run_all(one, Variant(), kept=kept)
    opened = [len(run.snapshots) for run in before.values()]
    assert min(opened) >= 1
    assert sum(len(run.snapshots) for run in shut.values()) < sum(opened)


def test_every_number_of_the_engine_has_a_reason_and_there_are_few() -> None:
    """At most 25, in one table; each has a unit and says why."""
    told = list(parameters())
    assert len(told) <= 25
    for each in told:
        assert each.unit, each.name
        assert len(each.reason.split()) >= 5, each.name
