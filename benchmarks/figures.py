"""Figures of one version of the engine, kept while sets and studies are measured one by one, and what docs/accuracy.md needs of them.

Knows:   when kept figures are too old, and how made outages fall into groups.
Ignores: how anything is measured (studies.py), and the words of the document (report.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.calibration import reliability
from benchmarks.cases import Case
from benchmarks.failures import failures
from benchmarks.runs import engine_digest
from benchmarks.score import Judged, confidences, scores
from benchmarks.studies import Measured
from benchmarks.turning import described

MADE: Final = frozenset(("simulated", "injected"))
"""Sets that are made from seeds; the others are recorded."""


class Figures:
    """Figures of this version of the engine.  Those of another version are dropped, but for studies: they take hours, so each keeps the
    figures of the last version that it was made with, and says which that was."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept: dict[str, Any] = orjson.loads(path.read_bytes()) if path.exists() else {}
        if self.kept.get("engine") != engine_digest():
            self.kept = {"engine": engine_digest(), "studies": self.kept.get("studies", {})}

    def put(self, row: dict[str, Any]) -> None:
        """One set as recorded."""
        self.kept["sets"] = _with(self.kept.get("sets", []), row)
        self._save()

    def add(self, study: str, row: dict[str, Any]) -> None:
        """One set under one variant."""
        studied = self.kept.setdefault("studies", {})
        before = studied.get(study)
        rows = before["rows"] if before is not None and before["engine"] == engine_digest() else []
        studied[study] = {"engine": engine_digest(), "rows": _with(rows, row)}
        self._save()

    def tell(self, measured: Mapping[str, Measured], seeds: range, absent: list[str]) -> None:
        """What the document needs beside the figures."""
        details = self.kept.setdefault("details", {})
        for name, found in measured.items():
            snapshots = {key: run.snapshots for key, run in found.runs.items()}
            details[name] = {
                "failures": [asdict(failure) for failure in failures(found.judged, snapshots)],
                "confidence": confidences(verdict for each in found.judged for verdict in each.verdicts()),
            }
        for name, labels in (("simulated", _labels_of_simulated), ("injected", _labels_of_injected)):
            if name in measured:
                self.kept[name] = list(_groups(measured[name], labels))
        if measured.keys() & MADE:
            self.kept["seeds"] = f"{seeds.start} to {seeds.stop - 1}"
        self.kept["absent"] = absent
        self._save()

    def document(self) -> dict[str, Any]:
        order = sorted(self.kept["sets"], key=lambda row: (row["set"] in MADE, row["set"]))
        details = self.kept.get("details", {})
        return self.kept | {
            "sets": {row["set"]: row for row in order},
            "seeds": self.kept.get("seeds", "–"),
            "failures": [failure for row in order for failure in details[row["set"]]["failures"]],
            "reliability": reliability((pair[0], pair[1]) for row in order for pair in details[row["set"]]["confidence"]),
            "parameters": described(),
        }

    def _save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        beside.write_bytes(orjson.dumps(self.kept))
        beside.replace(self.path)


def _with(rows: list[dict[str, Any]], row: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows with one more, which takes the place of its predecessor."""
    known = {(each["set"], each["variant"]): each for each in rows}
    return list((known | {(row["set"], row["variant"]): row}).values())


def _groups(found: Measured, labels: Callable[[Case], Iterable[str]]) -> Iterator[dict[str, Any]]:
    """Scores of made outages by what they have in common."""
    groups: dict[str, list[Judged]] = {}
    for each in found.judged:
        for label in labels(each.case):
            groups.setdefault(label, []).append(each)
    for label in sorted(groups):
        yield {"group": label, "faults": len(groups[label]), "scores": scores(groups[label])}


def _labels_of_simulated(case: Case) -> Iterator[str]:
    """Its fault, sampling interval, traffic and missing families."""
    estate, note = str(case.about["estate"]), str(case.about["note"])
    step, traffic = estate.split("every ")[1].split(", ")
    missing = note.removeprefix("without ").split(", ") if note.startswith("without") else ["nothing"]
    yield from (f"fault {case.faults[0].kind}", f"sampled every {step}", traffic, *(f"missing: {name}" for name in missing))


def _labels_of_injected(case: Case) -> Iterator[str]:
    """Its fault, and where the telemetry was recorded."""
    recorded = str(case.about["estate"]).split()[0]
    yield from (f"fault {case.faults[0].kind}", f"in {recorded}")
