"""Every way in which an entity departed from its normal, as a sentence with its first deviating record.

Knows:   how to put the evidence of a span of time into Findings.
Ignores: how evidence is measured (telemetry.py) and what it adds up to (blame.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from correlate.scene import Finding, Floats, Sample
from correlate.telemetry.flow import Flow
from correlate.telemetry.inquiry import TELLING, deviating, samples, values_of
from correlate.telemetry.logs import SEQUENCE, SHARE, Shift
from correlate.telemetry.roles import CALLS, FAMILIES, LOG_SEQUENCE, LOG_SHARE, PUBLIC
from correlate.words import name_of, number, percent, template, with_unit
from schemas.signal import Kind, Subject

if TYPE_CHECKING:
    from correlate.telemetry.telemetry import Telemetry


def findings(telemetry: Telemetry, onset_ns: int, now_ns: int, limit: int, seen_ns: int) -> list[Finding]:
    """Every way in which an entity departed from its normal from an onset to now, the most surprising first; each series with its last
    sample by `seen_ns`."""
    if telemetry.silent:
        return []
    local = telemetry.local_levels_at(onset_ns)
    evidence = telemetry.judge_span(onset_ns, now_ns, local)
    calibrated = telemetry.calibrate(evidence.raw)
    found = []
    for entity, family in np.argwhere(calibrated >= TELLING).tolist():
        nats = float(calibrated[entity, family])
        if family in (LOG_SHARE, LOG_SEQUENCE):
            made = _of_logs(
                telemetry, entity, family, evidence.shifts[entity, SEQUENCE if family == LOG_SEQUENCE else SHARE], nats, onset_ns, now_ns
            )
        elif family == CALLS:
            made = _of_calls(telemetry, entity, evidence.flow, nats, onset_ns, now_ns)
        else:
            made = _of_metrics(telemetry, entity, family, evidence.nats, evidence.deviation, nats, onset_ns, now_ns, seen_ns)
        if made is not None:
            found.append(made)
    found.sort(key=lambda finding: (-finding.nats, finding.entity, finding.family))
    return found[:limit]


def _of_metrics(
    telemetry: Telemetry, entity: int, family: int, nats: Floats, deviation: Floats, shown: float, onset_ns: int, now_ns: int, seen_ns: int
) -> Finding | None:
    table, registry = telemetry.series, telemetry.registry
    name = FAMILIES[family]
    if name.startswith("edge_out"):
        mine = np.nonzero((registry.client == entity) & (registry.family == FAMILIES.index(name.replace("out", "in"))))[0]
    else:
        mine = np.nonzero((registry.owner == entity) & (registry.family == family))[0]
    mine = mine[values_of(nats, mine) > 0]
    if not len(mine):
        return None
    series = int(mine[np.argmax(nats[mine])])
    window = int(table.window[series])
    found = deviating(telemetry, series, float(deviation[series]), onset_ns - window, now_ns)
    columns, first = found if found else (samples(telemetry, series, onset_ns, now_ns), 0)
    if not len(columns):
        return None
    at = int(columns[first])
    observed, expected = float(np.median(table.values[series, columns[first:]])), float(table.level[series])
    subject = registry.subjects[series]
    whom = name_of(registry.entities[entity])
    rate = bool(table.cumulative[series])
    return Finding(
        entity=registry.entities[entity],
        family=PUBLIC.get(name, name),
        nats=shown,
        subject=subject,
        first_ns=int(table.times[series, at]),
        last_ns=int(table.times[series, columns[-1]]),
        observed=observed,
        expected=expected,
        text=(
            f"{subject.name} of {'calls of ' if name.startswith('edge_out') else ''}{whom} went from {number(expected)} to "
            f"{with_unit(observed, subject.unit, per_second=rate)}"
        ),
        position=_sample(telemetry, series, at).position,
        last=_sample(telemetry, series, int(samples(telemetry, series, onset_ns - window, seen_ns)[-1])),
    )


def _of_calls(telemetry: Telemetry, entity: int, flow: Flow, shown: float, onset_ns: int, now_ns: int) -> Finding | None:
    """The edge whose calls per request have changed most."""
    table, registry = telemetry.series, telemetry.registry
    mine = np.nonzero(registry.client[flow.edges] == entity)[0]
    if not len(mine):
        return None
    best = int(mine[np.argmax(flow.nats[mine])])
    series, observed, expected = int(flow.edges[best]), float(flow.observed[best]), float(flow.expected[best])
    columns = samples(telemetry, series, onset_ns, now_ns)
    if not len(columns):
        return None
    at, whom, callee = int(columns[0]), registry.entities[entity], registry.entities[registry.owner[series]]
    return Finding(
        entity=whom,
        family=FAMILIES[CALLS],
        nats=shown,
        subject=registry.subjects[series],
        first_ns=int(table.times[series, at]),
        last_ns=int(table.times[series, columns[-1]]),
        observed=observed,
        expected=expected,
        text=f"calls of {name_of(whom)} to {name_of(callee)} for each request went from {number(expected)} to {number(observed)}",
        position=_sample(telemetry, series, at).position,
    )


def _sample(telemetry: Telemetry, series: int, column: int) -> Sample:
    table = telemetry.series
    place, offset, row = (int(held[series, column]) for held in (table.places, table.offsets, table.rows))
    return Sample(int(table.times[series, column]), float(table.values[series, column]), telemetry.position(place, offset, row))


def _of_logs(telemetry: Telemetry, entity: int, family: int, shift: Shift, shown: float, onset_ns: int, now_ns: int) -> Finding | None:
    logs, name = telemetry.logs, telemetry.registry.entities[entity]
    first = logs.first_of(shift, onset_ns)
    if first is None:
        return None
    time, place, offset, row = first
    what, after = logs.wording(shift)
    text = f"{_of_which_lines(what, after, name_of(name), family)} went from {percent(shift.expected)} to {percent(shift.observed)}"
    subject = Subject(kind=Kind.LOG, entity=name, name=what or after)
    return Finding(
        name, FAMILIES[family], shown, subject, time, now_ns, shift.observed, shift.expected, text, telemetry.position(place, offset, row)
    )


def _of_which_lines(what: str, after: str, whom: str, family: int) -> str:
    """Which share moved: of an entity's lines, of its traces, or of what follows a line within a trace."""
    if family == LOG_SHARE:
        return f"the share of {template(what)} among the log lines of {whom}"
    if not after:
        return f"the share of traces that {template(what)} begins at {whom}"
    follows = template(what) if what else "nothing more"
    return f"how often {follows} follows {template(after)} in the traces of {whom}"
