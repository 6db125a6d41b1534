"""Which metric series count requests, failed requests or their latency, by the conventions under which tools write them.

Knows:   names, units and status attributes: OpenTelemetry HTTP/RPC metrics, Prometheus counters and histograms, cloud load balancers.
Ignores: what the values are and which service they belong to.

Sources: OpenTelemetry semantic conventions (HTTP metrics, RPC metrics, UCUM units); Prometheus naming practices.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from schemas.signal import Subject


class Golden(StrEnum):
    REQUESTS = "requests"
    FAILED_REQUESTS = "failed_requests"
    """Requests that failed: by the metric's name, or by the status that the series counts."""
    ERROR_RATIO = "error_ratio"
    SUCCESS_RATIO = "success_ratio"
    LATENCY = "latency"
    LATENCY_SUM = "latency_sum"
    """Seconds spent a second; divided by the requests of the same metric it is the mean latency."""


_LATENCY: Final = re.compile(r"latency|duration|response_?time|elapsed|(?:client|server)_seconds")
_FAILED: Final = re.compile(
    r"(?:request|http|grpc|rpc|call).*(?:error|fail|5xx|fault)|(?:error|fail|faults?|5xx).*(?:request|call|ratio|percent)|5xx"
    r"|^(?:[a-z0-9]+_)?(?:errors?|failures?|faults?)(?:_(?:total|count|rate|ratio|percent))?$"
)
"""Failed requests, not any error: `jvm_gc_errors_of_region` is none of a customer's."""
_SUCCEEDED: Final = re.compile(r"success_?(?:ratio|rate|percent)|availability")
_REQUESTS: Final = re.compile(r"request|(?:^|_)(?:req|rpc|rps|qps|calls|hits|invocations)(?:_|$)|throughput")
_NOT_TRAFFIC: Final = re.compile(
    r"bucket|created$|size|bytes|active|in_flight|inflight|pending|queue|limit|quota|memory|cpu|max$|info$|exemplar"
)
_PER_SECOND: Final = re.compile(r"(?:_total|_count|_per_second|_rps|_qps|rate)$|^(?:rps|qps)$")
_COUNTER: Final = re.compile(r"_(?:total|count)$")
"""By its name a counter, whose unit may be 1 as well as that of a ratio."""
_STATUS_KEYS: Final = frozenset({
    "http.response.status_code", "http.status_code", "http_response_status_code", "status_code", "status", "code", "response_code",
    "rpc.grpc.status_code", "grpc_code", "grpc_status", "outcome", "error.type",
})  # fmt: skip
_FAILED_STATUS: Final = re.compile(
    r"5\d\d|5xx|error|errors|failed|failure|server_error|internal|unavailable|unknown|dataloss|deadline_?exceeded|resource_?exhausted|timeout|STATUS_CODE_ERROR",
    re.IGNORECASE,
)
_GRPC_FAILED: Final = frozenset({"2", "4", "8", "13", "14", "15"})
"""gRPC codes that are the server's fault: UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE, DATA_LOSS."""
_SECONDS: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6}
_UNIT_IN_NAME: Final = re.compile(r"_(seconds|milliseconds|microseconds|ms|us|s)(?:_p?\d+|_quantile|_avg|_mean|_max|_sum)?(?:_\d+[smhd])?$")
"""…followed by the statistic and, of a recording rule, by the range it looks at: `http_duration_seconds:p95_1m`."""


def golden(subject: Subject) -> Golden | None:
    """What the series is of; None for everything else.  A call from one service to another is a request to the server."""
    name = _snake(subject.name)
    if name.endswith("_bucket") or _NOT_TRAFFIC.search(name):
        return None
    if _LATENCY.search(name):
        if name.endswith("_sum"):
            return Golden.LATENCY_SUM
        if name.endswith("_count"):
            return Golden.FAILED_REQUESTS if _failed_status(subject) else Golden.REQUESTS
        return Golden.LATENCY
    if _SUCCEEDED.search(name):
        return Golden.SUCCESS_RATIO
    if _FAILED.search(name):
        share = "ratio" in name or "percent" in name or (subject.unit in ("1", "%") and not _COUNTER.search(name))
        return Golden.ERROR_RATIO if share else Golden.FAILED_REQUESTS
    if _REQUESTS.search(name) and "ratio" not in name:
        return Golden.FAILED_REQUESTS if _failed_status(subject) else Golden.REQUESTS
    return None


def by_status(subject: Subject) -> bool:
    """Whether the metric counts all requests and tells the failed ones by an attribute: then the failed ones are requests too."""
    return not _FAILED.search(_snake(subject.name)) and any(key in _STATUS_KEYS for key, _ in subject.attributes)


def is_per_second(subject: Subject) -> bool:
    """Whether values are a rate per second, so that they may be summed over time; a bare gauge leaves that open."""
    return subject.unit.endswith("/s") or _PER_SECOND.search(_snake(subject.name)) is not None


def seconds_per_unit(subject: Subject) -> float | None:
    """Factor to seconds of a latency series; None when neither unit nor name tells."""
    if subject.unit in _SECONDS:
        return _SECONDS[subject.unit]
    found = _UNIT_IN_NAME.search(_snake(subject.name))
    return _SECONDS[found[1]] if found else None


def is_percentage(subject: Subject) -> bool:
    """Whether a ratio is told in hundredths."""
    return subject.unit == "%" or "percent" in _snake(subject.name)


def server_of(subject: Subject) -> str | None:
    """The service that answers, of a series about calls from one service to another."""
    server = subject.attribute("server")
    return f"service:{server}" if server and subject.attribute("client") else None


def _failed_status(subject: Subject) -> bool:
    for key, value in subject.attributes:
        if key in _STATUS_KEYS and (_FAILED_STATUS.fullmatch(value) or ("grpc" in key and value in _GRPC_FAILED)):
            return True
    return False


def _snake(name: str) -> str:
    """`HTTPCode_Target_5XX_Count` and `http.server.duration` in one spelling."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name).lower()).strip("_")
