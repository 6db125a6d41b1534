"""Metrics, log lines and the alert of a told outage, in native formats.

Knows:   counters of requests and errors, response times, call edges, the gauges that a story names; ECS log lines; Alertmanager's webhook.
Ignores: changes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import orjson

from benchmarks.told.story import Gauge, Line, Story

Record = tuple[float, bytes]
"""Minutes from the onset, and the value."""
Stamp = Callable[[float], str]

STEP_MIN = 0.5
HEALTHY_EVERY_S = 12.0
ENTRY_RPS = 40.0
FLAW = 0.002
"""Share of requests that fail on any day."""


def metrics(story: Story, stamp: Stamp) -> Iterator[Record]:
    dice = random.Random(f"metrics {story.name}")
    entries = {client for client, _ in story.edges} - {server for _, server in story.edges}
    usual_s = {service: dice.uniform(0.02, 0.12) for service in story.services}
    sums: dict[tuple[str, ...], float] = {}

    def count(key: tuple[str, ...], amount: float) -> float:
        sums[key] = sums.get(key, 0.0) + amount
        return round(sums[key])

    at = -story.told.onset_min
    while at < story.told.lasts_min - story.told.onset_min:
        surge = 1 + (story.told.surge - 1) * _risen(at, 4.0)
        for service in story.services:
            requests = ENTRY_RPS * surge * STEP_MIN * 60 * dice.lognormvariate(0, 0.06)
            errors, seconds = _errors(story, service, at), usual_s[service] * _slower(story, service, at) * dice.lognormvariate(0, 0.08)
            labels = {"service": service, "namespace": "prod"}
            yield (
                at,
                _sample(
                    stamp(at), count((service, "cpu"), requests * 0.0004 * dice.lognormvariate(0, 0.1)), "process_cpu_seconds_total", labels
                ),
            )
            if service in entries or any(client == service for client, _ in story.edges):
                yield at, _sample(stamp(at), count((service, "requests"), requests), "http_server_requests_total", labels)
                yield at, _sample(stamp(at), count((service, "errors"), requests * errors), "http_server_request_errors_total", labels)
                yield at, _sample(stamp(at), seconds, "http_server_request_duration_seconds_p95", labels)
            for client, server in story.edges:
                if server == service:
                    edge = {"client": client, "server": server}
                    yield at, _sample(stamp(at), count((*edge.values(), "requests"), requests), "traces_service_graph_request_total", edge)
                    failed = count((*edge.values(), "errors"), requests * errors)
                    yield at, _sample(stamp(at), failed, "traces_service_graph_request_failed_total", edge)
                    yield at, _sample(stamp(at), seconds * 1.05, "traces_service_graph_request_duration_seconds_p90", edge)
        for gauge in story.told.gauges:
            value = _value(gauge, at) * (1.0 if gauge.counter else dice.lognormvariate(0, 0.04))
            yield at, _sample(stamp(at), round(value) if gauge.counter else value, gauge.name, {"service": gauge.of, "namespace": "prod"})
        at += STEP_MIN


def _errors(story: Story, service: str, at: float) -> float:
    hurt = story.hurt.get(service)
    return FLAW + (hurt.errors * _risen(at, hurt.rises_min) if hurt else 0.0)


def _slower(story: Story, service: str, at: float) -> float:
    hurt = story.hurt.get(service)
    return 1 + (hurt.slower - 1) * _risen(at, hurt.rises_min) if hurt else 1.0


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
    dice = random.Random(f"logs {story.name}")
    end = story.told.lasts_min - story.told.onset_min
    for line in story.told.healthy:
        at = -story.told.onset_min
        while (at := at + dice.uniform(0.5, 1.5) * HEALTHY_EVERY_S / 60) < end:
            if dice.random() >= _errors(story, line.of, at):
                yield at, _logged(line, "info", stamp(at), dice)
    for line in story.told.failing:
        hurt = story.hurt.get(line.of)
        at = 0.0
        while (at := at + dice.uniform(0.5, 1.5) * line.every_s / 60) < end:
            if dice.random() < _risen(at, hurt.rises_min if hurt else 0.0):
                yield at, _logged(line, line.level, stamp(at), dice)


def _logged(line: Line, level: str, at: str, dice: random.Random) -> bytes:
    text = line.text.replace("{n}", str(dice.randrange(10_000, 99_999))).replace("{k}", str(dice.randrange(10, 99)))
    document = {"@timestamp": at, "message": text, "log": {"level": level}, "service": {"name": line.of}, "ecs": {"version": "8.11"}}
    if line.tags:
        document["labels"] = {key: dice.choice(values) for key, values in line.tags.items()}
    return orjson.dumps(document)


def alerts(story: Story, stamp: Stamp) -> Iterator[Record]:
    alert = story.told.alert
    labels = {"alertname": alert.name, "severity": "critical", "service": alert.of} | ({"metric": alert.metric} if alert.metric else {})
    at = alert.after_min
    body = {
        "version": "4", "groupKey": f'{{}}:{{alertname="{alert.name}"}}', "truncatedAlerts": 0, "status": "firing", "receiver": "kafka",
        "groupLabels": {"alertname": alert.name}, "commonLabels": labels, "commonAnnotations": {"summary": alert.says}, "externalURL": "",
        "alerts": [
            {"status": "firing", "labels": labels, "annotations": {"summary": alert.says}, "startsAt": stamp(at), "endsAt": "0001-01-01T00:00:00Z",
             "generatorURL": "", "fingerprint": f"{random.Random(story.name).getrandbits(64):016x}"}
        ],
    }  # fmt: skip
    yield at, orjson.dumps(body)
