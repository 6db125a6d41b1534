"""The topic plan: what is read, what is written, and how each topic must be kept.

Knows:   names, partitions and the settings that the promises rest on.
Ignores: how topics are made (streams/cli/topics.py) and what is in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ALERTS: Final = "telemetry.alerts"
INPUTS: Final = ("telemetry.logs", ALERTS, "telemetry.deploys", "telemetry.metrics")
SIGNALS: Final = "causeline.signals.v1"
INCIDENTS: Final = "causeline.incidents.v1"
TIMELINE: Final = "causeline.timeline.v1"
POSTMORTEMS: Final = "causeline.postmortems.v1"
CHECKPOINTS: Final = "causeline.checkpoints.v1"
DEADLETTERS: Final = "causeline.deadletter.v1"

_COMPACT: Final = {"cleanup.policy": "compact", "min.compaction.lag.ms": "60000", "delete.retention.ms": "86400000"}
"""A reader that polls once a minute sees every revision; a tombstone is seen for a day."""


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    partitions: int
    settings: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""


def plan(partitions: int) -> tuple[Topic, ...]:
    """All topics.  partitions: of the inputs and of the signals; one estate lives in one partition of the signals."""
    inputs = tuple(Topic(name, partitions, {"retention.ms": "86400000"}, "raw telemetry, any supported native format") for name in INPUTS)
    return (
        *inputs,
        Topic(SIGNALS, partitions, {"retention.ms": "86400000"}, "normalised rows, one Arrow batch a record; key = estate"),
        Topic(INCIDENTS, partitions, _COMPACT, "full snapshot of each incident; key = incident id"),
        Topic(TIMELINE, partitions, {"retention.ms": "2592000000"}, "timeline deltas: add, amend, retract; key = incident id"),
        Topic(POSTMORTEMS, partitions, _COMPACT, "draft postmortems; key = incident id"),
        # As many partitions as the signals: the memory of partition n's estates lies in partition n.
        Topic(CHECKPOINTS, partitions, _COMPACT | {"max.message.bytes": "1048588"}, "engine memory, in chunks"),
        Topic(DEADLETTERS, 1, {"retention.ms": "1209600000"}, "records that could not be read, as they came, with the reason in headers"),
    )
