"""One Amazon EventBridge event, and how most of them become a row.

Knows:   the envelope, and how a `Telling` picks among what a detail says.
Ignores: how services tell a state (aws_states.py), which detail-type means what (aws_event_types.py), and how events are recognised (aws_eventbridge.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.identity import DEFAULT, fold
from schemas.resource_names import resource
from schemas.severity import ERROR, INFO
from schemas.signal import Kind, Signal
from schemas.sources.aws_names import arns_in, hosts, instances_in, names_by_ending, names_in, split_ids
from schemas.sources.aws_states import alert_status, error_of, is_over, reason_of, severity_of, state_of, time_of
from schemas.sources.cloud import attributes_with, first, outcome, row, text
from schemas.sources.fields import labels
from schemas.sources.source import Received


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    type: str
    source: str
    """`aws.ecs`; a sender of your own or a partner gives its own."""
    account: str
    region: str
    time_ns: int
    """When EventBridge delivered it, to the second; 0 for a placeholder."""
    resources: tuple[str, ...]
    detail: Mapping[str, Any]
    message: str = ""
    """What `detail` says when it is a text."""

    @property
    def place(self) -> dict[str, str]:
        found = {"cloud.account.id": self.account, "cloud.region": self.region}
        return {"cloud.provider": "aws", **found} if self.source.startswith("aws.") else found


@dataclass(frozen=True, slots=True)
class Telling:
    """How events of one type are told; keys are those of the detail, first that says something wins."""

    kind: Kind
    name: str = ""
    """Of the subject; the detail-type when empty."""
    time: tuple[str, ...] = ()
    """Finer than the envelope's second."""
    change: tuple[str, ...] = ()
    """What carries the id of the change."""
    dedup: tuple[str, ...] = ()
    """What is equal for all records of one change or one alert."""
    names: tuple[tuple[str, str], ...] = ()
    """Detail key → attribute, where the key alone would be ambiguous."""
    severity: int = 0
    """When the detail tells none."""
    deed: str = ""
    """What says which of several things was done."""


def tell(event: Event, telling: Telling, received: Received, source: str) -> Iterator[Signal]:
    """The row of an event as its telling says."""
    detail = event.detail
    own = {attribute: found for key, attribute in telling.names if (found := text(detail.get(key)))}
    named, ids = split_ids({**names_in(detail), **{key: value for key, value in own.items() if not value.startswith("arn:")}})
    named, ids = _completed(event, named, ids)
    arns = [*event.resources, *(arn for arn in arns_in(detail) if arn not in event.resources)]
    state, reason = state_of(detail), reason_of(detail) or event.message
    what = subject_of(named, [*arns, *ids])
    yield row(
        received,
        telling.kind,
        source,
        {**named, **event.place, "event.name": event.type},
        ids=[*arns, *ids],
        fallback=_fallback(event),
        name=telling.name or event.type,
        text=line(" ".join(part for part in (event.type, what, first(detail, telling.deed)) if part), state, reason, error_of(detail)),
        event_time_ns=time_of(detail, telling.time) or event.time_ns,
        severity_number=_severity(event, telling, state),
        status=alert_status(state, event.type) if telling.kind is Kind.ALERT else None,
        dedup_key=_key(event, telling, detail),
        change_id=first(detail, *(telling.change or (_CHANGE_IDS if telling.kind is Kind.CHANGE else ()))),
        details={
            "action": telling.name or event.type,
            "outcome": outcome(state),
            "state": state,
            "from": first(detail, "previous-state", "previousState", "oldState", "previousStatus"),
            "reason": reason,
            "version": first(detail, "image-tag", "imageTag", "source-version", "commitId"),
        },
    )  # fmt: skip


def _completed(event: Event, named: dict[str, str], ids: list[str]) -> tuple[dict[str, str], list[str]]:
    """What keys that nobody listed name besides: in AWS's own events names and ids by their ending, in others the labels everybody knows."""
    if not event.source.startswith("aws.") or event.source == "aws.sns":
        if named or ids or event.resources:
            return named, ids
        return {key: value for key, value in labels(event.detail).items() if fold(key) in DEFAULT.names}, []
    said = {*named.values(), *ids}
    if "host.id" not in named and not any(":instance/i-" in id_ for id_ in event.resources):
        named = {**named, **hosts(instances_in(event.detail))}
    return named, [*ids, *(name for name in names_by_ending(event.detail) if name not in said)]


def _severity(event: Event, telling: Telling, state: str) -> int:
    """How bad; a state of things that is over is not bad any more, and a type may be an error by its name (`EC2 Fleet Error`)."""
    if telling.kind is Kind.STATE and is_over(state):
        return INFO
    named = ERROR if event.type.endswith((" Error", " Failed", " Failure")) else 0
    return severity_of(event.detail, state) or telling.severity or named or INFO


_CHANGE_IDS: Final = (
    "deploymentId", "deployment-id", "executionId", "execution-id", "operationId", "operation-id", "jobId", "job-id", "requestId", "request-id",
)  # fmt: skip
"""What carries the id of a change of a type we do not know."""
_ALERT_IDS: Final = (
    "alarm_id", "alert_id", "alarmId", "alert-arn", "alertId", "alertArn", "insightId", "InsightId", "anomalyId", "incidentId", "findingArn",
)  # fmt: skip
"""What is equal when an alert of a type we do not know opens and closes."""
_NAMES_TOLD: Final = (
    "service.name", "db.instance.id", "messaging.destination.name", "faas.name", "host.id", "host.2.id", "rule.name", "service.version", "tls.server.name",
    "aws.ssm.parameter.name", "aws.ecs.cluster.name",
)  # fmt: skip
_MOST_NAMES: Final = 3


def subject_of(named: Mapping[str, str], ids: list[str]) -> str:
    """How a line calls what it is about: its names, best first, else the short name of its first id."""
    told = attributes_with(named, ids)
    names = [told[key] for key in _NAMES_TOLD if told.get(key)]
    if not names and ids:
        parsed = resource(ids[0])
        names = [parsed.name if parsed else ids[0]]
    return " ".join(dict.fromkeys(names[:_MOST_NAMES]))


def line(*parts: str) -> str:
    """`type: name state: reason` of the parts that say something."""
    said = [" ".join(part.split()) for part in parts if part]
    return ": ".join(dict.fromkeys(said))


def _fallback(event: Event) -> str:
    service = event.source.removeprefix("aws.")
    return f"service:{service}" if service else ""


def _key(event: Event, telling: Telling, detail: Mapping[str, Any]) -> str:
    """Equal for the records of one change; else the event's own id, which a redelivery repeats."""
    if parts := [found for key in telling.dedup if (found := text(detail.get(key)))]:
        return "|".join((event.source, telling.name or event.type, *parts))
    if telling.kind is Kind.ALERT and (id_ := first(detail, *_ALERT_IDS)):
        return f"{event.source}|alert|{id_}"  # without the type, which is another when it closes
    return f"aws.event|{event.id}" if event.id else ""
