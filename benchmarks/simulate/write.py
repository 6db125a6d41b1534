"""Writes a simulated outage as a case of a set: topic dumps in native formats, catalogue, case.json, truth.

Knows:   the folder form that recorded outages have, so that one scorer serves both.
Ignores: how the outage was simulated.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from benchmarks.dumps import write_dump
from benchmarks.simulate.alerts import alerts
from benchmarks.simulate.changes import Story, story
from benchmarks.simulate.logs import logs
from benchmarks.simulate.metrics import metrics
from benchmarks.simulate.outage import Outage, outage
from benchmarks.simulate.plan import DAY_S, QUIET, Plan, long_plan, plan
from benchmarks.simulate.pods import pods_and_deploys
from benchmarks.simulate.samples import samples

SET: Final = "simulated"
LONG_SET: Final = "simulated-long"
EPOCH_S: Final = 1_767_225_600
"""2026-01-01; each seed has a day of its own."""
MONDAY_S: Final = EPOCH_S - 3 * DAY_S


class _Clock:
    def __init__(self, plan: Plan) -> None:
        day = EPOCH_S + plan.seed % 3_650 * DAY_S
        self.begin_s = MONDAY_S + plan.seed % 500 * 7 * DAY_S + plan.begins_s if plan.long else day

    def stamp(self, at_s: float) -> str:
        whole, ms = divmod(round((self.begin_s + at_s) * 1_000), 1_000)
        return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"

    def ms(self, at_s: float) -> int:
        return round((self.begin_s + at_s) * 1_000)


def write_set(directory: Path, seeds: Iterable[int], long: bool = False) -> Path:
    """A whole set; the folder is there only once it is complete."""
    seeds = list(seeds)
    to = directory / (LONG_SET if long else SET)
    shutil.rmtree(to, ignore_errors=True)
    truth = {name_of(seed): write_case(to / name_of(seed), (long_plan if long else plan)(seed)) for seed in seeds}
    (to / "truth.json").write_bytes(orjson.dumps(truth, option=orjson.OPT_INDENT_2))
    return to


def name_of(seed: int) -> str:
    return f"seed-{seed:05d}"


def write_case(directory: Path, planned: Plan) -> list[dict[str, Any]]:
    """Writes one case and returns its truth."""
    happened, clock = outage(planned), _Clock(planned)
    seen = samples(happened)
    pods, deploys = pods_and_deploys(happened)
    told = story(happened, deploys, clock.stamp, clock.ms)
    directory.mkdir(parents=True)
    signals = {"metrics": sorted(metrics(happened, seen, pods, clock.stamp))}
    if happened.plan.logs:
        signals["logs"] = sorted(logs(happened, pods, told, clock.stamp))
    if happened.plan.alerts:
        signals["alerts"] = sorted(alerts(happened, seen, clock.stamp))
    if happened.plan.changes:
        signals["deploys"] = list(told.records)
    present = [signal for signal, rows in signals.items() if rows]
    for signal in present:
        write_dump(directory, signal, (value for _, value in signals[signal]))
    if happened.plan.catalogue:
        (directory / "catalog-info.yaml").write_text(_catalogue(happened))
    about = _about(happened, clock, present, directory.name)
    (directory / "case.json").write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2))
    return [] if planned.fault == QUIET else [_truth(happened, told, clock, directory.name)]


def _about(happened: Outage, clock: _Clock, present: list[str], name: str) -> dict[str, Any]:
    plan = happened.plan
    return {
        "set": LONG_SET if plan.long else SET,
        "case": name,
        "start": clock.stamp(0),
        "end": clock.stamp(plan.lasts_s),
        "estate": f"{plan.services} simulated services, sampled every {plan.step_s} s, {plan.shape} traffic",
        "signals": present,
        "services": sorted(happened.estate.names),
        "streams": "no fault" if plan.fault == QUIET else "one fault",
        "note": f"without {', '.join(plan.missing)}" if plan.missing else "every family of telemetry",
    }


def _truth(happened: Outage, told: Story, clock: _Clock, name: str) -> dict[str, Any]:
    plan, fault, names = happened.plan, happened.fault, happened.estate.names
    chain = [{"from": f"service:{names[a]}", "to": f"service:{names[b]}"} for a, b in happened.chain]
    if told.change:
        chain = [{"from": f"change:{told.change}", "to": f"service:{names[happened.cause]}"}, *chain]
    return {
        "id": name,
        "from": clock.stamp(fault.begin_s),
        "to": clock.stamp(fault.end_s),
        "cause": {"service": names[happened.cause], "kind": plan.fault, "detail": fault.mechanism},
        "change": told.change,
        "also_changes": list(told.also),
        "also": [names[entry] for entry in happened.estate.entries] if plan.fault == "none" else [],
        "blast_radius": sorted(names[service] for service in happened.affected - {happened.cause}),
        "chain": chain,
    }


def _catalogue(happened: Outage) -> str:
    estate = happened.estate
    documents = [
        {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {"name": name},
            "spec": {
                "type": "service",
                "lifecycle": "production",
                "owner": "platform",
                "dependsOn": [f"component:{estate.names[estate.server[edge]]}" for edge in estate.edges_out_of(service).tolist()],
            },
        }
        for service, name in enumerate(estate.names)
    ]
    return yaml.safe_dump_all(documents, sort_keys=False)
