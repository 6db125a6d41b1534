"""Questions about what the telemetry remembers: since when, by which clock, which samples, and what moves with a symptom.

Knows:   how to read the series table and the logs of a `Telemetry`.
Ignores: how they are filled; incidents.  Nothing is changed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from correlate.scene import Floats, Int64s, Series
from correlate.telemetry.accounted import accounted
from correlate.telemetry.logs import SEQUENCE, SHARE
from correlate.telemetry.onset import run
from correlate.telemetry.roles import (
    EDGE_ERRORS,
    EDGE_IN_CLIENT,
    EDGE_IN_SERVER,
    ERRORS,
    IGNORED,
    LATENCY,
    LOG_SEQUENCE,
    LOG_SHARE,
    TRAFFIC,
    owner_of,
    role_of,
)  # fmt: skip
from correlate.telemetry.series import RING

if TYPE_CHECKING:
    from correlate.telemetry.telemetry import Telemetry

SYMPTOMS: Final = (LATENCY, ERRORS, EDGE_IN_CLIENT, EDGE_IN_SERVER, EDGE_ERRORS)
"""Families in which users feel an outage."""
TELLING: Final = 4.0
"""Nats from which on a series may say when its entity's trouble began."""
_STRONG: Final = 0.5
"""…if it has half of the strongest one's."""
_REACH: Final = 3
"""Windows that are searched for the first deviating sample."""
_TOGETHER: Final = 20
"""Samples of a symptom with which others are compared."""
_FEW: Final = 5


def clock(telemetry: Telemetry, entity: str) -> int:
    """The entity's unit of time: the finest window among its strong witnesses; the median of its series' windows while there is none."""
    number, shortest = telemetry.registry.number_of.get(entity, -1), telemetry.parameters.window_ns
    mine = np.nonzero(telemetry.registry.owner == number)[0]
    windows = telemetry.series.window
    nats, spans = values_of(telemetry.evidence.nats, mine), windows[mine]
    told = [shift.nats for (owner, _), shift in telemetry.evidence.shifts.items() if owner == number]
    nats, spans = np.append(nats, told), np.append(spans, np.full(len(told), shortest))  # logs are counted by the shortest window
    if len(nats) and nats.max() > 0:
        return int(spans[nats >= _STRONG * nats.max()].min())
    usual = windows[mine] if len(mine) else windows
    return int(np.median(usual)) if len(usual) else shortest


def values_of(values: Floats, series: Int64s) -> Floats:
    """Values of series; 0 where they are unknown or not yet judged."""
    known = series < len(values)
    return np.nan_to_num(np.where(known, values[np.minimum(series, len(values) - 1)], 0.0)) if len(values) else np.zeros(len(series))


def samples(telemetry: Telemetry, series: int, from_ns: int, to_ns: int) -> Int64s:
    """Ring columns of one series' samples in (from, to], oldest first."""
    table = telemetry.series
    head = int(table.head[series])
    columns: Int64s = np.arange(max(0, head - RING), head, dtype=np.int64) % RING
    times = table.times[series, columns]
    return np.asarray(columns[(times > from_ns) & (times <= to_ns)])


def deviating(telemetry: Telemetry, series: int, kept_up: float, from_ns: int, to_ns: int) -> tuple[Int64s, int] | None:
    """(ring columns, index of the first deviating sample of the last run) of one series; None where none deviates."""
    table = telemetry.series
    columns = samples(telemetry, series, from_ns, to_ns)
    if not len(columns):
        return None
    z = (table.values[series, columns] - table.level[series]) / table.scale(np.array([series]))[0]
    found = run(table.times[series, columns], z, kept_up, int(table.window[series]) // 2)
    return None if found is None else (columns, found[0])


class Begin(NamedTuple):
    """When an entity's trouble began, and how many nats the witness has."""

    nats: float
    at_ns: int


def onset(telemetry: Telemetry, entity: str, since_ns: int) -> Begin | None:
    """When the entity's present trouble began, by its strongest witness since a moment: a run of deviating samples or the split of a log
    share; None while no witness can tell.  A witness that saw less than half of what the entity shows saw something else."""
    number = telemetry.registry.number_of[entity]
    shown = telemetry.calibrated[number].max(initial=0.0) if number < len(telemetry.calibrated) else 0.0
    witnesses = [*_by_series(telemetry, number, since_ns), *_by_logs(telemetry, number, since_ns)]
    return max((witness for witness in witnesses if witness.nats >= _STRONG * shown), default=None)


def _by_series(telemetry: Telemetry, number: int, since_ns: int) -> list[Begin]:
    table, registry, now = telemetry.series, telemetry.registry, telemetry.now_ns
    mine = np.nonzero((registry.owner == number) & (registry.family != IGNORED) & (registry.family != TRAFFIC))[0]
    nats = values_of(telemetry.evidence.nats, mine)
    begins: list[tuple[float, int, int]] = []
    for series, shown in zip(mine[nats >= TELLING].tolist(), nats[nats >= TELLING].tolist(), strict=True):
        reach = max(since_ns, now - _REACH * int(table.window[series]))
        found = deviating(telemetry, series, float(telemetry.evidence.deviation[series]), reach, now)
        if found is None:
            continue
        columns, first = found
        time = int(table.times[series, columns[first]])
        before = int(table.times[series, columns[first - 1]]) if first else 0
        begins.append((shown, max(before, time - max(int(table.step[series]), telemetry.parameters.tick_ns)), time))
    if not begins:
        return []
    strongest = max(begins)[0]
    strong = [begin for begin in begins if begin[0] >= _STRONG * strongest]
    finest = min(end - start for _, start, end in strong)
    fine = sorted((end, start) for _, start, end in strong if end - start <= finest + 1_000_000_000)
    end, start = fine[len(fine) // 2]
    return [Begin(strongest, (start + end) // 2)]


def _by_logs(telemetry: Telemetry, number: int, since_ns: int) -> list[Begin]:
    parameters, found = telemetry.parameters, []
    reach = max(since_ns, telemetry.now_ns - int((1 + parameters.lag_windows) * parameters.window_ns))
    for kind, family in ((SHARE, LOG_SHARE), (SEQUENCE, LOG_SEQUENCE)):
        shift = telemetry.evidence.shifts.get((number, kind))
        if shift is None or shift.nats <= 0:
            continue
        at, nats = telemetry.logs.onset(shift, reach, telemetry.now_ns)
        if at:
            found.append(Begin(float(telemetry.nulls[family].calibrate(np.array([nats]))[0]), at))
    return found


def symptom(telemetry: Telemetry, entity: str, names: frozenset[str], nats: Floats) -> int | None:
    """The series that an alert about an entity means: the one it names, else the latency or error series that deviates most."""
    registry = telemetry.registry
    mine = np.nonzero(registry.owner == registry.number_of.get(entity, -1))[0]
    named = next((series for series in mine.tolist() if registry.subjects[series].name in names), None)
    if named is not None:
        return named
    mine = mine[np.isin(registry.family[mine], SYMPTOMS)]
    shown = values_of(nats, mine)
    return int(mine[np.argmax(shown)]) if len(mine) and shown.max() > 0 else None


def moving_with(telemetry: Telemetry, series: int, since_ns: int, until_ns: int) -> Floats:
    """For each entity the nats by which a latency or error series of it moves with the given one over its last samples, in the hurting
    direction: -ln of the chance that unrelated series correlate as much, and of what fails no more than it accounts for since a moment."""
    table, registry = telemetry.series, telemetry.registry
    shown = np.zeros(len(registry.entities))
    columns = samples(telemetry, series, 0, until_ns)[-_TOGETHER:]
    mine = np.nonzero(np.isin(registry.family, SYMPTOMS))[0]
    mine = mine[mine != series]  # that it moves with itself says nothing
    times, values = table.times[series, columns], table.values[series, columns]
    if len(columns) < _FEW or not len(mine) or values.std() == 0:
        return shown
    held = _held(telemetry, mine, times, int(table.step[series]))
    both = ~np.isnan(held)
    many = both.sum(axis=1)
    x, y = _standard(held), _standard(np.where(both, values[None, :], np.nan))
    sense = (registry.direction[mine] | 1) * (registry.direction[series] | 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.nansum(x * y, axis=1) / many * np.where(np.isnan(x).all(axis=1), np.nan, 1.0) * sense
    good = (many >= _FEW) & (r > 0)
    nats = -0.5 * (many[good] - 2) * np.log1p(-(np.minimum(r[good], 0.999) ** 2))
    np.maximum.at(shown, registry.owner[mine[good]], nats * accounted(telemetry, series, mine[good], since_ns, until_ns))
    return shown


def _held(telemetry: Telemetry, series: Int64s, times_ns: Int64s, step_ns: int) -> Floats:
    """Value of each series at each time: its last sample, if that is no older than a step of either; else NaN."""
    table = telemetry.series
    known = np.where(table.times[series] > 0, table.times[series], np.iinfo(np.int64).max)
    order = np.argsort(known, axis=1, kind="stable")
    ordered, values = np.take_along_axis(known, order, axis=1), np.take_along_axis(table.values[series], order, axis=1)
    row, patience = np.arange(len(series)), np.maximum(table.step[series], step_ns)
    held = np.full((len(series), len(times_ns)), np.nan)
    for index, time in enumerate(times_ns.tolist()):
        last = np.count_nonzero(ordered <= time, axis=1) - 1
        fresh = (last >= 0) & (time - ordered[row, np.maximum(last, 0)] < patience)
        held[fresh, index] = values[row[fresh], last[fresh]]
    return held


def _standard(values: Floats) -> Floats:
    """Each row less its mean, in units of its standard deviation; NaN for a constant row."""
    count = np.maximum(np.count_nonzero(~np.isnan(values), axis=1), 1)
    centred = values - (np.nansum(values, axis=1) / count)[:, None]
    spread = np.sqrt(np.nansum(centred**2, axis=1) / count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread[:, None] > 0, centred / spread[:, None], np.nan)


def series_window(telemetry: Telemetry, from_ns: int, to_ns: int, owners: frozenset[str] | None = None) -> list[Series]:
    """All series with a sample in (from, to]; only those of some entities, where these are given."""
    table, subjects = telemetry.series, telemetry.registry.subjects
    live = np.nonzero(table.last_time[: table.count] > from_ns)[0]
    if owners is not None:
        live = np.array([series for series in live.tolist() if owner_of(subjects[series]) in owners], np.int64)
    position = table.head[live, None] + np.arange(-RING, 0)
    columns = position % RING
    times, values = table.times[live[:, None], columns], table.values[live[:, None], columns]
    inside = (position >= 0) & (times > from_ns) & (times <= to_ns)
    times, values = times[inside], values[inside]
    ends = np.cumsum(inside.sum(axis=1)).tolist()
    return [
        Series(subjects[series], times[begin:end], values[begin:end], int(table.step[series]), _per_second(telemetry, series))
        for series, begin, end in zip(live.tolist(), [0, *ends], ends, strict=False)
        if end > begin
    ]


def _per_second(telemetry: Telemetry, series: int) -> bool | None:
    """A counter's samples are rates; what bears a counter's name and falls counts something else; of a gauge nothing is known."""
    if telemetry.series.cumulative[series]:
        return True
    return False if role_of(telemetry.registry.subjects[series]).cumulative else None
