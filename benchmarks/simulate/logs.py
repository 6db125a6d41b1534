"""Log lines as Filebeat ships them (ECS): sampled requests walked through the call graph, each service in its own words.

Knows:   what services usually say when a request comes, goes, fails in themselves or in somebody they called.
Ignores: metrics; who is to blame, but for the message of the code that fails.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

import numpy as np
import orjson

from benchmarks.simulate.changes import Story
from benchmarks.simulate.metrics import Record, Stamp
from benchmarks.simulate.outage import Outage
from benchmarks.simulate.pods import Pod

LINES_MOST: Final = 20_000
TRACE_LINES_MOST: Final = 120
_ASKED: Final = ("accepted {verb} {thing}/{number}", "{thing} {number} requested by tenant t{small}", "begin {verb}_{thing} id={number}")
_DONE: Final = (
    "{verb} {thing} {number} done in {ms} ms",
    "finished {verb}_{thing} id={number} rows={small}",
    "200 {thing}/{number} {ms}ms",
)
_CALL_FAILED: Final = (
    "call to {peer} failed: deadline exceeded after {ms} ms",
    "{peer} answered 503 for {thing} {number}",
    "upstream {peer} unavailable, giving up after {small} tries",
)
_ASIDE: Final = (
    "refreshed {small} cache entries",
    "health check ok",
    "compacted segment {number} in {ms} ms",
    "config reloaded, no changes",
)
_FULL: Final = "rejected {thing} {number}: {small} requests queued"
_FLAW: Final = "bad request for {thing} {number}: field {small} is missing"
_VERBS: Final = ("load", "save", "price", "check", "reserve", "list", "render", "merge")


def logs(outage: Outage, pods: list[Pod], story: Story, stamp: Stamp) -> Iterator[Record]:
    writer = _Writer(outage, pods, story, stamp)
    yield from writer.asides()
    yield from writer.requests()


class _Writer:
    def __init__(self, outage: Outage, pods: list[Pod], story: Story, stamp: Stamp) -> None:
        self.outage, self.story, self.stamp = outage, story, stamp
        self.dice = random.Random(f"logs {outage.plan.seed}")
        self.pods: dict[int, list[Pod]] = {}
        for pod in pods:
            self.pods.setdefault(pod.service, []).append(pod)
        words = random.Random(f"words {outage.plan.seed}")
        self.verb = [words.choice(_VERBS) for _ in outage.estate.names]
        self.asked = [words.choice(_ASKED) for _ in outage.estate.names]
        self.done = [words.choice(_DONE) for _ in outage.estate.names]
        self.failed = [words.choice(_CALL_FAILED) for _ in outage.estate.names]
        self.quiet = [words.random() < 0.3 for _ in outage.estate.names]
        """Services that do not log the beginning of a request."""

    def asides(self) -> Iterator[Record]:
        """What services say of themselves, whatever happens."""
        lasts_s = self.outage.plan.lasts_s
        for _ in range(min(LINES_MOST // 10, lasts_s // 10)):
            at_s = self.dice.uniform(1, lasts_s)
            service = self.dice.randrange(self.outage.estate.size)
            yield from self._line(at_s, service, None, "info", self.dice.choice(_ASIDE), "")

    def requests(self) -> Iterator[Record]:
        outage, estate = self.outage, self.outage.estate
        visits = np.zeros(estate.size)
        visits[list(estate.entries)] = estate.entry_rps[list(estate.entries)] / estate.entry_rps.sum()
        for edge in range(len(estate.client)):
            visits[estate.server[edge]] += visits[estate.client[edge]] * estate.calls[edge]
        traces = int(LINES_MOST / min(2 * visits.sum(), TRACE_LINES_MOST))
        load = outage.course.rps[:, list(estate.entries)].sum(axis=1)
        moments = np.searchsorted(np.cumsum(load) / load.sum(), [self.dice.random() for _ in range(traces)])
        for moment in sorted(moments.tolist()):
            trace = f"{self.dice.getrandbits(128):032x}"
            entry = self.dice.choices(estate.entries, [estate.entry_rps[each] for each in estate.entries])[0]
            lines: list[Record] = []
            at_s = min(moment, len(load) - 1) * outage.course.dt_s + self.dice.random() * outage.course.dt_s
            self._visit(entry, at_s, min(moment, len(load) - 1), trace, lines)
            yield from lines

    def _visit(self, service: int, at_s: float, moment: int, trace: str, lines: list[Record]) -> tuple[float, bool]:
        """One request at one service: (when it ended, whether it failed)."""
        course, estate, fault = self.outage.course, self.outage.estate, self.outage.fault
        if not self.quiet[service]:
            lines += self._line(at_s, service, at_s, "info", self.asked[service], trace)
        own_s = float(course.own_s[moment, service] + course.waiting[moment, service] * course.latency_s[moment, service])
        now_s = at_s + own_s * self.dice.uniform(0.4, 0.8)
        if self.dice.random() < course.own_errors[moment, service]:
            hurt = service == fault.root and fault.begin_s <= at_s < fault.end_s
            own = self.story.error if hurt and service in fault.conditions.fails else ""
            full = course.own_errors[moment, service] > 5 * estate.flaws[service]
            lines += self._line(now_s, service, at_s, "error", own or (_FULL if full else _FLAW), trace)
            return now_s, True
        for edge in estate.edges_out_of(service).tolist():
            factor = fault.conditions.calls[edge][moment] if edge in fault.conditions.calls else 1.0
            for _ in range(_times(float(estate.calls[edge] * factor), self.dice)):
                if len(lines) >= TRACE_LINES_MOST:
                    return now_s, False
                now_s, failed = self._call(edge, service, now_s, moment, trace, lines)
                if failed:
                    return now_s, True
        if self.story.grumble and service == fault.root and fault.begin_s <= at_s < fault.end_s and self.dice.random() < 0.3:
            lines += self._line(now_s, service, at_s, "warn", self.story.grumble, trace)
        lines += self._line(now_s, service, at_s, "info", self.done[service], trace)
        return now_s + own_s * 0.2, False

    def _call(self, edge: int, service: int, now_s: float, moment: int, trace: str, lines: list[Record]) -> tuple[float, bool]:
        course, estate = self.outage.course, self.outage.estate
        server = int(estate.server[edge])
        end_s, failed = self._visit(server, now_s, moment, trace, lines)
        lost = float(course.edge_errors[moment, edge] - course.errors[moment, server])
        ended_s = max(end_s, now_s + float(course.edge_s[moment, edge]) * self.dice.uniform(0.6, 1.2))
        if not failed and self.dice.random() >= lost:
            return ended_s, False
        lines += self._line(ended_s, service, now_s, "error", self.failed[service], trace, estate.names[server])
        return ended_s, self.dice.random() < estate.needed[edge]

    def _line(
        self, at_s: float, service: int, since_s: float | None, level: str, words: str, trace: str, peer: str = ""
    ) -> Iterator[Record]:
        if at_s >= self.outage.plan.lasts_s:
            return
        name = self.outage.estate.names[service]
        alive = [pod for pod in self.pods[service] if pod.from_s <= at_s < pod.to_s] or self.pods[service][:1]
        text = words.format(
            verb=self.verb[service], thing=name.partition("-")[0], number=self.dice.randrange(10**6), small=self.dice.randrange(2, 40),
            ms=round(((at_s - since_s) if since_s is not None else self.dice.random() * 0.05) * 1_000) + 1, peer=peer,
        )  # fmt: skip
        yield (
            at_s,
            orjson.dumps(
                {
                    "@timestamp": self.stamp(at_s),
                    "message": text,
                    "log": {"level": level},
                    "service": {"name": name},
                    "kubernetes": {"pod": {"name": self.dice.choice(alive).name}, "namespace": "prod"},
                    **({"trace": {"id": trace}} if trace else {}),
                }
            ),
        )


def _times(mean: float, dice: random.Random) -> int:
    """A whole number of calls with that mean."""
    whole = int(mean)
    return whole + (dice.random() < mean - whole)
