"""One told outage, read from its file and checked.

Knows:   the fields of the files of each part; minutes are counted from the onset, negative ones before it.
Ignores: how telemetry and change events look (telemetry.py, bodies.py).

The stories of `known/` and `wide/` are for development.  Those of `kept/`, `fresh/` and `blind/` are for measuring only: whoever changes a
judge looks at the figures of these, not at their cases.  What those of `fresh/` let be seen differs: sampling, call graph, catalogue, and
whole kinds of signal are missing here and there.  So it is with `wide/` and `blind/`, which are harder: other technologies, and up to hours
between the guilty change and the outage.  All three were written by people who had not read how the engine judges.

First sight: of the first 14 of `kept/` 7 of 10 guilty changes first, none accused in 4 of 4 without one; of `fresh/` 5 of 14, 5 of 6; of
`wide/` 8 of 28, 8 of 12; of `blind/` 0 of 14, 4 of 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

PARTS: Final = ("known", "kept", "fresh", "wide", "blind")
HERE: Final = Path(__file__).resolve().parent


class Hurt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    errors: float
    """Share of requests that fail."""
    slower: float
    """Factor on the time of an answer."""
    rises_min: float = 0.0
    traffic: float = 1.0
    """Factor on the requests that reach it: retries and missing caches multiply them, whoever fails before it keeps them away."""
    cpu: float = 1.0
    """Factor on the processor time of a request."""


class Gauge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    of: str
    name: str
    start: float
    end: float
    rises_min: float = 0.0
    before_min: float = 0.0
    """How long before the onset it begins to move: a leak is seen before it is felt."""
    counter: bool = False
    """Exact and whole: counters, settings, numbers of replicas."""
    labels: dict[str, str] = {}


class Alert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: str
    name: str
    says: str
    after_min: float
    metric: str = ""
    severity: str = "critical"


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: str
    text: str
    """`{n}` and `{k}` become numbers."""
    every_s: float = 10.0
    level: str = "error"
    tags: dict[str, list[str]] = {}


class Deploy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    form: str
    of: str
    min: float


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    min: float
    form: Literal["push", "deploy", "flag", "cloudtrail"] = "push"
    """`deploy`: only the deployment is seen, its repository tells nobody."""
    repo: str = ""
    message: str = ""
    files: list[str] = []
    diff: str = ""
    deploy: Deploy | None = None
    of: str = ""
    verb: str = ""
    source: str = ""
    event: str = ""
    request: dict[str, Any] = {}
    response: dict[str, Any] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    onset_min: float
    lasts_min: float
    calls: str
    """`web>orders orders>db`: who calls whom."""
    cause: str
    guilty: str | None
    hurt: dict[str, Hurt]
    healthy: list[Line]
    failing: list[Line]
    changes: list[Change]
    gauges: list[Gauge] = []
    alert: Alert | None = None
    """None: no rule looks at what hurts."""
    more_alerts: list[Alert] = []
    always: list[Line] = []
    """What is logged all the time, before the onset and after it, at its own level and pace."""
    jobs: list[str] = []
    """What runs and logs and answers nobody; no call leads to it."""
    paths: dict[str, Hurt] = {}
    """`orders>db`: what the caller sees on its way, where that is other than what the callee does."""
    surge: float = 1.0
    """Factor on the requests from outside."""
    surge_rises_min: float = 4.0
    surge_before_min: float = 0.0
    rps: float = 40.0
    step_s: float = 30.0
    """Between two samples of a metric."""
    begins: datetime | None = None
    """Of the records, where the hour or the day matters."""
    without: list[Literal["metrics", "logs", "calls", "catalogue"]] = []
    """What this estate does not have."""
    also: list[str] = []
    """Services that are a right answer too."""
    also_guilty: list[str] = []
    """Changes that are the same act, seen by another tool."""


@dataclass(frozen=True, slots=True)
class Story:
    name: str
    told: _File
    edges: tuple[tuple[str, str], ...]

    @property
    def services(self) -> tuple[str, ...]:
        """That answer requests."""
        return tuple(dict.fromkeys(name for edge in self.edges for name in edge))

    @property
    def everything(self) -> tuple[str, ...]:
        return (*self.services, *self.told.jobs)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        return (*((self.told.alert,) if self.told.alert else ()), *self.told.more_alerts)

    @property
    def hurt(self) -> Mapping[str, Hurt]:
        return self.told.hurt


class StoryError(ValueError):
    """A told outage that contradicts itself; the message names file and field."""


def stories(part: str) -> list[Story]:
    """All outages of a part, by name.  Raises StoryError."""
    return [read(path) for path in sorted((HERE / part).glob("*.yaml"))]


def read(path: Path) -> Story:
    try:
        told = msgspec.yaml.decode(path.read_bytes(), type=_File)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise StoryError(f"{path.name}: {error}") from None
    edges = tuple((client, server) for client, _, server in (pair.partition(">") for pair in told.calls.split()))
    story = Story(path.stem, told, edges)
    ids = {change.id for change in told.changes}
    lines = (*told.healthy, *told.failing, *told.always)
    named = {told.cause, *told.also, *told.hurt, *(alert.of for alert in story.alerts), *(line.of for line in lines)}
    if unknown := named - set(story.everything):
        raise StoryError(f"{path.name}: {', '.join(sorted(unknown))}: not among the services of `calls` or `jobs`")
    if unknown := set(told.paths) - {f"{client}>{server}" for client, server in edges}:
        raise StoryError(f"{path.name}: paths: {', '.join(sorted(unknown))}: not among `calls`")
    for guilty in (*((told.guilty,) if told.guilty else ()), *told.also_guilty):
        if guilty not in ids:
            raise StoryError(f"{path.name}: guilty: {guilty} is no change of `changes`")
    return story
