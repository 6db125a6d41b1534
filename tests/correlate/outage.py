"""Outages told in a few lines: builds the Account that the tellers turn into words.

Times are seconds after the onset, which is 2023-11-14T22:13:20Z.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from correlate.scene import Account, Finding, Position, Series, Suspect
from schemas.incident import Argument, Phase
from schemas.severity import CRITICAL, ERROR
from schemas.signal import Kind, Signal, Status, Subject

SECOND_NS = 1_000_000_000
ONSET_NS = 1_700_000_000 * SECOND_NS


def ns(at_s: float) -> int:
    return ONSET_NS + round(at_s * SECOND_NS)


@dataclass
class Outage:
    """One incident in the making; every method adds one thing and returns it."""

    calls: dict[str, set[str]] = field(default_factory=dict)
    members: list[Signal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    entities: dict[str, int] = field(default_factory=dict)
    _offset: int = 0

    def _next(self) -> int:
        self._offset += 1
        return self._offset

    def _row(self, kind: Kind, service: str, name: str, at_s: float, ancestors: Sequence[str] = (), **fields: Any) -> Signal:
        entity = service if ":" in service else f"service:{service}"
        subject = Subject(kind=kind, entity=entity, name=name, ancestors=tuple(ancestors), source="test", estate="shop")
        row = Signal(subject=subject, event_time_ns=ns(at_s), topic=f"telemetry.{kind.value}s", partition=0, offset=self._next(), **fields)
        self.members.append(row)
        return row

    def change(self, service: str, at_s: float, text: str = "v1 → v2", name: str = "service.upgraded", **details: Any) -> Signal:
        packed = orjson.dumps(details).decode() if details else ""
        return self._row(Kind.CHANGE, service, name, at_s, text=text, change_id=f"{name}-{service}-{at_s:g}", details=packed)

    def alert(
        self,
        service: str,
        at_s: float,
        name: str = "HighErrorRate",
        severity: int = CRITICAL,
        key: str = "a",
        text: str = "5xx above 2 %",
        ancestors: Sequence[str] = (),
    ) -> Signal:
        fields: dict[str, Any] = {"status": Status.FIRING, "severity_number": severity, "dedup_key": key, "text": text}
        return self._row(Kind.ALERT, service, name, at_s, ancestors, **fields)

    def resolve(self, service: str, at_s: float, name: str = "HighErrorRate", key: str = "a") -> Signal:
        return self._row(Kind.ALERT, service, name, at_s, status=Status.RESOLVED, dedup_key=key, text="5xx above 2 %")

    def log(self, service: str, at_s: float, text: str, template_id: int = 0, trace_id: str = "") -> Signal:
        return self._row(Kind.LOG, service, "app", at_s, text=text, template_id=template_id, trace_id=trace_id, severity_number=ERROR)

    def fails(self, service: str, at_s: float, family: str = "errors", nats: float = 20.0, text: str = "", until_s: float = 800) -> Finding:
        """The service departs from its normal, and counts as affected from the first time on."""
        entity = service if ":" in service else f"service:{service}"
        name = entity.partition(":")[2]
        finding = Finding(
            entity=entity,
            family=family,
            nats=nats,
            subject=Subject(kind=Kind.METRIC, entity=entity, name=f"{family}_total", source="test", estate="shop"),
            first_ns=ns(at_s),
            last_ns=ns(until_s),
            observed=0.5,
            expected=0.0,
            text=text or f"{family} of {name} rose from 0 to 50 %",
            position=Position("telemetry.metrics", 0, self._next()),
        )
        self.findings.append(finding)
        self.entities[entity] = min(self.entities.get(entity, finding.first_ns), finding.first_ns)
        return finding

    def suspect(
        self,
        service: str | None,
        score: float,
        kind: str = "code",
        change: Signal | None = None,
        *arguments: Argument,
        missing: Sequence[str] = (),
    ) -> Suspect:
        entity = service if service is None or ":" in service else f"service:{service}"
        suspect = Suspect(entity, kind, change, score, arguments, tuple(missing))
        self.suspects.append(suspect)
        return suspect

    def metric(
        self,
        service: str,
        name: str,
        values: Mapping[float, float] | Sequence[float],
        step_s: float = 15,
        start_s: float = 0,
        unit: str = "",
        **labels: str,
    ) -> Series:
        """A series from `start_s` on, one value a step."""
        entity = service if ":" in service else f"service:{service}"
        subject = Subject(kind=Kind.METRIC, entity=entity, name=name, attributes=tuple(sorted(labels.items())), unit=unit)
        times = np.array([ns(start_s + index * step_s) for index in range(len(values))], dtype=np.int64)
        series = Series(subject, times, np.array(values, dtype=np.float64), round(step_s * SECOND_NS))
        self.series.append(series)
        return series

    def account(self, *, detected_s: float = 60, resolved_s: float | None = 900, **fields: Any) -> Account:
        told: dict[str, Any] = {
            "incident_id": "inc-1",
            "estate": "shop",
            "revision": 1,
            "phase": Phase.OPEN if resolved_s is None else Phase.RESOLVED,
            "onset_ns": ONSET_NS,
            "detected_ns": ns(detected_s),
            "detected_by": "alert HighErrorRate on frontend",
            "mitigated_ns": None,
            "resolved_ns": None if resolved_s is None else ns(resolved_s),
            "entities": dict(self.entities),
            "members": list(self.members),
            "findings": list(self.findings),
            "suspects": list(self.suspects),
            "calls": {f"service:{caller}": frozenset(f"service:{callee}" for callee in callees) for caller, callees in self.calls.items()},
            "signal_count": len(self.members) + len(self.findings),
            "series": list(self.series),
        }
        return Account(**(told | fields))


def because(text: str, nats: float = 2.0, kind: str = "change_time") -> Argument:
    return Argument(kind=kind, nats=nats, text=text)


def bad_deploy() -> Outage:
    """A deploy of payment breaks it, checkout and frontend follow, a page fires at the frontend, a rollback heals it."""
    outage = Outage(calls={"frontend": {"checkout", "catalog"}, "checkout": {"payment"}})
    guilty = outage.change("payment", -30, rollout={"step": 1, "steps": 1})
    outage.change("catalog", -3600, "v7 → v8")
    outage.fails("payment", 0, nats=40, text="errors of payment rose from 0 to 50 %")
    outage.fails("checkout", 12, nats=30)
    outage.fails("frontend", 20, nats=25, text="errors of frontend rose from 0.1 to 21 %")
    outage.log("payment", 2, "Failed to charge card: connection refused by 10.0.0.7", template_id=7)
    outage.log("payment", 4, "Failed to charge card: connection refused by 10.0.0.8", template_id=7)
    outage.alert("frontend", 60)
    outage.change("payment", 420, "v2 → v1", name="service.rolledback")
    outage.resolve("frontend", 840)
    outage.metric("frontend", "http_requests_total", [100.0] * 80, start_s=-300, code="200")
    outage.metric("frontend", "http_requests_total", [0.0] * 20 + [25.0] * 40 + [0.0] * 20, start_s=-300, code="500")
    outage.suspect(
        "payment",
        0.83,
        "change",
        guilty,
        because("its new replicas fail while the old ones do not", 3.0, "rollout"),
        because("it came 30 s before payment first failed", 1.5),
        because("three other changes of the hour hurt nobody", -0.4, "elsewhere"),
        missing=("the diff between v1 and v2",),
    )
    outage.suspect("checkout", 0.08, "code")
    return outage
