"""Turns what an engine emits into records: CloudEvents in binary mode, keyed by incident.

Knows:   the output topics, keys and headers.
Ignores: what an incident says.
Source:  CloudEvents 1.0, Kafka protocol binding §3.2 (binary content mode), needed on compacted topics where an empty value is a tombstone.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from correlate.reporting import Emission
from schemas.incident import Incident
from schemas.postmortem import Postmortem
from schemas.timeline import TimelineDelta
from streams.sending import RECORD_BYTES_MAX, Outgoing
from streams.topics import INCIDENTS, POSTMORTEMS, TIMELINE

_encode = msgspec.json.Encoder().encode
_TYPES = {
    Incident: "io.causeline.incident.v1",
    TimelineDelta: "io.causeline.timeline.v1",
    Postmortem: "io.causeline.postmortem.v1",
}


def records_of(emission: Emission) -> Iterator[Outgoing]:
    """An incident's deltas first, then its snapshot, then its draft: who sees the snapshot can find the rest."""
    for number, delta in enumerate(emission.deltas):
        yield _record(TIMELINE, delta, delta.incident_id, delta.estate, f"{delta.incident_id}:{delta.revision}:{number}", delta.entry.at)
    incident = fitting(emission.incident)
    at = incident.resolved_at or incident.detected_at
    yield _record(INCIDENTS, incident, incident.incident_id, incident.estate, f"{incident.incident_id}:{incident.revision}", at)
    draft = emission.postmortem
    if draft is not None:
        yield _record(POSTMORTEMS, draft, draft.incident_id, draft.estate, f"{draft.incident_id}:draft:{draft.revision}", at)


def fitting(incident: Incident) -> Incident:
    """The snapshot, its timeline cut to what fits into one record; `timeline_total` keeps the true count."""
    while len(_encode(incident)) > RECORD_BYTES_MAX and len(incident.timeline) > 1:
        incident = msgspec.structs.replace(incident, timeline=incident.timeline[: len(incident.timeline) // 2])
    return incident


def _record(topic: str, value: Incident | TimelineDelta | Postmortem, key: str, estate: str, event_id: str, at: str) -> Outgoing:
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "type": _TYPES[type(value)],
        "source": f"/causeline/estates/{estate}",
        "subject": key,
        "time": at,
        "dataschema": f"urn:causeline:schema:{topic}",
    }
    headers = [(f"ce_{name}", text.encode()) for name, text in attributes.items()]
    return Outgoing(topic, key.encode(), _encode(value), [*headers, ("content-type", b"application/json")])
