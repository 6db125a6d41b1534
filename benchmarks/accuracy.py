"""How often Causeline is right, on every recorded outage at hand and on simulated ones, beside what costs nothing and what others reach.

Tables on stdout, progress on stderr.  Results are kept in .cache/accuracy until a line of the engine changes, so a long run that was broken
off goes on where it was; `--write docs/accuracy.md` makes the document from all figures of this version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
import orjson
from rich.console import Console

from benchmarks import studies
from benchmarks.cases import Case, read_set
from benchmarks.failures import failures
from benchmarks.floors import floors
from benchmarks.report import document
from benchmarks.runs import JOBS_MOST, KEPT, ROOT, Variant, engine_digest
from benchmarks.score import Judged, confidences, reliability, scores
from benchmarks.studies import Measured, measure
from benchmarks.tables import CAUSES, DETECTION, REST, SHORT, terminal
from benchmarks.told.story import HALVES
from benchmarks.told.write import write_half
from benchmarks.turning import described

EXAM: Final = ROOT.parent / "shared" / "exam"
SIMULATED: Final = "simulated"
FIRST_SEED: Final = 30_000
"""Seeds below are for development; figures are reported for seeds that nobody has looked at."""
TOLD: Final = {f"told-{half}": half for half in HALVES}
"""Outages told in YAML, by the half that they are of; measured only where they are asked for."""
SIMULATED_CASES: Final = 36
"""Four of each kind of fault."""
QUICK_CASES: Final = 4
AS_RECORDED: Final = Variant()


@click.command(name="accuracy", help=__doc__)
@click.option(
    "--sets",
    "names",
    multiple=True,
    help="Only these sets; `simulated`, `told-known` and `told-kept` are some.  May be repeated, or separated by commas.",
)
@click.option("--exam", type=click.Path(path_type=Path, file_okay=False), default=EXAM, help="Folder of recorded sets.")
@click.option("--quick", is_flag=True, help="The first few cases of each set.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, JOBS_MOST))
@click.option("--first-seed", default=FIRST_SEED, show_default=True, type=click.IntRange(min=0), help="Of the simulated outages.")
@click.option(
    "--cases", "simulated_cases", default=SIMULATED_CASES, show_default=True, type=click.IntRange(min=1), help="Simulated outages."
)
@click.option("--generality", is_flag=True, help="Also each set under worse conditions.")
@click.option("--ablation", is_flag=True, help="Also each set with each kind of evidence switched off.")
@click.option("--sensitivity", is_flag=True, help="Also each set with each parameter halved and doubled.")
@click.option("--study-cases", type=click.IntRange(min=1), help="Studies take only the first so many cases of each set; all without it.")
@click.option("--kept", type=click.Path(path_type=Path, file_okay=False), default=KEPT, help="Where results are kept.")
@click.option("--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write all figures here.")
@click.option("--write", "document_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the document here.")
def command(
    names: tuple[str, ...],
    exam: Path,
    quick: bool,
    jobs: int,
    first_seed: int,
    simulated_cases: int,
    generality: bool,
    ablation: bool,
    sensitivity: bool,
    study_cases: int | None,
    kept: Path,
    json_path: Path | None,
    document_path: Path | None,
) -> None:
    wanted = {each for name in names for each in name.split(",")}
    seeds = range(first_seed, first_seed + (9 if quick else simulated_cases))
    sets, absent = _sets(wanted, exam, seeds, quick, kept)
    if not sets:
        raise click.ClickException(f"no such set: {', '.join(sorted(wanted))}; present in {exam}: {', '.join(_present(exam)) or 'none'}")
    store = _Store(kept / ("quick.json" if quick else "figures.json"))
    measured = {}
    for name, cases in sets.items():
        measured[name] = measure(name, cases, AS_RECORDED, jobs, kept)
        store.put(measured[name].row() | {"floors": _floors(name, cases, kept)})
    store.tell(measured, seeds, absent)
    console = Console(width=200)
    for title, columns in (("Detection", DETECTION), ("Causes", CAUSES), ("Changes, calibration, chains, storms", REST)):
        console.print(terminal(title, columns, {name: found.scores for name, found in measured.items()}))
    some = {name: cases[:study_cases] for name, cases in sets.items()}
    _study("generality", generality, studies.generality(some), measured, jobs, store, console)
    _study("ablation", ablation, studies.ablations(some), measured, jobs, store, console)
    _study("sensitivity", sensitivity, studies.sensitivities(some), measured, jobs, store, console)
    if json_path:
        json_path.write_bytes(orjson.dumps(store.document(), option=orjson.OPT_INDENT_2))
    if document_path:
        document_path.write_text(document(store.document()))


def _present(exam: Path) -> list[str]:
    return sorted(path.parent.name for path in exam.glob("*/truth.json"))


def _sets(wanted: set[str], exam: Path, seeds: range, quick: bool, kept: Path) -> tuple[dict[str, list[Case]], list[str]]:
    """The sets to measure, and which were asked for but are not there."""
    present = _present(exam)
    if not present:
        click.echo(f"no recorded sets in {exam}: only simulated outages are measured", err=True)
    absent = sorted(wanted - {*present, SIMULATED, *TOLD})
    for name in absent:
        click.echo(f"{name}: not in {exam}, left out", err=True)
    sets = {name: read_set(exam / name) for name in present if not wanted or name in wanted}
    if not wanted or SIMULATED in wanted:
        sets[SIMULATED] = read_set(_simulated(seeds, kept))
    sets |= {name: read_set(write_half(kept / "told", half)) for name, half in TOLD.items() if name in wanted}
    return {name: cases[:QUICK_CASES] if quick and name != SIMULATED else cases for name, cases in sets.items()}, absent


def _simulated(seeds: range, kept: Path) -> Path:
    """The simulated set, made anew whenever the simulator has changed."""
    from benchmarks.simulate.write import SET, write_set

    digest = hashlib.sha256(repr(seeds).encode())
    for file in sorted((ROOT / "benchmarks" / "simulate").glob("*.py")):
        digest.update(file.read_bytes())
    directory = kept / "simulations" / digest.hexdigest()[:16]
    if not (directory / SET / "truth.json").exists():
        click.echo(f"simulating {len(seeds)} outages, seeds {seeds.start} to {seeds.stop - 1}", err=True)
        write_set(directory, seeds)
    return directory / SET


def _floors(name: str, cases: list[Case], kept: Path) -> dict[str, Any]:
    """Floors of a set; they read every dump, so they are kept."""
    digest = hashlib.sha256(repr([(case.name, case.path.stat().st_mtime_ns) for case in cases]).encode()).hexdigest()[:16]
    place = kept / name / f"floors.{digest}.json"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(orjson.dumps(floors(cases)))
    found: dict[str, Any] = orjson.loads(place.read_bytes())
    return found


def _study(
    section: str,
    wanted: bool,
    variants: Iterable[tuple[str, list[Case], Variant]],
    measured: Mapping[str, Measured],
    jobs: int,
    store: _Store,
    console: Console,
) -> None:
    if not wanted:
        return
    for name, cases, variant in variants:
        found = measure(name, cases, variant, jobs, store.path.parent)
        touched = {case.name for case in cases}
        before = scores([_as_judged(each, found) for each in measured[name].judged if each.case.name in touched])
        store.add(section, found.row() | {"before": before})
        console.print(terminal(f"{section}: {name}", SHORT, {"as recorded": before, variant.name: found.scores}))


def _as_judged(before: Judged, found: Measured) -> Judged:
    """The case as recorded, against the truth of the variant: with a change hidden, the truth is another."""
    now = next(each for each in found.judged if each.case.name == before.case.name)
    return Judged(before.case, before.incidents, now.alerts)


class _Store:
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
        if SIMULATED in measured:
            self.kept["simulated"] = list(_groups(measured[SIMULATED]))
            self.kept["seeds"] = f"{seeds.start} to {seeds.stop - 1}"
        self.kept["absent"] = absent
        self._save()

    def document(self) -> dict[str, Any]:
        order = sorted(self.kept["sets"], key=lambda row: (row["set"] == SIMULATED, row["set"]))
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


def _groups(found: Measured) -> Iterator[dict[str, Any]]:
    """Scores of simulated outages by fault, sampling interval, traffic and missing family."""
    groups: dict[str, list[Judged]] = {}
    for each in found.judged:
        estate, note = str(each.case.about["estate"]), str(each.case.about["note"])
        step, traffic = estate.split("every ")[1].split(", ")
        missing = note.removeprefix("without ").split(", ") if note.startswith("without") else ["nothing"]
        labels = [f"fault {each.case.faults[0].kind}", f"sampled every {step}", traffic, *(f"missing: {name}" for name in missing)]
        for label in labels:
            groups.setdefault(label, []).append(each)
    for label in sorted(groups):
        yield {"group": label, "faults": len(groups[label]), "scores": scores(groups[label])}
