"""The same outages under worse conditions: a family of telemetry missing, half the samples, lost rows, a wrong clock, the change unreported.

Knows:   how to make other dumps of a case out of its dumps, one record at a time; native formats only as far as needed for that.
Ignores: the engine, scoring.

Dumps that stay as they are are not copied.  The same case and perturbation give the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.cases import TOPICS, Case, fold, records, series_of

LOST: Final = 0.2
CLOCK_OFF_S: Final = 60
_GRAPH: Final = "traces_service_graph_"
_EDGE_LABELS: Final = frozenset({"client", "server"})
_VERSION: Final = "1"
"""Raised when a perturbation changes its meaning, so that kept results are made again."""

Change = Callable[[Case, str, Iterator[bytes]], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Perturbation:
    """What becomes of a case's dumps."""

    says: str
    topics: tuple[str, ...] = ()
    """Which dumps are changed, record by record."""
    change: Change | None = None
    gone: tuple[str, ...] = ()
    """Which dumps are taken away."""
    catalogue: bool = True
    """Whether the catalogue stays."""
    hides_change: bool = False
    """The truth then is that no known change is guilty."""

    def applies(self, case: Case) -> bool:
        """Whether it changes anything at all, and leaves something to go by."""
        present = [signal for signal in TOPICS if case.topic(signal)]
        if self.hides_change:
            return any(fault.change for fault in case.faults) and "deploys" in present
        left = [signal for signal in present if signal not in self.gone]
        touched = any(signal in present for signal in (*self.gone, *self.topics)) or (not self.catalogue and case.catalogue is not None)
        return touched and any(signal in left for signal in ("logs", "alerts", "metrics"))


def without_guilty_change(case: Case, signal: str, lines: Iterator[bytes]) -> Iterator[bytes]:
    guilty = frozenset(change for fault in case.faults for change in fault.changes)
    for line in lines:
        if not any(change.encode() in line for change in guilty):
            yield line
            continue
        record = orjson.loads(line)
        commits = record.get("commits")
        if isinstance(commits, list) and len(commits) > 1:
            innocent = [commit for commit in commits if commit.get("id") not in guilty]
            if innocent:
                yield orjson.dumps(record | {"commits": innocent, "head_commit": innocent[-1], "after": innocent[-1]["id"]})


def without_call_graph(case: Case, signal: str, lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        if _GRAPH.encode() not in line and not (b'"client"' in line and orjson.loads(line)["labels"].keys() >= _EDGE_LABELS):
            yield line


def half_the_samples(case: Case, signal: str, lines: Iterator[bytes]) -> Iterator[bytes]:
    """Every second sample of each series."""
    seen: dict[bytes, int] = {}
    for line in lines:
        series = series_of(orjson.loads(line))
        seen[series] = seen.get(series, 0) + 1
        if seen[series] % 2:
            yield line


def fifth_lost(case: Case, signal: str, lines: Iterator[bytes]) -> Iterator[bytes]:
    dice = random.Random(f"{case.set}/{case.name}/{signal}/lost")
    return (line for line in lines if dice.random() >= LOST)


def clock_ahead(case: Case, signal: str, lines: Iterator[bytes]) -> Iterator[bytes]:
    """All that one source tells is stamped a minute late: a whole topic beside the others, else one service of the only topic."""
    source = wrong_clock(case)
    if source != signal and not source.startswith("service:"):
        yield from lines
        return
    service = source.partition(":")[2]
    for line in lines:
        if service and service.encode() not in line:
            yield line
            continue
        record = orjson.loads(line)
        if service and not _is_of(record, service):
            yield line
        else:
            _shift(record)
            yield orjson.dumps(record)


def wrong_clock(case: Case) -> str:
    """The source whose clock is off: the first of logs, changes and alerts that has metrics beside it, else a service drawn by lot."""
    present = [signal for signal in ("logs", "deploys", "alerts") if case.topic(signal)]
    if present and case.topic("metrics"):
        return present[0]
    return f"service:{random.Random(f'{case.set}/{case.name}/clock').choice(sorted(case.services))}"


PERTURBATIONS: Final[dict[str, Perturbation]] = {
    "guilty change unreported": Perturbation(
        "the change that is to blame is not in the feed", ("deploys",), without_guilty_change, hides_change=True
    ),
    "without logs": Perturbation("no logs", gone=("logs",)),
    "without metrics": Perturbation("no metrics", gone=("metrics",)),
    "without alerts": Perturbation("no alerts", gone=("alerts",)),
    "without call graph": Perturbation("neither call metrics nor catalogue", ("metrics",), without_call_graph, catalogue=False),
    "without catalogue": Perturbation("no catalogue", catalogue=False),
    "half the sampling rate": Perturbation("every second sample of each series", ("metrics",), half_the_samples),
    "20 % of rows lost": Perturbation(
        "a fifth of metrics, logs and alerts, by lot, a case's only alert among them", ("metrics", "logs", "alerts"), fifth_lost
    ),
    "one clock a minute off": Perturbation("one source stamps its records a minute late", TOPICS, clock_ahead),
}


def digest(perturbation: str) -> str:
    return f"{_VERSION} {perturbation}"


def dumps_of(case: Case, perturbation: str, scratch: Path) -> tuple[list[Path], Path | None]:
    """The dumps of a case under a perturbation, and its catalogue; changed dumps are written to `scratch`."""
    present = {signal: path for signal in TOPICS if (path := case.topic(signal)) is not None}
    if not perturbation:
        return list(present.values()), case.catalogue
    how = PERTURBATIONS[perturbation]
    paths = []
    for signal, path in present.items():
        if signal in how.gone:
            continue
        paths.append(_changed(case, signal, path, how.change, scratch) if how.change and signal in how.topics else path)
    return paths, case.catalogue if how.catalogue else None


def _changed(case: Case, signal: str, path: Path, change: Change, scratch: Path) -> Path:
    to = scratch / f"telemetry.{signal}.ndjson"
    with to.open("wb", buffering=1 << 20) as file:
        file.writelines(line + b"\n" for line in change(case, signal, records(path)))
    return to


def _is_of(record: dict[str, Any], service: str) -> bool:
    """Whether a record is emitted by a service: its own metrics, log lines or alerts (of a call: the side that reports it)."""
    labels = record.get("labels") or next((alert.get("labels") for alert in record.get("alerts") or ()), None) or record
    named = labels.get("service") or labels.get("client") or labels.get("host") or labels.get("agent")
    return fold(named.get("name") if isinstance(named, dict) else named) == fold(service)


def _shift(record: dict[str, Any]) -> None:
    """Moves the times at which a record says that its things happened."""
    for key in ("timestamp", "@timestamp"):
        if isinstance(record.get(key), str):
            record[key] = _later(record[key])
    if isinstance(record.get("date"), int):
        record["date"] += CLOCK_OFF_S * 1_000
    if isinstance(record.get("context"), dict) and "timestamp" in record["context"]:
        record["context"]["timestamp"] = _later(record["context"]["timestamp"])
    for commit in (*(record.get("commits") or ()), record.get("head_commit") or {}):
        if "timestamp" in commit:
            commit["timestamp"] = _later(commit["timestamp"])
    for alert in record.get("alerts") or ():
        for key in ("startsAt", "endsAt"):
            if not str(alert.get(key, "0001")).startswith("0001"):
                alert[key] = _later(alert[key])


def _later(text: str) -> str:
    moved = (datetime.fromisoformat(text) + timedelta(seconds=CLOCK_OFF_S)).astimezone(UTC)
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
