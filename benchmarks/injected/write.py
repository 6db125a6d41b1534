"""Writes cases of a set: a quiet stretch of recorded metrics with one fault in it, and the truth.

Knows:   which recorded metrics are latencies, success ratios and processor use, by the words of their names, and how a fault moves them.
Ignores: the engine; logs, alerts and changes of the recording: a case has metrics, and the catalogue if there is one.

The same seed and the same recordings give the same bytes.  Nothing of a recording is kept but what is written here, beside other results.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from benchmarks.cases import Case
from benchmarks.dumps import write_dump
from benchmarks.injected.effects import Effects, effects
from benchmarks.injected.stretches import Sample, Stretch, calls_of, stretches

SET: Final = "injected"
KINDS: Final = ("network", "cpu", "code")
_LATENCY: Final = re.compile(r"latency|duration")
_COUNTER: Final = re.compile(r"_(total|count|sum|bucket)$")
_SUCCESS: Final = re.compile(r"success|availability")
_CPU: Final = re.compile(r"^(?!node_|system_).*cpu")
_HISTORY_SAMPLES: Final = (30, 240)
_HISTORY_S: Final = 300.0
"""Of normal times at least: less than any detector can learn from."""
_FAULT_SAMPLES: Final = (5, 10)
_TAIL_SAMPLES: Final = 5
_FAULT_S: Final = 180.0
"""A fault lasts five samples or three minutes at least, whichever is longer: what is over sooner wakes nobody."""
_BUSY_PERCENT: Final = 90.0
"""What a stress test takes of the processors that a component may use."""
_BUSIER: Final = 10.0
"""…where that is not measured: services at rest use a tenth."""
_SERVING: Final = 0.5
"""Only components that were measured in at least this share of the samples can show a fault."""


@dataclass(frozen=True, slots=True)
class Plan:
    case: Case
    step_s: float
    samples: tuple[Sample, ...]
    kind: str
    service: str
    begin_s: float
    """Of the history."""
    fault_s: float
    healed_s: float
    end_s: float
    effects: Effects


def write_set(directory: Path, sets: Mapping[str, Sequence[Case]], seeds: Iterable[int]) -> Path:
    """A set of one case a seed, from the recorded sets in turn; its folder is there only once it is complete.  Sets without a quiet stretch
    give nothing, and neither does a stretch in which no component shows enough."""
    to = directory / SET
    shutil.rmtree(to, ignore_errors=True)
    quiet = [each for cases in sets.values() if (each := [stretch for case in cases for stretch in stretches(case)])]
    truth: dict[str, Any] = {}
    for seed in seeds if quiet else ():
        planned = plan(quiet[seed % len(quiet)], seed)
        if planned is not None:
            name = f"{planned.case.set}-{seed}"
            truth[name] = [_write_case(to / name, planned)]
    if truth:
        (to / "truth.json").write_bytes(orjson.dumps(truth, option=orjson.OPT_INDENT_2))
    return to


def plan(quiet: Sequence[Stretch], seed: int) -> Plan | None:
    """Where, when and what; None if nothing in the stretch could show any fault."""
    dice = random.Random(f"{quiet[0].case.set}/{seed}")
    stretch = dice.choice(quiet)
    case, step_s = stretch.case, stretch.step_s
    lasts_s = max(dice.randint(*_FAULT_SAMPLES) * step_s, _FAULT_S)
    room_s = stretch.end_s - stretch.begin_s - lasts_s - _TAIL_SAMPLES * step_s
    history_s = min(max(dice.randint(*_HISTORY_SAMPLES) * step_s, _HISTORY_S), room_s)
    begin_s = stretch.begin_s + dice.random() * (room_s - history_s)
    fault_s = begin_s + history_s
    end_s = fault_s + lasts_s + _TAIL_SAMPLES * step_s
    samples = stretch.samples(begin_s, end_s)
    seen = _usual([sample for sample in samples if sample.at_s < fault_s], history_s / step_s)
    calls = {edge: dice.uniform(0.4, 1.0) for edge in sorted(calls_of(case, samples))}
    choices = [(kind, service) for kind in KINDS for service in sorted(seen.of(kind)) if service in case.services]
    if not choices:
        return None
    kind = dice.choice(sorted({kind for kind, _ in choices}))
    service = dice.choice([service for each, service in choices if each == kind])
    size = dice.uniform(0.2, 0.9) if kind == "code" else seen.delay(service, dice.uniform(3.0, 10.0))
    what = effects(kind, service, size, calls, busier=seen.computes.get(service, _BUSIER), by_clients=seen.by_clients)
    return Plan(case, step_s, tuple(samples), kind, service, begin_s, fault_s, fault_s + lasts_s, end_s, what)


@dataclass(frozen=True, slots=True)
class _Usual:
    """What was seen of each service before the fault: middle and spread of its latency, in seconds or whatever its series use."""

    latency: Mapping[str, tuple[float, float]]
    succeeds: frozenset[str]
    computes: Mapping[str, float]
    """By which factor a busy component works more than usual."""
    by_clients: bool
    """Whether clients measure their calls, or components only their own answers."""

    def of(self, kind: str) -> Set[str]:
        """Who can show a fault of a kind so that somebody feels it."""
        return {"network": self.latency.keys(), "cpu": self.computes.keys() & self.latency.keys(), "code": self.succeeds}[kind]

    def delay(self, service: str, times: float) -> float:
        """Some times what is usual, and beyond what it varies by anyway: somebody must be able to feel it."""
        middle, spread = self.latency.get(service, (0.0, 0.0))
        return times * max(middle, spread)


def _usual(samples: Iterable[Sample], history_samples: float) -> _Usual:
    latency: dict[str, list[float]] = {}
    success: dict[str, list[float]] = {}
    computes: dict[str, list[float]] = {}
    by_clients = False
    for sample in samples:
        name, labels = sample.record["name"], sample.record["labels"]
        service, value = labels.get("server") or labels.get("service"), float(sample.record["value"])
        if service is None or not np.isfinite(value):
            continue
        by_clients |= _is_latency(name) and ("client" in labels or "_client_" in name)
        if _is_latency(name) and "_client_" not in name:
            latency.setdefault(service, []).append(value)
        elif _SUCCESS.search(name):
            success.setdefault(service, []).append(value / (100.0 if _in_percent(name) else 1.0))
        elif _CPU.search(name):
            computes.setdefault(service, []).append(value if "percent" in name else np.nan)
    least = _SERVING * history_samples
    spans = {
        service: (float(np.median(each)), float(np.subtract(*np.quantile(each, [0.75, 0.25]))))
        for service, each in latency.items()
        if len(each) >= least
    }
    return _Usual(
        {service: span for service, span in spans.items() if max(span) > 0},
        frozenset(service for service, each in success.items() if len(each) >= least and np.median(each) > 0.5),
        {service: _busier(each) for service, each in computes.items() if len(each) >= least},
        by_clients,
    )


def _busier(percents: Sequence[float]) -> float:
    known = np.asarray(percents)[np.isfinite(percents)]
    return max(_BUSY_PERCENT / max(float(np.median(known)), 0.1), 1.0) if known.size else _BUSIER


def _is_latency(name: str) -> bool:
    return bool(_LATENCY.search(name)) and not _COUNTER.search(name)


def _in_percent(name: str) -> bool:
    return "percent" in name or "availability" in name


def moved(record: Mapping[str, Any], what: Effects) -> float | None:
    """The value of a record under the fault; None where it stays as it was."""
    name, labels, value = record["name"], record["labels"], float(record["value"])
    service = labels.get("service", "")
    client, server = labels.get("client"), labels.get("server")
    if not np.isfinite(value):
        return None
    if _is_latency(name):
        if client and server:
            at_server = labels.get("reporter") == "destination"
            more = what.slower_s.get(server, 0.0) if at_server else what.calls_slower_s.get((client, server), 0.0)
        elif "_client_" in name:
            more = max((late for edge, late in what.calls_slower_s.items() if edge[0] == service), default=0.0)
        else:
            more = what.slower_s.get(service, 0.0)
        return value + more if more else None
    if _SUCCESS.search(name):
        lost = what.failing.get(server or service)
        return value * (1.0 - lost) if lost else None
    if _CPU.search(name) and service in what.busier:
        busy = value * what.busier[service]
        return min(busy, max(value, 100.0)) if "percent" in name else busy
    return None


def _lines(planned: Plan) -> Iterator[bytes]:
    for sample in planned.samples:
        value = moved(sample.record, planned.effects) if planned.fault_s <= sample.at_s < planned.healed_s else None
        yield orjson.dumps(sample.record if value is None else sample.record | {"value": repr(value)})


def _write_case(directory: Path, planned: Plan) -> dict[str, Any]:
    case = planned.case
    directory.mkdir(parents=True)
    write_dump(directory, "metrics", _lines(planned))
    if case.catalogue is not None:
        shutil.copyfile(case.catalogue, directory / "catalog-info.yaml")
    about = {
        "set": SET, "case": directory.name, "start": _stamp(planned.begin_s), "end": _stamp(planned.end_s), "estate": f"{case.set} {case.name}",
        "signals": ["metrics"], "services": list(case.services), "streams": "one fault", "note": f"every {planned.step_s:g} s",
    }  # fmt: skip
    (directory / "case.json").write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2))
    return {
        "id": directory.name,
        "from": _stamp(planned.fault_s),
        "to": _stamp(planned.healed_s),
        "cause": {"service": planned.service, "kind": planned.kind, "detail": "injected"},
        "change": None,
    }


def _stamp(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}Z"
