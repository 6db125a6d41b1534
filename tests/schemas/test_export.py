"""The contracts of the output topics: committed, current, valid JSON Schema, and kept by every record ever published as v1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from jsonschema import Draft202012Validator

from correlate.postmortem import draft
from correlate.telling import tell
from correlate.timeline import deltas
from schemas import export
from schemas.export import FOLDER, RECORDS, json_schemas
from schemas.incident import Incident
from schemas.signal import SIGNAL_SCHEMA, Kind, Signal, Status, Subject, frame
from schemas.timeline import TimelineDelta
from tests.correlate.outage import Outage, bad_deploy

GOLDEN = Path(__file__).parent / "golden"
TOPICS = sorted(json_schemas())


@pytest.mark.parametrize("topic", TOPICS)
def test_each_schema_is_valid_json_schema(topic):
    """Draft 2020-12 itself says so."""
    Draft202012Validator.check_schema(json_schemas()[topic])


@pytest.mark.parametrize("topic", TOPICS)
def test_the_committed_schema_is_current(topic):
    """When this fails after a change that was meant: `python -m schemas.export`, and look at the difference; v1 only grows."""
    assert (FOLDER / f"{topic}.json").read_bytes() == export.text(json_schemas()[topic])


def test_nothing_else_lies_beside_them():
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == TOPICS


def records() -> dict[str, list[Any]]:
    """What today's code publishes, of a full outage and of an empty one."""
    told: dict[str, list[Any]] = {topic: [] for topic in RECORDS}
    for outage in (bad_deploy(), Outage()):
        for resolved_s in (900, None):
            incident = tell(outage.account(resolved_s=resolved_s, shed={"logs_over_cap": 3}))
            told["causeline.incidents.v1"].append(incident)
            told["causeline.timeline.v1"] += deltas(None, incident)
            told["causeline.postmortems.v1"].append(draft(incident, revision=1))
    return told


@pytest.mark.parametrize("topic", RECORDS)
def test_every_record_keeps_its_schema(topic):
    """As an independent validator reads it from the bytes on the topic."""
    validator = Draft202012Validator(json_schemas()[topic], format_checker=Draft202012Validator.FORMAT_CHECKER)
    for record in records()[topic]:
        validator.validate(orjson.loads(msgspec.json.encode(record)))


@pytest.mark.parametrize("topic", RECORDS)
def test_a_schema_refuses_what_is_not_such_a_record(topic):
    """It says something: each required field missing and each wrong type is found."""
    validator = Draft202012Validator(json_schemas()[topic])
    good = orjson.loads(msgspec.json.encode(records()[topic][0]))
    for name in json_schemas()[topic]["required"]:
        assert not validator.is_valid({key: value for key, value in good.items() if key != name}), name
        assert not validator.is_valid(good | {name: {"not": "this"} if not isinstance(good[name], dict) else 7}), name


@pytest.mark.parametrize("topic", RECORDS)
def test_a_record_published_as_v1_is_still_read(topic):
    """Golden records are never edited: a reader of tomorrow must read what was written then."""
    golden = (GOLDEN / f"{topic}.json").read_bytes()
    record = msgspec.json.decode(golden, type=RECORDS[topic])
    Draft202012Validator(json_schemas()[topic]).validate(orjson.loads(golden))
    again = orjson.loads(msgspec.json.encode(record))
    assert _without_new_fields(again, orjson.loads(golden)) == orjson.loads(golden)


def _without_new_fields(now: Any, then: Any) -> Any:
    """`now` without the fields that were added since."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {key: _without_new_fields(value, then[key]) for key, value in now.items() if key in then}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [_without_new_fields(a, b) for a, b in zip(now, then, strict=True)]
    return now


@pytest.mark.parametrize("topic", RECORDS)
def test_fields_of_a_later_version_are_ignored(topic):
    """Additive change only: an older reader goes on reading."""
    golden = orjson.loads((GOLDEN / f"{topic}.json").read_bytes())
    newer = orjson.dumps(golden | {"added_later": {"x": [1]}})
    assert msgspec.json.decode(newer, type=RECORDS[topic]) == msgspec.json.decode(orjson.dumps(golden), type=RECORDS[topic])
    assert Draft202012Validator(json_schemas()[topic]).is_valid(orjson.loads(newer))


def test_times_are_declared_as_times_and_fields_carry_what_the_source_says_of_them():
    schema = json_schemas()["causeline.incidents.v1"]
    assert schema["properties"]["onset_at"]["format"] == "date-time"
    assert schema["properties"]["resolved_at"]["anyOf"][0]["format"] == "date-time"
    assert "Calibrated probability" in schema["$defs"]["Cause"]["properties"]["score"]["description"]
    assert schema["$defs"]["Edge"]["required"][:2] == ["from", "to"]


def test_a_schema_of_signals_has_the_columns_in_their_order():
    schema = json_schemas()["causeline.signals.v1"]
    assert list(schema["properties"]) == list(SIGNAL_SCHEMA)
    row = Signal(
        subject=Subject(kind=Kind.ALERT, entity="service:api", name="HighErrorRate", ancestors=("host:a",), attributes=(("code", "500"),)),
        event_time_ns=1,
        status=Status.FIRING,
    )
    Draft202012Validator(schema).validate(frame([row]).row(0, named=True))


def test_dead_letters_carry_every_header_of_the_contract():
    """What streams/deadletters.py writes is what the schema demands."""
    from aiokafka.structs import ConsumerRecord

    from schemas.rejected import Rejected
    from streams.deadletters import letters

    record = ConsumerRecord("telemetry.logs", 0, 7, 1_700_000_000_000, 0, None, b"{", None, 0, 1, ())
    ((_, _, headers),) = letters([record], [(0, Rejected("not_json", "expected a JSON document"))])
    Draft202012Validator(json_schemas()["causeline.deadletter.v1"]).validate({name: value.decode() for name, value in headers})


def test_snapshot_and_delta_agree_on_what_an_entry_is():
    """One definition, used by both topics."""
    assert (
        json_schemas()["causeline.incidents.v1"]["$defs"]["TimelineEntry"]
        == json_schemas()["causeline.timeline.v1"]["$defs"]["TimelineEntry"]
    )
    assert {Incident, TimelineDelta} <= set(RECORDS.values())
