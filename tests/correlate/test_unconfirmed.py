"""An alert with nothing behind it is shown as such (C58, C101)."""

from __future__ import annotations

import orjson
import pytest

from schemas.incident import Incident
from tests import story

FIRES_S = 600
"""Long before the story's deploy: every series is calm."""


def alerts(service: str) -> list[story.Record]:
    labels = {"alertname": "CheckoutErrors", "severity": "critical", "service": service, "namespace": "shop"}
    told = []
    for at_s, status in ((FIRES_S, "firing"), (FIRES_S + 240, "resolved")):
        ends = story.rfc3339(at_s) if status == "resolved" else "0001-01-01T00:00:00Z"
        alert = {
            "status": status,
            "labels": labels,
            "annotations": {},
            "startsAt": story.rfc3339(FIRES_S),
            "endsAt": ends,
            "fingerprint": "f",
        }
        body = {"version": "4", "groupKey": "{}", "status": status, "receiver": "kafka", "groupLabels": {}, "alerts": [alert]}
        told.append(story.Record(at_s, "telemetry.alerts", orjson.dumps(body)))
    return told


def told_of(service: str) -> Incident:
    calm = [record for record in story.records() if record.topic == "telemetry.metrics" and record.at_s < story.DEPLOY_S]
    engine, emissions = story.engine(), []
    for batch in story.batches(sorted([*calm, *alerts(service)], key=lambda record: record.at_s), 200):
        engine.feed(batch.signals, 0)
        emissions += engine.advance(0)
    return (emissions + engine.finish())[-1].incident


@pytest.fixture(scope="module")
def incident() -> Incident:
    return told_of("checkout")


def test_it_is_the_least_severe_however_loud_the_alert(incident: Incident) -> None:
    assert incident.severity == "SEV4"
    assert incident.severity_reason.startswith("an alert fired with nothing behind it")


def test_title_and_factor_say_that_nothing_is_behind_it(incident: Incident) -> None:
    assert incident.title == "CheckoutErrors on checkout, with nothing behind it"
    (factor,) = [factor for factor in incident.contributing_factors if factor.kind == "unconfirmed_alert"]
    assert factor.text == ("Nothing measured of checkout departed from normal when CheckoutErrors fired: the alert has nothing behind it.")
    assert factor.refs


def test_the_cause_says_what_speaks_against_it(incident: Incident) -> None:
    (checkout,) = [cause for cause in incident.causes if cause.service == "checkout"]
    assert [argument.text for argument in checkout.against] == ["nothing measured of checkout departed from normal"]


def test_an_alert_about_what_is_not_measured_is_not_called_empty() -> None:
    """Nobody has telemetry of a warehouse: whether anything is behind its alert is not known."""
    incident = told_of("warehouse")
    assert "unconfirmed_alert" not in {factor.kind for factor in incident.contributing_factors}
    assert "nothing behind it" not in incident.title
    assert not any(cause.against for cause in incident.causes if cause.service == "warehouse")
