"""Incidents told as outages: when they open, whom they accuse, when they end, and what is no incident."""

from __future__ import annotations

import pytest

from correlate.incidents import IncidentBook, Trouble, kind_of
from correlate.memory import freeze, thaw
from correlate.telemetry import Telemetry
from schemas.incident import Phase
from tests.correlate.estate import SECOND_NS, Curve, Estate, between, metric, ns

QUIET_S = 1800


def shop(broken: str = "orders", begin_s: float = QUIET_S, end_s: float = QUIET_S + 400, step_s: float = 30) -> Estate:
    """web → cart, orders; orders → stock; the broken service becomes slow and burns processor, its callers wait."""
    estate = Estate()
    callers = {"web": (), "cart": ("web",), "orders": ("web",), "stock": ("orders", "web")}
    for name, above in callers.items():
        slow = 1.0 if name == broken else 0.4 if name in callers[broken] else 0.1
        cpu = between(begin_s, end_s, 20, 95) if name == broken else None
        estate.service(name, between(begin_s, end_s, 0.1, slow), cpu=cpu, step_s=step_s)
        for caller in above[:1]:
            estate.edge(caller, name, between(begin_s, end_s, 0.1, slow), step_s)
    return estate


def the_only(estate: Estate) -> Trouble:
    assert len(estate.told()) == 1
    return estate.book.incidents[estate.told()[0]]


def test_a_slow_service_is_found_and_accused_before_its_waiting_callers() -> None:
    """C9, C15: one outage is one incident; the service that is slow by itself comes first, its caller after it."""
    trouble = the_only(shop().play(QUIET_S + 600))
    assert next(iter(trouble.blame)) == "service:orders"
    assert trouble.kind("service:orders") == "cpu"
    assert abs(trouble.onset_ns - ns(QUIET_S)) <= 30 * SECOND_NS


@pytest.mark.parametrize("step_s", [1, 10, 60, 300])
def test_the_same_outage_is_found_at_every_sampling_rate(step_s: float) -> None:
    """From one sample a second to one in five minutes; the onset is as exact as two samples."""
    quiet_s = max(600, 40 * step_s)
    trouble = the_only(shop(begin_s=quiet_s, end_s=quiet_s + max(400, 5 * step_s), step_s=step_s).play(quiet_s + max(500, 6 * step_s)))
    assert next(iter(trouble.blame)) == "service:orders"
    assert abs(trouble.onset_ns - ns(quiet_s)) <= max(30, 2 * step_s) * SECOND_NS


def test_a_quiet_estate_has_no_incident() -> None:
    """Three hours of noise open nothing that is told."""
    assert shop(begin_s=1e9, end_s=1e9).play(3 * 3600).told() == []


def test_one_twitch_of_one_series_is_no_incident() -> None:
    """A single sample hundred times its normal does not persist."""
    estate = shop(begin_s=1e9, end_s=1e9)
    estate.service("mail", between(QUIET_S, QUIET_S + 30, 0.1, 10))
    assert estate.play(QUIET_S + 900).told() == []


def test_a_resource_alone_is_no_incident() -> None:
    """Memory moves by itself: without a symptom it opens nothing."""
    estate = shop(begin_s=1e9, end_s=1e9)
    estate.series(metric("mail", "container_memory_working_set_bytes"), between(QUIET_S, QUIET_S + 600, 100, 200))
    estate.service("mail", lambda _: 0.1)
    assert estate.play(QUIET_S + 900).told() == []


def test_a_job_is_one_resource_however_many_it_uses() -> None:
    """Where people are alerted, what none of their alerts covers needs twice the evidence; a job of three minutes that moves processor, disk
    and network has it once."""
    estate = shop(begin_s=1e9, end_s=1e9)
    estate.book.alerting = True
    estate.service("mail", lambda _: 0.1, cpu=between(QUIET_S, QUIET_S + 180, 20, 95))
    for name in ("container_fs_io_time_seconds", "container_network_transmit_bytes", "container_memory_working_set_bytes"):
        estate.series(metric("mail", name), between(QUIET_S, QUIET_S + 180, 100, 400))
    assert estate.play(QUIET_S + 900).told() == []


def test_recovery_is_told_when_a_calm_window_has_passed() -> None:
    """Open → recovering → resolved; the end is that of the outage, not that of the watching."""
    estate = shop().play(QUIET_S + 1500)
    trouble = the_only(estate)
    assert [notice.what for _, notice in estate.notices if notice.what != "revised"] == ["opened", "recovering", "resolved"]
    assert trouble.phase is Phase.RESOLVED
    assert trouble.resolved_ns is not None
    assert abs(trouble.resolved_ns - ns(QUIET_S + 400)) <= 150 * SECOND_NS


def test_two_outages_apart_in_time_are_two_incidents() -> None:
    """What separates incidents is new news in time, though the first still goes on."""
    estate = shop(end_s=QUIET_S + 900)
    estate.service("mail", between(QUIET_S + 400, QUIET_S + 900, 0.1, 2), cpu=between(QUIET_S + 400, QUIET_S + 900, 20, 90))
    estate.play(QUIET_S + 1000)
    first, second = (estate.book.incidents[number] for number in estate.told())
    assert next(iter(first.blame)) == "service:orders"
    assert next(iter(second.blame)) == "service:mail"
    assert abs(second.onset_ns - ns(QUIET_S + 400)) <= 60 * SECOND_NS


def test_two_services_that_break_together_are_one_incident() -> None:
    """Locality does not group: onsets that the clocks cannot tell apart are one event."""
    estate = shop()
    estate.service("mail", between(QUIET_S, QUIET_S + 400, 0.1, 2), errors=between(QUIET_S, QUIET_S + 400, 0.01, 0.5))
    trouble = the_only(estate.play(QUIET_S + 600))
    assert {"service:orders", "service:mail"} <= set(trouble.entities)


def test_an_outage_that_lasts_stays_open_until_it_is_the_new_normal() -> None:
    """Recovery is series back inside their normal, not a recent past that has become like the present; after an hour the level is learned."""
    estate = shop(end_s=1e9).play(QUIET_S + 3000)
    assert the_only(estate).phase is Phase.OPEN
    assert the_only(estate.play(QUIET_S + 4500)).phase is Phase.RESOLVED


def test_an_alert_opens_at_once_and_names_what_must_be_explained() -> None:
    """C5: an alert on the entry point is told at once; the service that moves with its symptom comes before the entry point itself."""
    estate = Estate()
    for name, slow in {"orders": 0.13, "web": 0.13, "cart": 0.1}.items():
        estate.service(name, between(QUIET_S, QUIET_S + 600, 0.1, slow))
    estate.telemetry.declare({"service:web": frozenset({"service:orders", "service:cart"})})
    estate.play(QUIET_S)
    number = estate.book.alert(
        "service:web", ns(QUIET_S), frozenset({"http_server_request_duration_seconds"}), ns(QUIET_S), estate.telemetry
    )
    estate.play(QUIET_S + 240)
    assert (QUIET_S + 10, (number, "opened")) in estate.notices
    assert next(iter(estate.book.incidents[number].blame)) == "service:orders"


def test_an_alert_joins_the_incident_it_belongs_to() -> None:
    """An alert that fires within the clock's reach of an onset opens no second incident."""
    estate = shop().play(QUIET_S + 200)
    number = the_only(estate).number
    assert estate.book.alert("service:web", ns(QUIET_S + 60), frozenset(), ns(QUIET_S + 200), estate.telemetry) == number
    assert estate.book.incidents[number].alerted


def test_an_incident_with_a_firing_alert_does_not_recover() -> None:
    """Recovery needs alerts closed as well as series back: what is kept stays open."""
    estate = shop(begin_s=1e9, end_s=1e9).play(600)
    number = estate.book.alert("service:web", ns(600), frozenset(), ns(600), estate.telemetry)
    while estate.now_s < 2400:
        estate.book.keep(number, ns(estate.now_s + 10))
        estate.play(estate.now_s + 10)
    assert estate.book.incidents[number].phase is Phase.OPEN
    assert estate.play(3200).book.incidents[number].phase is Phase.RESOLVED


def test_another_detectors_opinion_weighs_in_nats() -> None:
    """One currency: another detector's nats are added to those of the telemetry."""
    book, telemetry = IncidentBook(), Telemetry()
    number = book.outside(ns(0), ["service:a", "service:b"], 120 * SECOND_NS, ns(10))
    book.opinion(number, {"service:a": 3.0, "service:b": 5.0})
    book.advance(ns(10), telemetry)
    assert list(book.incidents[number].blame.items()) == [("service:b", 5.0), ("service:a", 3.0)]
    assert book.outside(ns(30), ["service:c"], 120 * SECOND_NS, ns(40)) == number


def again(curve: Curve, after_s: float) -> Curve:
    """A curve that repeats its outage."""
    return lambda at_s: curve(at_s if at_s < QUIET_S + after_s else at_s - after_s)


def test_troubled_times_are_not_learned_as_normal() -> None:
    """A second outage of the same height as a long first one is found as well: the first taught nothing."""
    estate = shop(end_s=QUIET_S + 500)
    estate.curves = [(subject, step_s, again(curve, 1000)) for subject, step_s, curve in estate.curves]
    estate.play(QUIET_S + 1600)
    assert len(estate.told()) == 2


def test_a_frozen_book_goes_on_as_if_nothing_had_happened() -> None:
    """C20: after a restart in the midst of an outage the rest is the same, to the last digit."""
    whole = shop().play(QUIET_S + 700)
    halves = shop().play(QUIET_S + 120)
    halves.telemetry, halves.book = thaw(freeze((halves.telemetry, halves.book)))
    halves.play(QUIET_S + 700)
    assert halves.notices == whole.notices
    assert [trouble.blame for trouble in halves.book.incidents.values()] == [trouble.blame for trouble in whole.book.incidents.values()]


def test_kinds_follow_what_an_entity_shows() -> None:
    """A resource names itself; what only callers feel is the network; broken flow is code."""
    assert kind_of({"cpu": 12.0, "latency": 9.0}) == "cpu"
    assert kind_of({"edge_in_client": 15.0, "latency": 1.0}) == "network"
    assert kind_of({"log_sequence": 8.0, "latency": 3.0}) == "code"
    assert kind_of({}) == "unknown"
