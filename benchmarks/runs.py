"""Runs the engine over cases, in processes of their own, and keeps what came out.

Knows:   how a case becomes final snapshots (streams/replay.py), and when a kept result is still good: same engine, same case, same variant.
Ignores: what the snapshots are worth (score.py).

Each variant of the engine (a parameter turned, a kind of evidence off) runs in fresh processes, so that nothing of it outlives them.
"""

from __future__ import annotations

import hashlib
import os
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from benchmarks import perturb
from benchmarks.cases import Case, CaseError
from benchmarks.processes import each_fresh
from benchmarks.readings import KeptReader
from benchmarks.turning import AS_SHIPPED, Turning, turn

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".cache" / "accuracy"
JOBS_MOST = 2
"""More would measure how the machine is shared rather than the engine."""
NICENESS = 10
_ENGINE = ("correlate", "schemas", "streams/replay.py")
_CAUSE = ("rank", "service", "kind", "change", "score", "because")
_NODE = ("id", "entity", "role")
_SNAPSHOT = ("incident_id", "revision", "status", "onset_at", "detected_at", "resolved_at", "services", "signal_count", "title")


@dataclass(frozen=True, slots=True)
class Run:
    """What the engine made of one case."""

    snapshots: tuple[bytes, ...] = ()
    """Final ones, as far as scoring needs them."""
    seconds: float = 0.0
    """Of processor time: how the machine is shared does not count."""
    records: int = 0
    rejected: int = 0
    failed: str = ""
    """Why there is nothing; "" when there is."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run every case."""

    name: str = "as recorded"
    perturbation: str = ""
    """Of perturb.PERTURBATIONS; "" for none."""
    turning: Turning = field(default=AS_SHIPPED)


Told = Callable[[Case, Variant, Run], None]


def run_all(
    cases: Iterable[Case], variant: Variant, jobs: int = 1, kept: Path = KEPT, told: Told | None = None
) -> dict[tuple[str, str], Run]:
    """(set, case) → run.  Results that are kept from before are not made again; so a run that was broken off goes on where it was."""
    runs = run_each([(case, variant) for case in cases], jobs, kept, told)
    return {(case.set, case.name): run for (case, _), run in runs}


def run_each(
    wanted: Sequence[tuple[Case, Variant]], jobs: int = 1, kept: Path = KEPT, told: Told | None = None, readings: Path | None = None
) -> list[tuple[tuple[Case, Variant], Run]]:
    """Many variants side by side: no process waits for the last case of a variant.

    readings: where what the readers made is kept for the next variant; processor time then leaves reading out, mostly.
    """
    found = [(each, run) for each in wanted if (run := _recall(_place(kept, *each))) is not None]
    done = {_place(kept, *each) for each, _ in found}
    missing = [_Task(*each, readings) for each in wanted if _place(kept, *each) not in done]
    if missing:
        os.environ.setdefault("POLARS_MAX_THREADS", "1")  # inherited: the data frames of one tick are small
    for task, result in each_fresh(_run_task, missing, min(jobs, JOBS_MOST)):
        run = result or Run(failed="its process ended without a result; most likely memory ran out")
        if not run.failed:
            _keep(_place(kept, task.case, task.variant), run)
        found.append(((task.case, task.variant), run))
        if told is not None:
            told(task.case, task.variant, run)
    return found


@dataclass(frozen=True, slots=True)
class _Task:
    case: Case
    variant: Variant
    readings: Path | None


def _run_task(task: _Task) -> Run:
    os.nice(NICENESS)
    turn(task.variant.turning)
    return run_case(task.case, task.variant.perturbation, task.readings)


def run_case(case: Case, perturbation: str = "", readings: Path | None = None) -> Run:
    """One case through the readers and the engine of this process."""
    from streams.replay import DumpError

    with TemporaryDirectory(prefix="causeline-accuracy-") as scratch:
        try:
            dumps, catalogue = perturb.dumps_of(case, perturbation, Path(scratch))
            return _replay(dumps, catalogue, KeptReader(readings, keeps=not perturbation) if readings else None)
        except (DumpError, CaseError) as error:
            return Run(failed=str(error))
        except Exception as bug:  # a case that the engine breaks on scores as nothing found; the others are measured all the same
            return Run(failed="".join(traceback.format_exception_only(bug)).strip())


def _replay(paths: list[Path], catalogue: Path | None, reader: KeptReader | None) -> Run:
    from streams.replay import catalogue_at, find_dumps, replay

    dumps, _ = find_dumps(paths)
    last: dict[str, bytes] = {}

    def keep(emission: Any) -> None:
        last[emission.incident.incident_id] = slim(emission.incident)

    started_s = time.process_time()
    outcome = replay(dumps, catalogue=catalogue_at(catalogue), reader=reader, on_emission=keep)
    return Run(
        snapshots=tuple(last.values()),
        seconds=round(time.process_time() - started_s, 3),
        records=outcome.records,
        rejected=sum(outcome.rejected.values()),
    )


def slim(incident: Any) -> bytes:
    """A snapshot without timeline and references: what scoring and the list of failures need."""
    import msgspec

    whole = msgspec.to_builtins(incident)
    chain = whole["chain"]
    return orjson.dumps(
        {key: whole[key] for key in _SNAPSHOT}
        | {
            "causes": [{key: cause[key] for key in _CAUSE} for cause in whole["causes"]],
            "chain": {
                "nodes": [{key: node[key] for key in _NODE} for node in chain["nodes"]],
                "edges": [{key: edge[key] for key in ("from", "to", "evidence", "score")} for edge in chain["edges"]],
            },
        }
    )


# --- what is kept -----------------------------------------------------------------------------------------------------


@cache
def engine_digest() -> str:
    """Changes with every line of code that a replay runs."""
    digest = hashlib.sha256()
    for part in _ENGINE:
        path = ROOT / part
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _place(kept: Path, case: Case, variant: Variant) -> Path:
    digest = hashlib.sha256(engine_digest().encode())
    for file in sorted(case.path.iterdir()):
        status = file.stat()
        digest.update(f"{file.name} {status.st_size} {status.st_mtime_ns}".encode())
    digest.update(repr((case.set, case.name, variant.perturbation, variant.turning)).encode())
    digest.update(perturb.digest(variant.perturbation).encode())
    return kept / case.set / f"{case.name}.{digest.hexdigest()[:16]}.json"


def _recall(place: Path) -> Run | None:
    try:
        stored = orjson.loads(place.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return Run(tuple(orjson.dumps(each) for each in stored.pop("snapshots")), **stored)


def _keep(place: Path, run: Run) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "snapshots": [orjson.Fragment(snapshot) for snapshot in run.snapshots],
        "seconds": run.seconds,
        "records": run.records,
        "rejected": run.rejected,
        "failed": run.failed,
    }
    beside = place.with_suffix(".new")
    beside.write_bytes(orjson.dumps(document))
    beside.replace(place)
