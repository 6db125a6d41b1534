"""What was changed, against where the trouble sits (C15)."""

from dataclasses import replace
from math import log

import pytest

from correlate.evidence import change_place
from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket, open_docket
from correlate.evidence.places import places
from schemas.signal import Kind, Signal, Status, Subject
from tests.correlate.evidence.bench import hear, nats, outage
from tests.correlate.evidence.outages.tell import Change, Outage


def by_entity(docket: Docket) -> list[Candidate]:
    """The candidates, that of payments first."""
    return sorted(docket.candidates, key=lambda candidate: "service:payments" not in candidate.entities)


def measured(*changes: Change, blame: dict[str, float] | None = None) -> Outage:
    """The bench, with a service of its own that is measured and shows nothing."""
    told = outage(*changes, blame=blame)
    return replace(told, calls=f"{told.calls} billing>billingdb")


def test_the_most_blamed_service_is_the_most_suspect_place() -> None:
    told = measured(Change("there", 5, "orders"), Change("caller", 5, "web"), Change("elsewhere", 5, "billing"))
    there, caller, elsewhere = (nats(change_place.judge, told, change) for change in ("there", "caller", "elsewhere"))
    assert there > caller > 0 > elsewhere


def test_a_silent_dependency_of_the_failing_service_is_half_as_suspect() -> None:
    told = measured(Change("there", 5, "orders"), Change("below", 5, "ordersdb"), Change("elsewhere", 5, "billing"))
    assert nats(change_place.judge, told, "there") > nats(change_place.judge, told, "below") > nats(change_place.judge, told, "elsewhere")


def test_what_nobody_measures_is_not_cleared_by_its_silence() -> None:
    told = measured(Change("there", 5, "orders"), Change("schema", 5, "event-schemas"), Change("elsewhere", 5, "billing"))
    assert hear(change_place.judge, told, "schema") == []
    assert nats(change_place.judge, told, "there") > 0 > nats(change_place.judge, told, "elsewhere")


def test_a_commit_that_no_deploy_names_may_not_run_at_all() -> None:
    texts = [argument.text for argument in hear(change_place.judge, outage(Change("c", 5, "", files=("orders/a.go",))), "c")]
    assert "No deploy names it." in texts
    assert any("orders" in text for text in texts)  # its paths still say where it would take effect


def test_an_alert_says_where_the_trouble_is_unless_everything_alerts() -> None:
    """The bench's only alert is about orders, of which telemetry shows as little as of the database below it."""
    told = outage(Change("there", 5, "orders"), blame={"web": 9.0})
    scene = told.scene()
    others = [
        Signal(Subject(kind=Kind.ALERT, entity=f"service:{name}", name="rule", source="test"), scene.detected_ns, status=Status.FIRING)
        for name in ("web", "payments", "edge")
    ]
    alone, among = places(scene), places(replace(scene, alerts=[*scene.alerts, *others]))
    assert (alone["service:orders"], among["service:orders"]) == (1.0, 0.5)


def test_an_entry_that_complains_is_no_more_suspect_than_whom_it_waits_for() -> None:
    """The only alert is about orders, which shows a tenth of what its database does."""
    told = outage(Change("there", 5, "orders"), Change("below", 5, "ordersdb"), blame={"orders": 1.0, "ordersdb": 10.0})
    assert places(told.scene()) == {"service:orders": 0.1, "service:ordersdb": 1.0}
    assert nats(change_place.judge, told, "below") > 0 > nats(change_place.judge, told, "there")


def test_whoever_calls_the_most_blamed_bears_only_what_it_shows_itself() -> None:
    told = outage(Change("there", 5, "orders"), Change("caller", 5, "web"), blame={"orders": 10.0, "web": 1.0})
    assert places(told.scene())["service:web"] == 0.1


def test_the_loudest_of_the_quiet_is_not_the_place_of_the_trouble() -> None:
    """What a calm estate shows by chance does not clear everybody else, as twenty nats do."""
    changes = (Change("there", 5, "payments"), Change("elsewhere", 5, "billing"))
    gaps = []
    for shown in (1.2, 6.0, 20.0):
        docket = open_docket(replace(measured(*changes, blame={"payments": shown}).scene(), alerts=[]))
        there, elsewhere = (sum(argument.nats for argument in change_place.judge(docket, one)) for one in by_entity(docket))
        gaps.append(there - elsewhere)
    assert gaps[0] < gaps[1] - 1
    assert gaps[1] == gaps[2]


def test_a_place_is_held_against_all_that_is_known_with_or_without_a_call_graph() -> None:
    told = measured(Change("there", 5, "orders"), blame={"orders": 9.0})
    scene = told.scene()
    entities = scene.known | scene.calls.keys()
    assert entities > places(scene).keys()
    docket = open_docket(replace(scene, calls={}))
    (candidate,) = docket.candidates
    (argument,) = change_place.judge(docket, candidate)
    others = len(scene.known | places(replace(scene, calls={})).keys()) - 1
    assert argument.nats == pytest.approx(log(1.03 * (others + 1) / (1.03 + others * 0.03)))
