"""Telemetry of a made-up estate, as its collectors would send it: the same seed gives the same bytes.

Knows:   the wire forms of prometheus-kafka-adapter, Filebeat (ECS), Alertmanager and CDEvents, and how an outage shows in each.
Ignores: Kafka, and what Causeline makes of it.

800 services in a layered call graph, 9,600 series: 640 samples a second, and 2,400 log lines a second of requests that pass through six
services each.  Every ten minutes a deploy breaks a service: its latency and errors rise, then its callers', alerts fire, and a rollback
heals it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

SERVICES = 800
SCRAPE_S = 15
"""Prometheus' most common scrape interval."""

REQUESTS_PER_SECOND = 400
"""Requests that are logged; a service's busiest neighbours handle some tens of them, most services a few."""
LINES_PER_REQUEST = 6
"""One of each service on its way."""
HOP_MS = 20

OUTAGE_EVERY_S = 600
OUTAGE_STARTS_S = 90
"""Long enough for every series to have its normal: six scrapes."""
CALLERS_AFTER_S = 20
ALERT_AFTER_S = 60
"""A `for: 1m` rule."""
ROLLBACK_AFTER_S = 120
RESOLVED_AFTER_S = 150

_CHILDREN = 3
"""Callees of a service."""
_LEAVES = (SERVICES - 2) // _CHILDREN + 1
"""The first service that calls nobody; a request ends at one of these."""

_METRICS = (
    ("http_requests_total", "requests", 50.0, True),
    ("http_request_errors_total", "errors", 0.2, True),
    ("http_request_duration_seconds_p99", "latency", 0.18, False),
    ("process_cpu_seconds_total", "cpu", 0.4, True),
    ("process_resident_memory_bytes", "memory", 4.2e8, False),
    ("db_pool_connections_in_use", "latency", 8.0, False),
    ("queue_depth", "latency", 12.0, False),
    ("go_goroutines", "cpu", 90.0, False),
    ("http_requests_in_flight", "latency", 6.0, False),
    ("container_restarts_total", "steady", 0.0, True),
)
"""Name, what it follows in an outage, its normal value (of a counter: a second), and whether it is a counter."""
_EDGES = (
    ("traces_service_graph_request_total", "requests", 40.0, True),
    ("traces_service_graph_request_failed_total", "errors", 0.1, True),
)
"""Of the calls that a service gets from the one above it."""
SERIES = len(_METRICS) + len(_EDGES)

_FACTORS = {"requests": 0.7, "errors": 60.0, "latency": 7.0, "cpu": 1.6, "memory": 1.1, "steady": 1.0}

_CALM = (
    "GET /api/v1/items/{number} 200 {ms}ms",
    "POST /api/v1/orders 201 {ms}ms order=ord-{number}",
    "cache hit ratio {ms}% over the last minute",
    "consumed batch of {ms} messages from partition {small}",
    "session {number} refreshed for tenant t-{small}",
)
_SORE = (
    "upstream request timed out after {ms}00ms calling {callee}",
    "could not acquire connection from pool: {small} waiting, timeout 5000ms",
    "GET /api/v1/items/{number} 503 {ms}00ms",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One record: its topic, its bytes and when the collector sent it."""

    topic: str
    value: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class _Outage:
    begins_s: int
    broken: int

    def sick(self, service: int, second: int) -> bool:
        """The broken service from the deploy on, its callers a little later, both until the rollback."""
        since_s = second - self.begins_s
        return (service == self.broken and 0 <= since_s < ROLLBACK_AFTER_S) or (
            CALLERS_AFTER_S <= since_s < ROLLBACK_AFTER_S and service in callers(self.broken)
        )


def name_of(service: int) -> str:
    return f"svc-{service:03d}"


def callers(service: int) -> tuple[int, ...]:
    """A heap-shaped call graph: service n is called by the one above it, and by that one's neighbour."""
    above = (service - 1) // _CHILDREN
    return () if service == 0 else tuple(sorted({above, max(0, above - 1)}))


def events(count: int, *, seed: int, end_ms: int) -> Iterator[Event]:
    """`count` events in the order in which they were sent, the last of them at about end_ms."""
    seconds = count // (SERVICES * SERIES // SCRAPE_S + REQUESTS_PER_SECOND * LINES_PER_REQUEST) + 1
    start_ms = end_ms - seconds * 1_000
    counters: dict[tuple[int, str], float] = {}
    made = 0
    for second in range(seconds + 1):
        found = list(_second(random.Random(f"{seed}/{second}"), second, start_ms, seed, counters))
        for event in sorted(found, key=lambda event: event.at_ms):
            if made == count:
                return
            made += 1
            yield event


def _second(rng: random.Random, second: int, start_ms: int, seed: int, counters: dict[tuple[int, str], float]) -> Iterator[Event]:
    at_ms = start_ms + second * 1_000
    outage = _outage_at(second, seed)
    yield from _changes_and_alerts(outage, second, at_ms)
    for service in range(second % SCRAPE_S, SERVICES, SCRAPE_S):
        yield from _scrape(rng, service, outage.sick(service, second), at_ms + service, counters)
    for _ in range(REQUESTS_PER_SECOND):
        yield from _request(rng, outage, second, at_ms)


def _outage_at(second: int, seed: int) -> _Outage:
    number = second // OUTAGE_EVERY_S
    broken = random.Random(f"{seed}/outage/{number}").randrange(1, SERVICES)
    return _Outage(number * OUTAGE_EVERY_S + OUTAGE_STARTS_S, broken)


def _scrape(rng: random.Random, service: int, sick: bool, at_ms: int, counters: dict[tuple[int, str], float]) -> Iterator[Event]:
    name = name_of(service)
    common = f'"cluster":"prod-1","instance":"10.0.{service % 256}.{service // 256}:9090","job":"{name}","namespace":"shop"'
    own = f'{common},"pod":"{name}-6d8f7c9b5-x2k4j","service":"{name}"'
    above = f'{common},"client":"{name_of(callers(service)[0]) if service else "ingress"}","server":"{name}"'
    for labels, metrics in ((own, _METRICS), (above, _EDGES)):
        for metric, follows, normal, counter in metrics:
            value = normal * (_FACTORS[follows] if sick else 1.0) * (0.92 + 0.16 * rng.random())
            if counter:
                value = counters[service, metric] = counters.get((service, metric), 0.0) + value * SCRAPE_S
            yield Event("telemetry.metrics", _sample(metric, labels, value, at_ms), at_ms)


def _sample(metric: str, labels: str, value: float, at_ms: int) -> bytes:
    """prometheus-kafka-adapter, JSON serialisation: the value is a string."""
    stamp = _rfc3339(at_ms)
    return f'{{"timestamp":"{stamp}","value":"{value:.10g}","name":"{metric}","labels":{{"__name__":"{metric}",{labels}}}}}'.encode()


def _request(rng: random.Random, outage: _Outage, second: int, at_ms: int) -> Iterator[Event]:
    """A traced request on its way down the call graph; one line of each service it passes through."""
    trace, service = rng.getrandbits(128), rng.randrange(_LEAVES, SERVICES)
    at_ms += rng.randrange(1_000 - LINES_PER_REQUEST * HOP_MS)
    for hop in range(LINES_PER_REQUEST, 0, -1):
        yield _line(rng, outage, service, outage.sick(service, second), trace, at_ms + hop * HOP_MS)
        service = max(0, (service - 1) // _CHILDREN)


def _line(rng: random.Random, outage: _Outage, service: int, sick: bool, trace: int, at_ms: int) -> Event:
    """Filebeat, ECS 8: one line of a container."""
    sore = sick and rng.random() < 0.6
    words = rng.choice(_SORE if sore else _CALM).format(
        number=int(rng.random() * 10**6), ms=3 + int(rng.random() * 87), small=1 + int(rng.random() * 19), callee=name_of(outage.broken)
    )
    name, level = name_of(service), "error" if sore else "info"
    return Event(
        "telemetry.logs",
        (
            f'{{"@timestamp":"{_rfc3339(at_ms)}","ecs":{{"version":"8.11.0"}},"log":{{"level":"{level}"}},"message":"{words}",'
            f'"service":{{"name":"{name}"}},"orchestrator":{{"cluster":{{"name":"prod-1"}}}},'
            f'"kubernetes":{{"namespace":"shop","pod":{{"name":"{name}-6d8f7c9b5-x2k4j"}}}},"trace":{{"id":"{trace:032x}"}}}}'
        ).encode(),
        at_ms,
    )


def _changes_and_alerts(outage: _Outage, second: int, at_ms: int) -> Iterator[Event]:
    since_s, begun_ms = second - outage.begins_s, at_ms - (second - outage.begins_s) * 1_000
    if since_s in (0, ROLLBACK_AFTER_S):
        yield Event("telemetry.deploys", _deployment(outage, rollback=since_s > 0, at_ms=at_ms), at_ms)
    if since_s in (ALERT_AFTER_S, RESOLVED_AFTER_S):
        for service in (outage.broken, *callers(outage.broken)):
            yield Event("telemetry.alerts", _alert(service, begun_ms, at_ms, resolved=since_s == RESOLVED_AFTER_S), at_ms)


def _deployment(outage: _Outage, *, rollback: bool, at_ms: int) -> bytes:
    """CDEvents 0.4: service deployed, and rolled back."""
    name, verb = name_of(outage.broken), "rolledback" if rollback else "deployed"
    return orjson.dumps(
        {
            "context": {
                "version": "0.4.1",
                "id": f"deploy-{outage.begins_s}-{verb}",
                "source": "/ci/shop",
                "type": f"dev.cdevents.service.{verb}.0.1.1",
                "timestamp": _rfc3339(at_ms),
            },
            "subject": {
                "id": name,
                "source": "/ci/shop",
                "type": "service",
                "content": {"environment": {"id": "prod-1"}, "artifactId": f"pkg:oci/{name}@sha256%3A{outage.begins_s:064x}"},
            },
        }
    )


def _alert(service: int, begun_ms: int, at_ms: int, *, resolved: bool) -> bytes:
    """Alertmanager webhook, version 4."""
    labels = {"alertname": "HighErrorRate", "service": name_of(service), "namespace": "shop", "cluster": "prod-1", "severity": "critical"}
    summary = {"summary": f"{name_of(service)} answers more than 2 % of requests with 5xx"}
    status = "resolved" if resolved else "firing"
    return orjson.dumps(
        {
            "version": "4",
            "groupKey": f'{{}}:{{alertname="HighErrorRate",service="{name_of(service)}"}}',
            "status": status,
            "receiver": "kafka",
            "groupLabels": {"alertname": "HighErrorRate"},
            "commonLabels": labels,
            "commonAnnotations": summary,
            "externalURL": "http://alertmanager:9093",
            "truncatedAlerts": 0,
            "alerts": [
                {
                    "status": status,
                    "labels": labels,
                    "annotations": summary,
                    "startsAt": _rfc3339(begun_ms + ALERT_AFTER_S * 1_000),
                    "endsAt": _rfc3339(at_ms) if resolved else "0001-01-01T00:00:00Z",
                    "generatorURL": "http://prometheus:9090/graph",
                    "fingerprint": f"{service:016x}",
                }
            ],
        }
    )


def _rfc3339(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1_000:03d}Z"
