"""Outages that no change began: the world outside, the hardware, the calendar, the traffic, the data."""

from __future__ import annotations

import numpy as np

from correlate.scene import Series
from schemas.signal import Kind, Subject
from tests.correlate.evidence.outages.innocents import COMMON
from tests.correlate.evidence.outages.tell import MINUTE_NS, T0, Change, Log, Outage


def traffic(service: str, before: float, during: float, minutes_early: int = 1) -> Series:
    """Requests per second once a minute: an hour of `before`, then `during`, which begins so many minutes before the onset."""
    times = T0 + MINUTE_NS * np.arange(-60, 6)
    values = np.where(np.arange(-60, 6) >= -minutes_early, during, before) * (1 + 0.03 * np.sin(np.arange(66)))
    subject = Subject(kind=Kind.METRIC, entity=f"service:{service}", name="http_requests_total", unit="1/s", source="test", estate="shop")
    return Series(subject, times.astype(np.int64), values.astype(np.float64), MINUTE_NS)


OUTAGES = (
    Outage(
        "provider-outage", None, "web>payments", {"payments": 9, "web": 6}, ("payments", "payments: error ratio 60 %"),
        (
            Log("error", "payments", 20, "POST https://api.acmepay.com/v1/charges failed: 503 Service Unavailable (charge {i})"),
            Log("error", "web", 10, "payments answered 502"),
            Log("info", "payments", 20, "charge {i} ok"),
        ),
        (
            Change("decoy-1", 4, "payments", "fix: do not charge twice when charges failed", ("payments/charge.go",), "@@ func Charge(c Card) error {\n+\tif seen(c.Key) {\n+\t\treturn nil\n+\t}\n"),
            Change("decoy-2", 9, "payments", "refactor: move charge client to its own package", ("payments/acme/client.go",), "@@\n-package payments\n+package acme\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "certificate-expired", None, "web>auth auth>directory", {"auth": 9, "web": 7}, ("auth", "auth: all logins fail"),
        (
            Log("error", "auth", 25, "x509: certificate has expired or is not yet valid: current time is after 2023-11-14T22:00:00Z (login {i})"),
            Log("error", "web", 10, "auth unavailable"),
            Log("info", "auth", 20, "login {i} ok"),
        ),
        (
            Change("decoy-1", 5, "auth", "feat: shorter error when login fails", ("auth/errors.go",), "@@\n-\treturn fmt.Errorf(\"login %s failed: %w\", user, err)\n+\treturn fmt.Errorf(\"login failed: %w\", err)\n"),
            Change("decoy-2", 12, "web", "chore: split login bundle", ("web/vite.config.ts",), "@@\n+    manualChunks: { login: ['./src/login.ts'] },\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "node-lost", None, "web>catalog web>cart web>search", {"catalog": 6, "cart": 6, "search": 5, "web": 3}, ("web", "web: error ratio 8 %"),
        (
            Log("error", "catalog", 12, "readiness probe failed: connection refused", {"k8s.node.name": ["node-17"]}),
            Log("error", "cart", 12, "readiness probe failed: connection refused", {"k8s.node.name": ["node-17"]}),
            Log("error", "search", 8, "write failed: input/output error", {"k8s.node.name": ["node-17"]}),
            Log("info", "catalog", 20, "product {i} served", {"k8s.node.name": ["node-11", "node-12", "node-13", "node-17"]}),
            Log("info", "cart", 20, "cart {i} saved", {"k8s.node.name": ["node-11", "node-12", "node-13", "node-17"]}),
        ),
        (
            Change("decoy-1", 5, "cart", "tune readiness probe wording", ("cart/health.go",), "@@\n-\tw.Write([]byte(\"ok\"))\n+\tw.Write([]byte(\"ready\"))\n"),
            Change("decoy-2", 8, "catalog", "feat: new product badge", ("catalog/badge.py",), "@@ def badge(product):\n+    if product.is_new:\n+        return 'new'\n"),
            *COMMON[:7],
        ),
    ),
    Outage(
        "traffic-surge", None, "web>catalog catalog>catalogdb", {"web": 8, "catalog": 7, "catalogdb": 5}, ("web", "web: latency p99 3 s"),
        (
            Log("warn", "web", 20, "request queue is full ({i} waiting), shedding"),
            Log("warn", "catalog", 15, "worker pool busy, request {i} waited 1800 ms"),
            Log("info", "web", 20, "GET /products 200"),
        ),
        (
            Change("decoy-1", 6, "catalog", "chore: worker pool metrics", ("catalog/pool.go",), "@@\n+\tgauge.Set(float64(len(p.workers)))\n"),
            Change("decoy-2", 10, "web", "feat: newsletter banner", ("web/src/Banner.tsx",), "@@\n+export const Banner = () => <a href=\"/news\">News</a>;\n"),
            *COMMON[:7],
        ),
        (traffic("web", 120, 900), traffic("catalog", 240, 1700), traffic("catalogdb", 240, 1600)),
    ),
    Outage(
        "poison-record", None, "ingest>store", {"ingest": 8, "store": 1}, ("ingest", "ingest: consumer lag rising"),
        (
            Log("error", "ingest", 25, "cannot parse event: unexpected end of input, will retry", {"messaging.kafka.partition": ["11"], "messaging.kafka.offset": ["884213"]}),
            Log("info", "ingest", 30, "event batch of {i} stored", {"messaging.kafka.partition": ["3", "7", "11", "12"]}),
        ),
        (
            Change("decoy-1", 7, "ingest", "feat: count events that we cannot parse", ("ingest/parse.py",), "@@ def parse(raw: bytes) -> Event:\n+    PARSED.inc()\n"),
            Change("decoy-2", 11, "ingest", "refactor: rename batch helper", ("ingest/batch.py",), "@@\n-def chunk(rows):\n+def batches(rows):\n"),
            *COMMON[:7],
        ),
    ),
)  # fmt: skip
