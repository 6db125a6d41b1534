"""The table that `kubectl events` and `kubectl get events` print, as people paste it.

Reference: kubectl reference "events"; ages as apimachinery's duration.HumanDuration prints them.
Identity:  OBJECT (`Pod/web-1`, older `pod/web-1`).  Namespace: its own column where there is one.
Time:      ages count back from when the record was received: no better time is in it.
Severity:  TYPE Warning or Normal; REASON is the row's name.  State: none.
Dedup:     object and reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import row
from schemas.sources.kubernetes import ATTRIBUTE
from schemas.sources.source import Received, Source

KUBECTL_TABLE: Final = "kubernetes.kubectl_events"
_HEADER: Final = re.compile(r"(?:NAMESPACE\s+)?LAST SEEN\s+TYPE\s+REASON\s+OBJECT\s+(?:SUBOBJECT\s+SOURCE\s+)?MESSAGE(?:\s.*)?")
_AGE: Final = re.compile(r"(\d{1,6})([dhms])")
_UNIT_S: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_COUNT: Final = re.compile(r"\(x(\d{1,9}) over")


def read(document: str, received: Received) -> Iterator[Signal | Rejected]:
    header, *lines = document.strip("\n").split("\n")
    begins = [match.start() for match in re.finditer(r"(?:LAST SEEN|\S+)", header)]
    names = [match[0] for match in re.finditer(r"LAST SEEN|\S+", header)]
    for place, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        ends = [*begins[1:], len(line)]
        said = {name: line[begin:end].strip() for name, begin, end in zip(names, begins, ends, strict=True)}
        kind, sign, object_ = said["OBJECT"].partition("/")
        if not sign or not said["REASON"]:
            yield Rejected("bad_line", "the columns do not stand under the header", f"line {place}", KUBECTL_TABLE)
            continue
        yield _row(said, kind, object_, received)


def _row(said: dict[str, str], kind: str, object_: str, received: Received) -> Signal:
    age_s = sum(int(number) * _UNIT_S[unit] for number, unit in _AGE.findall(said["LAST SEEN"].partition("(")[0]))
    count = _COUNT.search(said["LAST SEEN"])
    return row(
        received, Kind.STATE, KUBECTL_TABLE,
        {ATTRIBUTE.get(kind.lower(), "k8s.object.name"): object_, "k8s.object.kind": kind, "k8s.namespace.name": said.get("NAMESPACE", "")},
        name=said["REASON"], fallback=f"resource:{kind}/{object_}", event_time_ns=max(0, received.ingest_time_ns - age_s * times.SECOND_NS),
        severity_number=severity.from_word(said["TYPE"]), text=said["MESSAGE"] or said["REASON"], dedup_key=f"k8s:{kind}/{object_}:{said['REASON']}".lower(),
        details={"count": int(count[1])} if count else None,
    )  # fmt: skip


def _recognises(document: Any) -> bool:
    return isinstance(document, str) and bool(_HEADER.fullmatch(document.lstrip("\n").split("\n", 1)[0].strip()))


SOURCES: Final = (Source(KUBECTL_TABLE, _recognises, read),)
