"""The made-up estate: the same seed gives the same bytes, in the mix and the forms that the benchmark promises."""

from __future__ import annotations

from collections import Counter

import orjson

from benchmarks.generate import ROLLBACK_AFTER_S, callers, events

END_MS = 1_800_000_000_000


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (list(events(5_000, seed=seed, end_ms=END_MS)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_events_are_sent_in_order_and_end_at_the_time_asked_for() -> None:
    sent = [event.at_ms for event in events(20_000, seed=1, end_ms=END_MS)]
    assert sent == sorted(sent)
    assert abs(sent[-1] - END_MS) <= 2_000


def test_the_mix_is_that_of_an_estate_and_an_event_is_300_bytes() -> None:
    """Two samples for a log line, a handful of alerts and deploys, all of them JSON."""
    made = list(events(150_000, seed=1, end_ms=END_MS))
    share = Counter(event.topic for event in made)
    assert 1.9 < share["telemetry.metrics"] / share["telemetry.logs"] < 2.1
    assert 2 <= share["telemetry.deploys"] <= 4
    assert 4 <= share["telemetry.alerts"] <= 12
    assert 270 < sum(len(event.value) for event in made) / len(made) < 330
    assert all(isinstance(orjson.loads(event.value), dict) for event in made[:1_000])


def test_an_outage_begins_with_a_deploy_and_shows_in_logs_alerts_and_metrics_of_the_same_service() -> None:
    """Otherwise the worker would be measured on a calm that never comes to correlate anything."""
    made = list(events(150_000, seed=1, end_ms=END_MS))
    deploys = [(event.at_ms, orjson.loads(event.value)) for event in made if event.topic == "telemetry.deploys"]
    begun_ms, deploy = deploys[0]
    broken = deploy["subject"]["id"]
    assert deploys[1][0] - begun_ms == ROLLBACK_AFTER_S * 1_000
    alerted = {orjson.loads(event.value)["commonLabels"]["service"] for event in made if event.topic == "telemetry.alerts"}
    assert alerted == {broken} | {f"svc-{caller:03d}" for caller in callers(int(broken[-3:]))}
    during = [orjson.loads(event.value) for event in made if begun_ms <= event.at_ms < begun_ms + ROLLBACK_AFTER_S * 1_000]
    errors = Counter(line["service"]["name"] for line in during if line.get("log.level") == "error")
    assert errors.most_common(1)[0][0] == broken
    waits = [
        float(row["value"]) for row in during if row.get("name") == "db_pool_connections_in_use" and row["labels"]["service"] == broken
    ]
    assert min(waits) > 40
