"""Every member says why it is in, every near miss why it is out, and nothing grows without bound (C19)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.membership import distances
from correlate.reporting import Emission
from schemas.incident import Incident, Reason
from tests import story
from tests.twins import call_distances as twin

SIXTY_KB = 60_000


@pytest.fixture(scope="module")
def emissions() -> list[Emission]:
    engine = story.engine()
    told = []
    for batch in story.batches(story.records(), 200):
        engine.feed(batch.signals, 0)
        told += engine.advance(0)
    return told + engine.finish()


@pytest.fixture(scope="module")
def incident(emissions: list[Emission]) -> Incident:
    return emissions[-1].incident


def of(reasons: tuple[Reason, ...], member: str) -> Reason:
    (found,) = [reason for reason in reasons if reason.member == member]
    return found


def test_every_affected_entity_says_how_it_joined(incident: Incident) -> None:
    """The one that opened it and the one whose onset is the same, with nats, seconds and hops (C19)."""
    assert [reason.member for reason in incident.membership[: len(incident.entities)]] == list(incident.entities)
    opener, caller = of(incident.membership, "service:checkout"), of(incident.membership, "service:frontend")
    assert (opener.how, opener.hops) == ("opened", 0)
    assert (caller.how, caller.hops) == ("onset", 1)
    assert (opener.score or 0) > 9
    assert abs(caller.seconds or 0) < 90


def test_each_alert_and_change_of_the_incident_is_a_member_with_its_record(incident: Incident) -> None:
    """The page by its burst, the guilty deploy by its judgement, the rollback by its component."""
    assert of(incident.membership, "telemetry.alerts/0/0/0").how == "burst"
    guilty = of(incident.membership, "telemetry.deploys/0/1/0")
    assert guilty.how == "judged"
    assert (guilty.score or 0) > 0
    assert "probability" in guilty.text
    assert of(incident.membership, "telemetry.deploys/0/3/0").how == "same_entity"


def test_departures_are_members_by_their_first_record(incident: Incident) -> None:
    departures = [reason for reason in incident.membership if reason.how == "departure"]
    assert {reason.entity for reason in departures} == {"service:checkout", "service:frontend"}
    assert all(reason.score is not None and reason.member.startswith("telemetry.metrics/0/") for reason in departures)


def test_innocent_changes_are_near_misses_with_the_reason(incident: Incident) -> None:
    """One was judged and let go, the other came too late to be a cause."""
    early, late = of(incident.near_misses, "telemetry.deploys/0/0/0"), of(incident.near_misses, "telemetry.deploys/0/2/0")
    assert early.how == "acquitted"
    assert early.hops is None  # email calls nobody and nobody calls it
    assert late.how == "elsewhere"
    assert "after detection" in late.text


def test_no_member_is_a_near_miss(emissions: list[Emission]) -> None:
    for emission in emissions:
        members = {reason.member for reason in emission.incident.membership}
        assert members.isdisjoint(reason.member for reason in emission.incident.near_misses)


def test_reasons_stay_small(emissions: list[Emission]) -> None:
    for emission in emissions:
        reasons = (*emission.incident.membership, *emission.incident.near_misses)
        assert len(emission.incident.near_misses) <= 30
        assert len(msgspec.json.encode(reasons)) <= SIXTY_KB


names = st.sampled_from("abcdefg")


@given(st.dictionaries(names, st.frozensets(names)), names)
def test_distances_are_those_of_the_slow_twin(calls: dict[str, frozenset[str]], start: str) -> None:
    assert distances(calls, start) == twin.distances(calls, start)
