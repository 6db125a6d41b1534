"""Rows of one fate are one candidate (C12)."""

from correlate.evidence.candidates import candidates
from tests.correlate.evidence.bench import outage
from tests.correlate.evidence.outages.tell import MINUTE_NS, T0, Change


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
