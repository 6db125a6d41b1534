"""What the Azure readers promise beyond the fixtures: who is observed, when it is over, what is a change, nobody named (C1, C2, C3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.check import check
from schemas.reading import Reading
from schemas.signal import Kind
from schemas.sources.azure import kind_of_operation, outcome_of, severity_of, time_of
from schemas.sources.azure_records import properties_of

FIXTURES = Path(__file__).parents[1] / "fixtures" / "azure"
STRICT = Reading(strict=True)


def rows_of(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = check((FIXTURES / f"{name}.json").read_bytes(), options=STRICT)["rows"]
    return rows


def document(name: str) -> Any:
    return orjson.loads((FIXTURES / f"{name}.json").read_bytes())


def rows(payload: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = check(orjson.dumps(payload), options=STRICT)["rows"]
    return found


def test_an_alert_and_its_resolution_share_a_key_and_the_resolution_knows_the_start() -> None:
    fired, resolved = rows_of("common-metric-fired")[0], rows_of("common-metric-resolved")[0]
    assert fired["dedup_key"] == resolved["dedup_key"]
    assert (fired["status"], resolved["status"]) == ("firing", "resolved")
    assert resolved["starts_at"] == fired["time"]


def test_resource_ids_meet_whatever_their_case() -> None:
    """A diagnostic record shouts the id that an alert writes in lower case: both are one entity (C2)."""
    alert, metric = rows_of("common-metric-fired")[0], rows_of("metric-records")[0]
    assert {"host:shop-web-1"} <= set(alert["entities"]) & set(metric["entities"])


def test_a_log_alert_is_about_the_sick_host_not_the_workspace_that_was_searched() -> None:
    for name in ("common-log-v1", "common-log-v2"):
        row = rows_of(name)[0]
        assert "host:shop-db-2" in row["entities"]
        assert "workspaces" not in row["entities"][0]


@pytest.mark.parametrize(
    ("stage", "status"),
    [("Active", "firing"), ("Updated", "firing"), ("Resolved", "resolved"), ("Mitigated", "resolved"), ("Complete", "resolved")],
)
def test_service_health_is_over_when_its_stage_says_so_though_the_alert_stays_fired(stage: str, status: str) -> None:
    payload = document("common-servicehealth-active")
    payload["data"]["alertContext"]["properties"]["stage"] = stage
    assert rows(payload)[0]["status"] == status


def test_service_health_updates_of_one_trouble_share_its_tracking_id() -> None:
    payload = document("common-servicehealth-active")
    first = rows(payload)[0]["dedup_key"]
    payload["data"]["essentials"]["originAlertId"] = "another"
    payload["data"]["alertContext"]["eventDataId"] = "another"
    assert rows(payload)[0]["dedup_key"] == first


@pytest.mark.parametrize(
    ("now", "status"), [("Available", "resolved"), ("Unavailable", "firing"), ("Degraded", "firing"), ("Unknown", "firing")]
)
def test_resource_health_follows_the_current_status(now: str, status: str) -> None:
    payload = document("common-resourcehealth-resolved")
    payload["data"]["alertContext"]["properties"]["currentHealthStatus"] = now
    assert rows(payload)[0]["status"] == status


def test_an_activity_log_alert_on_an_operation_is_a_change_not_a_firing() -> None:
    """It never resolves; taken as an alert it would keep an incident open for ever (C3)."""
    row = rows_of("common-administrative-failed")[0]
    assert (row["kind"], row["status"], row["details"]["outcome"], row["details"]["actor"]) == ("change", None, "failed", "user")
    assert "OperationNotAllowed" in row["text"]


def test_autoscale_is_scaling_of_the_scaled_thing_from_and_to() -> None:
    for name in ("common-autoscale", "autoscale-notification"):
        row = rows_of(name)[0]
        assert row["kind"] == "scaling"
        assert row["entities"][0] == "resource:shop-web"
        assert int(row["details"]["to"]) > int(row["details"]["from"])


def test_start_and_success_of_one_operation_join() -> None:
    start, success = rows_of("activity-eventhub-start-success")
    assert start["dedup_key"] == success["dedup_key"]
    assert (start["details"]["outcome"], success["details"]["outcome"]) == ("started", "succeeded")


def test_health_that_an_event_hub_export_put_one_level_deeper_is_read() -> None:
    record = document("activity-eventhub-start-success")["records"][0]
    record |= {
        "operationName": "Microsoft.Resourcehealth/healthevent/Activated/action", "category": "ResourceHealth",
        "properties": {"eventCategory": "ResourceHealth", "eventProperties": {"CurrentHealthStatus": "Unavailable", "Title": "Down"}},
    }  # fmt: skip
    row = rows({"records": [record]})[0]
    assert (row["kind"], row["status"]) == ("alert", "firing")


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("MICROSOFT.WEB/SITES/CONFIG/WRITE", Kind.CHANGE),
        ("Microsoft.Compute/virtualMachines/restart/action", Kind.CHANGE),
        ("Microsoft.Storage/storageAccounts/listKeys/action", Kind.LOG),
        ("Microsoft.Compute/virtualMachines/read", Kind.LOG),
        ("Microsoft.Compute/virtualMachineScaleSets/write", Kind.SCALING),
        ("Microsoft.Insights/AutoscaleSettings/Scaledown/Action", Kind.SCALING),
        ("Microsoft.Resources/deployments/validate/action", Kind.LOG),
        ("StorageRead", Kind.LOG),
    ],
)
def test_an_operation_changes_scales_or_only_looks(operation: str, kind: Kind) -> None:
    assert kind_of_operation(operation) is kind


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("Succeeded.", "succeeded"), ("Start", "started"), ("Accepted", "started"), ("Failure", "failed"), ("OK", "succeeded"), ("409", "failed"), ("Canceled", "cancelled"), ("", "")],
)  # fmt: skip
def test_outcomes_in_azures_words(said: str, outcome: str) -> None:
    assert outcome_of(said) == outcome


def test_severities_run_from_sev0_down_and_old_alerts_write_them_as_words_or_digits() -> None:
    assert [severity_of(f"Sev{n}") for n in range(5)] == [severity_of(str(n)) for n in range(5)] == sorted([18, 17, 13, 9, 5], reverse=True)
    assert severity_of("Warning") == severity_of("Sev2")
    assert severity_of(None) == 0


def test_a_clock_with_blanks_in_it_is_read() -> None:
    """Some agents write `07: 45: 44.58Z`."""
    assert time_of("2021-02-04T07: 45: 44.5Z") == time_of("2021-02-04T07:45:44.5Z") != 0


@pytest.mark.parametrize("properties", [{"message": "m"}, '{"message":"m"}', "{'message':'m'}", "m"])
def test_properties_are_read_as_object_json_literal_or_text(properties: object) -> None:
    assert properties_of({"properties": properties})["message"] == "m"


def test_properties_that_only_look_like_a_literal_are_kept_as_text() -> None:
    assert properties_of({"properties": "{'message': __import__('os')}"})["message"].startswith("{'message'")


def test_resource_logs_tell_of_changes_to_secrets_and_workloads() -> None:
    """A secret set in Key Vault and a deployment patched by hand are changes with actors as roles (C3)."""
    kinds = [row["kind"] for row in rows_of("diagnostics-mixed")]
    assert kinds == ["log", "log", "change", "change", "log", "log"]
    patch, secret = rows_of("diagnostics-mixed")[2:4]
    assert patch["entities"][0] == "service:checkout"
    assert (patch["details"]["actor"], secret["details"]["actor"]) == ("user", "user")


def test_klog_lines_keep_their_finer_time_and_their_severity() -> None:
    row = rows_of("diagnostics-mixed")[1]
    assert (row["time"], row["severity_number"]) == ("2025-03-04T10:13:00.987654000Z", 17)


def test_a_point_without_a_statistic_is_refused_not_read_as_zero() -> None:
    read = check((FIXTURES / "metrics-api.json").read_bytes(), options=STRICT)
    assert len(read["rows"]) == 1
    assert [refused["reason"] for refused in read["rejected"]] == ["no_value"]


def test_a_start_of_deployment_and_its_end_share_a_key() -> None:
    started = document("devops-release-started")
    completed = document("devops-release-started")
    completed["eventType"] = "ms.vss-release.deployment-completed-event"
    completed["resource"]["environment"]["status"] = "succeeded"
    first, last = rows(started)[0], rows(completed)[0]
    assert first["dedup_key"] == last["dedup_key"]
    assert (first["details"]["outcome"], last["details"]["outcome"]) == ("started", "succeeded")


def test_only_a_completed_pull_request_is_a_change() -> None:
    payload = document("devops-pullrequest-merged")
    assert rows(payload)[0]["kind"] == "change"
    payload["eventType"], payload["resource"]["status"] = "git.pullrequest.created", "active"
    assert rows(payload)[0]["kind"] == "log"


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_nobody_is_named_in_any_row(path: Path) -> None:
    """Callers, creators and committers of the fixtures are all the same invented person (C81)."""
    said = orjson.dumps(check(path.read_bytes(), options=STRICT)).lower()
    assert b"canary" not in said
    assert b"jane" not in said
