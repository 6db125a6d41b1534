"""Sets of recorded outages as they lie on disk: topic dumps in a folder a case, and the truth beside them.

Knows:   the files of a set (`truth.json`, `<case>/case.json`, `<case>/telemetry.*.ndjson[.gz]`), and what a snapshot answers.
Ignores: the engine, and how answers are scored.

Times are seconds since 1970 UTC as floats: truths are rarely known to a tenth of a second.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

EARLY_S = 120.0
"""An incident may begin this long before the fault: clocks and the truth itself are that exact."""
LATE_S = 300.0
"""…and what is felt outlasts the fault by this much: queues drain, rules resolve."""
TOPICS = ("logs", "alerts", "deploys", "metrics")


class CaseError(ValueError):
    """A file of a set is not what it should be; the message names it."""


class Cause(NamedTuple):
    service: str | None
    change: str | None
    score: float


class ChainEdge(NamedTuple):
    source: str
    target: str


class Incident(NamedTuple):
    """What one final snapshot claims."""

    id: str
    onset_s: float
    detected_s: float
    end_s: float
    """Resolved, or the end of the case while open."""
    signals: float
    causes: tuple[Cause, ...]
    edges: tuple[ChainEdge, ...]
    """Of the causal chain, by folded service names; a change stands as `change:<id>`."""


@dataclass(frozen=True, slots=True)
class Fault:
    case: str
    id: str
    begin_s: float
    end_s: float
    service: str | None
    kind: str
    detail: str
    change: str | None
    services: frozenset[str]
    """Folded names that are right answers."""
    changes: frozenset[str]
    """Change ids that are right answers."""
    decoys: frozenset[str] | None
    """Changes that are known to be innocent; None: not listed."""
    chain: frozenset[ChainEdge] | None = None
    """True propagation, folded; None where the truth does not tell it."""

    def overlaps(self, begin_s: float, end_s: float) -> bool:
        return begin_s <= self.end_s + LATE_S and end_s >= self.begin_s - EARLY_S

    def is_decoy(self, change: str | None) -> bool:
        """A listed decoy; where none are listed, any wrong change, if the truth speaks of changes at all."""
        if change is None or change in self.changes:
            return False
        return change in self.decoys if self.decoys is not None else (self.kind == "none" or self.change is not None)

    def without_change(self) -> Fault:
        """The same fault, seen by someone who was not told of the guilty change: every change left is innocent."""
        return replace(self, kind="none", change=None, changes=frozenset(), decoys=None)


@dataclass(frozen=True, slots=True)
class Case:
    set: str
    name: str
    path: Path
    end_s: float
    services: tuple[str, ...]
    faults: tuple[Fault, ...]
    about: Mapping[str, Any] = field(default_factory=dict)

    def topic(self, signal: str) -> Path | None:
        paths = (self.path / f"telemetry.{signal}.ndjson{suffix}" for suffix in (".gz", ""))
        return next((path for path in paths if path.exists()), None)

    def faulty_s(self, begin_s: float, end_s: float) -> float:
        """Seconds of a span that lie in any fault's window."""
        inside, done_s = 0.0, begin_s
        for first_s, last_s in sorted((fault.begin_s - EARLY_S, fault.end_s + LATE_S) for fault in self.faults):
            inside += max(0.0, min(end_s, last_s) - max(done_s, first_s))
            done_s = max(done_s, last_s)
        return inside

    @property
    def quiet_s(self) -> float:
        """Seconds of the case outside every fault's window; 0 where its beginning is not told."""
        if "start" not in self.about:
            return 0.0
        begin_s = seconds(self.about["start"])
        return self.end_s - begin_s - self.faulty_s(begin_s, self.end_s)

    @property
    def catalogue(self) -> Path | None:
        path = self.path / "catalog-info.yaml"
        return path if path.exists() else None


def fold(name: object) -> str:
    """Service names are compared without case, and `_` is `-`."""
    return str(name).strip().casefold().replace("_", "-")


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def read_set(directory: Path) -> list[Case]:
    """All cases of a set, in the order of its truth.  Raises CaseError."""
    truth = _document(directory / "truth.json")
    return [_case(directory, name, rows) for name, rows in truth.items()]


def _document(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise CaseError(f"{path}: {error}") from None


def _case(directory: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> Case:
    path = directory / name
    about = _document(path / "case.json")
    try:
        faults = tuple(_fault(name, row) for row in rows)
        return Case(directory.name, name, path, seconds(about["end"]), tuple(about["services"]), faults, about)
    except (KeyError, TypeError, ValueError) as error:
        raise CaseError(
            f"{directory}: case {name}: {error!r}; expected case.json with end and services, truth with from, to, cause"
        ) from None


def _fault(case: str, row: Mapping[str, Any]) -> Fault:
    cause = row["cause"]
    service, change = cause.get("service") or None, row.get("change") or None
    chain = row.get("chain")
    return Fault(
        case=case,
        id=row["id"],
        begin_s=seconds(row["from"]),
        end_s=seconds(row["to"]),
        service=service,
        kind=cause["kind"],
        detail=str(cause.get("detail", "")),
        change=change,
        services=frozenset(fold(each) for each in (service, *row.get("also", ())) if each),
        changes=frozenset(each for each in (change, *row.get("also_changes", ())) if each),
        decoys=frozenset(row["decoys"]) if "decoys" in row else None,
        chain=None if chain is None else frozenset(ChainEdge(_node(edge["from"]), _node(edge["to"])) for edge in chain),
    )


def read_incidents(snapshots: Iterable[bytes], case_end_s: float) -> list[Incident]:
    """The last revision of each incident, in the order in which incidents first came."""
    latest: dict[str, tuple[float, Incident]] = {}
    for line in snapshots:
        snapshot = orjson.loads(line)
        incident = _incident(snapshot, case_end_s)
        if incident.id not in latest or snapshot["revision"] >= latest[incident.id][0]:
            latest[incident.id] = snapshot["revision"], incident
    return [incident for _, incident in latest.values()]


def _incident(snapshot: Mapping[str, Any], case_end_s: float) -> Incident:
    onset_s = seconds(snapshot["onset_at"])
    resolved = snapshot.get("resolved_at")
    causes = tuple(Cause(cause["service"], cause["change"], cause["score"]) for cause in snapshot["causes"])
    return Incident(
        id=snapshot["incident_id"],
        onset_s=onset_s,
        detected_s=seconds(snapshot["detected_at"]),
        end_s=seconds(resolved) if resolved else max(case_end_s, onset_s),
        signals=snapshot["signal_count"],
        causes=causes,
        edges=tuple(_edges(snapshot.get("chain") or {})),
    )


def _edges(chain: Mapping[str, Any]) -> Iterator[ChainEdge]:
    """Edges between named services, and from a change to a service; a resource of a service stands for the service."""
    names = {node["id"]: node["id"] if node["id"].startswith("change:") else _node(node["entity"]) for node in chain.get("nodes", ())}
    for edge in chain.get("edges", ()):
        source, target = names.get(edge["from"], _node(edge["from"])), names.get(edge["to"], _node(edge["to"]))
        if source != target:
            yield ChainEdge(source, target)


def _node(name: str) -> str:
    """`service:Cart_Service` → `cart-service`; a change keeps its id."""
    return name if name.startswith("change:") else fold(name.rpartition(":")[2])


def records(path: Path) -> Iterator[bytes]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for line in file:
            value = line.strip()
            if value:
                yield value


def series_of(record: Mapping[str, Any]) -> bytes:
    """Equal for the samples of one metric series."""
    return orjson.dumps([record.get("name"), record.get("labels")], option=orjson.OPT_SORT_KEYS)


def alerts_in(case: Case) -> int:
    """Distinct alerts: repeats and the resolution of one alert count once; an alert in another form than Alertmanager's counts by itself."""
    path = case.topic("alerts")
    if path is None:
        return 0
    distinct: set[tuple[str, str]] = set()
    single = 0
    for line in records(path):
        record = orjson.loads(line)
        if "alerts" not in record:
            single += 1
            continue
        for alert in record["alerts"]:
            key = alert.get("fingerprint") or orjson.dumps(alert.get("labels") or {}, option=orjson.OPT_SORT_KEYS).decode()
            distinct.add((key, str(alert.get("startsAt"))))
    return single + len(distinct)
