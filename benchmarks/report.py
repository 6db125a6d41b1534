"""docs/accuracy.md out of stored figures.

Knows:   the order of what is told, and the words around the tables.
Ignores: how anything was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from benchmarks.ablations import KINDS
from benchmarks.floors import FLOORS
from benchmarks.perturb import PERTURBATIONS
from benchmarks.published import goals_of, peers_of
from benchmarks.tables import CAUSES, DETECTION, GROUPING, REST, SHORT, markdown, presentable, show, show_drop

_HEAD: Final = """# Accuracy

Regenerate with `python -m benchmarks accuracy --write docs/accuracy.md` (recorded sets are taken from `../shared/exam` where present, or
from `--exam DIR`; simulated and injected ones are made from their seeds).  One engine and one set of parameters for all rows.

**found**: an incident overlaps the fault's window (2 min before to 5 min after).  **AC@k**: the true service is among the first k causes of
the fault's biggest incident.  **own**: each incident answers for one fault only, nearest onset first; a fault without an incident of its own
scores 0.  **HR@k**: likewise for the guilty change.  **abstained**: no change accused (score ≥ 0.5) where none is guilty.  **false**:
incidents that overlap no fault; **false/day**: for each day of time outside every fault's window.  **merged**: faults that share their biggest incident.  **chain precision**: share of the chain's edges along which failure really
ran (direct: edge by edge), known for simulated outages only.  **ECE**: by how much the first cause's score differs from how often it is right."""
_GROUPING: Final = """Incidents made of the alerts alone by rules that many teams have, by the same scores: each alert by itself (a repeat within five
minutes is none); a new incident after five silent minutes, in one stream or for each service; and the groups of Prometheus Alertmanager by
alert name and service, which live as long as one of their alerts.  Only sets with a hundred alerts."""
_SIMULATED: Final = """Each simulated outage is one seed: a layered call graph of 5 to 200 services, sized with headroom; requests arrive by chance, flat, in
the rhythm of a day or in bursts; they hold a worker until their callees have answered, queue, time out and are tried again.  A fault changes
one cause (processors, memory, a disk, the network around a service, code, a limit, a provider outside, a release, or nothing but more
requests); everything else follows from arithmetic, and the truth (who was hurt, along which calls) is the difference to the same run without
the fault.  Regular jobs, everyday errors, innocent releases and alerts that mean nothing happen anyway.  Logs, call graph, catalogue, alerts
and changes are each missing in some.  Kinds of fault and sampling rates take turns with the seeds."""
_INJECTED: Final = """Each is a quiet stretch of a recorded set's metrics, real noise and all, into which one fault was put at a random moment: a
network delay (who sends late, and every caller that waits), a busy processor with slower work, or a share of failing requests, felt upstream
as far as callers make the call.  There are neither logs nor alerts, and incidents outside the fault count as false though the recording may
have had troubles of its own.  A delay is three to ten times the usual latency or its spread, whichever is more."""
_UNFITTED: Final = """No number of the engine is found by search over these sets, so there is no tuning that a set could be left out of: every
row above is that of an untuned set.  What can be tried is to make the same outages harder:"""
_NO_FIGURE: Final = "not measured"


def document(stored: Mapping[str, Any]) -> str:
    return "\n\n".join(_parts(stored)) + "\n"


def _parts(stored: Mapping[str, Any]) -> Iterator[str]:
    sets = stored["sets"]
    yield _HEAD
    yield _measured_with(stored)
    yield "## Goals\n\n" + _goals(sets)
    yield "## Detection and onset\n\n" + _scores(sets, DETECTION)
    yield "## Causes by service\n\n" + _scores(sets, CAUSES)
    yield "## Changes, calibration, chains, storms\n\n" + _scores(sets, REST)
    yield f"## Grouping, beside simple rules\n\n{_GROUPING}\n\n" + _grouping(sets)
    yield "## Cost\n\n" + _cost(sets)
    yield "## Beside others\n\n" + _beside(sets)
    yield "## Are the scores probabilities?\n\n" + _reliability(stored)
    if stored.get("simulated"):
        yield f"## Simulated outages by kind, sampling and what is missing\n\n{_SIMULATED}\n\n" + _by_group(stored["simulated"])
    if stored.get("injected"):
        yield f"## Faults put into recorded telemetry\n\n{_INJECTED}\n\n" + _by_group(stored["injected"])
    yield "## Worse conditions\n\n" + _study(stored, "generality", partial(_generality, sets))
    yield "## Each kind of evidence switched off\n\n" + _study(stored, "ablation", partial(_ablation, sets))
    yield "## Parameters halved and doubled\n\n" + _parameters(stored.get("parameters") or [])
    yield _study(stored, "sensitivity", partial(_sensitivity, sets))
    yield "## Failures, one by one\n\n" + _failures(stored["failures"])


def _study(stored: Mapping[str, Any], name: str, told: Callable[[Sequence[Mapping[str, Any]]], str]) -> str:
    """One study's tables.  Each study takes hours, so it may have been made with an earlier version of the engine, and then says so."""
    study = stored.get("studies", {}).get(name)
    if study is None:
        return f"`--{name}`: {_NO_FIGURE}."
    rows = [row for row in study["rows"] if row["set"] in stored["sets"]]
    earlier = (
        ""
        if study["engine"] == stored["engine"]
        else f"Made with an earlier engine, {study['engine']}; what it is compared with as well.\n\n"
    )
    return earlier + told(rows)


def _measured_with(stored: Mapping[str, Any]) -> str:
    absent = stored.get("absent") or []
    text = f"Engine {stored['engine']}; seeds {stored['seeds']}."
    return text + (f"  Not present, so not measured: {', '.join(absent)}." if absent else "")


def _goals(sets: Mapping[str, Any]) -> str:
    rows = []
    for name, row in sets.items():
        for goal in goals_of(name):
            value = row["scores"].get(goal.score)
            told = "–" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")
            rows.append(
                [
                    name,
                    goal.score,
                    f"{'≤' if goal.at_most else '≥'} {goal.bound:g}",
                    told,
                    "met" if goal.met(value) else "**missed**",
                ]
            )
    return markdown(("set", "score", "goal", "measured", ""), rows)


def _scores(sets: Mapping[str, Any], names: Sequence[str]) -> str:
    rows = [[f"{name} ({row['faults']})", *(show(each, shown.get(each)) for each in names)] for name, shown, row in _shown(sets)]
    return markdown(("set (faults)", *names), rows)


def _shown(sets: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, float | None], Mapping[str, Any]]]:
    for name, row in sets.items():
        yield name, presentable(row["scores"]), row


def beside_rules(sets: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Mapping[str, float | None]]]]:
    """Of every set with enough alerts to be grouped: its name, the engine's scores and those of the rules."""
    for name, shown, row in _shown(sets):
        if shown.get("reduction") is not None:
            yield name, {"Causeline": shown, **row.get("rules", {})}


def _grouping(sets: Mapping[str, Any]) -> str:
    rows = [
        [name, f"**{label}**" if label == "Causeline" else label, *(show(each, found.get(each)) for each in GROUPING)]
        for name, compared in beside_rules(sets)
        for label, found in compared.items()
    ]
    return markdown(("set", "grouped by", *GROUPING), rows)


def _cost(sets: Mapping[str, Any]) -> str:
    rows = [
        [
            name,
            str(row["cases"]),
            f"{row['records']:,}",
            f"{row['seconds']:.0f}",
            f"{row['records'] / max(row['seconds'], 1e-9):,.0f}",
            str(row["rejected"]),
        ]
        for name, row in sets.items()
    ]
    return markdown(("set", "cases", "records", "CPU seconds", "records/CPU s", "rejected"), rows)


def _beside(sets: Mapping[str, Any]) -> str:
    names = ("AC@1", "AC@3", "AC@5", "own AC@1", "HR@1", "HR@3", "abstained", "decoys first", "reduction", "purity")
    rows = []
    for name, shown, row in _shown(sets):
        rows.append([name, "**Causeline**", "finds when", *(show(each, shown.get(each)) for each in names), "this table"])
        for floor in FLOORS:
            found = row["floors"].get(floor, {})
            rows.append([name, f"floor: {floor}", "told when", *(show(each, found.get(each)) for each in names), "measured"])
        rows += [
            [name, peer.method, peer.time, *(show(each, peer.figures.get(each)) for each in names), peer.source] for peer in peers_of(name)
        ]
    return markdown(("set", "method", "time", *names, "source"), rows)


def _reliability(stored: Mapping[str, Any]) -> str:
    rows = [[f"{said:.2f}", f"{right:.2f}", str(count)] for said, right, count in stored["reliability"]]
    return "First causes of all found faults of all sets.\n\n" + markdown(("mean score", "share that was right", "faults"), rows)


def _by_group(groups: Sequence[Mapping[str, Any]]) -> str:
    rows = [[row["group"], str(row["faults"]), *(show(name, row["scores"].get(name)) for name in SHORT)] for row in groups]
    return markdown(("cases", "faults", *SHORT), rows)


def _compared(sets: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    told = [
        [
            row["set"], row["variant"], f"{row['cases']} of {sets[row['set']]['cases']}",
            *(show_drop(name, row["scores"].get(name), row["before"].get(name)) for name in SHORT),
        ]
        for one in sets
        for row in rows
        if row["set"] == one
    ]  # fmt: skip
    return markdown(("set", "condition", "cases", *SHORT), told)


def _generality(sets: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    says = "\n".join(f"* **{title}**: {perturbation.says}." for title, perturbation in PERTURBATIONS.items())
    return f"{_UNFITTED}\n\n{says}\n\nIn brackets: against the same cases as recorded.\n\n{_compared(sets, rows)}"


def _ablation(sets: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    says = "\n".join(f"* **{name}**: {kind.says}." for name, kind in KINDS.items())
    changed = [row for row in rows if any(_differs(row, name) for name in SHORT)]
    same: dict[str, list[str]] = {}
    for row in rows:
        if row not in changed:
            same.setdefault(row["variant"], []).append(row["set"])
    unchanged = "\n".join(f"* {variant}: {', '.join(names)}" for variant, names in same.items())
    return f"{says}\n\n{_compared(sets, changed)}\n\nNo figure changes in:\n\n{unchanged}"


def _differs(row: Mapping[str, Any], name: str) -> bool:
    value, before = row["scores"].get(name), row["before"].get(name)
    return value is not None and before is not None and abs(value - before) >= 0.005


def _parameters(parameters: Sequence[Mapping[str, Any]]) -> str:
    return markdown(
        ("parameter", "value", "unit", "reason"),
        [[each["name"], f"{each['value']:g}", each["unit"], each["reason"]] for each in parameters],
    )


def _sensitivity(sets: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """A line a turned parameter, a column a set: its headline score and F1 of detection."""
    columns: dict[str, str] = {}
    lines: dict[str, dict[str, str]] = {}
    for row in rows:
        name = row["set"]
        score = _HEADLINE.get(name, "AC@1")
        columns.setdefault(name, f"{name} ({row['cases']} of {sets[name]['cases']}): {score}; F1")
        told = (show_drop(each, row["scores"].get(each), row["before"].get(each)) for each in (score, "F1"))
        lines.setdefault(row["variant"], {})[name] = "; ".join(told)
    return markdown(
        ("parameter", *columns.values()), [[variant, *(found.get(name, "–") for name in columns)] for variant, found in lines.items()]
    )


_HEADLINE: Final = {
    "alertstorm": "reduction", "alertstream": "own AC@1", "changes": "HR@1", "onlineboutique": "own AC@1", "rootcausebench": "HR@1",
    "trainticket-day1": "own AC@1",
}  # fmt: skip


def _failures(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return "None."
    names = ("set", "case", "fault", "what", "truth", "named", "rank", "because")
    head = ("set", "case", "fault", "what went wrong", "true", "named first", "rank of the truth", "said")
    return markdown(head, [[row[name] for name in names] for row in rows])
