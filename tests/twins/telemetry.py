"""Slow twins of the telemetry's kernels: one value at a time, in the words of their definitions."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby, pairwise


def median(values: Sequence[float]) -> float:
    known = sorted(value for value in values if not math.isnan(value))
    if not known:
        return math.nan
    return (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2


def spread(deviations: Sequence[float]) -> float:
    known = sorted(value for value in deviations if not math.isnan(value))
    if not known:
        return math.nan
    return max(known[(len(known) - 1) // 2] * 1.4826, known[min(len(known) - 1, int(0.9 * len(known)))] / 1.645)


def stray(samples: Sequence[float], of: int) -> float:
    return abs(samples[of] - median(samples))


def size(level: float, successes: bool) -> float:
    level = abs(level)
    if successes and level <= 1:
        return 1 - level
    return 100 - level if successes and level <= 100 else level


def grain(level: float, step_s: float) -> float:
    """Events of a step scatter by the root of their number; as a rate, over the step."""
    if math.isnan(level) or step_s <= 0:
        return 0.0
    return math.sqrt(abs(level) * step_s) / step_s


def step(times: Sequence[int]) -> float:
    return median([float(after - before) for before, after in pairwise(sorted(time for time in times if time > 0))])


def peer_median(groups: Sequence[int], spreads: Sequence[float], of: int) -> float:
    known = [value for group, value in zip(groups, spreads, strict=True) if group == groups[of] and not math.isnan(value)]
    return median(known) if len(known) >= 3 else 0.0


def peer_rarity(groups: Sequence[int], rows: Sequence[Sequence[float]], levels: Sequence[float], of: int) -> float:
    seen = departed = 0
    for row, (group, samples, level) in enumerate(zip(groups, rows, levels, strict=True)):
        if row == of or group != groups[of] or math.isnan(level):
            continue
        known = [value for value in samples if not math.isnan(value)]
        seen += len(known)
        departed += sum(1 for value in known if abs(value - level) > 1e-9 * max(1.0, abs(level)))
    return (seen + 1) / (departed + 1)


def persistent(window: Sequence[float], level: float, scale: float) -> float:
    """Of the two middle samples the one nearer to the level, in scales; 0 when the level lies between them."""
    known = sorted(value for value in window if not math.isnan(value))
    low, high = known[(len(known) - 1) // 2], known[len(known) // 2]
    if low > level:
        return (low - level) / scale
    return (high - level) / scale if high < level else 0.0


def nats(deviation: float, learned: int, direction: int, cap: float) -> float:
    if direction * deviation < 0:
        return 0.0
    freedom = min(max(learned - 1, 1), 4)
    return min(0.5 * (freedom + 1) * math.log(1 + deviation**2 / freedom), cap)


def precedent_cap(before: Sequence[float], deviation: float, agreeing: int, freedom: float) -> float:
    """The least that any former sample allows: as rare as what went as far, times what the tail says of going on from there."""
    former = sorted((math.copysign(1.0, deviation) * value for value in before if not math.isnan(value)), reverse=True)
    caps = []
    for place, one in enumerate(former):
        reached = min(max(one, 0.0), abs(deviation))
        tail = 0.5 * freedom * (math.log(1 + deviation**2 / freedom) - math.log(1 + reached**2 / freedom))
        caps.append(agreeing * (math.log((len(former) + 1) / (place + 2)) + tail))
    return min(caps, default=math.inf)


def charge(edges: dict[tuple[int, int], float]) -> tuple[dict[int, float], dict[int, float]]:
    """(server → nats, caller → nats)."""
    by_caller: dict[int, list[float]] = defaultdict(list)
    for (caller, _), value in edges.items():
        by_caller[caller].append(value)
    common = {caller: sorted(values)[(len(values) - 1) // 2] for caller, values in by_caller.items() if len(values) >= 2}
    by_server: dict[int, list[float]] = defaultdict(list)
    for (caller, server), value in edges.items():
        by_server[server].append(max(0.0, value - common.get(caller, 0.0)))
    return {server: sum(values) / math.sqrt(len(values)) for server, values in by_server.items()}, common


def log_likelihood(count: float, trials: float, share: float) -> float:
    """Of a number of successes under a share, without the binomial coefficient."""
    happened = count * math.log(share) if count else 0.0
    missed = (trials - count) * math.log(1 - share) if trials - count else 0.0
    return happened + missed


def two_samples(count: int, trials: int, before: int, trials_before: int) -> float:
    if not trials or not trials_before:
        return 0.0
    common = (count + before) / (trials + trials_before)
    apart = log_likelihood(count, trials, count / trials) + log_likelihood(before, trials_before, before / trials_before)
    return apart - log_likelihood(count, trials, common) - log_likelihood(before, trials_before, common)


def two_rates(count: int, exposure: float, before: int, exposure_before: float) -> float:
    def poisson(number: int, expected: float) -> float:
        return (number * math.log(expected) if number else 0.0) - expected

    common = (count + before) / (exposure + exposure_before)
    together = poisson(count, common * exposure) + poisson(before, common * exposure_before)
    return poisson(count, count) + poisson(before, before) - together


def weighted_median(shares: Sequence[float], weights: Sequence[int]) -> float:
    total = sum(weights)
    reached = 0
    for share, weight in sorted(zip(shares, weights, strict=True)):
        reached += weight
        if total and 2 * reached >= total:
            return share
    return 0.0


def split(count: Sequence[int], trials: Sequence[int], rising: bool) -> float:
    """The best log likelihood ratio of any cut whose later share differs in the given direction; 0 for none."""
    best = 0.0
    for cut in range(1, len(count)):
        before, before_of, after, after_of = sum(count[:cut]), sum(trials[:cut]), sum(count[cut:]), sum(trials[cut:])
        if before_of and after_of and (after / after_of > before / before_of) == rising:
            best = max(best, two_samples(after, after_of, before, before_of))
    return best


def calibrate(quiet: Sequence[float], value: float) -> float:
    """-ln of the share of quiet values (with twenty prior ones) that are at least as high, within the counted body."""
    known = sorted([*quiet, *(-math.log((index + 0.5) / 20) for index in range(20))])
    return -math.log((sum(other >= value for other in known) + 0.5) / (len(known) + 1))


def steps(rows: Sequence[tuple[str, int, int, int]]) -> Counter[tuple[int, int | str, int | str]]:
    """(trace, time, entity, template) rows → in how many traces an entity goes from one template to the next, with beginning and end."""
    said: dict[tuple[str, int], list[int]] = defaultdict(list)
    for trace, _, entity, template in sorted(rows, key=lambda row: row[1]):
        said[trace, entity].append(template)
    seen = set()
    for (trace, entity), templates in said.items():
        path: list[int | str] = ["begin", *templates, "end"]
        seen |= {(trace, entity, before, after) for before, after in pairwise(path)}
    return Counter((entity, before, after) for _, entity, before, after in seen)


def grouped(rows: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """(place of the earliest row, number of units) of each key, in order of the keys; rows are (key, unit, time)."""
    found = []
    for key in sorted({key for key, _, _ in rows}):
        mine = [(time, place, unit) for place, (other, unit, time) in enumerate(rows) if other == key]
        found.append((min(mine)[1], len({unit for _, _, unit in mine})))
    return found


def discounted(rows: Sequence[Sequence[float]], below: dict[int, set[int]], shares: dict[int, float], noticed: float) -> list[list[float]]:
    """Per entity and family: what spreads loses its share of the most that anybody below shows of what spreads, beyond what is noticed."""
    found = []
    for entity, row in enumerate(rows):
        most = max((rows[callee][family] for callee in below.get(entity, ()) for family in shares), default=0.0)
        explained = max(0.0, most - noticed)
        found.append([max(0.0, nats - shares.get(family, 0.0) * explained) for family, nats in enumerate(row)])
    return found


def remainders(
    rows: list[tuple[int, int, int, float, float]], below: dict[int, set[int]], compared: tuple[int, ...], noticed: float
) -> dict[tuple[int, int], float]:
    """(owner, family) → share of its evidence that no callee accounts for, one row (owner, family, metric, size, nats) after the other."""
    told = [row for row in rows if row[1] in compared and row[3] > 1e-12 and row[4] > noticed]
    before: dict[tuple[int, int], float] = {}
    after: dict[tuple[int, int], float] = {}
    for owner, family, metric, size, nats in told:
        beneath = [other[3] for other in told if other[2] == metric and other[0] in below.get(owner, set()) - {owner}]
        left = max(0.0, 1.0 - max(beneath, default=0.0) / size)
        before[owner, family] = max(before.get((owner, family), 0.0), nats)
        after[owner, family] = max(after.get((owner, family), 0.0), nats * left)
    return {cell: after[cell] / before[cell] for cell in before}


def accounted(rows: Sequence[tuple[int, Sequence[float], float]], asked: Sequence[float] | None, symptom: int, size: int) -> list[float]:
    """Per owner the share of the symptom's failed requests that its own can be, one row (owner, samples, level) a series."""
    failed: list[float | None] = []
    for owner in range(size):
        mine = [math.fsum(known) / len(known) - level for own, window, level in rows if own == owner and (known := _known(window))]
        if not mine or (asked is not None and not asked[owner] > 0):
            failed.append(None)
        else:
            failed.append(sum(mine) if asked is None else sum(mine) / len(mine) * asked[owner])
    whole = failed[symptom]
    if whole is None or whole <= 0:
        return [1.0] * size
    return [1.0 if own is None else min(1.0, max(0.0, own / whole)) for own in failed]


def failing(failed: Sequence[float], before: Sequence[float], asked: float, usual: float) -> float:
    """Nats by which more fails than usual: two Poisson rates, less by how much more than chance the usual counts vary."""
    shares, counts = _known(failed), [share * usual for share in _known(before)]
    if not shares or not counts or not asked > 0 or not usual > 0:
        return 0.0
    count, exposure, usually, exposed = sum(shares) * asked, len(shares) * asked, sum(counts), len(counts) * usual
    if count / exposure <= usually / exposed:
        return 0.0
    mean = usually / len(counts)
    bursts = max(1.0, sum((one - mean) ** 2 for one in counts) / len(counts) / mean) if mean > 0 else 1.0
    common = (count + usually) / (exposure + exposed)
    then = usually * math.log(usually / exposed / common) if usually > 0 else 0.0
    return max(0.0, count * math.log(count / exposure / common) + then) / bursts


def _known(window: Sequence[float]) -> list[float]:
    return [value for value in window if not math.isnan(value)]


def second_highest(shown: Sequence[tuple[int, float]], today: int, fortnight: int) -> float | None:
    """The second highest of what was remembered when the last day was entered, if its own day lies within a fortnight."""
    best: list[tuple[float, int]] = []
    for day, value in shown:
        best = sorted([*(known for known in best if known[1] >= day - fortnight), (value, day)])[-2:]
    return best[0][0] if len(best) == 2 and best[0][1] >= today - fortnight else None


def nestings(rows: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int, bool]]:
    """(entity, entity, whether the second's visit lay within the first's) of rows (trace, time, entity, template), sorted."""
    visits: dict[int, list[tuple[int, int, int]]] = defaultdict(list)  # trace → (first, -last, entity)
    for (trace, entity), group in groupby(rows, key=lambda row: (row[0], row[2])):
        mine = list(group)
        cuts = [place for place, row in enumerate(mine) if row[3] == mine[0][3]]
        for begin, end in pairwise([*cuts, len(mine)]):
            visits[trace].append((mine[begin][1], -mine[end - 1][1], entity))
    told = []
    for trace in visits:
        inside = sorted(visits[trace], key=lambda visit: visit[:2])
        for place, (first, last, entity) in enumerate(inside):
            for other_first, other_last, other in reversed(inside[:place]):
                if other == entity or other_first == first or -other_last <= first:
                    continue
                told.append((other, entity, -other_last > -last))
                if told[-1][2]:
                    break
    return told
