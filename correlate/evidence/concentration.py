"""Concentration: one value of an attribute carries the failing lines, while healthy lines show several.

Knows:   an item (a tenant, a partition, a record) or a place (a node, a zone, a disk) that splits bad from good is not a change's
         doing: a change of code would fail for all of them.
Ignores: attributes that name a part of the program or an outcome (path, method, status, version): those a change does split.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from correlate.evidence.docket import Docket
from correlate.evidence.symptom import Symptom, attributes_of
from schemas.severity import WARN
from schemas.signal import Signal

MIN_LINES = 5
"""Fewer lines than this agree by chance."""
CARRIES = 0.9
"""Share of the lines with the attribute that one value must carry."""
SPEAKS = 0.4
"""Share of all failing lines that must have the attribute."""
VALUES = 3
"""Values that healthy lines must show: two are a coin's sides."""

_ITEM = re.compile(
    r"partition|offset|shard|tenant|customer|account|merchant|supplier|vendor|seller|partner|order|record|message|batch|file|document|object|row|feed|device|sensor|store|warehouse"
    r"|org(anization)?|workspace|project|user|key|segment|block|chunk|bucket|job|stream|topic|queue|sku|item|id$",
    re.I,
)
_PLACE = re.compile(r"node|host|zone|rack|region|disk|device|machine|instance|\baz\b|cell|datacenter|\bdc\b|mount", re.I)
_NEITHER = re.compile(
    r"(^|[._])(ms|s|sec|seconds|bytes|kb|mb|count|pct|percent|ratio|size|depth|duration|elapsed|timeout|latency|limit|status|code|version|level|replicas?|attempts?|retries|trace|span|env|method"
    r"|statement|kind|type|namespace|reason|path|url|uri|route|endpoint|logger|thread|caller|function|module|component|class|operation|rpc|action|event|command|query|exception|error|stack|peer"
    r"|protocol|agent|cluster|environment|pod|container|image|commit|build|scope|service|app)s?($|[._])",
    re.I,
)
_IN_TEXT = re.compile(r"(?<![\w.])([A-Za-z][A-Za-z_]{2,20})[ =:#]+[\"']?([A-Za-z0-9][\w.\-/]{0,59})")


def concentration(docket: Docket) -> Iterable[str]:
    """A sentence for each item or place that carries the failing lines."""
    failing = list(docket.symptom.lines)
    if len(failing) < MIN_LINES:
        return
    bad: dict[str, list[str]] = defaultdict(list)
    for line in failing:
        for key, value in attributes(line).items():
            bad[key].append(value)
    good = _healthy(docket, docket.symptom)
    told: set[str] = set()
    for key in sorted(bad):
        value, count = max(Counter(bad[key]).items(), key=lambda item: (item[1], item[0]))
        if len(bad[key]) < max(MIN_LINES, SPEAKS * len(failing)) or count < CARRIES * len(bad[key]):
            continue
        sort = "place" if _PLACE.search(key) else "item"
        if sort not in told and _splits(value, good[key]) and not (sort == "place" and _one_service_of_many(docket.symptom, key)):
            told.add(sort)
            yield f"{count} of {len(failing)} failing lines concern {key} {value} alone, while healthy lines show {len(good[key])} others."


def attributes(line: Signal) -> dict[str, str]:
    """Items and places that a line speaks of, by attribute or in its text."""
    found = {key: value for key, value in attributes_of(line).items() if _speaks_of_item_or_place(key)}
    for entity in (line.subject.entity, *line.subject.ancestors):
        kind, _, name = entity.partition(":")
        if kind == "host":
            found.setdefault("host", name)
    for key, value in _IN_TEXT.findall(line.text):
        if (
            _speaks_of_item_or_place(key)
            and any(char.isdigit() or char in "-_" for char in value)
            and not re.fullmatch(r"\d+\.\d+|\d+(ms|s|%)", value)
        ):
            found.setdefault(key.lower(), value.rstrip(".,;:"))
    return found


@lru_cache(maxsize=10_000)  # keys repeat from line to line, and three expressions look at each
def _speaks_of_item_or_place(key: str) -> bool:
    return bool(_ITEM.search(key) or _PLACE.search(key)) and not _NEITHER.search(key)


def _healthy(docket: Docket, symptom: Symptom) -> dict[str, Counter[str]]:
    failing = {id(line) for line in symptom.lines}
    good: dict[str, Counter[str]] = defaultdict(Counter)
    for line in docket.scene.logs:
        if line.severity_number < WARN and id(line) not in failing:
            for key, value in attributes(line).items():
                good[key][value] += 1
    return good


def _splits(value: str, good: Counter[str]) -> bool:
    """Whether healthy lines show several other values, and this one in no more than a half of them."""
    total = sum(good.values())
    return total >= MIN_LINES and len(good) >= VALUES and 2 * good[value] <= total


def _one_service_of_many(symptom: Symptom, key: str) -> bool:
    """A place that fails takes down whatever runs there: when several services fail, but only one of them there, it is no place's fault."""
    there = {wording.entity for wording in symptom.wordings for line in wording.lines if key in attributes(line)}
    return len(there) < 2 <= len({wording.entity for wording in symptom.wordings})
