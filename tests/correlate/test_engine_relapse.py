"""A bad deploy whose trouble pauses and comes again, from records to what is told."""

from __future__ import annotations

from itertools import groupby

import pytest

from correlate.engine import Engine
from correlate.reporting import Emission, accused_stands
from correlate.scene import Suspect
from schemas.incident import Argument, Phase
from schemas.signal import Kind, Signal, Subject
from tests import story
from tests.correlate.test_engine import live, told

AGAIN_S = story.HEALED_S + 75
UNDONE_S = AGAIN_S + 240


@pytest.fixture(scope="module")
def records() -> list[story.Record]:
    """A pause that the clock cannot tell from none, then the same again, which no alert tells, until the rollback."""
    return story.records((AGAIN_S, UNDONE_S + 15), rollback_s=UNDONE_S)


@pytest.fixture(scope="module")
def emissions(records: list[story.Record]) -> list[Emission]:
    return live(story.engine(), story.batches(records, 200))


def phases(emissions: list[Emission]) -> list[Phase]:
    return [phase for phase, _ in groupby(emission.incident.status for emission in emissions)]


def test_it_is_one_incident_from_the_deploy_to_the_rollback(emissions: list[Emission]) -> None:
    """C9: reopened under its id, resolved once the rollback ended it."""
    assert len({emission.incident.incident_id for emission in emissions}) == 1
    assert [emission.incident.revision for emission in emissions] == list(range(1, len(emissions) + 1))
    assert phases(emissions) == [Phase.OPEN, Phase.RECOVERING, Phase.OPEN, Phase.RECOVERING, Phase.RESOLVED]


def test_the_timeline_tells_the_relapse_and_takes_the_recovery_back(emissions: list[Emission]) -> None:
    """C7, C10: a revision after the relapse has it with its records and no recovery; the last one has both ends."""
    again = next(index for index, emission in enumerate(emissions) if emission.incident.status is Phase.RECOVERING)
    reopened = next(emission.incident for emission in emissions[again:] if emission.incident.status is Phase.OPEN)
    relapse = next(entry for entry in reopened.timeline if entry.kind == "relapse")
    assert story.rfc3339(AGAIN_S - 60) <= relapse.at <= story.rfc3339(AGAIN_S + 60)
    assert relapse.evidence
    assert not {"recovery", "resolved"} & {entry.kind for entry in reopened.timeline}
    assert reopened.resolved_at is None
    last = emissions[-1].incident
    assert {"relapse", "resolved"} <= {entry.kind for entry in last.timeline}
    assert last.resolved_at is not None
    assert last.resolved_at >= story.rfc3339(UNDONE_S - 60)  # half a window


def test_the_deploy_stays_the_cause(emissions: list[Emission]) -> None:
    """C14: whoever is told of the relapse is told the same cause."""
    assert all(emission.incident.causes[0].change == story.GUILTY for emission in emissions)
    assert emissions[-1].incident.causes[0].change == story.GUILTY


def test_no_draft_is_made_before_the_last_recovery(emissions: list[Emission]) -> None:
    """C20: the postmortem comes with the verified recovery."""
    assert {emission.incident.status for emission in emissions if emission.postmortem is not None} == {Phase.RESOLVED}


def suspect(score: float, *kinds: str, change: bool = True) -> Suspect:
    row = Signal(Subject(Kind.CHANGE, "service:checkout", "service.upgraded"), 0) if change else None
    return Suspect("service:checkout", "change", row, score, tuple(Argument(kind=kind, nats=1.0, text="") for kind in kinds))


def test_a_change_stands_while_it_is_accused_and_nothing_undid_it() -> None:
    """C9: what makes `mitigated` of `resolved`: an accusation, not a suggestion; and no rollback, whatever came of it."""
    assert accused_stands([suspect(0.6, "rollout")])
    assert not accused_stands([suspect(0.49, "rollout")])
    assert not accused_stands([suspect(0.6, "rollout", "recovery")])
    assert not accused_stands([suspect(0.9, change=False), suspect(0.6)])
    assert not accused_stands([])


@pytest.mark.parametrize("every", [1, 7])
def test_deaths_in_mid_relapse_change_nothing(records: list[story.Record], emissions: list[Emission], every: int) -> None:
    """C31: restored from its memory after every so many batches, it tells the same to the byte."""
    engine, again = story.engine(), []
    for number, batch in enumerate(story.batches(records, 200)):
        engine.feed(batch.signals, 0)
        again += engine.advance(0)
        if number % every == 0:
            engine = Engine.restore(engine.snapshot())
    assert told(again + engine.finish()) == told(emissions)
