"""The Kustomize base: complete, consistent, locked down, and with probes that ask the right thing."""

from __future__ import annotations

from typing import Any

import pytest

from streams.http import application
from streams.serve import STOP_TIMEOUT_S
from streams.settings import Settings
from streams.watchdog import Health
from tests.deploy.tree import DEPLOY, load, parse_command, settings_from

BASE = DEPLOY / "kubernetes"
KUSTOMIZATION = load(BASE / "kustomization.yaml")
RESOURCES: dict[str, dict[str, Any]] = {name: load(BASE / name) for name in KUSTOMIZATION["resources"]}
WORKER = RESOURCES["worker.yaml"]
JOB = RESOURCES["topics-job.yaml"]
PODS = {"worker": WORKER["spec"]["template"]["spec"], "topics": JOB["spec"]["template"]["spec"]}
CONTAINERS = {name: pod["containers"][0] for name, pod in PODS.items()}


def environment() -> dict[str, str]:
    lines = (BASE / "settings.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_base_holds_every_file_of_the_folder() -> None:
    """A manifest that the kustomization forgets is never applied."""
    assert {path.name for path in BASE.glob("*.yaml")} == {*KUSTOMIZATION["resources"], "kustomization.yaml"}
    kinds = {resource["kind"] for resource in RESOURCES.values()}
    assert kinds == {"Deployment", "Job", "Service", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy"}
    assert all(resource.get("apiVersion") and resource["metadata"]["name"] for resource in RESOURCES.values())


def test_the_image_is_that_of_the_compose_file() -> None:
    (image,) = KUSTOMIZATION["images"]
    compose = load(DEPLOY.parent / "docker-compose.yml")
    assert compose["services"]["worker"]["image"] == f"{image['name']}:{image['newTag']}"
    assert {container["image"] for container in CONTAINERS.values()} == {image["name"]}


def test_the_settings_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt variable would end the worker with exit code 3; here it ends the test."""
    settings = settings_from(environment(), monkeypatch)
    assert settings.http_host == "0.0.0.0", "probes and Prometheus come from outside the pod"
    (generator,) = KUSTOMIZATION["configMapGenerator"]
    for container in CONTAINERS.values():
        assert {"configMapRef": {"name": generator["name"]}} in container["envFrom"]
    assert KUSTOMIZATION["generatorOptions"]["disableNameSuffixHash"] is True, "a Job's template may not change with each edit"


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_every_command_is_a_command_of_causeline(name: str) -> None:
    parsed = parse_command(CONTAINERS[name]["args"])
    assert parsed.command.name == ("worker" if name == "worker" else "apply")


@pytest.mark.parametrize("name", sorted(PODS))
def test_pods_have_no_rights(name: str) -> None:
    """The restricted Pod Security Standard, a read-only root and no token of the API."""
    pod, container = PODS[name], CONTAINERS[name]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert container["resources"]["requests"]["cpu"]
    assert "hostNetwork" not in pod
    assert not [volume for volume in pod.get("volumes", ()) if "hostPath" in volume]


def test_probes_ask_for_routes_that_exist() -> None:
    """Liveness and startup ask livez, readiness asks readyz: liveness must not hang on the consumer group."""
    routes = {route.resource.canonical for route in application(lambda: Health(True, True, "")).router.routes() if route.resource}
    paths = {name: CONTAINERS["worker"][f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    assert set(paths.values()) <= routes
    (port,) = CONTAINERS["worker"]["ports"]
    assert port["containerPort"] == Settings.model_fields["http_port"].default
    assert {CONTAINERS["worker"][f"{name}Probe"]["httpGet"]["port"] for name in paths} == {port["name"]}


def test_liveness_waits_longer_than_a_loop_may_be_busy() -> None:
    """One large tick holds the loop for seconds; a minute without an answer is a frozen process."""
    probe = CONTAINERS["worker"]["livenessProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 60
    assert probe["timeoutSeconds"] >= 5


def test_the_worker_is_given_longer_to_stop_than_it_takes() -> None:
    assert PODS["worker"]["terminationGracePeriodSeconds"] > STOP_TIMEOUT_S


def test_a_rollout_and_a_drain_take_one_worker_at_a_time() -> None:
    """Each costs a rebalance."""
    assert WORKER["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert RESOURCES["pdb.yaml"]["spec"]["maxUnavailable"] == 1


def test_selectors_select_the_worker() -> None:
    labels = WORKER["spec"]["template"]["metadata"]["labels"]
    selectors = [
        WORKER["spec"]["selector"]["matchLabels"],
        RESOURCES["service.yaml"]["spec"]["selector"],
        RESOURCES["pdb.yaml"]["spec"]["selector"]["matchLabels"],
        PODS["worker"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    assert not selectors[0].items() <= JOB["spec"]["template"]["metadata"]["labels"].items(), "the Job's pod is no worker"


def test_the_network_policy_covers_both_and_lets_through_metrics_names_and_kafka_only() -> None:
    """/metrics has no authentication."""
    policy = RESOURCES["networkpolicy.yaml"]["spec"]
    added: dict[str, str] = {}
    for entry in KUSTOMIZATION["labels"]:
        assert entry["includeTemplates"] is True
        added |= entry["pairs"]
    assert policy["podSelector"]["matchLabels"].items() <= added.items(), "kustomize labels every pod so"
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert [rule["ports"] for rule in policy["ingress"]] == [[{"protocol": "TCP", "port": "http"}]]
    assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {53, 9092}


def test_a_finished_job_makes_room_for_the_next_release() -> None:
    """A Job's template cannot be changed."""
    assert 0 < JOB["spec"]["ttlSecondsAfterFinished"] <= 600
    assert PODS["topics"]["restartPolicy"] == "OnFailure"
