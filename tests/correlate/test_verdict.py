"""Any row asked about gets a reason that is true of it, listed in the snapshot or not (C19)."""

from __future__ import annotations

import orjson
import pytest

from correlate.telling import tell
from correlate.verdict import as_json, of_entity, of_record
from schemas.incident import Incident
from schemas.severity import ERROR, INFO
from schemas.signal import Kind, Signal, Subject
from tests.correlate.outage import bad_deploy, ns


@pytest.fixture(scope="module")
def incident() -> Incident:
    return tell(bad_deploy().account())


def row(kind: Kind, entity: str, at_s: float, name: str = "", severity_number: int = 0, offset: int = 999) -> Signal:
    subject = Subject(kind=kind, entity=entity, name=name)
    return Signal(subject, ns(at_s), severity_number=severity_number, topic="t", partition=0, offset=offset)


def asked(incident: Incident, signal: Signal) -> tuple[bool, str, str]:
    (answer,) = of_record(incident, f"t/0/{signal.offset}", [signal])
    return answer.inside, answer.reason.how, answer.reason.text


def test_what_came_too_early_says_by_how_much(incident: Incident) -> None:
    inside, how, text = asked(incident, row(Kind.ALERT, "service:payment", -400, "Slow"))
    assert (inside, how) == (False, "before_look_back")
    assert "1 min 40 s before the 5 min" in text


def test_a_change_is_looked_back_for_a_day(incident: Incident) -> None:
    assert asked(incident, row(Kind.CHANGE, "service:payment", -90_000))[1] == "before_look_back"
    assert asked(incident, row(Kind.CHANGE, "service:payment", -400))[1] == "acquitted"


def test_what_came_after_the_recovery_is_outside(incident: Incident) -> None:
    assert asked(incident, row(Kind.LOG, "service:payment", 901))[:2] == (False, "after_end")


def test_what_nobody_affected_said_is_elsewhere(incident: Incident) -> None:
    inside, how, text = asked(incident, row(Kind.LOG, "service:catalog", 10, severity_number=ERROR))
    assert (inside, how) == (False, "elsewhere")
    assert "catalog" in text


def test_an_error_line_of_an_affected_component_counts_and_an_ordinary_one_says_nothing(incident: Incident) -> None:
    assert asked(incident, row(Kind.LOG, "service:payment", 10, severity_number=ERROR))[:2] == (True, "counted")
    assert asked(incident, row(Kind.LOG, "service:payment", 10, severity_number=INFO))[:2] == (False, "ordinary")


def test_a_sample_is_in_only_if_its_series_departed(incident: Incident) -> None:
    assert asked(incident, row(Kind.METRIC, "service:payment", 10, "errors"))[:2] == (True, "departure")
    assert asked(incident, row(Kind.METRIC, "service:payment", 10, "threads"))[:2] == (False, "ordinary")


def test_a_cited_record_is_in_even_if_it_can_no_longer_be_read(incident: Incident) -> None:
    cited = incident.timeline[0].evidence[0]
    (answer,) = of_record(incident, f"{cited.topic}/{cited.partition}/{cited.offset}", [])
    assert (answer.inside, answer.reason.how) == (True, "cited")


def test_a_record_that_nothing_is_known_of_says_so(incident: Incident) -> None:
    (answer,) = of_record(incident, "telemetry.logs/7/123456", [])
    assert (answer.inside, answer.reason.how) == (False, "unheard")
    assert "could not be read" in answer.reason.text


def test_a_component_is_found_by_its_name_alone(incident: Incident) -> None:
    assert of_entity(incident, "payment").inside
    assert of_entity(incident, "service:payment").inside
    assert of_entity(incident, "warehouse").reason.how == "unheard"


def test_the_answer_is_one_object_for_other_programs(incident: Incident) -> None:
    told = orjson.loads(as_json(incident, [of_entity(incident, "warehouse")]))
    assert told["incident_id"] == incident.incident_id
    assert told["answers"][0]["in"] is False
