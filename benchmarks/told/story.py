"""One told outage, read from its file and checked.

Knows:   the fields of `known/*.yaml` and `kept/*.yaml`; minutes are counted from the onset, negative ones before it.
Ignores: how telemetry and change events look (telemetry.py, bodies.py).

The stories of `known/` are for development.  Those of `kept/` are for measuring only: whoever changes a
judge looks at the figure of the kept half, not at its cases.
At first sight of the first 14 of the kept half 7 of 10 guilty changes stood first, 4 of 4 outages without one were left to nobody, innocent changes led
in 2 of 14, and none of them scored a half.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

HALVES: Final = ("known", "kept")
HERE: Final = Path(__file__).resolve().parent


class Hurt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    errors: float
    """Share of requests that fail."""
    slower: float
    """Factor on the time of an answer."""
    rises_min: float = 0.0


class Gauge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    of: str
    name: str
    start: float
    end: float
    rises_min: float = 0.0
    before_min: float = 0.0
    """How long before the onset it begins to move: a leak is seen before it is felt."""
    counter: bool = False


class Alert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: str
    name: str
    says: str
    after_min: float
    metric: str = ""


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
    form: str = "push"
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
    alert: Alert
    healthy: list[Line]
    failing: list[Line]
    changes: list[Change]
    gauges: list[Gauge] = []
    surge: float = 1.0
    """Factor on the requests from outside."""


@dataclass(frozen=True, slots=True)
class Story:
    name: str
    told: _File
    edges: tuple[tuple[str, str], ...]

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for edge in self.edges for name in edge))

    @property
    def hurt(self) -> Mapping[str, Hurt]:
        return self.told.hurt


class StoryError(ValueError):
    """A told outage that contradicts itself; the message names file and field."""


def stories(half: str) -> list[Story]:
    """All outages of a half, by name.  Raises StoryError."""
    return [read(path) for path in sorted((HERE / half).glob("*.yaml"))]


def read(path: Path) -> Story:
    try:
        told = msgspec.yaml.decode(path.read_bytes(), type=_File)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise StoryError(f"{path.name}: {error}") from None
    edges = tuple((client, server) for client, _, server in (pair.partition(">") for pair in told.calls.split()))
    story = Story(path.stem, told, edges)
    ids = {change.id for change in told.changes}
    unknown = {told.cause, told.alert.of, *told.hurt, *(line.of for line in (*told.healthy, *told.failing))} - set(story.services)
    if unknown:
        raise StoryError(f"{path.name}: {', '.join(sorted(unknown))}: not among the services of `calls`")
    if told.guilty is not None and told.guilty not in ids:
        raise StoryError(f"{path.name}: guilty: {told.guilty} is no change of `changes`")
    return story
