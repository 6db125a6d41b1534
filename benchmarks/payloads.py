"""Payloads of the bulk formats, made from a seed in the shape that their collectors send them.

Knows:   the wire form of each format, with many services, varying messages and times in order.
Ignores: what is made of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData

SERVICES = 60
_START = datetime(2026, 3, 2, 8, tzinfo=UTC)
_BATCH = 200
"""Log records of one OTLP or CloudWatch batch; the collector's default batch holds up to 8,192, a busy node fills some hundreds."""
_SAID = (
    "GET /api/v1/items/{n} 200 {ms}ms",
    "POST /api/v1/orders 201 {ms}ms order=ord-{n}",
    "consumed batch of {ms} messages from partition {small}",
    "connection to 10.0.{small}.7:5432 refused after {ms} ms",
    "cache hit ratio {ms} over the last minute, {n} entries",
    "reconciled deployment payments-{small}: nothing to do",
)


def said(rng: random.Random) -> str:
    return rng.choice(_SAID).format(n=rng.randrange(10**6), ms=rng.randrange(2000), small=rng.randrange(32))


def at(place: int, step_ms: int = 7) -> datetime:
    return _START + timedelta(milliseconds=place * step_ms)


def iso(moment: datetime, digits: int = 3) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[: 20 + digits] + "Z"


def pod(service: int) -> str:
    return f"svc-{service:02d}-5f55b6cf68-7{service % 8}cfw"


def adapter(rng: random.Random, count: int) -> list[bytes]:
    names = ("http_requests_total", "container_cpu_usage_seconds_total", "go_goroutines", "http_request_duration_seconds_p99")
    values = []
    for place in range(count):
        service, name = rng.randrange(SERVICES), rng.choice(names)
        labels = {"__name__": name, "service": f"svc-{service:02d}", "pod": pod(service), "namespace": "prod", "job": "kubernetes-pods"}
        when = (_START + timedelta(seconds=15 * (place // 240))).strftime("%Y-%m-%dT%H:%M:%SZ")
        values.append(orjson.dumps({"timestamp": when, "value": repr(rng.random() * 100), "name": name, "labels": labels}))
    return values


def ecs(rng: random.Random, count: int) -> list[bytes]:
    return [orjson.dumps(_ecs_line(rng, place)) for place in range(count)]


def _ecs_line(rng: random.Random, place: int) -> dict[str, Any]:
    service = rng.randrange(SERVICES)
    return {
        "@timestamp": iso(at(place)),
        "message": said(rng),
        "log": {
            "level": rng.choice(("info", "info", "warn", "error")),
            "offset": place * 120,
            "file": {"path": "/var/log/containers/a.log"},
        },
        "service": {"name": f"svc-{service:02d}"},
        "host": {"name": f"node-{service % 9}"},
        "kubernetes": {"pod": {"name": pod(service), "uid": f"u-{service}"}, "namespace": "prod", "container": {"name": "app"}},
        "agent": {"type": "filebeat", "version": "8.15.0", "name": f"node-{service % 9}"},
        "ecs": {"version": "8.0.0"},
        "trace": {"id": f"{rng.getrandbits(128):032x}"},
    }


def journald(rng: random.Random, count: int) -> list[bytes]:
    values = []
    for place in range(count):
        unit, micros = rng.randrange(20), int(at(place).timestamp() * 1_000_000)
        entry = {
            "__CURSOR": f"s=9f2c;i={place:x};b=1a2b;m={place * 9:x};t={micros:x};x={rng.getrandbits(64):x}",
            "__REALTIME_TIMESTAMP": str(micros), "__MONOTONIC_TIMESTAMP": str(place * 900), "_BOOT_ID": "1a2b3c4d5e6f708192a3b4c5d6e7f809",
            "_MACHINE_ID": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "_HOSTNAME": f"web-{unit % 4}", "PRIORITY": rng.choice("34666"),
            "_UID": "0", "_GID": "0", "_COMM": f"app{unit}", "_EXE": f"/usr/bin/app{unit}", "_PID": str(1000 + unit), "_TRANSPORT": "stdout",
            "_SYSTEMD_CGROUP": f"/system.slice/app{unit}.service", "_SYSTEMD_UNIT": f"app{unit}.service", "SYSLOG_IDENTIFIER": f"app{unit}",
            "MESSAGE": said(rng),
        }  # fmt: skip
        values.append(orjson.dumps(entry))
    return values


def log_entries(rng: random.Random, count: int) -> list[bytes]:
    values = []
    for place in range(count):
        service = rng.randrange(SERVICES)
        entry = {
            "insertId": f"{rng.getrandbits(60):x}", "logName": "projects/shop-prod/logs/stdout", "receiveTimestamp": iso(at(place), 6),
            "resource": {"type": "k8s_container", "labels": {
                "project_id": "shop-prod", "location": "europe-west1", "cluster_name": "c1", "namespace_name": "prod", "pod_name": pod(service),
                "container_name": "app",
            }},
            "severity": rng.choice(("INFO", "INFO", "WARNING", "ERROR")), "textPayload": said(rng), "timestamp": iso(at(place), 6),
            "labels": {"k8s-pod/app": f"svc-{service:02d}"},
        }  # fmt: skip
        values.append(orjson.dumps(entry))
    return values


def cloudwatch_logs(rng: random.Random, count: int) -> list[bytes]:
    values = []
    for batch in range(count // _BATCH):
        service = rng.randrange(SERVICES)
        events = [
            {"id": f"{batch * _BATCH + place:056d}", "timestamp": int(at(batch * _BATCH + place).timestamp() * 1000), "message": said(rng)}
            for place in range(_BATCH)
        ]
        document = {
            "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": f"/ecs/svc-{service:02d}", "logStream": f"app/svc/{service:032x}",
            "subscriptionFilters": ["all"], "logEvents": events,
        }  # fmt: skip
        values.append(orjson.dumps(document))
    return values


def winlogbeat(rng: random.Random, count: int) -> list[bytes]:
    values = []
    for place in range(count):
        host = f"WIN-{rng.randrange(12):02d}"
        document = {
            "@timestamp": iso(at(place)), "message": said(rng), "log": {"level": rng.choice(("information", "warning", "error"))},
            "event": {"code": "1001", "kind": "event", "provider": "ShopService", "created": iso(at(place, 8))},
            "winlog": {
                "channel": "Application", "computer_name": f"{host}.corp.example", "event_id": "1001", "provider_name": "ShopService",
                "record_id": place, "event_data": {"param1": "checkout"}, "task": "", "api": "wineventlog",
            },
            "host": {"name": host}, "agent": {"type": "winlogbeat", "version": "8.15.0", "name": host}, "ecs": {"version": "8.0.0"},
        }  # fmt: skip
        values.append(orjson.dumps(document))
    return values


def _resource(service: int) -> dict[str, Any]:
    said_of = {
        "service.name": f"svc-{service:02d}",
        "k8s.pod.name": pod(service),
        "k8s.namespace.name": "prod",
        "host.name": f"node-{service % 9}",
    }
    return {"attributes": [{"key": key, "value": {"stringValue": value}} for key, value in said_of.items()]}


def otlp_logs(rng: random.Random, count: int) -> list[bytes]:
    values = []
    for batch in range(count // _BATCH):
        records = [
            {
                "timeUnixNano": str(int(at(batch * _BATCH + place).timestamp() * 1000) * 1_000_000),
                "severityNumber": rng.choice((9, 9, 13, 17)),
                "severityText": "INFO",
                "body": {"stringValue": said(rng)},
                "attributes": [
                    {"key": "http.route", "value": {"stringValue": "/api/v1/items"}},
                    {"key": "thread.id", "value": {"intValue": str(place % 16)}},
                ],
                "traceId": f"{rng.getrandbits(128):032x}",
                "spanId": f"{rng.getrandbits(64):016x}",
            }
            for place in range(_BATCH)
        ]
        service = rng.randrange(SERVICES)
        values.append(
            orjson.dumps(
                {"resourceLogs": [{"resource": _resource(service), "scopeLogs": [{"scope": {"name": "app"}, "logRecords": records}]}]}
            )
        )
    return values


def otlp_metrics(rng: random.Random, count: int) -> list[bytes]:
    values = []
    for batch in range(count // _BATCH):
        when = str(int(at(batch, 5000).timestamp() * 1000) * 1_000_000)
        service = rng.randrange(SERVICES)
        points = [
            {
                "attributes": [{"key": "http.route", "value": {"stringValue": f"/r/{place % 20}"}}],
                "timeUnixNano": when,
                "asDouble": rng.random() * 100,
            }
            for place in range(_BATCH // 4)
        ]
        metrics = [{"name": f"app.metric.{number}", "unit": "1", "gauge": {"dataPoints": points}} for number in range(4)]
        values.append(orjson.dumps({"resourceMetrics": [{"resource": _resource(service), "scopeMetrics": [{"metrics": metrics}]}]}))
    return values


def otlp_protobuf_logs(rng: random.Random, count: int) -> list[bytes]:
    """The same logs as protobuf."""
    values = []
    for value in otlp_logs(rng, count):
        batch = LogsData()
        for group in orjson.loads(value)["resourceLogs"]:
            into = batch.resource_logs.add()
            _attributes(into.resource, group["resource"]["attributes"])
            scope = into.scope_logs.add()
            scope.scope.name = "app"
            for record in group["scopeLogs"][0]["logRecords"]:
                row = scope.log_records.add(
                    time_unix_nano=int(record["timeUnixNano"]),
                    severity_number=record["severityNumber"],
                    severity_text=record["severityText"],
                    trace_id=bytes.fromhex(record["traceId"]),
                    span_id=bytes.fromhex(record["spanId"]),
                )
                row.body.string_value = record["body"]["stringValue"]
                _attributes(row, record["attributes"])
        values.append(batch.SerializeToString())
    return values


def otlp_protobuf_metrics(rng: random.Random, count: int) -> list[bytes]:
    """The same metrics as protobuf."""
    values = []
    for value in otlp_metrics(rng, count):
        batch = MetricsData()
        for group in orjson.loads(value)["resourceMetrics"]:
            into = batch.resource_metrics.add()
            _attributes(into.resource, group["resource"]["attributes"])
            scope = into.scope_metrics.add()
            for metric in group["scopeMetrics"][0]["metrics"]:
                gauge = scope.metrics.add(name=metric["name"], unit=metric["unit"]).gauge
                for point in metric["gauge"]["dataPoints"]:
                    row = gauge.data_points.add(time_unix_nano=int(point["timeUnixNano"]), as_double=point["asDouble"])
                    _attributes(row, point["attributes"])
        values.append(batch.SerializeToString())
    return values


def _attributes(into: Any, pairs: list[dict[str, Any]]) -> None:
    for pair in pairs:
        value = into.attributes.add(key=pair["key"]).value
        if "intValue" in pair["value"]:
            value.int_value = int(pair["value"]["intValue"])
        else:
            value.string_value = pair["value"]["stringValue"]


FORMATS: dict[str, Callable[[random.Random, int], list[bytes]]] = {
    "prometheus.kafka_adapter": adapter,
    "elastic.ecs": ecs,
    "otlp.logs": otlp_logs,
    "otlp.metrics": otlp_metrics,
    "otlp.logs.protobuf": otlp_protobuf_logs,
    "otlp.metrics.protobuf": otlp_protobuf_metrics,
    "linux.journald": journald,
    "aws.cloudwatch_logs": cloudwatch_logs,
    "gcp.log_entry": log_entries,
    "windows.winlogbeat": winlogbeat,
}
AS_JSON: dict[str, Callable[[random.Random, int], list[bytes]]] = {"otlp.logs.protobuf": otlp_logs, "otlp.metrics.protobuf": otlp_metrics}
"""Formats that are no JSON, and what makes the same rows as JSON."""
PARSERS: dict[str, Callable[[bytes], Any]] = {"otlp.logs.protobuf": LogsData.FromString, "otlp.metrics.protobuf": MetricsData.FromString}
"""What only parses them."""
