"""What the AWS readers promise beyond the fixtures: one key for one alarm, what is a change and what is not, nobody named (C1, C2, C3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.check import check
from schemas.reading import Reading
from schemas.sources.aws_actions import action_of, actor_of, kind_of
from schemas.sources.aws_event_types import TELLINGS
from schemas.sources.aws_logs import attributes_of
from schemas.sources.aws_metric_stream_otel import undelimited
from schemas.sources.aws_names import instances_in, names_by_ending

FIXTURES = Path(__file__).parents[1] / "fixtures" / "aws"
STRICT = Reading(strict=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def read(name: str) -> dict[str, Any]:
    return check((FIXTURES / f"{name}.json").read_bytes(), options=STRICT)


def only_row(name: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = read(name)["rows"]
    assert len(rows) == 1
    return rows[0]


def rows_of(document: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = check(orjson.dumps(document), options=STRICT)["rows"]
    return rows


ALARM_BY_EVERY_WAY = (
    "alarm-eventbridge-firing",
    "alarm-lambda-firing",
    "alarm-sqs-sns-eventbridge",
    "alarm-sns-without-arn",
    "alarm-eventbridge-resolved",
    "alarm-insufficient-data",
)


def test_one_alarm_has_one_key_by_whichever_way_it_comes() -> None:
    """SNS without an ARN, EventBridge, the Lambda action, and EventBridge in SNS in SQS group together (C2)."""
    assert {only_row(name)["dedup_key"] for name in ALARM_BY_EVERY_WAY} == {
        "aws.cloudwatch_alarm|arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-latency-critical"
    }


def test_alarms_of_one_name_in_two_regions_are_two() -> None:
    document = orjson.loads((FIXTURES / "alarm-sns-without-arn.json").read_bytes())
    here = rows_of(document)[0]["dedup_key"]
    document["TopicArn"] = document["TopicArn"].replace("eu-west-1", "us-east-1")
    assert rows_of(document)[0]["dedup_key"] != here


def test_insufficient_data_neither_fires_nor_resolves() -> None:
    row = only_row("alarm-insufficient-data")
    assert (row["kind"], row["status"]) == ("state", None)


def test_a_resolution_knows_when_the_alarm_began() -> None:
    row = only_row("alarm-eventbridge-resolved")
    assert row["status"] == "resolved"
    assert row["starts_at"] == "2025-03-01T10:00:00.250000000Z"


def test_a_suppressed_alarm_still_fires() -> None:
    document = orjson.loads((FIXTURES / "alarm-eventbridge-firing.json").read_bytes())
    document["detail"]["state"]["actionsSuppressedBy"] = "WaitPeriod"
    row = rows_of(document)[0]
    assert (row["status"], row["details"]["suppressed_by"]) == ("firing", "WaitPeriod")


def test_changing_an_alarm_is_a_change_that_tells_from_and_to() -> None:
    """A moved threshold explains a silent or a noisy alarm; it is no firing (C3)."""
    row = only_row("alarm-configuration")
    assert (row["kind"], row["status"]) == ("change", None)
    assert (row["details"]["from"], row["details"]["to"]) == ({"threshold": 0.5}, {"threshold": 5.0})


def test_an_alarm_is_about_what_it_measures_not_about_itself() -> None:
    row = only_row("alarm-eventbridge-firing")
    assert row["entities"][0] == "service:checkout"
    assert "resource:arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-latency-critical" not in row["entities"]


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ({"eventName": "UpdateFunctionCode20150331v2"}, "change"),
        ({"eventName": "UpdateService", "requestParameters": {"service": "a", "taskDefinition": "a:2", "desiredCount": 2}}, "change"),
        ({"eventName": "UpdateService", "requestParameters": {"service": "a", "desiredCount": 2}}, "scaling"),
        ({"eventName": "UpdateService", "requestParameters": {"service": "a", "desiredCount": 2, "forceNewDeployment": True}}, "change"),
        ({"eventName": "SetDesiredCapacity"}, "scaling"),
        ({"eventName": "TerminateInstances"}, "scaling"),
        ({"eventName": "TerminateInstances", "errorCode": "Client.UnauthorizedOperation"}, "log"),
        ({"eventName": "TerminateInstances", "errorCode": "Client.DryRunOperation"}, "log"),
        ({"eventName": "DescribeInstances"}, "log"),
        ({"eventName": "CreateGrant", "readOnly": True}, "log"),
        ({"eventName": "PutObject", "managementEvent": False}, "log"),
        ({"eventName": "ConsoleLogin"}, "log"),
        ({"eventName": "GetawayCreate"}, "change"),
    ],
)
def test_only_what_altered_the_system_is_a_change(call: dict[str, Any], kind: str) -> None:
    """C3: scaling is its own kind; looking, proving who one is, moving data and being refused change nothing."""
    assert kind_of(call) == kind


def test_api_versions_are_no_part_of_an_action() -> None:
    assert action_of("UpdateFunctionCode20150331v2") == "UpdateFunctionCode"
    assert action_of("UpdateDistribution2020_05_31") == "UpdateDistribution"
    assert action_of("20200101") == "20200101"


@pytest.mark.parametrize(
    ("identity", "role"),
    [
        ({"type": "IAMUser", "userName": "jane"}, "user"),
        ({"type": "AssumedRole", "principalId": "AROA:jane.canary@example.com", "arn": "arn:aws:sts::1:assumed-role/Deploy/x"}, "user"),
        ({"type": "AssumedRole", "principalId": "AROA:i-0abc", "arn": "arn:aws:sts::1:assumed-role/Node/i-0abc"}, "automation"),
        ({"type": "Root", "invokedBy": "autoscaling.amazonaws.com"}, "service"),
        ({"type": "AWSService", "invokedBy": "ecs.amazonaws.com"}, "service"),
        ({"type": "Root"}, "root"),
    ],
)
def test_a_caller_is_a_role(identity: dict[str, str], role: str) -> None:
    assert actor_of({"userIdentity": identity}) == role


def test_a_refused_call_says_why_and_not_who() -> None:
    """C81: the error message of IAM ends with the caller's ARN."""
    row = only_row("cloudtrail-denied")
    assert (row["details"]["outcome"], row["details"]["actor"]) == ("failed", "user")
    assert "not authorized to perform this operation" in row["text"]
    assert "canary" not in orjson.dumps(row).decode().lower()


def test_a_database_modification_tells_from_and_to() -> None:
    details = only_row("cloudtrail-rds-modify")["details"]
    assert (details["from"], details["to"]) == ({"instanceClass": "db.r6g.xlarge"}, {"instanceClass": "db.r6g.large"})


def test_the_steps_of_one_deployment_share_a_key_and_a_change_id() -> None:
    started, completed = only_row("ecs-deployment-started"), only_row("ecs-deployment-completed")
    assert started["dedup_key"] == completed["dedup_key"]
    assert started["change_id"] == completed["change_id"] == "ecs-svc/9223370564"
    assert (started["details"]["outcome"], completed["details"]["outcome"]) == ("started", "succeeded")


def test_a_rollback_is_told_as_the_failure_it_answers() -> None:
    row = only_row("eventbridge-cloudformation-rollback")
    assert (row["details"]["outcome"], row["severity_number"]) == ("failed", 17)


def test_autoscaling_tells_how_many_there_were_and_are() -> None:
    """C3: instances added, with from and to, out of the prose that AWS puts them in."""
    row = only_row("sns-autoscaling")
    assert (row["kind"], row["details"]["from"], row["details"]["to"], row["change_id"]) == ("scaling", "3", "4", "act")


def test_a_task_killed_for_memory_is_an_error_of_its_service() -> None:
    row = only_row("eventbridge-ecs-task-oom")
    assert (row["entities"][0], row["severity_number"]) == ("service:checkout", 17)
    assert "OutOfMemoryError" in row["text"]


def test_an_insight_begins_and_ends_under_one_key() -> None:
    start, end = read("cloudtrail-insight")["rows"]
    assert (start["status"], end["status"]) == ("firing", "resolved")
    assert start["dedup_key"] == end["dedup_key"]


def test_a_metric_is_the_mean_of_its_set_and_an_empty_set_is_refused() -> None:
    result = read("metric-stream-firehose")
    assert [row["value"] for row in result["rows"]] == [5.0, 0.05]
    assert [row["unit"] for row in result["rows"]] == ["%", "s"]
    assert [rejected["reason"] for rejected in result["rejected"]] == ["no_value"]


def test_a_record_cut_off_in_a_log_stays_text_beside_the_whole_one() -> None:
    whole, cut = read("cloudtrail-in-cloudwatch-logs")["rows"]
    assert (whole["kind"], whole["name"]) == ("change", "ecs.UpdateService")
    assert (cut["kind"], cut["text"][:16]) == ("log", '{"eventVersion":')


def test_a_control_message_is_refused_by_name() -> None:
    result = read("cloudwatch-logs-control")
    assert not result["rows"]
    assert [rejected["reason"] for rejected in result["rejected"]] == ["control_message"]


def test_embedded_metrics_become_metrics() -> None:
    metric = read("cloudwatch-logs")["rows"][-1]
    assert (metric["kind"], metric["name"], metric["value"], metric["unit"]) == ("metric", "shop/Latency", 12.5, "ms")


@settings(max_examples=60, deadline=None)
@given(
    type_=st.text(min_size=1, max_size=40) | st.sampled_from(sorted(TELLINGS)),
    source=st.sampled_from(("aws.new", "com.example", "aws.autoscaling", "")),
    detail=JSON,
)
def test_an_event_of_any_type_gives_a_row(type_: str, source: str, detail: Any) -> None:
    """No detail-type is refused for being unknown, whatever its detail holds."""
    document = {"version": "0", "id": "e", "detail-type": type_, "source": source, "time": "2025-03-01T10:00:00Z", "detail": detail}
    rows = rows_of(document)
    assert rows
    assert all(row["entities"][0] for row in rows)
    assert rows == rows_of(document)


def test_keys_that_end_like_a_name_name_things_and_never_people() -> None:
    """Keys of services nobody listed give an identity; those of people, messages and runs give none (C2, C81)."""
    things = {"meshName": "shop-mesh", "restore-testing-plan-id": "rtp-1", "DBProxyIdentifier": "pool"}
    others = (
        "userName",
        "createdByName",
        "ownerId",
        "requester-id",
        "requestId",
        "eventName",
        "DisplayName",
        "assigneeName",
        "versionId",
        "uid",
        "arn",
    )
    assert names_by_ending({**things, **dict.fromkeys(others, "Jane Canary")}) == list(things.values())


def test_an_interface_is_no_instance() -> None:
    """`eni-…` ends like `i-…`; neither a flow log's stream nor prose may make a host of it (C2)."""
    assert "host.id" not in attributes_of({"logGroup": "flow", "logStream": "eni-0a1b2c3d4e5f60718-all"})
    assert attributes_of({"logGroup": "app", "logStream": "i-0a1b2c3d4e5f60718"})["host.id"] == "i-0a1b2c3d4e5f60718"
    assert instances_in({"message": "i-0a1b2c3d lost eni-0a1b2c3d4e5f60718, see i-0a1b2c3d."}) == ["i-0a1b2c3d"]


def delimited(messages: list[bytes]) -> bytes:
    """Each message after its length as a varint."""
    return b"".join(_varint(len(message)) + message for message in messages)


def _varint(number: int) -> bytes:
    low = bytes([number & 0x7F])
    return low if number < 0x80 else bytes([low[0] | 0x80]) + _varint(number >> 7)


@given(st.lists(st.binary(min_size=1, max_size=300).map(lambda rest: b"\x0a" + rest), min_size=1, max_size=4), st.data())
def test_lengths_between_messages_are_taken_out_and_nothing_else(messages: list[bytes], data: st.DataObject) -> None:
    """A run of delimited messages reads as one; a run cut inside its last message is none (C1)."""
    value = delimited(messages)
    assert undelimited(value) == b"".join(messages)
    cut = data.draw(st.integers(1, len(messages[-1])))
    assert undelimited(value[:-cut]) is None
