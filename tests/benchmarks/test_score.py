"""The scoreboard's arithmetic: by hand on small examples, and against the recorded sets' own scorer where that is at hand."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.calibration import reliability
from benchmarks.cases import Case, Cause, ChainEdge, Fault, Incident, alerts_in, fold, read_incidents, read_set
from benchmarks.floors import floors
from benchmarks.score import Judged, answer, own_incidents, quantile, rank_of, reachable, scores

EXAM = Path(__file__).resolve().parents[2].parent / "shared" / "exam"
needs_exam = pytest.mark.skipif(not (EXAM / "score.py").exists(), reason="the recorded sets are not beside the repository")


def fault(name: str = "f1", begin_s: float = 1_000.0, end_s: float = 1_600.0, **more: Any) -> Fault:
    told: dict[str, Any] = {
        "service": "cart", "kind": "cpu", "detail": "", "change": None, "services": frozenset({"cart"}), "changes": frozenset(), "decoys": None,
    }  # fmt: skip
    return Fault("case", name, begin_s, end_s, **(told | more))


def incident(name: str, onset_s: float, end_s: float, *causes: Cause, signals: float = 1, edges: tuple[ChainEdge, ...] = ()) -> Incident:
    return Incident(name, onset_s, onset_s + 60, end_s, signals, causes, edges)


def case(*faults: Fault) -> Case:
    return Case("set", "case", Path("nowhere"), 10_000.0, ("cart", "web", "db", "mail"), faults)


def of(*incidents: Incident, faults: tuple[Fault, ...] = (fault(),), alerts: int = 0) -> dict[str, float | None]:
    return scores([Judged(case(*faults), incidents, alerts)])


def test_repeats_take_no_rank_and_the_unnamed_take_one_each() -> None:
    assert rank_of(frozenset({"c"}), ["a", "a", "b", "c"]) == 3
    assert rank_of(frozenset({"c"}), [None, None, "c"]) == 3
    assert rank_of(frozenset({"c"}), ["a", "b"]) is None


def test_a_fault_that_nobody_found_scores_nothing() -> None:
    found = of()
    assert found["recall"] == 0
    assert found["AC@1"] == 0
    assert found["own AC@1"] == 0
    assert found["precision"] is None


def test_the_biggest_overlapping_incident_answers_and_fragments_are_counted() -> None:
    small = incident("a", 1_000, 1_100, Cause("cart", None, 0.9), signals=2)
    big = incident("b", 1_050, 1_600, Cause("web", None, 0.8), Cause("cart", None, 0.1), signals=9)
    found = of(small, big)
    assert (found["AC@1"], found["AC@3"], found["fragments"], found["precision"]) == (0, 1, 2, 1)
    assert found["own AC@1"] == 1, "the incident with the nearest onset is its own"


def test_one_long_incident_over_two_faults_is_merged_and_is_own_to_one_only() -> None:
    second = fault("f2", 3_000, 3_600, service="db", services=frozenset({"db"}))
    found = of(incident("a", 1_000, 4_000, Cause("cart", None, 1.0)), faults=(fault(), second))
    assert (found["recall"], found["merged"], found["own recall"], found["own AC@1"]) == (1, 2, 0.5, 0.5)


def test_an_incident_beside_every_fault_is_false() -> None:
    found = of(incident("a", 1_000, 1_600, Cause("cart", None, 1.0)), incident("b", 5_000, 5_100))
    assert (found["precision"], found["false"]) == (0.5, 1)
    assert found["F1"] == pytest.approx(2 / 3)


def test_a_change_below_one_half_is_a_suggestion_and_no_accusation() -> None:
    innocent = fault(kind="none")
    suggestion, accusation = Cause("cart", "c1", 0.49), Cause("cart", "c1", 0.51)
    assert answer(innocent, [suggestion]).abstained
    assert not answer(innocent, [accusation]).abstained
    assert answer(innocent, [suggestion]).decoy_first, "named first all the same"


def test_decoys_are_those_listed_or_any_wrong_change_where_none_are_listed() -> None:
    listed = fault(change="good", changes=frozenset({"good"}), decoys=frozenset({"bad"}))
    assert listed.is_decoy("bad")
    assert not listed.is_decoy("other")
    assert fault(change="good", changes=frozenset({"good"})).is_decoy("other")
    assert not fault().is_decoy("other"), "a truth that does not speak of changes has no decoys"


def test_chain_edges_are_right_where_failure_ran_even_through_others() -> None:
    ran = frozenset({ChainEdge("db", "cart"), ChainEdge("cart", "web")})
    told = (ChainEdge("db", "web"), ChainEdge("db", "cart"), ChainEdge("web", "db"))
    found = of(incident("a", 1_000, 1_600, Cause("cart", None, 1.0), edges=told), faults=(fault(chain=ran),))
    assert found["chain precision"] == pytest.approx(2 / 3)
    assert found["chain precision direct"] == pytest.approx(1 / 3)


def test_reachable_ends_in_circles() -> None:
    assert reachable([ChainEdge("a", "b"), ChainEdge("b", "a")]) == {"a": {"a", "b"}, "b": {"a", "b"}}


def test_the_reliability_curve_compares_what_was_said_with_what_was_right() -> None:
    curve = reliability([(0.9, True), (0.9, False), (0.1, False)])
    assert curve == [(0.1, 0.0, 1), (0.9, 0.5, 2)]
    found = of(incident("a", 1_000, 1_600, Cause("web", None, 0.75)))
    assert found["ECE"] == pytest.approx(0.75)


def test_storms_are_measured_by_incidents_an_alert_and_seconds_inside_faults() -> None:
    found = of(incident("a", 1_000, 1_900), incident("b", 5_000, 5_900), alerts=200)
    assert found["reduction"] == pytest.approx(0.99)
    assert found["purity"] == pytest.approx(0.5)


def test_false_incidents_are_counted_a_day_of_quiet_time() -> None:
    begin = datetime.fromtimestamp(0, UTC).isoformat()
    told = Case("set", "case", Path("nowhere"), 10_000.0, ("cart",), (fault(),), {"start": begin})
    quiet_s = 10_000 - (1_600 + 300 - (1_000 - 120))
    assert told.quiet_s == quiet_s
    found = scores([Judged(told, [incident("a", 1_000, 1_600), incident("b", 5_000, 5_100), incident("c", 7_000, 7_100)])])
    assert found["false/day"] == pytest.approx(2 * 86_400 / quiet_s)
    assert of(incident("b", 5_000, 5_100))["false/day"] is None


def test_quantiles_lie_between_ranks() -> None:
    assert quantile([], 0.5) is None
    assert quantile([1, 2], 0.5) == 1.5
    assert quantile([1, 2, 3], 1.0) == 3


def test_the_last_revision_counts(tmp_path: Path) -> None:
    rows = [_snapshot("i", revision, [("cart", None, 0.5)]) for revision in (2, 1)]
    rows[0]["causes"][0]["service"] = "web"
    (found,) = read_incidents(map(orjson.dumps, rows), 10_000)
    assert found.causes[0].service == "web"


def test_chains_name_services_and_changes_and_fold_resources_into_their_service() -> None:
    row = _snapshot("i", 1, [])
    row["chain"] = {
        "nodes": [{"id": "cpu:service:Cart_Db", "entity": "service:Cart_Db"}, {"id": "service:Cart_Db", "entity": "service:Cart_Db"}],
        "edges": [{"from": "cpu:service:Cart_Db", "to": "service:Cart_Db"}, {"from": "change:X1", "to": "service:Cart_Db"}],
    }
    (found,) = read_incidents([orjson.dumps(row)], 10_000)
    assert found.edges == (ChainEdge("change:X1", "cart-db"),)


# --- held equal to the recorded sets' own scorer --------------------------------------------------------------------------

SAME = {
    "recall": "recall", "precision": "precision", "incidents": "incidents", "fragments": "fragments", "merged": "merged",
    "delay p50 s": "delay median s", "delay p90 s": "delay p90 s", "onset error s": "onset error median s",
    "AC@1": "AC@1", "AC@3": "AC@3", "AC@5": "AC@5", "Avg@5": "Avg@5", "HR@1": "HR@1", "HR@3": "HR@3", "HR@5": "HR@5",
    "abstained": "none correct", "decoys first": "decoy first", "own recall": "own recall", "own AC@1": "own AC@1", "own AC@3": "own AC@3",
    "own AC@5": "own AC@5", "own Avg@5": "own Avg@5", "own onset error s": "own onset error median s",
    "alerts": "alerts", "reduction": "storm reduction", "purity": "storm purity", "true incidents/case": "fault incidents/case",
}  # fmt: skip


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(EXAM))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield importlib.import_module("score")
    for name in set(sys.modules) - before:
        if name in ("score", "sets", "topics"):
            del sys.modules[name]


@needs_exam
@pytest.mark.parametrize("name", ["alertstorm", "changes", "rootcausebench", "petshop", "onlineboutique"])
def test_scores_equal_those_of_the_sets_own_scorer(name: str, tmp_path: Path, theirs: ModuleType) -> None:
    """On made-up answers that are right, wrong, early, late, twice and not at all."""
    cases = read_set(EXAM / name)
    judged = []
    for number, each in enumerate(cases):
        rows = list(_answers(each, number))
        (tmp_path / f"{each.name}.ndjson").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        judged.append(Judged(each, read_incidents(map(orjson.dumps, rows), each.end_s), alerts_in(each)))
    ours, expected = scores(judged), theirs.score(EXAM / name, tmp_path)["product"]
    for mine, its in SAME.items():
        assert ours[mine] == pytest.approx(expected.get(its), abs=1e-6), mine


@needs_exam
def test_floors_equal_those_of_the_sets_own_scorer(tmp_path: Path, theirs: ModuleType) -> None:
    """Random order is exact here and drawn 200 times there."""
    ours, expected = floors(read_set(EXAM / "rootcausebench")), theirs.score(EXAM / "rootcausebench", tmp_path, floors=True)["floors"]
    for mine, its in {"most signals": "signals", "latest change": "latest", "none": "none"}.items():
        for key in ("AC@1", "AC@3", "HR@1", "HR@3"):
            assert ours[mine][key] == pytest.approx(expected[its][key], abs=1e-6), (mine, key)
        assert ours[mine]["abstained"] == pytest.approx(expected[its]["none correct"])
        assert ours[mine]["decoys first"] == expected[its]["decoy first"]
    assert ours["random"]["AC@1"] == pytest.approx(expected["random"]["AC@1"], abs=0.03)


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 3_000), st.sampled_from("abcd")), max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_own_incidents_are_a_matching_by_nearest_onsets(spans: list[tuple[int, int, str]], data: st.DataObject) -> None:
    """No incident answers twice, no fault is answered twice, and no pair left over is nearer than what both have."""
    begins = data.draw(st.lists(st.integers(0, 5_000), min_size=1, max_size=5, unique=True))
    faults = [fault(f"f{number}", float(begin), float(begin) + 400) for number, begin in enumerate(begins)]
    incidents = [incident(f"i{number}", float(onset), float(onset + lasts)) for number, (onset, lasts, _) in enumerate(spans)]
    own = own_incidents(faults, incidents)
    assert len({each.id for each in own.values()}) == len(own)
    taken = {each.id: abs(each.onset_s - next(f.begin_s for f in faults if f.id == name)) for name, each in own.items()}
    for each in faults:
        for one in incidents:
            if each.begin_s - 300 <= one.onset_s <= each.end_s:
                apart = abs(one.onset_s - each.begin_s)
                mine = abs(own[each.id].onset_s - each.begin_s) if each.id in own else float("inf")
                assert apart >= min(mine, taken.get(one.id, float("inf")))


def _answers(each: Case, number: int) -> Iterator[dict[str, Any]]:
    """Made-up snapshots whose kind follows from their place."""
    for place, true in enumerate(each.faults):
        kind = (number + place) % 6
        if kind == 5:
            continue
        services = list(each.services)
        shift = [0, 200, -100, 30, 4_000][kind]
        order = [true.service, *services] if kind in (0, 3) else services
        change = true.change if kind in (0, 1) else "nobody" if kind == 2 else None
        causes: list[tuple[str | None, str | None, float]] = [(order[0], change, 0.8 - 0.1 * kind)]
        causes += [(name, None, 0.05) for name in order[1:4]] + [(None, None, 0.01)]
        for part in range(1 + (kind == 3)):
            row = _snapshot(
                f"i{place}-{part}", 1 + part, causes, true.begin_s + shift + part * 120, None if kind == 4 else true.end_s + shift + 600
            )
            yield row | {"signal_count": 10 - part}


def _snapshot(
    name: str, revision: int, causes: list[tuple[str | None, str | None, float]], onset_s: float = 1_000.0, end_s: float | None = 1_600.0
) -> dict[str, Any]:
    def moment(at_s: float) -> str:
        return datetime.fromtimestamp(at_s, UTC).isoformat()

    return {
        "incident_id": name,
        "revision": revision,
        "status": "open",
        "onset_at": moment(onset_s),
        "detected_at": moment(onset_s + 45),
        "resolved_at": None if end_s is None else moment(end_s),
        "services": [fold("cart")],
        "signal_count": 3,
        "causes": [
            {"rank": rank, "service": service, "kind": "cpu", "change": change, "score": score, "evidence": []}
            for rank, (service, change, score) in enumerate(causes, 1)
        ],
    }
