"""What belongs to an incident though it began later, told as outages: relapse, aftermath, and what is an incident of its own."""

from __future__ import annotations

import pytest

from correlate.incidents import Trouble
from correlate.memory import freeze, thaw
from correlate.parameters import DEFAULTS
from correlate.sequels import Departure, sequel_of
from schemas.incident import Phase
from tests.correlate.estate import Curve, Estate, between, ns

QUIET_S = 1800


def either(*spells: tuple[float, float], usual: float = 0.1, then: float = 1.0) -> Curve:
    """`usual`, but `then` in each spell."""
    return lambda at_s: then if any(begin_s <= at_s < end_s for begin_s, end_s in spells) else usual


def relapsing(pause_s: float) -> Estate:
    """orders breaks for five minutes, pauses, and breaks again in the same way."""
    estate = Estate()
    spells = ((QUIET_S, QUIET_S + 300), (QUIET_S + 300 + pause_s, QUIET_S + 600 + pause_s))
    estate.service("orders", either(*spells), cpu=either(*spells, usual=20, then=95), step_s=10)
    estate.service("web", either(*spells, then=0.4), step_s=10)
    for quiet in ("cart", "mail"):
        estate.service(quiet, lambda _: 0.1, step_s=10)
    return estate


def whats(estate: Estate) -> list[str]:
    return [notice.what for _, notice in estate.notices if notice.what != "revised"]


def test_a_relapse_reopens_its_incident() -> None:
    """C9: what begins again before the clock can tell that it was over is the same incident, and recovery must be verified anew."""
    estate = relapsing(pause_s=70).play(QUIET_S + 1500)
    assert len(estate.told()) == 1
    assert whats(estate) == ["opened", "recovering", "reopened", "recovering", "resolved"]
    trouble = estate.book.incidents[estate.told()[0]]
    assert trouble.phase is Phase.RESOLVED
    assert trouble.resolved_ns is not None
    assert abs(trouble.resolved_ns - ns(QUIET_S + 670)) <= 60e9


def test_what_breaks_again_long_after_is_a_new_incident() -> None:
    """A pause of many windows is none of the clock's: nobody can say any more that it never ended."""
    estate = relapsing(pause_s=1500).play(QUIET_S + 2800)
    assert len(estate.told()) == 2
    assert "reopened" not in whats(estate)


def test_another_failure_soon_after_is_an_incident_of_its_own() -> None:
    """As strong a failure elsewhere is news, though the first was over a minute ago."""
    estate = relapsing(pause_s=1e6)
    estate.service("stock", between(QUIET_S + 360, QUIET_S + 760, 0.1, 1.0), cpu=between(QUIET_S + 360, QUIET_S + 760, 20, 95), step_s=10)
    estate.play(QUIET_S + 1000)
    first, second = (estate.book.incidents[number] for number in estate.told())
    assert next(iter(first.blame)) == "service:orders"
    assert next(iter(second.blame)) == "service:stock"
    assert first.relapses == []


def test_mid_relapse_a_copy_of_the_memory_goes_on_alike() -> None:
    """C31: frozen while it begins again, the copy tells the same as the original."""
    estate, copy = relapsing(pause_s=70), relapsing(pause_s=70)
    while "reopened" not in whats(estate):
        estate.play(estate.now_s + 10)
    copy.now_s, copy._offset = estate.now_s, estate._offset
    copy.telemetry, copy.book = thaw(freeze((estate.telemetry, estate.book)))
    before = len(estate.notices)
    estate.play(QUIET_S + 1500)
    copy.play(QUIET_S + 1500)
    assert estate.notices[before:] == copy.notices
    assert freeze(estate.book) == freeze(copy.book)
    assert estate.notices[before:]


# --- the rules, one by one --------------------------------------------------------------------------------------------


def known(**facts: object) -> Trouble:
    trouble = Trouble(1, ns(1000), ns(1010), 120_000_000_000, ["service:orders"], ns(1500))
    trouble.published, trouble.best, trouble.blame = True, 40.0, {"service:orders": 40.0, "service:web": 10.0}
    for name, value in facts.items():
        setattr(trouble, name, value)
    return trouble


def over(at_s: float, **facts: object) -> Trouble:
    return known(phase=Phase.RECOVERING, resolved_ns=ns(at_s), **facts)


def taken(trouble: Trouble, entity: str, onset_s: float, nats: float, *, alerting: bool = False) -> bool:
    departure = Departure(f"service:{entity}", ns(onset_s), nats, 120_000_000_000)
    return sequel_of([trouble], departure, DEFAULTS, alerting=alerting) is trouble


def test_a_shadow_belongs_to_what_casts_it() -> None:
    """While it goes on: far weaker elsewhere, or the suspect however strong; a failure of comparable strength elsewhere is news."""
    assert taken(known(), "cart", 1300, 13)
    assert not taken(known(), "cart", 1300, 14)
    assert taken(known(), "orders", 1300, 90)


@pytest.mark.parametrize(("pause_s", "same"), [(-30, True), (0, True), (89, True), (90, False), (600, False)])
def test_a_pause_shorter_than_the_clock_can_tell_is_none(pause_s: float, same: bool) -> None:
    """Three quarters of its window, 90 s here, as for onsets."""
    assert taken(over(1500), "orders", 1500 + pause_s, 30) is same


def test_whoever_took_part_comes_back_without_news_unless_it_shows_more() -> None:
    """After the end, a component of the incident at its former strength is a relapse; six nats more, or a stranger, is news."""
    facts = {"entities": ["service:orders", "service:web"], "seen": {"service:web": 25.0, "service:cart": 25.0}}
    assert taken(over(1500, **facts), "web", 1530, 30)
    assert not taken(over(1500, **facts), "web", 1530, 31)
    assert not taken(over(1500, **facts), "cart", 1530, 25)
    assert not taken(known(**facts), "web", 1530, 30)


def test_what_began_before_or_was_never_told_takes_nothing_in() -> None:
    """An earlier onset is no sequel, and what nobody was told of has no sequel."""
    assert not taken(known(), "orders", 990, 30)
    assert not taken(known(published=False), "orders", 1300, 30)


def test_while_the_accused_change_stands_what_no_alert_covers_belongs_to_it() -> None:
    """A rollout that hurts again at its next step is the same incident; where no alerts are connected, silence of alerts says nothing."""
    watched = known(phase=Phase.MITIGATED, resolved_ns=ns(1500), standing=True)
    assert taken(watched, "cart", 2300, 60, alerting=True)
    assert not taken(watched, "cart", 2300, 60, alerting=False)
    assert not taken(known(phase=Phase.RESOLVED, resolved_ns=ns(1500), standing=True), "cart", 2300, 60, alerting=True)


def test_of_two_the_one_that_began_last_goes_on() -> None:
    earlier, later = known(), known(number=2, onset_ns=ns(1200))
    departure = Departure("service:orders", ns(1300), 30, 120_000_000_000)
    assert sequel_of([earlier, later], departure, DEFAULTS, alerting=False) is later


def test_a_mitigated_incident_is_watched_until_its_change_is_undone() -> None:
    """C9: mitigated while the accused change stands; resolved when it does not any more, or when what lasted is the new normal."""
    estate = relapsing(pause_s=1e6).play(QUIET_S + 200)
    trouble = estate.book.incidents[estate.told()[0]]
    trouble.standing = True
    estate.play(QUIET_S + 900)
    assert trouble.phase is Phase.MITIGATED
    assert whats(estate) == ["opened", "recovering", "mitigated"]
    copy = thaw(freeze(trouble))
    trouble.standing = False
    assert estate.play(QUIET_S + 910).book.incidents[trouble.number].phase is Phase.RESOLVED
    estate.book.incidents[trouble.number] = copy
    assert estate.play(QUIET_S + 300 + 3700).book.incidents[trouble.number].phase is Phase.RESOLVED


def just_over() -> tuple[Estate, Trouble, int]:
    """An estate whose incident is recovering, and a moment that its clock cannot tell from the end."""
    estate = relapsing(pause_s=1e6).play(QUIET_S + 420)
    trouble = estate.book.incidents[estate.told()[0]]
    while trouble.open:
        estate.play(estate.now_s + 10)
    assert trouble.resolved_ns is not None
    return estate, trouble, trouble.resolved_ns + 60_000_000_000


def test_an_alert_about_one_of_its_entities_takes_up_what_had_just_ended() -> None:
    """C5: an alert is the louder relapse; recovery is verified anew."""
    estate, trouble, at_ns = just_over()
    assert estate.book.alert("service:orders", at_ns, frozenset(), at_ns, estate.telemetry) == trouble.number
    assert trouble.open
    assert trouble.relapses[0].again_ns == at_ns
    estate.play(estate.now_s + 10)
    assert "reopened" in whats(estate)


def test_an_alert_about_a_stranger_is_news() -> None:
    """A new alert on another entity opens an incident, however soon it comes."""
    estate, trouble, at_ns = just_over()
    assert estate.book.alert("service:mail", at_ns, frozenset(), at_ns, estate.telemetry) != trouble.number
    assert not trouble.open
