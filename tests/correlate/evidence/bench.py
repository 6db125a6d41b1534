"""What tests of single judges share: a docket from a told outage, and the arguments of one judge for one change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket, Judge, open_docket
from correlate.scene import Series
from schemas.incident import Argument
from schemas.signal import Kind, Subject
from tests.correlate.evidence.outages.tell import MINUTE_NS, T0, Change, Log, Outage


def outage(*changes: Change, logs: Sequence[Log] = (), blame: dict[str, float] | None = None, series: Sequence[Series] = ()) -> Outage:
    """Two services and a database: `web` calls `orders`, which is blamed most and reads `ordersdb`."""
    return Outage(
        "bench", None, "web>orders orders>ordersdb", blame or {"orders": 9.0, "web": 4.0},
        ("orders", "orders: error ratio above 5 %"), tuple(logs), changes, tuple(series),
    )  # fmt: skip


def candidate(docket: Docket, change_id: str) -> Candidate:
    return next(candidate for candidate in docket.candidates if candidate.row.change_id == change_id)


def hear(judge: Judge, told: Outage, change_id: str) -> list[Argument]:
    docket = open_docket(told.scene())
    return judge(docket, candidate(docket, change_id))


def nats(judge: Judge, told: Outage, change_id: str) -> float:
    return sum(argument.nats for argument in hear(judge, told, change_id))


def per_minute(
    entity: str, name: str, values: Sequence[float], *, pod: str = "", first_minute: int | None = None, **attributes: str
) -> Series:
    """A series once a minute; the last value lies five minutes after the onset, unless the first is placed."""
    begin = 6 - len(values) if first_minute is None else first_minute
    times = T0 + MINUTE_NS * np.arange(begin, begin + len(values))
    labels = {**attributes, **({"k8s.pod.name": pod} if pod else {})}
    subject = Subject(kind=Kind.METRIC, entity=f"service:{entity}", name=name, attributes=tuple(sorted(labels.items())), source="test")
    return Series(subject, times.astype(np.int64), np.asarray(values, dtype=np.float64), MINUTE_NS)
