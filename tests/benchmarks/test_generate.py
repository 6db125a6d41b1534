"""The made-up estate: the same seed gives the same bytes, in the mix and the forms that the benchmark promises."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import orjson
import pytest

from benchmarks.generate import (
    OUTAGE_STARTS_S,
    RESOLVED_AFTER_S,
    ROLLBACK_AFTER_S,
    SERIES,
    SERVICES,
    callers,
    events,
)
from schemas.bulk.adapter import Adapter
from schemas.bulk.ecs import Ecs
from schemas.reading import Reader, Reading, Records

END_MS = 1_800_000_000_000
COUNT = 750_000
"""Until after the first outage."""


@dataclass
class Story:
    """What is looked at of one pass over the events."""

    first_ms: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    byte_count: int = 0
    in_order: bool = True
    last_ms: int = 0
    deploys: list[tuple[int, Any]] = field(default_factory=list)
    alerts: list[Any] = field(default_factory=list)
    lines: list[tuple[int, bytes]] = field(default_factory=list)
    pools: list[tuple[int, bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def story() -> Story:
    told = Story()
    for event in events(COUNT, seed=1, end_ms=END_MS):
        told.first_ms = told.first_ms or event.at_ms
        told.in_order &= event.at_ms >= told.last_ms
        told.last_ms = event.at_ms
        told.topics[event.topic] += 1
        told.byte_count += len(event.value)
        if event.topic == "telemetry.deploys":
            told.deploys.append((event.at_ms, orjson.loads(event.value)))
        elif event.topic == "telemetry.alerts":
            told.alerts.append(orjson.loads(event.value))
        elif b'"level":"error"' in event.value:
            told.lines.append((event.at_ms, event.value))
        elif b'"name":"db_pool_connections_in_use"' in event.value:
            told.pools.append((event.at_ms, event.value))
    return told


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (list(events(5_000, seed=seed, end_ms=END_MS)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_events_are_sent_in_order_and_end_at_the_time_asked_for(story: Story) -> None:
    assert story.in_order
    assert abs(story.last_ms - END_MS) <= 2_000


def test_the_mix_is_that_of_an_estate_and_an_event_is_300_bytes(story: Story) -> None:
    """Some thousand events a second: four log lines for a sample, two deploys and some alerts."""
    seconds = (story.last_ms - story.first_ms) / 1_000
    assert 2_500 < COUNT / seconds < 4_000
    assert 3 < story.topics["telemetry.logs"] / story.topics["telemetry.metrics"] < 5
    assert story.topics["telemetry.deploys"] == 2
    assert 4 <= story.topics["telemetry.alerts"] <= 6
    assert 270 < story.byte_count / COUNT < 360


def test_an_outage_begins_with_a_deploy_and_shows_in_logs_alerts_and_metrics_of_the_same_service(story: Story) -> None:
    """Otherwise the worker would be measured on a calm that never comes to correlate anything."""
    begun_ms, deploy = story.deploys[0]
    broken = deploy["subject"]["id"]
    assert abs(begun_ms - story.first_ms - OUTAGE_STARTS_S * 1_000) < 1_000
    assert story.deploys[1][0] - begun_ms == ROLLBACK_AFTER_S * 1_000
    assert {alert["commonLabels"]["service"] for alert in story.alerts} == {broken} | {f"svc-{n:03d}" for n in callers(int(broken[-3:]))}
    assert {alert["status"] for alert in story.alerts} == {"firing", "resolved"}
    healed_ms = begun_ms + ROLLBACK_AFTER_S * 1_000
    assert all(begun_ms <= at_ms <= healed_ms + 1_000 for at_ms, _ in story.lines)
    assert broken in {orjson.loads(line)["service"]["name"] for _, line in story.lines}
    mine = [(at_ms, float(orjson.loads(row)["value"])) for at_ms, row in story.pools if f'"service":"{broken}"'.encode() in row]
    assert min(value for at_ms, value in mine if begun_ms + 1_000 <= at_ms < healed_ms) > 40
    assert max(value for at_ms, value in mine if at_ms < begun_ms or at_ms > healed_ms + 1_000) < 10
    assert story.last_ms > begun_ms + RESOLVED_AFTER_S * 1_000


def test_a_request_leaves_a_line_in_every_service_it_passes() -> None:
    """Six lines with one trace id, of six services that call each other."""
    lines = [orjson.loads(event.value) for event in events(20_000, seed=1, end_ms=END_MS) if event.topic == "telemetry.logs"]
    traces: dict[str, list[int]] = {}
    for line in lines:
        traces.setdefault(line["trace"]["id"], []).append(int(line["service"]["name"][-3:]))
    whole = [services for services in traces.values() if len(services) == 6]
    assert len(whole) > 0.95 * len(traces)
    assert all(above in callers(below) for services in whole for above, below in pairwise(services))


def test_every_record_is_read_and_the_usual_ones_in_bulk() -> None:
    """The benchmark measures what is promised for formats that come by the million, so they must not be odd."""
    made = list(events(20_000, seed=1, end_ms=END_MS))
    reader = Reader(Reading(strict=True))
    for topic, decoder in (("telemetry.logs", Ecs()), ("telemetry.metrics", Adapter())):
        values = [event.value for event in made if event.topic == topic]
        read = reader.read(Records(topic, 0, range(len(values)), [END_MS * 1_000_000] * len(values), values))
        assert len(read.signals) == len(values)
        assert read.rejected == []
        batch = decoder.read(values[:100], reader._subjects, b"")
        assert batch is not None
        assert batch.odd == []


def test_every_service_has_its_series() -> None:
    seen = {
        (row["name"], row["labels"].get("service", row["labels"].get("server")))
        for event in events(SERVICES * SERIES * 8, seed=1, end_ms=END_MS)
        if event.topic == "telemetry.metrics" and (row := orjson.loads(event.value))
    }
    assert len(seen) == SERVICES * SERIES
