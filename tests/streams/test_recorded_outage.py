"""A recorded outage of a real system, told: the figures are those that customers' side counted, and every sentence can be read."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from correlate.postmortem.blameless import lint
from correlate.reporting import Emission
from schemas.incident import Incident, Phase
from schemas.postmortem import Postmortem
from streams.replay import catalogue_at, find_dumps, replay

RECORDING = Path(__file__).parents[1] / "outages" / "checkout-pool-leak"
RECORD_BYTES = 1_000_000
"""Kafka's default of max.message.bytes, less headers."""


@pytest.fixture(scope="module")
def emissions() -> list[Emission]:
    """All revisions of all incidents of the recording."""
    dumps, catalogue = find_dumps([RECORDING])
    told: list[Emission] = []
    replay(dumps, catalogue=catalogue_at(catalogue), on_emission=told.append)
    return told


@pytest.fixture(scope="module")
def incident(emissions: list[Emission]) -> Incident:
    """The last word on the incident in which customers' requests failed."""
    latest = {emission.incident.incident_id: emission.incident for emission in emissions}
    return max(latest.values(), key=lambda incident: incident.impact.requests_failed or 0)


@pytest.fixture(scope="module")
def draft(emissions: list[Emission], incident: Incident) -> Postmortem:
    drafts = [
        emission.postmortem for emission in emissions if emission.incident.incident_id == incident.incident_id and emission.postmortem
    ]
    return drafts[-1]


def minutes() -> list[tuple[int, int]]:
    """(requests, failed) of each minute, as the load generator counted them and the README tells."""
    rows = re.findall(r"^\| \d+ \| (\d+) \| (\d+) \|", (RECORDING / "README.md").read_text(), re.MULTILINE)
    return [(int(requests), int(failed)) for requests, failed in rows]


def test_failed_requests_are_those_that_customers_counted(incident: Incident) -> None:
    """Within 5 %: scrapes of five seconds cut the first and the last of them off differently (C44)."""
    counted = sum(failed for _, failed in minutes())
    assert incident.impact.requests_failed == pytest.approx(counted, rel=0.05)


def test_the_worst_ratio_and_the_worst_latency_are_those_of_the_worst_minute(incident: Incident) -> None:
    """A bucket of seconds is somewhat worse than a minute; p95 of all requests is about that of the purchases that waited 4.2 s."""
    worst = max(failed / requests for requests, failed in minutes())
    assert incident.impact.error_ratio_peak is not None
    assert worst <= incident.impact.error_ratio_peak <= worst + 0.1
    assert incident.impact.latency_peak_s == pytest.approx(4.2, rel=0.25)


def test_requests_are_counted_once_although_five_services_handle_them(incident: Incident) -> None:
    assert incident.impact.duration_s is not None
    per_s = sum(requests for requests, _ in minutes()[:-1]) / 60 / len(minutes()[:-1])
    assert incident.impact.requests_total == pytest.approx(per_s * incident.impact.duration_s, rel=0.05)


def test_who_is_affected_has_something_to_show(incident: Incident) -> None:
    """No component without a record: its moment on the timeline, or a reason of its own for being in (C13, C19)."""
    shown = {entry.entity for entry in incident.timeline} | {reason.entity for reason in incident.membership}
    assert set(incident.entities) <= shown


def test_nodes_and_edges_of_the_chain_have_evidence(incident: Incident) -> None:
    assert incident.chain.edges
    assert all(node.refs for node in incident.chain.nodes)
    assert all(edge.evidence and edge.text for edge in incident.chain.edges)


def test_sentences_are_for_people(incident: Incident, draft: Postmortem) -> None:
    """No entity kinds, no names of families, no bare units, no stack traces within a line."""
    told = [entry.text for entry in incident.timeline] + [cause.because for cause in incident.causes]
    told += [sentence.text for section in draft.sections for sentence in section.sentences]
    raw = "|".join([*map(re.escape, incident.entities), "log_share", "edge_in", "Traceback", r"\d 1[. ]*$"])
    assert not [text for text in told if re.search(rf"(?<![\w:])(?:{raw})", text)]


def test_the_draft_blames_nobody_and_says_nothing_twice(draft: Postmortem) -> None:
    """Within a section no sentence stands twice (C77)."""
    assert lint(draft.markdown) == ()
    for section in draft.sections:
        texts = [sentence.text for sentence in section.sentences]
        assert len(texts) == len(set(texts))


def test_detection_is_told_by_what_had_come_by_then(incident: Incident) -> None:
    """An alert is named only if it had fired."""
    (detection,) = [entry for entry in incident.timeline if entry.kind == "detection"]
    alerts = {entry.text.split(" fired")[0]: entry.at for entry in incident.timeline if entry.kind == "alert"}
    assert not [name for name, at in alerts.items() if name in detection.text and at > detection.at]


def test_what_may_still_move_is_provisional_and_what_is_settled_is_not(emissions: list[Emission]) -> None:
    """The last minutes of an open incident are provisional; nothing is once it is resolved (C7)."""
    open_ones = [emission.incident for emission in emissions if emission.incident.status is Phase.OPEN]
    resolved = [emission.incident for emission in emissions if emission.incident.status is Phase.RESOLVED]
    assert any(entry.provisional for incident in open_ones for entry in incident.timeline)
    assert not any(entry.provisional for incident in resolved for entry in incident.timeline)


def test_every_revision_says_what_it_changed_and_fits_into_a_record(emissions: list[Emission]) -> None:
    before: dict[str, Incident] = {}
    for emission in emissions:
        incident = emission.incident
        old = before.get(incident.incident_id)
        if old is not None and old.status is not incident.status:
            assert f"Status went from {old.status} to {incident.status}." in incident.changes_since
        before[incident.incident_id] = incident
        assert len(msgspec.json.encode(incident)) < RECORD_BYTES
        assert len(msgspec.json.encode((incident.membership, incident.near_misses))) <= 60_000
