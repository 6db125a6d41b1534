"""docker-compose.yml: valid, pinned, on loopback, and every command in it one that exists."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from streams.kafka_jars import KAFKA_VERSION
from tests.deploy.tree import DEPLOY, ROOT, load, parse_command, settings_from

COMPOSE = load(ROOT / "docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("causeline:")}
ONCE = {"topics", "feed"}
"""Services that run to their end."""


def test_the_file_is_what_the_compose_specification_allows() -> None:
    """Against the specification's own schema, as check-jsonschema vendors it."""
    origin = (find_spec("check_jsonschema") or pytest.fail("check-jsonschema is not installed")).origin
    schema = orjson.loads((Path(str(origin)).parent / "builtin_schemas" / "vendor" / "compose-spec.json").read_bytes())
    assert [error.message for error in Draft7Validator(schema).iter_errors(COMPOSE)] == []


def test_every_image_is_pinned() -> None:
    """A version in every tag; our own is that of the project, Kafka's the one that the tests run."""
    for name, service in SERVICES.items():
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"]), f"{name}: {service['image']}"
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert {service["image"] for service in OURS.values()} == {f"causeline:{version[1]}"}
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


def test_every_port_is_bound_to_loopback() -> None:
    """Nothing here has authentication."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) >= 4
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_is_a_command_of_causeline(name: str) -> None:
    """click parses it; folders inside the container are those that are mounted."""
    service = OURS[name]
    mounts = dict(volume.split(":")[1::-1] for volume in service.get("volumes", ()))
    arguments = [str(ROOT / mounts[word]) if word in mounts else word for word in service["command"]]
    assert parse_command(arguments).command.name == service["command"][-1 if name == "topics" else 0]


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_variable_is_a_setting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = OURS[name]["environment"]
    assert settings_from(environment, monkeypatch).kafka == "kafka:19092"


def test_what_stays_up_has_a_health_check_and_what_ends_is_waited_for() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == ONCE
    assert SERVICES["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"
    for name in OURS.keys() - {"topics"}:
        assert SERVICES[name]["depends_on"]["topics"]["condition"] == "service_completed_successfully"


def test_our_containers_can_write_nowhere_and_have_no_capability() -> None:
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "privileged" not in service


def test_every_file_that_is_mounted_is_there() -> None:
    """Docker would make an empty folder of a missing one, and say nothing."""
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ()) if volume.startswith("./")]
    assert len(mounted) >= 5
    assert [path for path in mounted if not (ROOT / path).exists()] == []


def test_kafka_keeps_its_log_on_the_volume_and_one_copy_of_everything() -> None:
    """A single broker cannot hold three copies, and topics must not come up by a misspelling."""
    environment = SERVICES["kafka"]["environment"]
    assert f"kafka:{environment['KAFKA_LOG_DIRS']}" in SERVICES["kafka"]["volumes"]
    assert {value for name, value in environment.items() if name.endswith(("REPLICATION_FACTOR", "MIN_ISR"))} == {1}
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_the_worker_is_given_longer_to_stop_than_it_takes() -> None:
    """The worker gives up on a clean stop after STOP_TIMEOUT_S; Docker must not kill it before."""
    from streams.serve import STOP_TIMEOUT_S

    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > STOP_TIMEOUT_S


def test_prometheus_scrapes_the_port_that_the_worker_listens_on() -> None:
    from streams.settings import Settings

    (worker, *_) = load(DEPLOY / "prometheus" / "prometheus.yml")["scrape_configs"]
    assert worker["job_name"] == "causeline"
    assert worker["dns_sd_configs"][0]["names"] == ["worker"]
    assert worker["dns_sd_configs"][0]["port"] == Settings.model_fields["http_port"].default
    assert SERVICES["worker"]["ports"][0].endswith(f":{worker['dns_sd_configs'][0]['port']}")
