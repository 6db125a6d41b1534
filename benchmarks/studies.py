"""The same sets under other conditions: as recorded, made worse, with a kind of evidence off, with a number turned.

Knows:   which variants belong to which question, and what to compare.
Ignores: how a variant is brought about (perturb.py, ablations.py, turning.py), and how results are shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.ablations import KINDS
from benchmarks.cases import Case, alerts_in, read_incidents
from benchmarks.perturb import PERTURBATIONS
from benchmarks.runs import KEPT, Run, Variant, run_all
from benchmarks.score import Judged, Scores, scores
from benchmarks.turning import Turning, parameters

FACTORS: Final = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """One set under one variant."""

    set: str
    variant: str
    cases: int
    faults: int
    scores: Scores
    seconds: float
    records: int
    rejected: int
    failed: dict[str, str]
    judged: list[Judged] = field(repr=False)
    runs: dict[tuple[str, str], Run] = field(repr=False)

    def row(self) -> dict[str, Any]:
        """What is stored of it."""
        told = ("set", "variant", "cases", "faults", "scores", "seconds", "records", "rejected", "failed")
        return {name: getattr(self, name) for name in told}


def measure(name: str, cases: Sequence[Case], variant: Variant, jobs: int, kept: Path = KEPT) -> Measured:
    perturbation = PERTURBATIONS.get(variant.perturbation)
    runs = run_all(cases, variant, jobs, kept, told=_tell(variant))
    judged = []
    for case in cases:
        run = runs[case.set, case.name]
        seen = case
        if perturbation is not None and perturbation.hides_change:
            seen = Case(
                case.set, case.name, case.path, case.end_s, case.services, tuple(f.without_change() for f in case.faults), case.about
            )
        gone = perturbation is not None and "alerts" in perturbation.gone
        judged.append(Judged(seen, read_incidents(run.snapshots, case.end_s), 0 if gone else alerts_in(case)))
    return Measured(
        set=name,
        variant=variant.name,
        cases=len(cases),
        faults=sum(len(case.faults) for case in cases),
        scores=scores(judged),
        seconds=sum(run.seconds for run in runs.values()),
        records=sum(run.records for run in runs.values()),
        rejected=sum(run.rejected for run in runs.values()),
        failed={key[1]: run.failed for key, run in runs.items() if run.failed},
        judged=judged,
        runs=runs,
    )


def generality(sets: dict[str, list[Case]]) -> Iterator[tuple[str, list[Case], Variant]]:
    """Every set under every perturbation that changes something of it; only the cases that it changes."""
    for name, cases in sets.items():
        for title, perturbation in PERTURBATIONS.items():
            touched = [case for case in cases if perturbation.applies(case)]
            if touched:
                yield name, touched, Variant(title, perturbation=title)


def ablations(sets: dict[str, list[Case]]) -> Iterator[tuple[str, list[Case], Variant]]:
    for name, cases in sets.items():
        for title, kind in KINDS.items():
            if _has(cases, kind.needs):
                yield name, cases, Variant(f"without {title}", turning=Turning(off=title))


def sensitivities(sets: dict[str, list[Case]]) -> Iterator[tuple[str, list[Case], Variant]]:
    for name, cases in sets.items():
        for parameter in parameters():
            if not _has(cases, parameter.about):
                continue
            for factor in FACTORS:
                yield name, cases, Variant(f"{parameter.name} × {factor:g}", turning=Turning(parameter.name, factor))


def _has(cases: Sequence[Case], signal: str) -> bool:
    return any(case.topic(signal) for case in cases)


def _tell(variant: Variant) -> Any:
    def tell(case: Case, run: Run) -> None:
        what = run.failed or f"{run.seconds:.1f} s, {len(run.snapshots)} incidents"
        print(f"{case.set}/{case.name} {variant.name}: {what}", file=sys.stderr, flush=True)

    return tell
