"""Simple rules that group alerts: by hand on a few, and each rule's promise on many."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cases import read_set
from benchmarks.grouping import GAP_S, RULES, Firing, firings, rules
from schemas.signal import Kind, Signal, Status, Subject

SECOND_NS = 1_000_000_000
T0_S = 1_700_000_000


def row(at_s: float, name: str = "HighErrorRate", service: str = "cart", *, over: bool = False, key: str | None = None) -> Signal:
    subject = Subject(kind=Kind.ALERT, entity=f"service:{service}", name=name)
    return Signal(
        subject=subject,
        event_time_ns=int((T0_S + at_s) * SECOND_NS),
        topic="telemetry.alerts",
        partition=0,
        offset=int(at_s),
        status=Status.RESOLVED if over else Status.FIRING,
        dedup_key=f"{name}/{service}" if key is None else key,
    )


def lives(*signals: Signal) -> list[tuple[float, float, float]]:
    return [(one.begin_s - T0_S, one.last_s - T0_S, one.end_s - T0_S) for one in firings(signals)]


def grouped(rule: str, *signals: Signal) -> list[tuple[float, float, float]]:
    return [(one.onset_s - T0_S, one.end_s - T0_S, one.signals) for one in RULES[rule](firings(signals))]


def test_an_alert_lasts_until_it_is_resolved_and_else_five_minutes_longer_than_it_spoke() -> None:
    assert lives(row(0), row(60), row(100, over=True)) == [(0, 60, 100)]
    assert lives(row(0), row(60)) == [(0, 60, 60 + GAP_S)]
    assert lives(row(0), row(301)) == [(0, 0, 300), (301, 301, 601)]
    assert lives(row(0), row(10, over=True), row(20)) == [(0, 0, 10), (20, 20, 320)]


def test_a_resolution_of_what_never_fired_is_no_alert() -> None:
    assert lives(row(0, over=True)) == []


def test_without_a_key_each_row_is_an_alert() -> None:
    assert len(lives(row(0, key=""), row(1, key=""))) == 2


def test_the_rules_by_hand() -> None:
    """Two services fail at once, one alert comes again much later."""
    told = (row(0), row(10, service="web"), row(20, name="HighLatency"), row(40, over=True), row(900))
    assert grouped("one an alert, repeats taken out", *told) == [(0, 40, 1), (10, 10, 1), (20, 20, 1), (900, 900, 1)]
    assert grouped("gap of 300 s", *told) == [(0, 40, 3), (900, 900, 1)]
    assert grouped("gap of 300 s, same service", *told) == [(0, 40, 2), (10, 10, 1), (900, 900, 1)]
    assert grouped("Alertmanager: alert name and service", *told) == [(0, 40, 1), (10, 10, 1), (20, 20, 1), (900, 900, 1)]


def test_a_group_of_alertmanager_lives_as_long_as_one_of_its_alerts() -> None:
    told = (row(0, key="a"), row(50, over=True, key="a"), row(40, key="b"), row(330, key="c"))
    assert grouped("Alertmanager: alert name and service", *told) == [(0, 330, 3)]
    told = (row(0, key="a"), row(50, over=True, key="a"), row(60, key="b"))
    assert grouped("Alertmanager: alert name and service", *told) == [(0, 50, 1), (60, 60, 1)]


@given(st.lists(st.tuples(st.integers(0, 3_000), st.sampled_from("ab"), st.sampled_from("xy"), st.booleans()), max_size=30))
def test_every_alert_is_in_one_incident_and_wider_rules_make_no_more_of_them(told: list[tuple[int, str, str, bool]]) -> None:
    found: list[Firing] = firings([row(at_s, name, service, over=over) for at_s, name, service, over in told])
    many = {name: rule(found) for name, rule in RULES.items()}
    assert {sum(one.signals for one in incidents) for incidents in many.values()} == {len(found)}
    assert (
        len(many["gap of 300 s"]) <= len(many["gap of 300 s, same service"]) <= len(many["one an alert, repeats taken out"]) == len(found)
    )
    assert all(one.onset_s <= one.end_s for incidents in many.values() for one in incidents)


def test_rules_are_scored_on_the_alerts_of_a_case(tmp_path: Path) -> None:
    case = tmp_path / "storm" / "one"
    case.mkdir(parents=True)
    (tmp_path / "storm" / "truth.json").write_bytes(
        orjson.dumps(
            {
                "one": [
                    {"id": "f", "from": "2026-05-01T10:00:00Z", "to": "2026-05-01T10:10:00Z", "cause": {"service": "cart", "kind": "cpu"}}
                ]
            }
        )
    )
    (case / "case.json").write_bytes(
        orjson.dumps({"start": "2026-05-01T08:00:00Z", "end": "2026-05-01T12:00:00Z", "services": ["cart", "web"]})
    )
    alerts = [
        {
            "labels": {"alertname": name, "service": service}, "annotations": {}, "startsAt": at, "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": f"{name}{service}", "status": "firing",
        }
        for name, service, at in (
            ("Slow", "web", "2026-05-01T09:00:00Z"), ("Slow", "web", "2026-05-01T10:01:00Z"), ("Errors", "cart", "2026-05-01T10:02:00Z"),
        )
    ]  # fmt: skip
    lines = [orjson.dumps({"version": "4", "status": "firing", "receiver": "kafka", "groupLabels": {}, "alerts": [one]}) for one in alerts]
    (case / "telemetry.alerts.ndjson").write_bytes(b"\n".join(lines))
    found = rules(read_set(tmp_path / "storm"))
    assert {name: (one["incidents"], one["false"], one["fragments"]) for name, one in found.items()} == {
        "one an alert, repeats taken out": (3, 1, 2),
        "gap of 300 s": (2, 1, 1),
        "gap of 300 s, same service": (3, 1, 2),
        "Alertmanager: alert name and service": (3, 1, 2),
    }
    assert found["gap of 300 s"]["reduction"] == pytest.approx(1 / 3)
