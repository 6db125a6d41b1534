"""What was changed, against where the trouble sits (C15)."""

from dataclasses import replace

from correlate.evidence import change_place
from correlate.evidence.places import places
from schemas.signal import Kind, Signal, Status, Subject
from tests.correlate.evidence.bench import hear, nats, outage
from tests.correlate.evidence.outages.tell import Change, Log


def test_the_most_blamed_service_is_the_most_suspect_place() -> None:
    told = outage(Change("there", 5, "orders"), Change("caller", 5, "web"), Change("elsewhere", 5, "billing"))
    there, caller, elsewhere = (nats(change_place.judge, told, change) for change in ("there", "caller", "elsewhere"))
    assert there > caller > elsewhere == change_place.FAR


def test_a_silent_dependency_of_the_failing_service_is_half_as_suspect() -> None:
    told = outage(Change("there", 5, "orders"), Change("below", 5, "ordersdb"), Change("elsewhere", 5, "billing"))
    assert nats(change_place.judge, told, "there") > nats(change_place.judge, told, "below") > nats(change_place.judge, told, "elsewhere")


def test_errors_that_name_the_dependency_move_the_blame_there() -> None:
    logs = (Log("error", "orders", 10, "read from ordersdb failed, attempt {i}"),)
    silent, named = outage(Change("below", 5, "ordersdb")), outage(Change("below", 5, "ordersdb"), logs=logs)
    assert nats(change_place.judge, named, "below") > nats(change_place.judge, silent, "below")


def test_a_commit_that_no_deploy_names_may_not_run_at_all() -> None:
    texts = [argument.text for argument in hear(change_place.judge, outage(Change("c", 5, "", files=("orders/a.go",))), "c")]
    assert "No deploy names it." in texts
    assert any("orders" in text for text in texts)  # its paths still say where it would take effect


def test_the_same_change_elsewhere_without_symptom_speaks_for_it() -> None:
    twice = (Change("both", 5, "orders"), Change("both", 4, "billing"))
    assert nats(change_place.judge, outage(*twice), "both") < nats(change_place.judge, outage(twice[0]), "both")


def test_an_alert_says_where_the_trouble_is_unless_everything_alerts() -> None:
    """The bench's only alert is about orders, which telemetry blames for a third of what it blames web for."""
    told = outage(Change("there", 5, "orders"), blame={"web": 9.0, "orders": 3.0})
    scene = told.scene()
    others = [
        Signal(Subject(kind=Kind.ALERT, entity=f"service:{name}", name="rule", source="test"), scene.detected_ns, status=Status.FIRING)
        for name in ("web", "ordersdb", "edge")
    ]
    alone, among = places(scene, ()), places(replace(scene, alerts=[*scene.alerts, *others]), ())
    assert (alone["service:orders"], among["service:orders"]) == (1.0, 0.5)
