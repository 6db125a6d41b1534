"""What the Google Cloud readers promise beyond the fixtures: incidents, operations and rollouts keep one key, controllers' chatter is no change (C1, C2, C3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.check import check
from schemas.reading import Reading
from schemas.sources.gcp_audit import kind_of

FIXTURES = Path(__file__).parents[1] / "fixtures" / "gcp"
STRICT = Reading(strict=True)


def read(name: str) -> dict[str, Any]:
    return check((FIXTURES / f"{name}.json").read_bytes(), options=STRICT)


def only_row(name: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = read(name)["rows"]
    assert len(rows) == 1
    return rows[0]


def test_an_incident_keeps_its_key_by_webhook_and_pubsub_until_it_closes() -> None:
    opened, pushed, closed = only_row("mon12"), only_row("mon12-pubsub"), only_row("mon12-closed")
    assert opened["dedup_key"] == pushed["dedup_key"] == closed["dedup_key"] == "gcp.monitoring|0.abc"
    assert (opened["status"], closed["status"]) == ("firing", "resolved")
    assert (closed["time"], closed["starts_at"]) == ("2025-03-01T10:20:00.000000000Z", "2025-03-01T10:00:00.000000000Z")


def test_an_incident_is_about_the_workload_not_the_policy() -> None:
    row = only_row("mon12")
    assert row["entities"][0] == "service:checkout"
    assert (row["value"], row["details"]["threshold"], row["severity_number"]) == (5.0, 3.0, 18)


def test_a_promql_incident_takes_its_identity_from_the_metric() -> None:
    assert only_row("monpromql")["entities"][0] == "service:checkout"


def test_no_severity_is_not_read_as_one() -> None:
    """`No severity` of an open incident leaves the default of an alert."""
    assert only_row("monuptime")["severity_number"] == 17


@pytest.mark.parametrize(
    ("method", "log", "extra", "kind"),
    [
        ("v1.compute.instances.insert", "activity", {}, "change"),
        ("v1.compute.instances.insert", "activity", {"status": {"code": 8}}, "change"),
        ("v1.compute.instances.insert", "activity", {"status": {"code": 7}}, "log"),
        ("v1.compute.instanceGroupManagers.resize", "activity", {}, "scaling"),
        ("google.container.v1.ClusterManager.SetNodePoolSize", "activity", {}, "scaling"),
        ("io.k8s.apps.v1.deployments.scale.update", "activity", {}, "scaling"),
        ("io.k8s.apps.v1.deployments.patch", "activity", {}, "change"),
        ("io.k8s.apps.v1.deployments.status.patch", "activity", {}, "log"),
        ("io.k8s.coordination.v1.leases.update", "activity", {}, "log"),
        ("io.k8s.core.v1.endpoints.update", "activity", {}, "log"),
        ("io.k8s.core.v1.pods.create", "activity", {"authenticationInfo": {"principalEmail": "system:node:n1"}}, "state"),
        ("io.k8s.core.v1.pods.create", "activity", {"authenticationInfo": {"principalEmail": "jane@example.com"}}, "change"),
        ("compute.instances.hostError", "system_event", {}, "state"),
        ("compute.autoscalers.resize", "system_event", {}, "scaling"),
        ("storage.objects.get", "data_access", {}, "log"),
        ("google.pubsub.v1.Publisher.GetTopic", "activity", {}, "log"),
        ("SetIamPolicy", "activity", {}, "change"),
        ("google.cloud.run.v1.Services.ReplaceService", "activity", {}, "change"),
    ],
)
def test_only_what_altered_the_system_is_a_change(method: str, log: str, extra: dict[str, Any], kind: str) -> None:
    """C3: reads, refusals and the heartbeats of controllers are logs; numbers of instances are scaling."""
    assert kind_of({"methodName": method, **extra}, f"projects/p/logs/cloudaudit.googleapis.com/{log}") == kind


def test_a_long_operation_is_one_change_told_twice() -> None:
    started, ended, failed = only_row("audit-insert1"), only_row("audit-insert2"), only_row("audit-insertfail")
    assert started["dedup_key"] == ended["dedup_key"] == failed["dedup_key"] == "gcp.audit_log|op-1"
    assert [row["details"]["outcome"] for row in (started, ended, failed)] == ["started", "succeeded", "failed"]


def test_a_rollout_keeps_its_key_from_start_to_end_and_another_has_another() -> None:
    start, done, other = only_row("cd-rollout-start"), only_row("cd-rollout-succeed"), only_row("cd-rollout-failure")
    assert start["dedup_key"] == done["dedup_key"] != other["dedup_key"]
    assert [row["details"]["outcome"] for row in (start, done, other)] == ["started", "succeeded", "failed"]


def test_a_deployment_names_the_image_it_moves_to() -> None:
    assert only_row("audit-run")["details"]["to"] == {"image": "gcr.io/shop/checkout:43"}


def test_a_policy_change_tells_the_role_and_never_the_member() -> None:
    """C81."""
    row = only_row("audit-iam")
    assert row["details"]["policy"] == ["ADD roles/editor"]
    assert (row["details"]["actor"], "canary" in orjson.dumps(row).decode().lower()) == ("user", False)


def test_a_request_is_told_without_address_and_query() -> None:
    row = only_row("logentry-runreq")
    assert row["text"] == "GET /pay 503 0.2s"
    assert "203.0.113.5" not in orjson.dumps(row).decode()


def test_an_instance_is_one_host_by_name_and_by_number() -> None:
    assert only_row("logentry-gce")["entities"][:2] == ["host:web-1", "host:123456789012345678"]


def test_copies_of_an_entry_with_other_spellings_are_read() -> None:
    assert only_row("logentry-lowercase-copy")["text"] == "POST /pay 504 30s: backend_timeout"
    assert only_row("snake")["severity_number"] == 17


def test_every_point_is_a_row_and_one_without_a_number_is_refused() -> None:
    result = read("ts")
    assert [row["value"] for row in result["rows"]] == [0.5, 7.0, 4.5, 0.0]
    assert [rejected["at"] for rejected in result["rejected"]] == ["timeSeries[0].points[4]"]


def test_a_build_status_may_be_a_number() -> None:
    assert (only_row("build")["details"]["outcome"], only_row("build-int")["details"]["outcome"]) == ("failed", "succeeded")


def test_a_message_that_is_no_text_is_a_row_that_says_so() -> None:
    row = only_row("pubsub-binary")
    assert (row["kind"], row["entities"][0]) == ("log", "queue:raw")
    assert "no text" in row["text"]


NUMBERS = st.integers(-(2**53), 2**53)
PAYLOAD = st.fixed_dictionaries(
    {},
    optional={
        "textPayload": st.text(max_size=40) | st.none(),
        "jsonPayload": st.dictionaries(
            st.text(max_size=10), st.none() | st.text(max_size=20) | NUMBERS | st.lists(NUMBERS, max_size=2), max_size=4
        ),
        "protoPayload": st.dictionaries(
            st.sampled_from(("@type", "methodName", "status", "resourceName", "request")), st.text(max_size=20) | st.none(), max_size=5
        ),
        "httpRequest": st.dictionaries(st.sampled_from(("status", "requestUrl", "latency")), st.text(max_size=20) | NUMBERS, max_size=3),
        "severity": st.sampled_from(("ERROR", "DEFAULT", "nonsense", 500)),
        "labels": st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=2),
    },
)


@settings(max_examples=80, deadline=None)
@given(entry=PAYLOAD)
def test_an_entry_of_any_payload_gives_a_row(entry: dict[str, Any]) -> None:
    """Whatever a service logs, its entry is read and about something."""
    document = {
        **entry,
        "logName": "projects/p/logs/anything",
        "insertId": "i",
        "resource": {"type": "global"},
        "timestamp": "2025-03-01T10:00:00Z",
    }
    rows = check(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS), options=STRICT)["rows"]
    assert len(rows) == 1
    assert rows[0]["entities"][0]
