"""A small estate told in a few lines: metrics and logs per tick, played to a Telemetry and an IncidentBook.

Times are seconds after 2023-11-14T22:13:20Z.  Noise comes from a seeded generator, so every play is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from correlate.due import trace_keys
from correlate.incidents import IncidentBook, Notice
from correlate.telemetry import LogRows, MetricRows, Telemetry
from schemas.masking import template_ids
from schemas.severity import INFO
from schemas.signal import Kind, Subject

SECOND_NS = 1_000_000_000
BEGIN_NS = 1_700_000_000 * SECOND_NS
TICK_S = 10

Curve = Callable[[float], float | None]
"""Value at a second; None: no sample."""
Trace = Callable[[int, float], list[tuple[str, str]]]
"""(number, second) → what a request makes services write, in order."""


def ns(at_s: float) -> int:
    return BEGIN_NS + round(at_s * SECOND_NS)


def metric(service: str, name: str, **attributes: str) -> Subject:
    return Subject(Kind.METRIC, f"service:{service}", name, attributes=tuple(sorted(attributes.items())))


@dataclass
class Estate:
    noise: float = 0.05
    curves: list[tuple[Subject, float, Curve]] = field(default_factory=list)
    traces: list[tuple[float, Trace]] = field(default_factory=list)
    telemetry: Telemetry = field(default_factory=Telemetry)
    book: IncidentBook = field(default_factory=IncidentBook)
    notices: list[tuple[float, Notice]] = field(default_factory=list)
    now_s: float = 0
    _offset: int = 0

    def series(self, subject: Subject, curve: Curve, step_s: float = 30) -> None:
        self.curves.append((subject, step_s, curve))

    def service(self, name: str, latency: Curve, *, cpu: Curve | None = None, errors: Curve | None = None, step_s: float = 30) -> None:
        """Latency, processor and success of one service."""
        self.series(metric(name, "http_server_request_duration_seconds", quantile="0.9"), latency, step_s)
        self.series(metric(name, "container_cpu_usage_percent"), cpu or (lambda _: 20.0), step_s)
        self.series(metric(name, "http_server_error_ratio"), errors or (lambda _: 0.01), step_s)

    def edge(self, client: str, server: str, latency: Curve, step_s: float = 30) -> None:
        """Latency of calls as the client sees it."""
        name = "traces_service_graph_request_duration_seconds_p90"
        self.series(metric(server, name, client=client, server=server), latency, step_s)

    def requests(self, every_s: float, trace: Trace) -> None:
        self.traces.append((every_s, trace))

    def play(self, until_s: float) -> Estate:
        """Feeds and judges tick by tick."""
        while self.now_s < until_s:
            self.now_s += TICK_S
            self._feed_metrics()
            self._feed_logs()
            self.telemetry.advance(ns(self.now_s), self.book.troubled())
            self.notices.extend((self.now_s, notice) for notice in self.book.advance(ns(self.now_s), self.telemetry))
        return self

    def _feed_metrics(self) -> None:
        rows: list[tuple[Subject, int, float]] = []
        for place, (subject, step_s, curve) in enumerate(self.curves):
            for at_s in _moments(self.now_s, step_s, place % 7):
                value = curve(at_s)
                if value is not None:
                    jitter = np.random.default_rng([place, int(at_s * 10)]).normal()
                    rows.append((subject, ns(at_s), value * (1 + self.noise * jitter) if not subject.name.endswith("_total") else value))
        rows.sort(key=lambda row: row[1])
        self.telemetry.learn({subject.id: subject for subject, _, _ in rows})
        place, offsets = self.telemetry.place("telemetry.metrics", 0), self._offsets(len(rows))
        ids, times = np.array([row[0].id for row in rows], np.int64), np.array([row[1] for row in rows], np.int64)
        values = np.array([row[2] for row in rows], np.float64)
        self.telemetry.feed_metrics(MetricRows(ids, times, values, np.full(len(rows), place), offsets, np.zeros(len(rows), np.int64)))

    def _feed_logs(self) -> None:
        lines: list[tuple[int, str, str, str]] = []
        for kind, (every_s, trace) in enumerate(self.traces):
            for number, at_s in enumerate(_moments(self.now_s, every_s, 0)):
                name = f"{kind}-{at_s:g}-{number}"
                lines.extend(
                    (ns(at_s) + step, service, text, name) for step, (service, text) in enumerate(trace(round(at_s / every_s), at_s))
                )
        lines.sort(key=lambda line: line[0])
        subjects = {service: Subject(Kind.LOG, f"service:{service}") for _, service, _, _ in lines}
        self.telemetry.learn({subject.id: subject for subject in subjects.values()})
        place, many = self.telemetry.place("telemetry.logs", 0), len(lines)
        texts = [text for _, _, text, _ in lines]
        self.telemetry.feed_logs(
            LogRows(
                np.array([subjects[service].id for _, service, _, _ in lines], np.int64),
                np.array([time for time, _, _, _ in lines], np.int64),
                template_ids(texts),
                np.full(many, INFO),
                trace_keys(pl.Series([name for _, _, _, name in lines], dtype=pl.String)),
                pl.Series(texts, dtype=pl.String),
                np.full(many, place),
                self._offsets(many),
                np.zeros(many, np.int64),
            )
        )

    def _offsets(self, many: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        self._offset += many
        return np.arange(self._offset - many, self._offset)

    def told(self) -> list[int]:
        """Numbers of the incidents that were published, in order."""
        return [notice.number for _, notice in self.notices if notice.what == "opened"]


def _moments(now_s: float, step_s: float, phase: float) -> Iterator[float]:
    """Sampling times within the tick that ends now."""
    number = int((now_s - TICK_S - phase) // step_s) + 1
    while (at_s := number * step_s + phase) <= now_s:
        if at_s > now_s - TICK_S:
            yield at_s
        number += 1


def between(begin_s: float, end_s: float, usual: float, then: float) -> Curve:
    """`usual`, but `then` from begin to end."""
    return lambda at_s: then if begin_s <= at_s < end_s else usual
