"""Rows of one fate are one candidate (C12)."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from correlate.evidence.candidates import Move, candidates
from correlate.scene import Scene
from schemas.signal import Kind, Signal, Subject
from tests.correlate.evidence.bench import outage
from tests.correlate.evidence.outages.tell import MINUTE_NS, T0, Change

PUSH = Change("0123456789abcdef0123456789abcdef01234567", 9, "", "tidy", ("internal/a.go",))


def row(entity: str, name: str, minutes_before: float, change_id: str, **details: Any) -> Signal:
    subject = Subject(kind=Kind.CHANGE, entity=entity, name=name, source="test", estate="shop")
    at_ns = T0 - int(minutes_before * MINUTE_NS)
    return Signal(subject=subject, event_time_ns=at_ns, change_id=change_id, text=name, details=orjson.dumps(details).decode())


def scene(*rows: Signal) -> Scene:
    return replace(outage().scene(), changes=sorted(rows, key=lambda each: each.event_time_ns))


def pushed_to(repository: str) -> Signal:
    commit = PUSH.rows()[0]
    return row(f"service:{repository}", "vcs.commit", 11, commit.change_id, files=["internal/a.go"])


def test_a_deploy_and_the_commit_it_carries_are_one_and_the_commit_names_it() -> None:
    (found,) = candidates(outage(Change("sha", 5, "orders", "tidy")).scene())
    assert (found.row.change_id, found.entities, found.deployed) == ("sha", {"service:orders"}, True)
    assert found.at_ns == T0 - 5 * MINUTE_NS  # the deploy's time, not the commit's
    assert [row.change_id for row in found.rows] == ["sha", "deploy-sha"]


def test_the_steps_of_a_release_are_one_and_the_first_names_it() -> None:
    change = Change("release", 5, "orders", kind="release", pods=(("new",), ("old",)), stopped_late=True)
    (found,) = candidates(outage(change).scene())
    assert found.row.change_id == "release"
    assert len(found.rows) == len(found.steps) == 2


def test_a_commit_that_no_deploy_names_rides_with_the_next_deploy_of_a_service_it_touches() -> None:
    told = outage(Change("rider", 20, "", files=("services/orders/a.go",)), Change("web", 10, "web"), Change("bus", 5, "orders"))
    rider = next(found for found in candidates(told.scene()) if found.row.change_id == "rider")
    assert not rider.deployed
    assert rider.carried == (("service:orders", T0 - 5 * MINUTE_NS),)


def test_what_came_after_the_detection_is_no_candidate() -> None:
    assert candidates(outage(Change("late", -4, "orders", kind="deploy")).scene()) == []


@pytest.mark.parametrize(
    "deploy",
    [
        row("service:orders", "application.synced", 5, PUSH.id, action="sync", to=PUSH.id),
        row("service:orders", "deployment", 5, "77", commit=PUSH.id),
        row("service:orders", "image.updated", 5, "78", images=[f"registry.example/orders:main-{PUSH.id[:9]}"]),
    ],
    ids=["the revision that it brought", "the commit that it names", "the tag of its image"],
)
def test_a_deploy_tells_its_commit_in_one_of_three_ways(deploy: Signal) -> None:
    (found,) = candidates(scene(pushed_to("monorepo"), deploy))
    assert (found.row.change_id, found.entities, found.deployed) == (PUSH.id, {"service:orders"}, True)
    assert found.at_ns == T0 - 5 * MINUTE_NS


def test_a_deploy_that_names_no_commit_is_that_of_the_services_own_repository() -> None:
    deploy = row("service:orders", "codedeploy.deployment", 5, "d-1", state="SUCCESS")
    (found,) = candidates(scene(pushed_to("orders"), deploy))
    assert (found.row.change_id, found.deployed, found.at_ns) == (PUSH.id, True, T0 - 5 * MINUTE_NS)
    assert [each.change_id for each in found.rows] == [PUSH.id, "d-1"]


def test_a_deploy_before_the_commit_does_not_carry_it() -> None:
    deploy = row("service:orders", "codedeploy.deployment", 20, "d-1", state="SUCCESS")
    assert {found.row.change_id: found.deployed for found in candidates(scene(pushed_to("orders"), deploy))} == {
        "d-1": True,
        PUSH.id: False,
    }


@pytest.mark.parametrize("entity", ["database:ordersdb", "resource:prod/ordersdb/password-a1b2c3"])
def test_a_cloud_resource_is_the_service_that_bears_its_name(entity: str) -> None:
    (found,) = candidates(scene(row(entity, "rds.ModifyDBInstance", 5, "1")))
    assert found.entities == {"service:ordersdb"}


def test_every_setting_of_a_call_to_the_cloud_moves() -> None:
    moved = {"from": {"instanceClass": "db.r6g.4xlarge", "timeout": "3"}, "to": {"instanceClass": "db.r6g.large", "timeout": "3"}}
    (found,) = candidates(scene(row("database:ordersdb", "rds.ModifyDBInstance", 5, "1", **moved)))
    assert found.moves == (Move("instanceClass", "db.r6g.4xlarge", "db.r6g.large"),)
