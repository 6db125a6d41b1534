"""`causeline incidents explain`: reasons from a replay and from Kafka, for a whole incident, a component, a record (C19)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner, Result

from streams.cli import cli
from streams.reading_topics import record_at
from streams.replay import read_rows
from tests import story


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dumps")
    for topic in ("telemetry.alerts", "telemetry.deploys", "telemetry.metrics"):
        values = [record.value for record in story.records() if record.topic == topic]
        (folder / f"{topic}.ndjson").write_bytes(b"\n".join(values) + b"\n")
    return folder


def explain(dumps: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["incidents", "explain", "inc-", "--from-replay", str(dumps), *options])


def test_without_a_question_all_members_and_near_misses_are_shown(dumps: Path) -> None:
    done = explain(dumps)
    assert "service:checkout" in done.output
    assert "near misses, left out: " in done.output


def test_a_component_says_why_it_is_in(dumps: Path) -> None:
    done = explain(dumps, "--entity", "checkout")
    assert "in   service:checkout  opened: checkout opened the incident" in done.output


def test_a_record_of_the_dump_is_read_and_judged(dumps: Path) -> None:
    """The first sample of all lies twenty minutes before the onset; nothing in the snapshot speaks of it."""
    done = explain(dumps, "--signal", "telemetry.metrics/0/0", "-o", "json")
    (answer,) = orjson.loads(done.output)["answers"]
    assert (answer["in"], answer["how"]) == (False, "before_look_back")


def test_the_guilty_deploy_says_how_it_was_judged(dumps: Path) -> None:
    done = explain(dumps, "--signal", "telemetry.deploys/0/1/0")
    assert "in   telemetry.deploys/0/1/0  judged: Upgrade of checkout" in done.output


def test_a_record_beyond_the_end_of_the_dump_could_not_be_read(dumps: Path) -> None:
    assert "could not be read" in explain(dumps, "--signal", "telemetry.alerts/0/77").output


@pytest.mark.parametrize("record", ["alerts", "telemetry.alerts/x/1", "../../etc/passwd"])
def test_what_names_no_record_is_a_usage_error(dumps: Path, record: str) -> None:
    done = explain(dumps, "--signal", record)
    assert done.exit_code == 2
    assert "TOPIC/PARTITION/OFFSET" in done.output


def test_an_unknown_incident_names_the_known_ones(dumps: Path) -> None:
    done = CliRunner().invoke(cli, ["incidents", "explain", "inc-9", "--from-replay", str(dumps)], standalone_mode=False)
    assert done.return_value == 1
    assert "known: inc-" in done.output


async def test_a_record_is_fetched_from_its_topic(kafka: str, make_topic: Callable[..., Awaitable[str]]) -> None:
    """One record by partition and offset; none beyond the end, none of a partition or topic that is not there."""
    topic = await make_topic("explained")
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        for record in [record for record in story.records() if record.topic == "telemetry.alerts"]:
            await producer.send_and_wait(topic, record.value)
    finally:
        await producer.stop()
    found = await record_at(kafka, topic, 0, 1)
    assert found is not None
    (row,) = read_rows(topic, 0, 1, found.value, found.timestamp * 1_000_000, None)
    assert row.subject.name == "CheckoutErrors"
    assert await record_at(kafka, topic, 0, 2) is None
    assert await record_at(kafka, topic, 5, 0) is None
    assert await record_at(kafka, f"{topic}.missing", 0, 0) is None
