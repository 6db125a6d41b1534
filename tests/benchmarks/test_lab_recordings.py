"""The committed recordings are what they say: whole, in order, small, anonymous, and a visible outage with a visible recovery."""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from benchmarks.lab.releases import SERVICES
from benchmarks.lab.topics import TOPICS

OUTAGES = Path(__file__).parents[1] / "outages"
RECORDINGS = sorted(path.parent.name for path in OUTAGES.glob("*/truth.json"))

LARGEST_BYTES = 5_000_000
"""Small enough to clone and to replay in a test; a 22-minute recording takes about a third of it."""

ARRIVAL_DISORDER = timedelta(seconds=15)
"""How far behind the newest an arriving record may lie: a scrape (5 s), a remote-write deadline, a request logged when it ends (10 s at most)."""

pytestmark = pytest.mark.parametrize("name", RECORDINGS)


@cache
def records(name: str, topic: str) -> list[dict[str, Any]]:
    with gzip.open(OUTAGES / name / f"telemetry.{topic}.ndjson.gz") as file:
        return [orjson.loads(line) for line in file]


@cache
def truth(name: str) -> dict[str, Any]:
    return orjson.loads((OUTAGES / name / "truth.json").read_bytes())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def event_time(topic: str, record: dict[str, Any]) -> datetime:
    if topic == "logs":
        return at(record["@timestamp"])
    if topic == "metrics":
        return at(record["timestamp"])
    if "context" in record:
        return at(record["context"]["timestamp"])
    if "head_commit" in record:
        return at(record["head_commit"]["timestamp"])
    return datetime.fromtimestamp(record["date"] / 1000, UTC)


def change_id(record: dict[str, Any]) -> str:
    return str(record["context"]["id"] if "context" in record else record.get("after") or record["_id"])


def test_every_topic_arrived_in_order_within_the_recordings_span(name: str) -> None:
    began, ended = at(truth(name)["recording_began_at"]), at(truth(name)["recording_ended_at"])
    for topic in ("logs", "deploys", "metrics"):
        newest = began - ARRIVAL_DISORDER
        assert records(name, topic)
        for record in records(name, topic):
            when = event_time(topic, record)
            assert newest - ARRIVAL_DISORDER <= when <= ended, (topic, record)
            newest = max(newest, when)


def test_the_answer_lies_inside_the_span_and_in_causal_order(name: str) -> None:
    key = truth(name)
    times = [key[field] for field in ("recording_began_at", "from", "onset_at", "healed_at", "to", "recording_ended_at")]
    assert times == sorted(times)
    assert at(key["from"]) - at(key["recording_began_at"]) > timedelta(minutes=5), "enough healthy history"
    assert at(key["recording_ended_at"]) - at(key["to"]) > timedelta(minutes=3), "enough time to see the recovery"


def test_every_id_of_the_answer_is_in_the_deploys_topic_and_nowhere_marked(name: str) -> None:
    key = truth(name)
    ids = [change_id(record) for record in records(name, "deploys")]
    wanted = [*key["decoys"], *key["also_changes"], *(key[field] for field in ("change", "rollback") if key.get(field))]
    assert sorted(ids) == sorted(wanted)
    guilty = [record for record in records(name, "deploys") if change_id(record) == key["change"]]
    assert [record["subject"]["id"] for record in guilty] == ([key["cause"]["service"]] if key["change"] else [])


def test_a_recording_is_small(name: str) -> None:
    assert sum(path.stat().st_size for path in (OUTAGES / name).iterdir()) < LARGEST_BYTES


def test_nothing_in_a_recording_names_a_machine_or_a_person(name: str) -> None:
    forbidden = re.compile(rb"/(home|root|work|tmp|usr|var)/|site-packages")
    for topic in TOPICS:
        text = gzip.decompress((OUTAGES / name / f"telemetry.{topic}.ndjson.gz").read_bytes())
        assert forbidden.search(text) is None, topic
    assert {record["host"]["name"] for record in records(name, "logs")} == {"localhost"}
    authors = {commit["author"]["name"] for record in records(name, "deploys") for commit in record.get("commits", [])}
    assert authors == {"developer"}


def test_the_catalogue_knows_every_service_that_logs(name: str) -> None:
    entities = {entity["metadata"]["name"]: entity for entity in yaml.safe_load_all((OUTAGES / name / "catalog-info.yaml").read_text())}
    assert {record["service"]["name"] for record in records(name, "logs")} <= set(entities)
    for entity in entities.values():
        for reference in entity["spec"].get("dependsOn", []):
            kind, _, target = reference.partition(":")
            assert entities[target]["kind"].lower() == kind


def error_ratio(name: str, service: str) -> list[tuple[datetime, float]]:
    series = [
        record
        for record in records(name, "metrics")
        if record["name"] == "service:http_errors:ratio1m" and record["labels"]["service"] == service
    ]
    return [(at(record["timestamp"]), float(record["value"])) for record in series if record["value"] != "NaN"]


def test_errors_are_near_none_before_the_outage_high_in_it_and_near_none_after_it(name: str) -> None:
    key = truth(name)
    onset, healed = at(key["onset_at"]), at(key["healed_at"])
    minute = timedelta(minutes=1)
    ratio = error_ratio(name, "checkout")
    before = [value for when, value in ratio if when < at(key["from"])]
    during = [value for when, value in ratio if onset + minute < when < healed]
    after = [value for when, value in ratio if when > at(key["to"]) + 1.5 * minute]
    assert max(before) < 0.02
    assert min(during) > 0.3
    assert max(after) < 0.02
    assert min(len(before), len(during), len(after)) > 20, "5 s samples of each phase"


def test_alerts_fire_in_the_outage_and_all_but_the_heartbeat_resolve(name: str) -> None:
    key = truth(name)
    latest: dict[tuple[str, str], str] = {}
    fired: dict[str, set[str]] = defaultdict(set)
    for notification in records(name, "alerts"):
        assert (notification["version"], notification["receiver"]) == ("4", "topic")
        for alert in notification["alerts"]:
            latest[alert["labels"]["alertname"], alert["fingerprint"]] = alert["status"]
            if alert["labels"]["alertname"] != "Watchdog":
                fired[alert["labels"]["alertname"]].add(alert["labels"]["service"])
                assert at(key["from"]) < at(alert["startsAt"]) < at(key["to"]) + timedelta(minutes=1)
    assert {"checkout", "frontend"} <= fired["HighErrorRatio"]
    assert {status for (alertname, _), status in latest.items() if alertname != "Watchdog"} == {"resolved"}


def test_the_metrics_tell_who_calls_whom(name: str) -> None:
    edges = {
        (record["labels"]["client"], record["labels"]["server"])
        for record in records(name, "metrics")
        if record["name"] == "traces_service_graph_request_total"
    }
    assert edges >= {
        ("frontend", "catalog"),
        ("frontend", "checkout"),
        ("checkout", "inventory"),
        ("checkout", "payment"),
        ("inventory", "postgresql"),
        ("payment", "redis"),
    }
    assert {client for client, _ in edges} <= set(SERVICES)
