"""The same sets under other conditions: as recorded, made worse, with a kind of evidence off, with a number turned.

Knows:   which variants belong to which question, and what to compare.
Ignores: how a variant is brought about (perturb.py, ablations.py, turning.py), and how results are shown.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from benchmarks.ablations import KINDS
from benchmarks.cases import Case, alerts_in, read_incidents
from benchmarks.perturb import PERTURBATIONS
from benchmarks.runs import KEPT, Run, Variant, run_all, run_each
from benchmarks.score import Judged, Scores, scores
from benchmarks.turning import Turning, parameters

FACTORS: Final = (0.5, 2.0)
Planned = tuple[str, list[Case], Variant]
"""One row of a study: the set, its cases that the variant can touch, the variant."""


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


def chosen(cases: Sequence[Case], most: int | None) -> list[Case]:
    """At most so many cases: every kind of fault in its turn, evenly spaced among the cases of its kind; in the order of the set."""
    if most is None or most >= len(cases):
        return list(cases)
    kinds: dict[str, list[int]] = {}
    for index, case in enumerate(cases):
        kinds.setdefault(case.faults[0].kind if case.faults else "", []).append(index)
    share = Counter[str]()
    for kind in islice(cycle(kinds), most * len(kinds)):  # more turns than it takes: a kind that has no more is passed over
        if share.total() < most and share[kind] < len(kinds[kind]):
            share[kind] += 1
    picked = [kinds[kind][(2 * turn + 1) * len(kinds[kind]) // (2 * many)] for kind, many in share.items() for turn in range(many)]
    return [cases[index] for index in sorted(picked)]


def prepare(planned: Iterable[Planned], jobs: int, kept: Path = KEPT) -> None:
    """Runs all that a study needs side by side; `measure` then finds it kept."""
    wanted = [(case, variant) for _, cases, variant in planned for case in cases]
    run_each(wanted, jobs, kept, tell, readings=kept / "readings")


def measure(name: str, cases: Sequence[Case], variant: Variant, jobs: int, kept: Path = KEPT) -> Measured:
    perturbation = PERTURBATIONS.get(variant.perturbation)
    runs = run_all(cases, variant, jobs, kept, told=tell)
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


def generality(sets: dict[str, list[Case]]) -> Iterator[Planned]:
    """Every set under every perturbation that changes something of it; only the cases that it changes."""
    for name, cases in sets.items():
        for title, perturbation in PERTURBATIONS.items():
            touched = [case for case in cases if perturbation.applies(case)]
            if touched:
                yield name, touched, Variant(title, perturbation=title)


def ablations(sets: dict[str, list[Case]]) -> Iterator[Planned]:
    for name, cases in sets.items():
        for title, kind in KINDS.items():
            if able := _with(cases, kind.needs):
                yield name, able, Variant(f"without {title}", turning=Turning(off=title))


def sensitivities(sets: dict[str, list[Case]]) -> Iterator[Planned]:
    for name, cases in sets.items():
        for parameter in parameters():
            if able := _with(cases, parameter.about):
                for factor in FACTORS:
                    yield name, able, Variant(f"{parameter.name} × {factor:g}", turning=Turning(parameter.name, factor))


def _with(cases: Sequence[Case], signal: str) -> list[Case]:
    """Those that have the topic without which a kind of evidence or a number decides nothing."""
    return [case for case in cases if case.topic(signal)]


def tell(case: Case, variant: Variant, run: Run) -> None:
    what = run.failed or f"{run.seconds:.1f} s, {len(run.snapshots)} incidents"
    print(f"{case.set}/{case.name} {variant.name}: {what}", file=sys.stderr, flush=True)
