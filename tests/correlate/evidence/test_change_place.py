"""What was changed, against where the trouble sits (C15)."""

from dataclasses import replace

from correlate.evidence import change_place
from correlate.evidence.places import places
from schemas.signal import Kind, Signal, Status, Subject
from tests.correlate.evidence.bench import hear, nats, outage
from tests.correlate.evidence.outages.tell import Change, Outage


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
