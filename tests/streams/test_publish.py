"""What leaves: CloudEvents in binary mode, keyed by incident, never too large for the broker."""

from __future__ import annotations

import msgspec
import pytest

from schemas.incident import Incident
from streams.publish import fitting, records_of
from streams.sending import RECORD_BYTES_MAX
from streams.topics import INCIDENTS, POSTMORTEMS, TIMELINE
from tests import story
from tests.correlate.test_engine import live


@pytest.fixture(scope="module")
def emissions() -> list[object]:
    return list(live(story.engine(), story.batches(story.records(), 500)))


def test_each_record_is_keyed_by_its_incident_and_has_an_id_of_its_own(emissions: list[object]) -> None:
    records = [record for emission in emissions for record in records_of(emission)]  # type: ignore[arg-type]
    assert {record.topic for record in records} == {INCIDENTS, TIMELINE, POSTMORTEMS}
    ids = [dict(record.headers)["ce_id"] for record in records]
    assert len(ids) == len(set(ids))
    for record in records:
        headers = dict(record.headers)
        assert record.key == headers["ce_subject"]
        assert headers["ce_specversion"] == b"1.0"
        assert headers["content-type"] == b"application/json"
        assert msgspec.json.decode(record.value or b"")["incident_id"].encode() == record.key


def test_the_snapshot_comes_after_the_deltas_that_lead_to_it(emissions: list[object]) -> None:
    topics = [record.topic for record in records_of(emissions[0])]  # type: ignore[arg-type]
    assert topics == [TIMELINE] * (len(topics) - 1) + [INCIDENTS]


def test_an_incident_too_large_for_a_record_loses_entries_not_its_count(emissions: list[object]) -> None:
    incident: Incident = emissions[-1].incident  # type: ignore[attr-defined]
    (entry, *_) = incident.timeline
    huge = msgspec.structs.replace(
        incident, timeline=tuple(msgspec.structs.replace(entry, text="x" * 1000) for _ in range(3000)), timeline_total=3000
    )
    cut = fitting(huge)
    assert len(msgspec.json.encode(cut)) <= RECORD_BYTES_MAX
    assert 0 < len(cut.timeline) < 3000
    assert cut.timeline_total == 3000
