"""Simulated outages: reproducible, readable by every reader, and true to their own truth."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import orjson
import pytest

from benchmarks.cases import Case, fold, read_set, records
from benchmarks.perturb import PERTURBATIONS, dumps_of, wrong_clock
from benchmarks.simulate.estate import estate
from benchmarks.simulate.outage import Outage, outage
from benchmarks.simulate.physics import Conditions, run
from benchmarks.simulate.plan import DAY_S, FAULTS, QUIET, STEPS_S, long_plan, plan
from benchmarks.simulate.write import write_case, write_set
from schemas.catalogue import read_catalogue
from schemas.reading import Reader, Reading, Records

SMALL = (12, 16, 23, 25, 31, 43)
"""Development seeds of small cases that together have every family of telemetry."""


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return read_set(write_set(tmp_path_factory.mktemp("simulated"), SMALL))


def lines(path: Path) -> list[bytes]:
    return list(records(path))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """C99: figures can be made again."""
    first, second = tmp_path / "first" / "case", tmp_path / "second" / "case"
    assert write_case(first, plan(24)) == write_case(second, plan(24))
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert len(names) >= 3
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_every_record_is_read_by_the_native_readers(simulated: list[Case]) -> None:
    """Nothing is rejected: the simulator speaks the formats that collectors speak."""
    topics: set[str] = set()
    for case in simulated:
        for signal in ("metrics", "logs", "alerts", "deploys"):
            path = case.topic(signal)
            if path is None:
                continue
            values = lines(path)[:4_000]
            read = Reader(Reading()).read(Records(f"telemetry.{signal}", 0, range(len(values)), [0] * len(values), values))
            assert not read.rejected, (case.name, signal, read.rejected[:1])
            assert len(read.signals) >= len(values)
            assert (read.signals["event_time_ns"] > 0).all()
            topics.add(signal)
        if case.catalogue:
            declared = read_catalogue(case.catalogue.read_text()).calls
            assert {name.partition(":")[2] for name in declared} == set(case.services)
    assert topics == {"metrics", "logs", "alerts", "deploys"}


def test_the_truth_agrees_with_what_was_written(simulated: list[Case]) -> None:
    """The cause is a service of the case, its change is in the feed, the chain begins at the cause, and times lie within the case."""
    for case in simulated:
        (fault,) = case.faults
        assert fault.service in case.services
        assert fault.begin_s < fault.end_s <= case.end_s
        assert fault.chain is not None
        targets = {edge.target for edge in fault.chain if not edge.source.startswith("change:")}
        assert fold(fault.service) not in targets, "nothing that suffers is the cause of the cause"
        names = {fold(name) for name in case.services}
        assert {name for edge in fault.chain for name in edge if not name.startswith("change:")} <= names
        feed = case.topic("deploys")
        if fault.change:
            assert feed is not None
            assert any(fault.change.encode() in line for line in lines(feed))
            assert fault.kind in ("change", "config")
        if feed is not None:
            innocent = [line for line in lines(feed) if not any(change.encode() in line for change in fault.changes)]
            assert innocent, "the guilty change is never the only one"


def test_no_record_tells_the_answer(simulated: list[Case]) -> None:
    """Nothing of the truth's own words (fault, kind, mechanism) stands in a topic."""
    for case in simulated:
        for signal in ("metrics", "logs", "alerts", "deploys"):
            path = case.topic(signal)
            text = gzip.decompress(path.read_bytes()).lower() if path else b""
            told = re.search(rb"\b(fault|guilty|root_?cause|truth|injected|simulat\w+)\b", text)
            assert told is None, (case.name, signal, told)


def test_records_of_a_topic_are_in_order_of_time(simulated: list[Case]) -> None:
    for case in simulated:
        path = case.topic("metrics")
        assert path is not None
        stamps = [orjson.loads(line)["timestamp"] for line in lines(path)]
        assert stamps == sorted(stamps)


def test_consecutive_seeds_hold_every_fault_and_every_sampling_rate() -> None:
    plans = [plan(seed) for seed in range(10_000, 10_054)]
    assert {each.fault for each in plans} == set(FAULTS)
    assert {each.step_s for each in plans} == set(STEPS_S)
    assert len({(each.fault, each.step_s) for each in plans}) == len(FAULTS) * len(STEPS_S)
    assert min(each.services for each in plans) <= 10
    assert max(each.services for each in plans) >= 100
    assert {name for each in plans for name in each.missing} == {"logs", "graph", "catalogue", "alerts", "changes"}
    assert any(not each.missing for each in plans)


def test_a_quiet_estate_stays_quiet() -> None:
    """Without a fault no queue grows and hardly a request fails: what is seen later is the fault's doing."""
    for seed in (1, 12, 24):
        built = estate(plan(seed))
        course = run(built, np.repeat(built.entry_rps[None, :], 300, axis=0), Conditions(), 1.0)
        assert course.errors.max() < 0.02
        assert np.allclose(course.latency_s[50:], course.latency_s[-1], rtol=0.05)


def test_no_regular_job_is_an_outage_of_its_own() -> None:
    """The truth tells of the fault alone: a job that fills queues when it meets a wave of requests is made smaller."""
    usual = outage(plan(46010)).without.latency_s
    assert (usual.max(axis=0) < 2 * np.median(usual, axis=0)).all()


def test_callers_inherit_latency_in_proportion_to_their_calls() -> None:
    """A slow store makes a direct caller slower by calls times the difference, and leaves those who do not reach it alone."""
    built = estate(plan(12))
    store = int(np.argmax(built.layer))
    moments = 200
    quiet = run(built, np.repeat(built.entry_rps[None, :], moments, axis=0), Conditions(), 1.0)
    slow = Conditions(slow={store: np.full(moments, 1.6)})
    hurt = run(built, np.repeat(built.entry_rps[None, :], moments, axis=0), slow, 1.0)
    more = hurt.latency_s[-1] - quiet.latency_s[-1]
    for edge in built.edges_into(store).tolist():
        client = int(built.client[edge])
        only = [other for other in built.edges_out_of(client).tolist() if other != edge and more[built.server[other]] > 1e-9]
        if not only:
            assert more[client] == pytest.approx(built.calls[edge] * more[store], rel=0.15)
    reaching = {store}
    for edge in reversed(range(len(built.client))):
        if int(built.server[edge]) in reaching:
            reaching.add(int(built.client[edge]))
    others = [service for service in range(built.size) if service not in reaching]
    assert others
    assert np.allclose(more[others], 0, atol=1e-9)


def test_failures_of_a_callee_are_failures_of_its_callers_unless_they_have_a_fallback() -> None:
    built = estate(plan(12))
    edge = int(np.nonzero((built.needed == 1) & (built.retries == 0) & (built.layer[built.client] > 0))[0][-1])
    server, client = int(built.server[edge]), int(built.client[edge])
    broken = Conditions(fails={server: np.full(60, 0.5)})
    course = run(built, np.repeat(built.entry_rps[None, :], 60, axis=0), broken, 1.0)
    assert course.errors[-1, server] == pytest.approx(0.5, abs=0.02)
    assert course.errors[-1, client] == pytest.approx(0.5 * min(built.calls[edge], 1.0), abs=0.05)


def test_overload_queues_and_then_refuses() -> None:
    built = estate(plan(12))
    surge = np.repeat(built.entry_rps[None, :] * 6, 120, axis=0)
    course = run(built, surge, Conditions(), 1.0)
    assert course.waiting.max() > 0.3
    assert course.own_errors.max() > 0.2


@pytest.mark.parametrize("seed", [9, 10, 12, 15, 22])
def test_somebody_feels_every_fault_and_only_while_it_lasts(seed: int) -> None:
    happened: Outage = outage(plan(seed))
    begin, end = np.searchsorted(happened.times.at_s, [happened.times.begin_s, happened.times.end_s]).tolist()
    during = (
        np.abs(happened.course.latency_s - happened.without.latency_s)[begin:end]
        + np.abs(happened.course.errors - happened.without.errors)[begin:end]
    )
    assert during.max() > 0.01
    assert np.array_equal(happened.course.latency_s[:begin], happened.without.latency_s[:begin])
    assert happened.cause in happened.affected


@pytest.mark.parametrize("name", sorted(PERTURBATIONS))
def test_a_perturbation_changes_what_it_says_and_nothing_else(name: str, simulated: list[Case], tmp_path: Path) -> None:
    perturbation = PERTURBATIONS[name]
    applied = 0
    for number, case in enumerate(simulated):
        if not perturbation.applies(case):
            continue
        applied += 1
        scratch = tmp_path / str(number)
        scratch.mkdir()
        paths, catalogue = dumps_of(case, name, scratch)
        left = {path.name.split(".")[1]: path for path in paths}
        assert not set(left) & set(perturbation.gone)
        assert catalogue == (case.catalogue if perturbation.catalogue else None)
        for signal, path in left.items():
            if signal not in perturbation.topics:
                assert path == case.topic(signal), "what stays is not copied"
                continue
            before, after = lines(case.topic(signal) or path), lines(path)
            _check(name, case, signal, before, after)
    assert applied


def _check(name: str, case: Case, signal: str, before: list[bytes], after: list[bytes]) -> None:
    (fault,) = case.faults
    if name == "guilty change unreported":
        assert not any(change.encode() in line for change in fault.changes for line in after)
        assert set(after) <= set(before)
        assert after
    elif name == "without call graph":
        assert [line for line in before if b"traces_service_graph" not in line] == after
    elif name == "half the sampling rate":
        assert len(after) == pytest.approx(len(before) / 2, rel=0.1)
    elif name == "20 % of rows lost":
        assert set(after) <= set(before)
        if len(before) > 1_000:
            assert len(after) == pytest.approx(len(before) * 0.8, rel=0.05)
    elif name == "one clock a minute off":
        moved = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        assert bool(moved) == (wrong_clock(case) == signal)
        if signal == "logs" and moved:
            was, now = (orjson.loads(line) for line in moved[0])
            assert was["@timestamp"] < now["@timestamp"]
            assert was["message"] == now["message"]


def test_long_cases_have_days_of_history_and_every_second_one_no_fault() -> None:
    """What clocks bring can be told from trouble only by who has seen it before."""
    plans = [long_plan(seed) for seed in range(48)]
    assert all(each.before_s >= 2 * DAY_S for each in plans)
    assert {each.fault for each in plans[1::2]} == {QUIET}
    assert {each.fault for each in plans[::2]} == set(FAULTS) - {"none"}


def test_nights_bring_few_requests_and_jobs_come_again() -> None:
    """C99: the curve of a day and the jobs repeat, a fault does not."""
    quiet = long_plan(5)
    happened = outage(quiet)
    hours = (quiet.begins_s + happened.times.at_s) % DAY_S // 3_600
    entry = happened.course.rps[:, list(happened.estate.entries)].sum(axis=1)
    assert entry[hours == 4].mean() < 0.4 * entry[hours == 10].mean()
    backup = happened.jobs[happened.estate.size - 1] > 0
    assert np.count_nonzero(np.diff(backup.astype(int)) == 1) >= quiet.before_s // DAY_S
    assert (happened.course.latency_s == happened.without.latency_s).all()
