"""What came close and was left out: repeats, alerts without a path, alerts before the look-back, components below the threshold (C19)."""

from __future__ import annotations

import orjson
import pytest

from schemas.incident import Incident
from schemas.reading import Reader, Records
from tests import story


def alert(name: str, service: str, starts_s: float, fingerprint: str) -> bytes:
    labels = {"alertname": name, "severity": "warning", "service": service, "namespace": "shop"}
    told = {"status": "firing", "labels": labels, "annotations": {}, "startsAt": story.rfc3339(starts_s), "fingerprint": fingerprint}
    body = {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "kafka", "groupLabels": {}, "alerts": [told]}
    return orjson.dumps(body)


@pytest.fixture(scope="module")
def incident() -> Incident:
    """The story, with a stranger's alert six minutes before it, another during it, and the page told twice more."""
    added = [
        story.Record(story.DEPLOY_S - 360, "telemetry.alerts", alert("DiskFilling", "email", story.DEPLOY_S - 360, "early")),
        story.Record(story.DEPLOY_S + 150, "telemetry.alerts", alert("MailQueueLong", "email", story.DEPLOY_S + 150, "during")),
    ]
    page = next(record for record in story.records() if record.topic == "telemetry.alerts")
    repeats = [story.Record(story.ALERT_S + seconds, page.topic, page.value) for seconds in (30, 60)]
    engine, told = story.engine(), []
    for batch in story.batches(sorted([*story.records(), *added, *repeats], key=lambda record: record.at_s), 200):
        engine.feed(batch.signals, 0)
        told += engine.advance(0)
    return (told + engine.finish())[-1].incident


def how(incident: Incident) -> dict[str, str]:
    return {f"{reason.how}:{reason.text.split(' ')[0]}": reason.text for reason in incident.near_misses}


def test_an_alert_before_the_look_back_says_by_how_much(incident: Incident) -> None:
    text = how(incident)["before_look_back:DiskFilling"]
    assert "before the onset" in text
    assert "before the 5 min that are looked back" in text


def test_a_repeat_of_a_firing_alert_is_no_news(incident: Incident) -> None:
    assert "told again 2 times" in how(incident)["repeat:CheckoutErrors"]


def test_an_alert_of_an_unconnected_component_says_that_no_path_leads_there(incident: Incident) -> None:
    assert "no path of calls" in how(incident)["no_path:MailQueueLong"]
    assert "service:email" not in incident.entities


def test_rows_read_alone_are_the_rows_of_the_story() -> None:
    """The helper above makes alerts that the reader takes."""
    read = Reader().read(Records("telemetry.alerts", 0, [0], [0], [alert("X", "email", 0, "f")]))
    assert not read.rejected
    assert read.signals["entity"].to_list() == ["service:email"]
