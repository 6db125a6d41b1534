"""The metrics of one service: requests in, requests out, the connection pool, and the release.

Knows:   names and labels (OpenTelemetry semantic conventions in Prometheus spelling; the service-graph connector's names for calls).
Ignores: when they are counted (service.py, calls.py, pool.py) and who scrapes them.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Bucket bounds: a calm request takes 5 to 150 ms, a timeout 2 to 5 s."""

requests = Histogram(
    "http_server_request_duration_seconds",
    "Time to answer a request.",
    ["http_route", "http_response_status_code"],
    buckets=SECONDS,
)
calls = Counter("traces_service_graph_request", "Calls to another service.", ["client", "server", "connection_type"])
failed_calls = Counter(
    "traces_service_graph_request_failed", "Calls to another service that failed.", ["client", "server", "connection_type"]
)
call_seconds = Histogram(
    "traces_service_graph_request_client_seconds",
    "Time a call took, seen by the caller.",
    ["client", "server", "connection_type"],
    buckets=SECONDS,
)
connections = Gauge(
    "db_client_connection_count", "Connections of the pool.", ["db_client_connection_pool_name", "db_client_connection_state"]
)
connections_max = Gauge("db_client_connection_max", "Connections the pool may hold.", ["db_client_connection_pool_name"])
connections_pending = Gauge(
    "db_client_connection_pending_requests", "Requests waiting for a connection.", ["db_client_connection_pool_name"]
)
connection_timeouts = Counter(
    "db_client_connection_timeouts", "Requests that waited for a connection in vain.", ["db_client_connection_pool_name"]
)
orders = Counter("shop_orders", "Orders by outcome.", ["outcome"])
release = Gauge("shop_release_info", "The release that runs.", ["version"])
