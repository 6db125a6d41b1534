"""Disorder, clocks that are wrong, and silence: what must not change the incident, and what must be counted."""

from __future__ import annotations

import random

import orjson
import pytest

from correlate.engine import Engine
from correlate.reporting import Emission
from correlate.units import SECOND_NS
from schemas.incident import Incident, Phase
from schemas.signal import Kind, Signal, Subject
from tests import story
from tests.correlate.test_engine import live, only
from tests.story import Record


def gist(incident: Incident) -> tuple[object, ...]:
    """All that an incident says, but for where its records lie."""
    timeline = [(entry.at, entry.kind, entry.entity, entry.text) for entry in incident.timeline]
    causes = [(cause.service, cause.change, round(cause.score, 9)) for cause in incident.causes]
    return incident.onset_at, incident.detected_at, incident.resolved_at, incident.status, causes, timeline


@pytest.fixture(scope="module")
def calm() -> Incident:
    return only(live(story.engine(), story.batches(story.records(), 200)))


@pytest.mark.parametrize("seed", range(3))
def test_disorder_within_the_bound_changes_nothing(calm: Incident, seed: int) -> None:
    """Every record is delayed by up to 29 s against its neighbours; the bound is 30."""
    rng = random.Random(seed)
    late = sorted(story.records(), key=lambda record: record.at_s + rng.uniform(0, 29))
    assert gist(only(live(story.engine(), story.batches(late, 50)))) == gist(calm)


def test_producers_that_send_twice_change_nothing_but_the_count(calm: Incident) -> None:
    """Each alert and change is produced two or three times: one incident, the same first cause, no cause twice."""
    rng = random.Random(5)
    twice = [again for record in story.records() for again in [record] * (1 if record.topic == "telemetry.metrics" else rng.randint(2, 3))]
    incident = only(live(story.engine(), story.batches(twice, 100)))
    assert (incident.onset_at, incident.resolved_at) == (calm.onset_at, calm.resolved_at)
    assert incident.causes[0].change == story.GUILTY
    changes = [cause.change for cause in incident.causes if cause.change]
    assert len(changes) == len(set(changes))


def test_a_source_that_lives_in_2099_neither_stops_time_nor_moves_it(calm: Incident) -> None:
    """Its rows are put where they arrived, and say so; the incident is the same."""
    body = {
        "timestamp": "2099-01-01T00:00:00Z",
        "value": "1",
        "name": "strange_metric",
        "labels": {"service": "email", "instance": "far-future"},
    }
    strange = [Record(at_s, "telemetry.metrics", orjson.dumps(body)) for at_s in range(7, story.END_S, 60)]
    mixed = sorted([*story.records(), *strange], key=lambda record: record.at_s)
    found = story.batches(mixed, 100)
    flagged = sum(batch.signals["details"].str.contains("ts_adjusted").sum() for batch in found)
    assert flagged == len(strange)
    incident = only(live(story.engine(), found))
    assert (incident.onset_at, incident.resolved_at, incident.causes[0].change) == (calm.onset_at, calm.resolved_at, story.GUILTY)


def test_rows_older_than_the_bound_are_counted_not_lost() -> None:
    """A shipper hangs for minutes: its samples come after their time was closed, and the incident says how many."""
    engine = story.engine()
    records = story.records()
    held = [
        record for record in records if record.topic == "telemetry.metrics" and b'"inventory"' in record.value and 300 < record.at_s < 600
    ]
    rest = [record for record in records if record not in held]
    emissions: list[Emission] = []
    for batch in story.batches(rest, 100):
        engine.feed(batch.signals, 0)
        emissions += engine.advance(0)
    for batch in story.batches(held, 10_000):
        engine.feed(batch.signals.with_columns(offset=batch.signals["offset"] + 100_000), 0)
    emissions += engine.finish()
    assert engine.shed["late_metric_rows"] == len(held)
    assert only(emissions).causes[0].change == story.GUILTY


def test_when_everything_falls_silent_time_goes_on_and_the_incident_stays_one() -> None:
    """All topics stop in the middle of the outage: it is open at that moment, time goes on without rows, and no second incident appears."""
    engine = story.engine()
    emissions: list[Emission] = []
    stopped_s = story.DEPLOY_S + 290
    for batch in story.batches([record for record in story.records() if record.at_s < stopped_s], 20):
        engine.feed(batch.signals, batch.at_s * SECOND_NS)
        emissions += engine.advance(batch.at_s * SECOND_NS)
    for wall_s in range(stopped_s, stopped_s + 120, 10):
        emissions += engine.advance(wall_s * SECOND_NS)
    assert only(emissions).status is Phase.OPEN
    for wall_s in range(stopped_s + 120, stopped_s + 3600, 10):
        emissions += engine.advance(wall_s * SECOND_NS)
    assert len(story.last(emissions)) == 1
    assert engine.stepped_ns > (story.START_S + stopped_s + 3000) * SECOND_NS


def test_two_estates_never_share_an_incident() -> None:
    """The same outage in two estates is two incidents, each with its own rows."""
    one, two = story.engine(), story.engine()
    two.estate = "other"
    first, second = (only(live(engine, story.batches(story.records(), 300))) for engine in (one, two))
    assert first.incident_id != second.incident_id
    assert {first.estate, second.estate} == {"shop", "other"}


def test_memory_stays_bounded_in_a_storm_of_names() -> None:
    """Thirty thousand services alert once each: the engine remembers a bounded number and its snapshot stays small."""
    engine = Engine.of("shop")
    labels = {"alertname": "X", "severity": "warning"}
    values = []
    for number in range(30_000):
        alert = {
            "status": "firing",
            "labels": labels | {"service": f"svc-{number}"},
            "annotations": {},
            "startsAt": story.rfc3339(number // 100),
        }
        values.append(
            Record(
                number // 100,
                "telemetry.alerts",
                orjson.dumps({"version": "4", "groupKey": "{}", "receiver": "kafka", "status": "firing", "alerts": [alert]}),
            )
        )
    engine.expect([("telemetry.alerts", 0)], 0)
    emissions = live(engine, story.batches(values, 1000))
    assert len(engine.journal.alerts) <= 10_000
    assert engine.journal.shed["alerts_over_cap"] == 20_000
    assert len(engine.snapshot()) < 50_000_000
    assert len(story.last(emissions)) <= 3


def test_what_came_late_is_remembered_for_two_days_and_no_longer() -> None:
    """A stream that is always late fills no memory: places of late rows go when no incident takes such rows any more."""
    engine = Engine.of("shop")
    for day in range(6):
        for second in range(10):
            at_ns = (story.START_S + day * 86_400 + second) * SECOND_NS
            engine.reporter.heard_late(Signal(Subject(Kind.ALERT, "service:web", "Down"), at_ns, offset=day * 10 + second))
        engine.reporter.amend(engine.view(), (story.START_S + day * 86_400 + 60) * SECOND_NS)
        assert len(engine.reporter.late_positions) <= 30
    assert {place.offset // 10 for place in engine.reporter.late_positions} == {4, 5}
