"""Metrics, log lines and the alert of a told outage, in native formats.

Knows:   counters of requests and errors, response times, call edges, the gauges that a story names; ECS log lines; Alertmanager's webhook.
Ignores: changes.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import orjson

from benchmarks.told.story import Alert, Gauge, Hurt, Line, Story

Record = tuple[float, bytes]
"""Minutes from the onset, and the value."""
Sample = tuple[str, float, dict[str, str]]
"""Name, value, labels."""
Stamp = Callable[[float], str]

STEP_MIN = 0.5
"""What begins at the onset is seen this much of it at the first look."""
HEALTHY_EVERY_S = 12.0
UNHURT = Hurt(errors=0.0, slower=1.0)
FLAW = 0.002
"""Share of requests that fail on any day."""


class _Usual(NamedTuple):
    """How a service would do at a time if nothing were wrong."""

    requests: float
    p95_s: float


class _Totals:
    """Counters as a process keeps them: they only grow."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, ...], float] = defaultdict(float)

    def add(self, amount: float, *key: str) -> int:
        self._sums[key] += amount
        return round(self._sums[key])


def metrics(story: Story, stamp: Stamp) -> Iterator[Record]:
    told = story.told
    if "metrics" in told.without:
        return
    dice = random.Random(f"metrics {story.name}")
    usual_s = {service: dice.uniform(0.02, 0.12) for service in story.services}
    totals = _Totals()
    for step in range(math.ceil(told.lasts_min * 60 / told.step_s)):
        at = step * told.step_s / 60 - told.onset_min
        surge = 1 + (told.surge - 1) * _risen(at + told.surge_before_min, told.surge_rises_min)
        for service in story.services:
            requests = told.rps * surge * told.step_s * dice.lognormvariate(0, 0.06)
            usual = _Usual(requests, usual_s[service] * dice.lognormvariate(0, 0.08))
            for name, value, labels in (
                *_answered(story, service, usual, at, dice.lognormvariate(0, 0.1), totals),
                *_called(story, service, usual, at, totals),
            ):
                yield at, _sample(stamp(at), value, name, labels)
        for gauge in told.gauges:
            value = _value(gauge, at) * (1.0 if gauge.counter else dice.lognormvariate(0, 0.04))
            labels = {"service": gauge.of, "namespace": "prod", **gauge.labels}
            yield at, _sample(stamp(at), round(value) if gauge.counter else value, gauge.name, labels)


def _answered(story: Story, service: str, usual: _Usual, at: float, effort: float, totals: _Totals) -> Iterator[Sample]:
    """What a service says of itself; what only answers others, such as a database, says how busy it is and no more."""
    hurt, labels = story.hurt.get(service, UNHURT), {"service": service, "namespace": "prod"}
    requests = usual.requests * _now(hurt, hurt.traffic, at)
    cpu_s = requests * 0.0004 * effort * _now(hurt, hurt.cpu, at)
    yield "process_cpu_seconds_total", totals.add(cpu_s, service, "cpu"), labels
    if any(client == service for client, _ in story.edges):
        yield "http_server_requests_total", totals.add(requests, service, "requests"), labels
        yield "http_server_request_errors_total", totals.add(requests * _errors(hurt, at), service, "errors"), labels
        yield "http_server_request_duration_seconds_p95", usual.p95_s * _now(hurt, hurt.slower, at), labels


def _called(story: Story, service: str, usual: _Usual, at: float, totals: _Totals) -> Iterator[Sample]:
    """What those who call a service see of it."""
    if "calls" in story.told.without:
        return
    for client in (client for client, server in story.edges if server == service):
        labels = {"client": client, "server": service}
        path = story.told.paths.get(f"{client}>{service}", story.hurt.get(service, UNHURT))
        requests = usual.requests * _now(path, path.traffic, at)
        yield "traces_service_graph_request_total", totals.add(requests, client, service, "requests"), labels
        yield "traces_service_graph_request_failed_total", totals.add(requests * _errors(path, at), client, service, "errors"), labels
        yield "traces_service_graph_request_duration_seconds_p90", usual.p95_s * _now(path, path.slower, at) * 1.05, labels


def _errors(hurt: Hurt, at: float) -> float:
    return FLAW + hurt.errors * _risen(at, hurt.rises_min)


def _now(hurt: Hurt, factor: float, at: float) -> float:
    """A factor of a hurt, as far as it has come about."""
    return 1 + (factor - 1) * _risen(at, hurt.rises_min)


def _value(gauge: Gauge, at: float) -> float:
    return gauge.start + (gauge.end - gauge.start) * _risen(at + gauge.before_min, gauge.rises_min)


def _risen(at: float, rises_min: float) -> float:
    """0 before the onset, 1 once it is all there."""
    if at < 0:
        return 0.0
    return 1.0 if rises_min <= 0 else min(1.0, (at + STEP_MIN) / rises_min)


def _sample(at: str, value: float, name: str, labels: dict[str, str]) -> bytes:
    return orjson.dumps(
        {"timestamp": at, "value": f"{value:.6g}" if value < 1e5 else f"{value:.0f}", "name": name, "labels": {"__name__": name, **labels}}
    )


def logs(story: Story, stamp: Stamp) -> Iterator[Record]:
    if "logs" in story.told.without:
        return
    dice = random.Random(f"logs {story.name}")
    end = story.told.lasts_min - story.told.onset_min
    for line in story.told.healthy:
        at, hurt = -story.told.onset_min, story.hurt.get(line.of, UNHURT)
        while (at := at + dice.uniform(0.5, 1.5) * HEALTHY_EVERY_S / 60) < end:
            if dice.random() >= 1 - (1 - _errors(hurt, at)) * min(1.0, _now(hurt, hurt.traffic, at)):
                yield at, _logged(line, "info", stamp(at), dice)
    for line in story.told.failing:
        hurt = story.hurt.get(line.of, UNHURT)
        at = 0.0
        while (at := at + dice.uniform(0.5, 1.5) * line.every_s / 60) < end:
            if dice.random() < _risen(at, hurt.rises_min):
                yield at, _logged(line, line.level, stamp(at), dice)
    for line in story.told.always:
        at = -story.told.onset_min
        while (at := at + dice.uniform(0.5, 1.5) * line.every_s / 60) < end:
            yield at, _logged(line, line.level, stamp(at), dice)


def _logged(line: Line, level: str, at: str, dice: random.Random) -> bytes:
    text = line.text.replace("{n}", str(dice.randrange(10_000, 99_999))).replace("{k}", str(dice.randrange(10, 99)))
    document = {"@timestamp": at, "message": text, "log": {"level": level}, "service": {"name": line.of}, "ecs": {"version": "8.11"}}
    if line.tags:
        document["labels"] = {key: dice.choice(values) for key, values in line.tags.items()}
    return orjson.dumps(document)


def alerts(story: Story, stamp: Stamp) -> Iterator[Record]:
    for place, alert in enumerate(story.alerts):
        yield alert.after_min, _alert(alert, f"{story.name} {alert.name}" if place else story.name, stamp(alert.after_min))


def _alert(alert: Alert, seed: str, at: str) -> bytes:
    labels = {"alertname": alert.name, "severity": alert.severity, "service": alert.of} | ({"metric": alert.metric} if alert.metric else {})
    body = {
        "version": "4", "groupKey": f'{{}}:{{alertname="{alert.name}"}}', "truncatedAlerts": 0, "status": "firing", "receiver": "kafka",
        "groupLabels": {"alertname": alert.name}, "commonLabels": labels, "commonAnnotations": {"summary": alert.says}, "externalURL": "",
        "alerts": [
            {"status": "firing", "labels": labels, "annotations": {"summary": alert.says}, "startsAt": at, "endsAt": "0001-01-01T00:00:00Z",
             "generatorURL": "", "fingerprint": f"{random.Random(seed).getrandbits(64):016x}"}
        ],
    }  # fmt: skip
    return orjson.dumps(body)
