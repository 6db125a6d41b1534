"""The same rows give the same incidents, whatever batches, interleavings, repetitions and deaths brought them."""

from __future__ import annotations

import random

import msgspec
import pytest

from correlate.engine import Engine
from correlate.reporting import Emission
from schemas.incident import Incident, Phase
from tests import story
from tests.story import Batch

encode = msgspec.json.Encoder(order="deterministic").encode


@pytest.fixture(scope="module")
def records() -> list[story.Record]:
    return story.records()


@pytest.fixture(scope="module")
def calm(records: list[story.Record]) -> list[Emission]:
    """Every revision when nothing disturbs."""
    return live(story.engine(), story.batches(records, 200))


def live(engine: Engine, batches: list[Batch]) -> list[Emission]:
    emissions = []
    for batch in batches:
        engine.feed(batch.signals, 0)
        emissions += engine.advance(0)
    return emissions + engine.finish()


def told(emissions: list[Emission]) -> bytes:
    """All revisions, deltas and drafts, as they would be published."""
    return b"\n".join(encode(part) for emission in emissions for part in (emission.incident, *emission.deltas, emission.postmortem))


def only(emissions: list[Emission]) -> Incident:
    (incident,) = story.last(emissions).values()
    return incident


def test_a_bad_deploy_is_one_incident_from_onset_to_verified_recovery(calm: list[Emission]) -> None:
    """One incident; it begins with the deploy's effect and ends after the rollback, with the recovery verified (C7, C9, C11)."""
    incident = only(calm)
    assert incident.status is Phase.RESOLVED
    assert story.rfc3339(story.DEPLOY_S) <= incident.onset_at <= story.rfc3339(story.DEPLOY_S + 60)
    assert incident.resolved_at is not None
    assert story.rfc3339(story.ROLLBACK_S) <= incident.resolved_at <= story.rfc3339(story.HEALED_S + 300)


def test_the_deploy_is_the_first_cause_and_the_innocent_one_is_not(calm: list[Emission]) -> None:
    """Of four changes the guilty one leads with confidence (C14, C23, C25)."""
    causes = only(calm).causes
    assert causes[0].change == story.GUILTY
    assert causes[0].service == "checkout"
    assert causes[0].score >= 0.5
    assert all(cause.score < 0.5 for cause in causes[1:])


def test_every_timeline_entry_points_to_its_record(calm: list[Emission]) -> None:
    """Evidence on each moment: topic, partition and offset (C10, C17)."""
    timeline = only(calm).timeline
    assert {"onset", "change", "alert", "detection", "resolved"} <= {entry.kind for entry in timeline}
    assert all(entry.evidence and entry.evidence[0].topic.startswith("telemetry.") for entry in timeline)
    assert [entry.at for entry in timeline] == sorted(entry.at for entry in timeline)


def test_a_draft_comes_with_the_recovery_and_not_before(calm: list[Emission]) -> None:
    """The postmortem is there the moment the incident is resolved (C8, C20, C21)."""
    drafts = [emission for emission in calm if emission.postmortem is not None]
    assert drafts
    assert all(emission.incident.status is Phase.RESOLVED for emission in drafts)
    assert drafts[0].postmortem is not None
    assert len(drafts[0].postmortem.sections) == 12


def test_revisions_rise_one_by_one(calm: list[Emission]) -> None:
    assert [emission.incident.revision for emission in calm] == list(range(1, len(calm) + 1))


@pytest.mark.parametrize("size", [1, 7, 50, 5000])
def test_batch_sizes_change_nothing(records: list[story.Record], calm: list[Emission], size: int) -> None:
    """Not a byte of any revision depends on where batches were cut."""
    assert told(live(story.engine(), story.batches(records, size))) == told(calm)


@pytest.mark.parametrize("seed", range(4))
def test_interleaving_and_redelivery_change_nothing(records: list[story.Record], calm: list[Emission], seed: int) -> None:
    """Topics race each other within their order, and runs come twice."""
    rng = random.Random(seed)
    lanes: dict[str, list[Batch]] = {}
    for batch in story.batches(records, 40):
        lanes.setdefault(batch.signals["topic"][0], []).append(batch)
    arrivals: list[Batch] = []
    while lanes:
        topic = rng.choice(sorted(lanes))
        arrivals.append(lanes[topic].pop(0))
        if rng.random() < 0.2:
            arrivals.append(arrivals[-1])
        if not lanes[topic]:
            del lanes[topic]
    assert told(live(story.engine(), arrivals)) == told(calm)


@pytest.mark.parametrize("seed", range(3))
def test_death_at_any_moment_changes_nothing(records: list[story.Record], calm: list[Emission], seed: int) -> None:
    """The engine dies again and again, is restored from its last snapshot, and is fed everything since that snapshot again."""
    rng = random.Random(seed)
    engine = story.engine()
    memory, kept = engine.snapshot(), 0
    emissions: list[Emission] = []
    safe: list[Emission] = []
    batches, place = story.batches(records, 100), 0
    while place < len(batches):
        engine.feed(batches[place].signals, 0)
        emissions += engine.advance(0)
        place += 1
        chance = rng.random()
        if chance < 0.3:
            memory, kept, safe = engine.snapshot(), place, list(emissions)
        elif chance < 0.45:
            engine, place, emissions = Engine.restore(memory), kept, list(safe)
    emissions += engine.finish()
    assert told(emissions) == told(calm)


def test_a_late_deploy_amends_the_incident(records: list[story.Record], calm: list[Emission]) -> None:
    """The guilty deploy's event arrives after its time was closed: a new revision says so and names it."""
    late = [record for record in records if story.GUILTY.encode() in record.value]
    engine = story.engine()
    emissions = []
    for batch in story.batches([record for record in records if record not in late], 200):
        engine.feed(batch.signals, 0)
        emissions += engine.advance(0)
    before = only(emissions)
    assert before.causes[0].change != story.GUILTY
    (straggler,) = story.batches(late, 1)
    place = straggler.signals.with_columns(offset=straggler.signals["offset"] + 1000)
    engine.feed(place, 0)
    after = only(engine.advance(0))
    assert after.revision > before.revision
    assert after.causes[0].change == story.GUILTY
    assert any("late" in note for note in after.changes_since)
