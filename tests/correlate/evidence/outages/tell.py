"""How a test tells an outage in a few lines: what broke, what it logged, and which changes came before.

An outage is told around its onset T0: healthy lines lie in the hour before it, alarming lines in the five minutes after it, the
alert three minutes after it, changes so many minutes before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import orjson

from correlate.scene import Scene, Series
from schemas.severity import BY_WORD
from schemas.signal import Kind, Signal, Status, Subject

MINUTE_NS = 60_000_000_000
T0 = 1_700_000_000_000_000_000 - 1_700_000_000_000_000_000 % (60 * MINUTE_NS)


@dataclass(frozen=True)
class Change:
    """A commit and, where `service` is set, the deploy that carries it; or a flag, or a bare deploy."""

    id: str
    minutes_before: float
    service: str
    message: str = ""
    files: tuple[str, ...] = ()
    diff: str = ""
    kind: str = "commit"
    """commit, flag, deploy, or release: a step of a gradual release with its pods."""
    pods: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Of a release: pods started and pods stopped."""
    stopped_late: bool = False
    """Of a release: whether the old pods went in a second step, three minutes later."""

    def rows(self) -> list[Signal]:
        at_ns = T0 - int(self.minutes_before * MINUTE_NS)
        if self.kind == "flag":
            return [_change(f"service:{self.service}", "flag.changed", at_ns, self.id, self.message, {"action": "turned on"})]
        if self.kind == "deploy":
            return [
                _change(f"service:{self.service}", "service.deployed", at_ns, self.id, self.message, {"action": "deployed", "to": "v2"})
            ]
        if self.kind == "release":
            return self._steps(at_ns)
        push = _change(
            "service:monorepo", "push", at_ns - 2 * MINUTE_NS, self.id, self.message, {"files": list(self.files), "diff": self.diff}
        )
        deploy = _change(
            f"service:{self.service}", "service.deployed", at_ns, f"deploy-{self.id}", "", {"action": "deployed", "commit": self.id}
        )
        return [push, deploy] if self.service else [push]

    def _steps(self, at_ns: int) -> list[Signal]:
        started, stopped = self.pods
        steps = [(at_ns, started, () if self.stopped_late else stopped)]
        steps += [(at_ns + 3 * MINUTE_NS, (), stopped)] if self.stopped_late else []
        return [
            _change(
                f"service:{self.service}", "service.upgraded", step_ns, self.id if place == 0 else f"{self.id}-{place}", self.message,
                {"rollout": {"from": "v1", "to": "v2", "step": place + 1, "podsStarted": list(came), "podsStopped": list(went)}},
            )
            for place, (step_ns, came, went) in enumerate(steps)
        ]  # fmt: skip


def _change(entity: str, name: str, at_ns: int, change_id: str, text: str, details: dict[str, object]) -> Signal:
    subject = Subject(kind=Kind.CHANGE, entity=entity, name=name, source="test", estate="shop")
    return Signal(subject=subject, event_time_ns=at_ns, change_id=change_id, text=text, details=orjson.dumps(details).decode())


@dataclass(frozen=True)
class Log:
    level: str
    service: str
    count: int
    text: str
    attributes: dict[str, Sequence[str]] = field(default_factory=dict)
    """Attribute → the values it takes in turn."""

    def rows(self) -> list[Signal]:
        healthy = BY_WORD[self.level] < BY_WORD["warn"]
        begin, span = (T0 - 60 * MINUTE_NS, 59 * MINUTE_NS) if healthy else (T0, 5 * MINUTE_NS)
        rows = []
        for number in range(self.count):
            attributes = {key: values[number % len(values)] for key, values in self.attributes.items()}
            subject = Subject(
                kind=Kind.LOG, entity=f"service:{self.service}", attributes=tuple(sorted(attributes.items())), source="test", estate="shop"
            )
            text = self.text.format(i=1000 + 37 * number, n=number, **attributes)
            at_ns = begin + span * number // self.count
            rows.append(Signal(subject=subject, event_time_ns=at_ns, text=text, severity_number=BY_WORD[self.level]))
        return rows


@dataclass(frozen=True)
class Outage:
    name: str
    guilty: str | None
    """The id of the guilty change; None: no change is guilty."""
    calls: str
    """`web>orders orders>db`: who depends on whom."""
    blame: dict[str, float]
    alert: tuple[str, str]
    """Service, and what the alert says."""
    logs: tuple[Log, ...]
    changes: tuple[Change, ...]
    series: tuple[Series, ...] = ()

    def scene(self) -> Scene:
        calls: dict[str, set[str]] = {}
        for pair in self.calls.split():
            caller, callee = pair.split(">")
            calls.setdefault(f"service:{caller}", set()).add(f"service:{callee}")
            calls.setdefault(f"service:{callee}", set())
        service, says = self.alert
        rule = Subject(kind=Kind.ALERT, entity=f"service:{service}", name="rule", source="test", estate="shop")
        alert = Signal(subject=rule, event_time_ns=T0 + 3 * MINUTE_NS, text=says, status=Status.FIRING, severity_number=BY_WORD["critical"])
        changes = sorted((row for change in self.changes for row in change.rows()), key=lambda row: row.event_time_ns)
        logs = sorted((row for log in self.logs for row in log.rows()), key=lambda row: row.event_time_ns)
        return Scene(
            estate="shop",
            onset_ns=T0,
            detected_ns=alert.event_time_ns,
            now_ns=T0 + 5 * MINUTE_NS,
            alerts=[alert],
            changes=changes,
            series=self.series,
            logs=logs,
            calls={caller: frozenset(callees) for caller, callees in calls.items()},
            blame={f"service:{name}": nats for name, nats in self.blame.items()},
            declared=frozenset(calls),
        )

    def without_guilty(self) -> Outage:
        return replace(self, guilty=None, changes=tuple(change for change in self.changes if change.id != self.guilty))

    def without_diffs(self) -> Outage:
        return replace(self, changes=tuple(replace(change, diff="") for change in self.changes))

    def without_messages(self) -> Outage:
        return replace(self, changes=tuple(change if change.kind == "flag" else replace(change, message="") for change in self.changes))

    def decoys_nearer(self) -> Outage:
        """Every innocent change comes later than the guilty one, the last of them a minute before the onset."""
        innocent = [change for change in self.changes if change.id != self.guilty]
        guilty_at = next((change.minutes_before for change in self.changes if change.id == self.guilty), 60.0)
        moved = {change.id: 1 + (guilty_at - 1) * 0.5 * place / len(innocent) for place, change in enumerate(innocent)}
        changes = [replace(change, minutes_before=moved.get(change.id, change.minutes_before)) for change in self.changes]
        return replace(self, changes=tuple(changes))
