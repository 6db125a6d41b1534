"""How often Causeline is right, on every recorded outage at hand and on simulated ones, beside what costs nothing and what others reach.

Tables on stdout, progress on stderr.  Results are kept in .cache/accuracy until a line of the engine changes, so a long run that was broken
off goes on where it was; `--write docs/accuracy.md` makes the document from all figures of this version.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import getsource
from pathlib import Path
from typing import Final

import click
import orjson
from rich.console import Console

from benchmarks import studies
from benchmarks.cases import Case, read_set
from benchmarks.figures import Figures
from benchmarks.floors import floors
from benchmarks.grouping import rules
from benchmarks.readings import readers_digest
from benchmarks.report import beside_rules, document
from benchmarks.runs import JOBS_MOST, KEPT, ROOT, Variant
from benchmarks.score import Judged, Scores, scores
from benchmarks.studies import Measured, measure
from benchmarks.tables import CAUSES, DETECTION, GROUPING, REST, SHORT, terminal
from benchmarks.told.story import PARTS
from benchmarks.told.write import write_part

EXAM: Final = ROOT.parent / "shared" / "exam"
SIMULATED: Final = "simulated"
FIRST_SEED: Final = 60_000
"""Seeds below are for development; figures are reported for seeds that nobody has looked at."""
TOLD: Final = {f"told-{part}": part for part in PARTS}
"""Outages told in YAML, by the part that they are of; measured only where they are asked for."""
LONG: Final = "simulated-long"
"""Days of history of small estates; measured only where they are asked for."""
INJECTED: Final = "injected"
"""Faults put into quiet stretches of the recorded sets."""
MADE_CASES: Final = 36
"""Of the simulated four of each kind of fault."""
QUICK_CASES: Final = 4
AS_RECORDED: Final = Variant()


@click.command(name="accuracy", help=__doc__)
@click.option(
    "--sets",
    "names",
    multiple=True,
    help="Only these sets; `simulated`, `simulated-long`, `injected`, `told-known`, `told-kept` and `told-fresh` are some.  May be repeated, or separated by commas.",
)
@click.option("--exam", type=click.Path(path_type=Path, file_okay=False), default=EXAM, help="Folder of recorded sets.")
@click.option("--quick", is_flag=True, help="The first few cases of each set.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, JOBS_MOST))
@click.option("--first-seed", default=FIRST_SEED, show_default=True, type=click.IntRange(min=0), help="Of simulated and injected outages.")
@click.option("--cases", "made_cases", default=MADE_CASES, show_default=True, type=click.IntRange(min=1), help="Seeds of each.")
@click.option("--generality", is_flag=True, help="Also each set under worse conditions.")
@click.option("--ablation", is_flag=True, help="Also each set with each kind of evidence switched off.")
@click.option("--sensitivity", is_flag=True, help="Also each set with each parameter halved and doubled.")
@click.option(
    "--study-cases",
    type=click.IntRange(min=1),
    help="Studies take at most so many cases of each set, of every kind of fault in turn; all without it.",
)
@click.option("--kept", type=click.Path(path_type=Path, file_okay=False), default=KEPT, help="Where results are kept.")
@click.option("--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), help="Write all figures here.")
@click.option("--write", "document_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the document here.")
def command(
    names: tuple[str, ...],
    exam: Path,
    quick: bool,
    jobs: int,
    first_seed: int,
    made_cases: int,
    generality: bool,
    ablation: bool,
    sensitivity: bool,
    study_cases: int | None,
    kept: Path,
    json_path: Path | None,
    document_path: Path | None,
) -> None:
    wanted = {each for name in names for each in name.split(",")}
    seeds = range(first_seed, first_seed + (9 if quick else made_cases))
    sets, absent = _sets(wanted, exam, seeds, quick, kept)
    if not sets:
        raise click.ClickException(f"no such set: {', '.join(sorted(wanted))}; present in {exam}: {', '.join(_present(exam)) or 'none'}")
    store = Figures(kept / ("quick.json" if quick else "figures.json"))
    measured = {}
    for name, cases in sets.items():
        measured[name] = measure(name, cases, AS_RECORDED, jobs, kept)
        store.put(measured[name].row() | {make.__name__: _aside(name, cases, kept, make) for make in (floors, rules)})
    store.tell(measured, seeds, absent)
    console = Console(width=200)
    for title, columns in (("Detection", DETECTION), ("Causes", CAUSES), ("Changes, calibration, chains, storms", REST)):
        console.print(terminal(title, columns, {name: found.scores for name, found in measured.items()}))
    for name, compared in beside_rules({name: row for name, row in store.document()["sets"].items() if name in sets}):
        console.print(terminal(f"Grouping of alerts: {name}", GROUPING, compared))
    some = {name: studies.chosen(cases, study_cases) for name, cases in sets.items()}
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
    absent = sorted(wanted - {*present, SIMULATED, LONG, INJECTED, *TOLD})
    for name in absent:
        click.echo(f"{name}: not in {exam}, left out", err=True)
    sets = {name: read_set(exam / name) for name in present if not wanted or name in wanted}
    if not wanted or SIMULATED in wanted:
        sets[SIMULATED] = read_set(_simulated(seeds, kept))
    if LONG in wanted:
        sets[LONG] = read_set(_simulated(seeds, kept, long=True))
    if present and (not wanted or INJECTED in wanted):
        sets[INJECTED] = read_set(_injected({name: read_set(exam / name) for name in present}, seeds, kept))
    sets |= {name: read_set(write_part(kept / "told", part)) for name, part in TOLD.items() if name in wanted}
    return {name: cases[:QUICK_CASES] if quick and name != SIMULATED else cases for name, cases in sets.items()}, absent


def _simulated(seeds: range, kept: Path, long: bool = False) -> Path:
    """The simulated set, made anew whenever the simulator has changed."""
    from benchmarks.simulate.write import LONG_SET, SET, write_set

    name = LONG_SET if long else SET
    directory = kept / "simulations" / _digest_of("simulate", repr(seeds))
    if not (directory / name / "truth.json").exists():
        click.echo(f"simulating {len(seeds)} outages, seeds {seeds.start} to {seeds.stop - 1}", err=True)
        write_set(directory, seeds, long)
    return directory / name


def _injected(sets: Mapping[str, list[Case]], seeds: range, kept: Path) -> Path:
    """Recorded metrics with faults put into them, made anew whenever how that is done has changed."""
    from benchmarks.injected.write import SET, write_set

    recorded = repr([(case.set, case.name, case.path.stat().st_mtime_ns) for cases in sets.values() for case in cases])
    directory = kept / "injections" / _digest_of("injected", repr(seeds) + recorded)
    if not (directory / SET / "truth.json").exists():
        click.echo(f"injecting {len(seeds)} faults into recorded telemetry, seeds {seeds.start} to {seeds.stop - 1}", err=True)
        write_set(directory, sets, seeds)
    return directory / SET


def _digest_of(package: str, said: str) -> str:
    """Of a package that makes cases, and of what it is told."""
    digest = hashlib.sha256(said.encode())
    for file in sorted((ROOT / "benchmarks" / package).glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _aside(name: str, cases: list[Case], kept: Path, make: Callable[[Sequence[Case]], dict[str, Scores]]) -> dict[str, Scores]:
    """What stands beside the engine on a set; it reads whole dumps, so it is kept as long as they, the readers and the rules are the same."""
    said = repr([(case.name, case.path.stat().st_mtime_ns) for case in cases]) + readers_digest() + getsource(sys.modules[make.__module__])
    place = kept / name / f"{make.__name__}.{hashlib.sha256(said.encode()).hexdigest()[:16]}.json"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(orjson.dumps(make(cases)))
    found: dict[str, Scores] = orjson.loads(place.read_bytes())
    return found


def _study(
    section: str,
    wanted: bool,
    variants: Iterable[tuple[str, list[Case], Variant]],
    measured: Mapping[str, Measured],
    jobs: int,
    store: Figures,
    console: Console,
) -> None:
    if not wanted:
        return
    planned = list(variants)
    studies.prepare(planned, jobs, store.path.parent)
    for name, cases, variant in planned:
        found = measure(name, cases, variant, jobs, store.path.parent)
        touched = {case.name for case in cases}
        before = scores([_as_judged(each, found) for each in measured[name].judged if each.case.name in touched])
        store.add(section, found.row() | {"before": before})
        console.print(terminal(f"{section}: {name}", SHORT, {"as recorded": before, variant.name: found.scores}))


def _as_judged(before: Judged, found: Measured) -> Judged:
    """The case as recorded, against the truth of the variant: with a change hidden, the truth is another."""
    now = next(each for each in found.judged if each.case.name == before.case.name)
    return Judged(before.case, before.incidents, now.alerts)
