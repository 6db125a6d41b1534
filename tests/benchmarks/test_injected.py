"""Faults put into quiet stretches of recorded telemetry: where, what moves, and that nothing else does."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from benchmarks.cases import Case, read_set, records, seconds
from benchmarks.injected.effects import Effects, effects
from benchmarks.injected.stretches import BEFORE_S, SETTLED_S, stretches
from benchmarks.injected.write import moved, write_set

BEGIN_S = 1_760_000_000
CALLS = {("shop", "cart"): 0.5, ("cart", "db"): 0.8, ("shop", "mail"): 1.0}


def stamp(at_s: float) -> str:
    return f"{datetime.fromtimestamp(BEGIN_S + at_s, UTC):%Y-%m-%dT%H:%M:%S}Z"


def recording() -> Iterator[tuple[float, str, dict[str, str], float]]:
    """Four hours, a sample a minute, with a fault of ten minutes after three of them."""
    for minute in range(240):
        for service in ("shop", "cart", "db", "mail"):
            yield minute * 60.0, "request_latency_p90_s", {"service": service}, 0.1 + 0.01 * (minute % 3)
            yield minute * 60.0, "request_success_rate_percent", {"service": service}, 100.0
            yield minute * 60.0, "container_cpu_usage_percent", {"service": service}, 10.0


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    directory = tmp_path_factory.mktemp("exam") / "recorded"
    case = directory / "day"
    case.mkdir(parents=True)
    with gzip.open(case / "telemetry.metrics.ndjson.gz", "wb") as file:
        for at_s, name, labels, value in recording():
            file.write(orjson.dumps({"timestamp": stamp(at_s), "value": str(value), "name": name, "labels": labels}) + b"\n")
    about = {"start": stamp(0), "end": stamp(240 * 60), "services": ["shop", "cart", "db", "mail"], "estate": "x", "note": ""}
    (case / "case.json").write_bytes(orjson.dumps(about))
    entries = ["---\nkind: Component\nmetadata: {name: shop}\nspec: {dependsOn: ['component:cart', 'component:mail']}\n"]
    entries.append("---\nkind: Component\nmetadata: {name: cart}\nspec: {dependsOn: ['component:db']}\n")
    (case / "catalog-info.yaml").write_text("".join(entries))
    row = {"id": "a", "from": stamp(180 * 60), "to": stamp(190 * 60), "cause": {"service": "db", "kind": "cpu"}, "change": None}
    (directory / "truth.json").write_bytes(orjson.dumps({"day": [row]}))
    return read_set(directory)


def test_a_stretch_keeps_away_from_faults(recorded: list[Case]) -> None:
    """What lies between a fault and its aftermath is not quiet; what is too short to learn from is not taken."""
    (before,) = stretches(recorded[0])
    fault = recorded[0].faults[0]
    assert before.begin_s == BEGIN_S
    assert before.end_s == fault.begin_s - BEFORE_S
    assert recorded[0].end_s - (fault.end_s + SETTLED_S) < 45 * 60, "the rest is left out for being short"
    assert before.step_s == 60.0


def test_the_same_seed_gives_the_same_bytes_and_only_the_fault_differs(recorded: list[Case], tmp_path: Path) -> None:
    """C99: figures can be made again.  Outside the fault every record is as it was recorded."""
    first = write_set(tmp_path / "a", {"recorded": recorded}, range(12))
    second = write_set(tmp_path / "b", {"recorded": recorded}, range(12))
    cases = read_set(first)
    assert len(cases) == 12
    assert {case.faults[0].kind for case in cases} == {"network", "cpu", "code"}
    was = {(seconds(stamp(at_s)), name, labels["service"]): value for at_s, name, labels, value in recording()}
    for case in cases:
        dump = case.path / "telemetry.metrics.ndjson.gz"
        assert dump.read_bytes() == (second / case.name / dump.name).read_bytes()
        fault, told = case.faults[0], [orjson.loads(line) for line in records(dump)]
        changed = [row for row in told if float(row["value"]) != was[seconds(row["timestamp"]), row["name"], row["labels"]["service"]]]
        assert changed
        assert all(fault.begin_s <= seconds(row["timestamp"]) < fault.end_s for row in changed)
        assert fault.service in {row["labels"]["service"] for row in changed}
        assert seconds(told[0]["timestamp"]) <= fault.begin_s - 30 * 60


def test_callers_feel_what_they_wait_for() -> None:
    """A delay at the database is felt by who calls it, in the share of calls it makes, and by nobody else."""
    what = effects("network", "db", 1.0, CALLS)
    assert what.slower_s == {"db": 0.0, "cart": 0.8, "shop": 0.4}, "nobody sees its own answers late, but it waits for others"
    assert what.calls_slower_s == {("shop", "cart"): 0.8, ("cart", "db"): 1.0}
    assert effects("cpu", "db", 1.0, CALLS, busier=9.0).slower_s == {"db": 1.0, "cart": 0.8, "shop": 0.4}
    assert effects("code", "cart", 0.5, CALLS).failing == {"cart": 0.5, "shop": 0.25}
    assert effects("network", "db", 1.0, CALLS, by_clients=False).slower_s["db"] == 1.0


def test_calls_in_a_circle_end() -> None:
    circle = {("a", "b"): 1.0, ("b", "a"): 1.0}
    assert effects("cpu", "a", 1.0, circle).slower_s == {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize(
    ("name", "labels", "value", "expected"),
    [
        ("p90_latency_s", {"service": "cart"}, 0.1, 0.9),
        ("p90_latency_s", {"service": "mail"}, 0.1, None),
        ("p90_latency_s", {"service": "cart"}, float("nan"), None),
        ("request_duration_seconds_count", {"service": "cart"}, 7.0, None),
        ("call_duration_seconds_p50", {"client": "cart", "server": "db"}, 0.1, 1.1),
        ("call_duration_seconds_p50", {"client": "cart", "server": "db", "reporter": "destination"}, 0.1, None),
        ("pod_client_latency_p90_s", {"service": "cart"}, 0.1, 1.1),
        ("requests_total", {"service": "cart"}, 7.0, None),
    ],
)
def test_a_delay_moves_latencies_as_they_are_measured(name: str, labels: dict[str, str], value: float, expected: float | None) -> None:
    what = effects("network", "db", 1.0, CALLS)
    now = moved(record(name, labels, value), what)
    assert now == (None if expected is None else pytest.approx(expected))


def test_failures_and_a_busy_processor_move_their_own_metrics() -> None:
    failing, busy = Effects(failing={"cart": 0.25}), Effects(busier={"db": 30.0})
    assert moved(record("availability_average", {"service": "cart"}, 100.0), failing) == 75.0
    assert moved(record("availability_average", {"service": "mail"}, 100.0), failing) is None
    assert moved(record("cpu_usage_rate_percent", {"service": "db"}, 5.0), busy) == 100.0, "no more than there is"
    assert moved(record("node_cpu_usage_rate_percent", {"service": "db"}, 5.0), busy) is None, "the node's is another thing"


def record(name: str, labels: dict[str, str], value: float) -> dict[str, Any]:
    return {"name": name, "labels": labels, "value": str(value)}
