"""Quiet stretches of recorded telemetry: before the first fault, between faults far apart, and after the last one.

Knows:   where a set's truth says that nothing is wrong, and which services the metrics of a stretch tell about.
Ignores: which fault is put into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np
import orjson

from benchmarks.cases import Case, records, seconds, series_of
from schemas.entity import split
from streams.replay import catalogue_at

SETTLED_S: Final = 900.0
"""After a fault's end its aftermath may last."""
BEFORE_S: Final = 120.0
BEFORE_SAMPLES: Final = 30.0
"""The truth says when a fault began to a minute or two, or to some samples where they are seconds apart."""
SAMPLES_LEAST: Final = 45
"""Thirty of history, and fifteen of fault and recovery…"""
LEAST_S: Final = 600.0
"""…and as long as it takes to learn what is normal, to fail and to recover."""
_LOOKED_AT: Final = 50_000
"""Records that tell how often a dump is sampled."""


@dataclass(frozen=True, slots=True)
class Sample:
    at_s: float
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of one case's metrics between two moments at which nothing was wrong."""

    case: Case
    begin_s: float
    end_s: float
    step_s: float
    """The usual interval between two samples of a series."""

    def samples(self, begin_s: float, end_s: float) -> list[Sample]:
        """What was sampled in a part of it, in order of arrival."""
        return [sample for sample in _samples(self.case) if max(begin_s, self.begin_s) <= sample.at_s < min(end_s, self.end_s)]


def stretches(case: Case) -> list[Stretch]:
    """The stretches of a case that are long enough, in order of time."""
    if case.topic("metrics") is None:
        return []
    step_s = _step(islice(_samples(case), _LOOKED_AT))
    least_s = max(SAMPLES_LEAST * step_s, LEAST_S)
    return [Stretch(case, begin_s, end_s, step_s) for begin_s, end_s in _between(case, step_s) if end_s - begin_s >= least_s]


def _samples(case: Case) -> Iterator[Sample]:
    path = case.topic("metrics")
    for line in records(path) if path else ():
        record = orjson.loads(line)
        yield Sample(seconds(record["timestamp"]), record)


def calls_of(case: Case, samples: Iterable[Sample]) -> frozenset[tuple[str, str]]:
    """(client, server) as the catalogue and the labels of metrics tell."""
    found = set()
    for sample in samples:
        labels = sample.record["labels"]
        if "client" in labels and "server" in labels:
            found.add((labels["client"], labels["server"]))
    catalogue = catalogue_at(case.catalogue)
    declared = catalogue.calls if catalogue else {}
    found |= {(split(client)[1], split(server)[1]) for client, servers in declared.items() for server in servers}
    return frozenset(edge for edge in found if edge[0] != edge[1])


def _between(case: Case, step_s: float) -> Iterator[tuple[float, float]]:
    before_s = min(BEFORE_S, BEFORE_SAMPLES * step_s)
    begin_s = seconds(case.about["start"])
    for fault in sorted(case.faults, key=lambda fault: fault.begin_s):
        yield begin_s, fault.begin_s - before_s
        begin_s = fault.end_s + SETTLED_S
    yield begin_s, case.end_s


def _step(told: Iterable[Sample]) -> float:
    times: dict[bytes, list[float]] = {}
    for sample in told:
        times.setdefault(series_of(sample.record), []).append(sample.at_s)
    gaps = [gap for each in times.values() for gap in np.diff(each).tolist() if gap > 0]
    return float(np.median(gaps)) if gaps else 1.0
