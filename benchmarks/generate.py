"""Telemetry of a made-up estate, as its collectors would send it: the same seed gives the same bytes.

Knows:   the wire forms of prometheus-kafka-adapter, Filebeat (ECS), Alertmanager and CDEvents, and how an outage shows in each.
Ignores: Kafka, and what Causeline makes of it.

120 services in a layered call graph; each is scraped for ten series every 15 s and logs; every 20 minutes a deploy breaks one of them:
its latency and errors rise, then its callers', alerts fire, and a rollback heals it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

SERVICES = 120
SERIES = 10
SCRAPE_S = 15
"""Prometheus' most common scrape interval: 80 samples a second for this estate."""

LOGS_PER_SECOND = 40
"""Half as many log lines as samples, about what a mid-sized cluster ships after its debug levels are cut."""

OUTAGE_EVERY_S = 1_200
OUTAGE_STARTS_S = 400
ALERT_AFTER_S = 120
"""A `for: 2m` rule."""
ROLLBACK_AFTER_S = 420
RESOLVED_AFTER_S = 600

_METRICS = (
    ("http_requests_total", "requests", 50.0),
    ("http_request_errors_total", "errors", 0.2),
    ("http_request_duration_seconds_p99", "latency", 0.18),
    ("process_cpu_seconds_rate", "cpu", 0.4),
    ("process_resident_memory_bytes", "memory", 4.2e8),
    ("db_pool_connections_in_use", "latency", 8.0),
    ("queue_depth", "latency", 12.0),
    ("go_goroutines", "cpu", 90.0),
    ("http_requests_in_flight", "latency", 6.0),
    ("container_restarts_total", "steady", 0.0),
)
"""Name, what it follows in an outage, and its normal value."""

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
        """The broken service from the deploy on, its callers a minute later, both until the rollback."""
        since_s = second - self.begins_s
        return (service == self.broken and 0 <= since_s < ROLLBACK_AFTER_S) or (
            service in callers(self.broken) and 60 <= since_s < ROLLBACK_AFTER_S
        )


def name_of(service: int) -> str:
    return f"svc-{service:03d}"


def callers(service: int) -> tuple[int, ...]:
    """A heap-shaped call graph: service n is called by the one above it, and by that one's neighbour."""
    above = (service - 1) // 3
    return () if service == 0 else tuple(sorted({above, max(0, above - 1)}))


def events(count: int, *, seed: int, end_ms: int) -> Iterator[Event]:
    """`count` events in the order in which they were sent, the last of them at about end_ms."""
    seconds = count // (SERVICES * SERIES // SCRAPE_S + LOGS_PER_SECOND) + 1
    start_ms = end_ms - seconds * 1_000
    made = 0
    for second in range(seconds + 1):
        for event in _second(random.Random(f"{seed}/{second}"), second, start_ms, seed):
            if made == count:
                return
            made += 1
            yield event


def _second(rng: random.Random, second: int, start_ms: int, seed: int) -> Iterator[Event]:
    at_ms = start_ms + second * 1_000
    outage = _outage_at(second, seed)
    yield from _changes_and_alerts(outage, second, at_ms)
    for service in range(second % SCRAPE_S, SERVICES, SCRAPE_S):
        yield from _scrape(rng, service, outage.sick(service, second), at_ms)
    for number in range(LOGS_PER_SECOND):
        yield _log(rng, outage, second, at_ms + number * 1_000 // LOGS_PER_SECOND)


def _outage_at(second: int, seed: int) -> _Outage:
    number = second // OUTAGE_EVERY_S
    broken = random.Random(f"{seed}/outage/{number}").randrange(1, SERVICES)
    return _Outage(number * OUTAGE_EVERY_S + OUTAGE_STARTS_S, broken)


def _scrape(rng: random.Random, service: int, sick: bool, at_ms: int) -> Iterator[Event]:
    """prometheus-kafka-adapter, JSON serialisation: the value is a string."""
    name, stamp = name_of(service), _rfc3339(at_ms)
    for metric, follows, normal in _METRICS:
        value = normal * (_FACTORS[follows] if sick else 1.0) * rng.uniform(0.92, 1.08)
        yield Event(
            "telemetry.metrics",
            (
                f'{{"timestamp":"{stamp}","value":"{value:.6g}","name":"{metric}","labels":{{"__name__":"{metric}",'
                f'"cluster":"prod-1","instance":"10.0.{service}.7:9090","job":"{name}","namespace":"shop","pod":"{name}-6d8f7c9b5-x2k4j",'
                f'"service":"{name}"}}}}'
            ).encode(),
            at_ms,
        )


def _log(rng: random.Random, outage: _Outage, second: int, at_ms: int) -> Event:
    """Filebeat, ECS 8: one line of a container."""
    service = outage.broken if rng.random() < 0.05 else rng.randrange(SERVICES)
    sore = outage.sick(service, second) and rng.random() < 0.6
    words = rng.choice(_SORE if sore else _CALM).format(
        number=rng.randrange(10**6), ms=rng.randrange(3, 90), small=rng.randrange(1, 20), callee=name_of(outage.broken)
    )
    name, level = name_of(service), "error" if sore else "info"
    return Event(
        "telemetry.logs",
        (
            f'{{"@timestamp":"{_rfc3339(at_ms)}","ecs.version":"8.11.0","log.level":"{level}","message":"{words}",'
            f'"service":{{"name":"{name}"}},"orchestrator":{{"cluster":{{"name":"prod-1"}},"namespace":"shop"}},'
            f'"kubernetes":{{"pod":{{"name":"{name}-6d8f7c9b5-x2k4j"}}}},"trace.id":"{rng.getrandbits(128):032x}"}}'
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
