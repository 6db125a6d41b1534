"""What was changed, against where the trouble sits (C15)."""

from dataclasses import replace

from correlate.evidence import change_place
from correlate.evidence.grades import CLUE
from correlate.evidence.places import places
from correlate.parameters import DEFAULTS
from schemas.signal import Kind, Signal, Status, Subject
from tests.correlate.evidence.bench import hear, nats, outage
from tests.correlate.evidence.outages.tell import Change, Log, Outage

MEASURED = frozenset(f"service:{name}" for name in ("web", "orders", "ordersdb", "billing", "ledger"))


BESIDE = replace(outage(), calls="web>orders orders>ordersdb billing>ledger")
"""The bench's outage in an estate that has more than it."""


def beside(*changes: Change) -> Outage:
    return replace(BESIDE, changes=changes)


def test_the_most_blamed_service_is_the_most_suspect_place() -> None:
    told = beside(Change("there", 5, "orders"), Change("caller", 5, "web"), Change("elsewhere", 5, "billing"))
    there, caller, elsewhere = (nats(change_place.judge, told, change) for change in ("there", "caller", "elsewhere"))
    assert there > caller > elsewhere


def test_what_few_nats_say_of_the_place_is_little() -> None:
    """A component that was measured and hardly departs is not the one: nearly everybody may be."""
    loud, faint = (
        nats(
            change_place.judge,
            replace(beside(Change("there", 5, "orders")), blame={"orders": shown, "web": 0.0}),
            "there",
            measured=MEASURED,
        )
        for shown in (90.0, 0.9)
    )
    assert loud > 1.0 > 0.1 > faint > 0


def test_a_place_that_nobody_knows_is_neither_the_one_nor_cleared() -> None:
    """A repository of policies has no telemetry that could be silent."""
    told = beside(Change("policies", 5, "cluster-policies", kind="deploy"), Change("elsewhere", 5, "billing", kind="deploy"))
    assert nats(change_place.judge, told, "policies") == -CLUE > nats(change_place.judge, told, "elsewhere")


def test_a_measured_neighbour_that_shows_nothing_is_less_suspect_than_one_nobody_measures() -> None:
    told = beside(Change("below", 5, "ordersdb"))
    assert nats(change_place.judge, told, "below", measured=MEASURED) < nats(change_place.judge, told, "below")


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
    assert nats(change_place.judge, beside(*twice), "both") < nats(change_place.judge, beside(twice[0]), "both")


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


def test_an_alert_on_a_caller_of_whoever_departs_most_complains_of_that_one() -> None:
    told = outage(Change("there", 5, "orders"), blame={"ordersdb": 9.0, "web": 3.0})
    assert places(told.scene(), ())["service:orders"] == DEFAULTS.hop_share
