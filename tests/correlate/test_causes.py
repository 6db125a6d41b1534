"""One list of causes: changes and entities share one probability."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from correlate.causes import DEAD, rank
from correlate.scene import Suspect
from schemas.incident import Argument
from schemas.signal import Kind, Signal, Subject


def change(name: str, score: float) -> Suspect:
    signal = Signal(Subject(Kind.CHANGE, f"service:{name}", "service.upgraded"), 1, change_id=f"change-{name}")
    return Suspect(f"service:{name}", "change", signal, score, ())


def nobody(score: float, entity: str | None = None) -> Suspect:
    return Suspect(entity, "none", None, score, ())


def ranked(changes: list[Suspect], blame: dict[str, float]) -> list[Suspect]:
    return rank(changes, blame, lambda _: "code", lambda _: ())


def test_without_a_change_the_entities_stand_by_their_blame() -> None:
    """No change in sight: the most blamed entity leads and the shares add to one."""
    suspects = ranked([], {"service:a": 3.0, "service:b": 20.0})
    assert [suspect.entity for suspect in suspects] == ["service:b", "service:a"]
    assert abs(sum(suspect.score for suspect in suspects) - 1) < 1e-9


def test_a_guilty_change_stands_above_the_entity_it_broke() -> None:
    suspects = ranked([change("a", 0.9), nobody(0.1)], {"service:a": 30.0})
    assert suspects[0].change is not None
    assert suspects[1].entity == "service:a"
    assert suspects[1].change is None


def test_the_list_stands_in_the_order_of_its_scores() -> None:
    """Sixty per cent "none" over two equal entities leaves each thirty: a change with forty is the likeliest single cause (C23)."""
    suspects = ranked([change("x", 0.4), nobody(0.6)], {"service:a": 100.0, "service:b": 100.0})
    assert [round(suspect.score, 2) for suspect in suspects] == [0.4, 0.3, 0.3]
    assert suspects[0].change is not None


def test_an_entity_that_is_likelier_than_any_change_leads_them() -> None:
    """Many weak changes are together likelier than "none", yet none of them is likelier than the one entity that shows much."""
    suspects = ranked([change("x", 0.3), change("y", 0.27), nobody(0.43)], {"service:a": 30.0})
    assert suspects[0].change is None
    assert suspects[0].entity == "service:a"


@given(st.floats(0.1, 100))
def test_blame_compares_by_ratio_whatever_its_scale(scale: float) -> None:
    """Alerts speak in a handful of nats, telemetry in a hundred: the same ratios give the same scores."""
    some = {"service:a": 4.0, "service:b": 2.0, "service:c": 1.0}
    one, other = ranked([], some), ranked([], {entity: nats * scale for entity, nats in some.items()})
    assert [(a.entity, round(a.score, 9)) for a in one] == [(b.entity, round(b.score, 9)) for b in other]
    assert one[0].score / one[1].score == 4.0


def test_a_lone_alert_is_no_stronger_than_a_likely_change() -> None:
    """Nothing is measured but one alert of few nats: that nobody else complains does not make its component the cause (C23)."""
    suspects = ranked([change("x", 0.3), change("y", 0.27), nobody(0.43)], {"service:a": 3.0})
    assert [suspect.entity for suspect in suspects] == ["service:x", "service:y", "service:a"]
    assert suspects[-1].score < 0.43 / 4


def test_without_changes_a_lone_alert_keeps_all() -> None:
    assert ranked([], {"service:a": 3.0})[0].score == 1.0


def test_the_entry_whose_requests_rose_leads_whoever_broke_under_them() -> None:
    """A surge names the entry by the odds of what tells of it: three nats are twenty to one against the most blamed (C23)."""
    surge = Suspect("service:front", "traffic", None, 1.0, (Argument(kind="exogenous", nats=3.0, text="Requests to front rose"),))
    suspects = ranked([surge], {"service:db": 20.0, "service:front": 1.0})
    assert [suspect.entity for suspect in suspects] == ["service:front", "service:db"]
    assert [suspect.kind for suspect in suspects] == ["traffic", "code"]
    assert round(suspects[0].score / suspects[1].score) == 20


blames = st.dictionaries(st.sampled_from([f"service:{name}" for name in "abcdef"]), st.floats(0, 300), max_size=6)


@given(blames, st.lists(st.floats(0, 1), max_size=5), st.floats(0.01, 1))
def test_probability_is_shared_out_once(blame: dict[str, float], weights: list[float], none: float) -> None:
    total = sum(weights) + none
    suspects = ranked([*(change(f"c{n}", weight / total) for n, weight in enumerate(weights)), nobody(none / total)], blame)
    shared = sum(suspect.score for suspect in suspects)
    accused = any(nats > 0 for nats in blame.values())
    assert shared <= 1 + 1e-6
    assert shared >= 1 - 1e-6 or (accused and weights)  # only weak blame beside changes leaves something unclaimed
    assert [suspect.score for suspect in suspects] == sorted((suspect.score for suspect in suspects), reverse=True)


def test_a_component_found_dead_takes_most_of_what_no_change_has() -> None:
    dead = Suspect("service:db", DEAD, None, 0.5, (Argument(kind="exogenous", nats=1.5, text="db does not answer its watcher"),))
    suspects = ranked([change("x", 0.3), dead], {"service:a": 10.0, "service:db": 4.0})
    assert [suspect.entity for suspect in suspects] == ["service:db", "service:x", "service:a"]
    assert suspects[0].kind == "code"
