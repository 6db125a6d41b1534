"""Amazon CloudWatch Logs subscriptions: the log events that no other reader knows, each with its group and stream (layers.py).

Reference: CloudWatch Logs user guide, "Real-time processing of log data with subscriptions"; EMF: "Embedded metric format specification".
Identity:  the log group: `/aws/lambda/<function>`, `/aws/rds/instance/<db>/…`, `/ecs/<service>`, `/aws/codebuild/<project>`; the group itself else.
Time:      logEvents.timestamp (ms).  Severity: of a JSON message its level, of a text its level word, `Task timed out` an error.
State:     none.  Dedup: logEvents.id.  CONTROL_MESSAGE only proves that the subscription works and is refused as such.
Messages:  embedded metrics give a metric row each beside the log; a truncated JSON stays text.  CloudTrail and other known records are read
           by their own readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.severity import ERROR, INFO, from_word
from schemas.signal import Kind, Signal
from schemas.sources.cloud import decoded, first, mapping, number, row, sequence
from schemas.sources.source import Received, Source

FORMAT: Final = "aws.cloudwatch_logs"
_GROUPS: Final = (
    ("faas.name", re.compile(r"/aws/lambda/(?:[a-z-]+-\d\.)?(?P<name>[^/]+)")),
    ("db.instance.id", re.compile(r"/aws/(?:rds/(?:instance|cluster|proxy)|docdb|neptune|redshift/cluster|elasticache|OpenSearchService/domains)/(?P<name>[^/]+)")),
    ("messaging.destination.name", re.compile(r"/aws/(?:kinesisfirehose|msk)/(?P<name>[^/]+)")),
    ("service.name", re.compile(r"/aws/(?:codebuild|apprunner|elasticbeanstalk|vendedlogs/states|apigateway|sagemaker/Endpoints)/(?P<name>[^/]+)")),
    ("service.name", re.compile(r"/?(?:aws/)?ecs/(?!containerinsights)(?:.*/)?(?P<name>[^/]+)")),
    ("service.name", re.compile(r"API-Gateway-Execution-Logs_(?P<name>[^/]+)")),
    ("aws.ecs.cluster.name", re.compile(r"/aws/ecs/containerinsights/(?P<name>[^/]+)")),
    ("k8s.cluster.name", re.compile(r"/aws/(?:eks|containerinsights)/(?P<name>[^/]+)")),
)  # fmt: skip
_STREAMS: Final = (
    ("service.name", "/aws/batch/job", re.compile(r"(?P<name>[^/]+)/")),
    ("service.name", "/aws-glue/crawlers", re.compile(r"(?P<name>[^/]+)")),
    ("aws.resource.name", "/aws/sagemaker/TrainingJobs", re.compile(r"(?P<name>[^/]+)/")),
)
"""Groups that many share: their streams begin with the name of what writes."""
LEVEL: Final = r"(?:^|[^A-Za-z])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC|ALERT|EMERG)(?:[^A-Za-z]|$)"
LEVEL_WITHIN: Final = 160
"""A level word stands at the head of a line; later in it, it is prose."""
FAILED: Final = (
    r"Task timed out after|Status: (?:timeout|error)|Runtime exited|Traceback \(most recent call last\)|Process exited before"
    r'|"status": ?"(?:timeout|error|failure)"'
)
LIFECYCLE: Final = r'^(?:START|END|REPORT) RequestId|"type": ?"platform\.'
"""Of a Lambda invocation.  These expressions are RE2's, so that whole columns can be matched."""
_level, _failed, _lifecycle = re.compile(LEVEL).search, re.compile(FAILED).search, re.compile(LIFECYCLE).search
_INSTANCE: Final = re.compile(r"(?<![\w-])i-[0-9a-f]{8,17}(?![0-9a-f])")
"""As a stream's name has it; `eni-…` of a flow log is no instance."""
_LEVELS: Final = ("level", "severity", "log.level", "loglevel", "levelname", "log_level")
_MESSAGES: Final = ("message", "msg", "log", "event", "@message", "errorMessage")


def _is_event(document: Any) -> bool:
    return isinstance(document, dict) and "logGroup" in document and isinstance(document.get("message"), str) and "timestamp" in document


def _is_control(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("logEvents"), list) and "messageType" in document


def _refuse(document: Any, received: Received) -> Iterator[Rejected]:
    yield Rejected("control_message", "a control message only proves that the subscription works", "messageType", FORMAT)


def _read(document: Any, received: Received) -> Iterator[Signal]:
    attributes, group = attributes_of(document), first(document, "logGroup")
    time_ns = times.parse(document["timestamp"], unit=None if isinstance(document["timestamp"], str) else "ms")
    line = document["message"]
    message = mapping(decoded(line))
    yield row(
        received,
        Kind.LOG,
        FORMAT,
        {**attributes, **_facts(message)},
        fallback=fallback_of(group),
        text=first(message, *_MESSAGES) or line.rstrip("\n"),
        event_time_ns=time_ns,
        severity_number=severity_of(message, line),
        dedup_key=f"{FORMAT}|{first(document, 'id')}" if first(document, "id") else "",
        trace_id=first(message, "trace_id", "traceId", "xray_trace_id"),
    )
    yield from _embedded(message, attributes, group, time_ns, received)


def fallback_of(group: str) -> str:
    return f"resource:{group}" if group else "service:cloudwatch-logs"


def attributes_of(batch: Mapping[str, Any]) -> dict[str, str]:
    group, stream = first(batch, "logGroup"), first(batch, "logStream")
    named = {key: match["name"] for key, form in reversed(_GROUPS) if (match := form.match(group))}
    named |= {key: match["name"] for key, shared, form in _STREAMS if group == shared and (match := form.match(stream))}
    if instance := _INSTANCE.search(stream):
        named["host.id"] = instance[0]
    return {
        **named,
        "aws.log.group.name": group,
        "aws.log.stream.name": stream,
        "cloud.provider": "aws",
        "cloud.account.id": first(batch, "owner"),
    }


def _facts(message: Mapping[str, Any]) -> dict[str, str]:
    """What a structured line names; container logs by Fluent Bit have a `kubernetes` object."""
    kubernetes = mapping(message.get("kubernetes"))
    found = {
        "service.name": first(message, "service", "service.name", "serviceName", "service_name"),
        "k8s.pod.name": first(kubernetes, "pod_name"),
        "k8s.namespace.name": first(kubernetes, "namespace_name"),
        "k8s.container.name": first(kubernetes, "container_name"),
        "host.name": first(kubernetes, "host"),
        "db.instance.id": first(message, "instanceID"),  # enhanced monitoring of RDS
        "log.logger": first(message, "logger", "logger_name"),
    }
    return {key: value for key, value in found.items() if value}


def severity_of(message: Mapping[str, Any], line: str) -> int:
    """Of a JSON message its level; of a text what failed, its level word, or that Lambda wrote it."""
    for key in _LEVELS if message else ():
        if found := from_word(message.get(key)):
            return found
    if _failed(line):
        return ERROR
    head = None if message else _level(line[:LEVEL_WITHIN])
    return from_word(head[1]) if head else INFO if _lifecycle(line) else 0


def _embedded(message: Mapping[str, Any], attributes: Mapping[str, str], group: str, time_ns: int, received: Received) -> Iterator[Signal]:
    """The metrics of an embedded-metric-format line."""
    described = mapping(message.get("_aws"))
    for directive in sequence(described.get("CloudWatchMetrics")):
        namespace, sets = first(mapping(directive), "Namespace"), sequence(mapping(directive).get("Dimensions"))
        dimensions = {key: first(message, key) for key in (sequence(sets[0]) if sets else []) if isinstance(key, str)}
        for metric in sequence(mapping(directive).get("Metrics")):
            name = first(mapping(metric), "Name")
            found = message.get(name)
            value = number(found[-1] if isinstance(found, list) and found else found)
            if name and value is not None:
                yield row(
                    received, Kind.METRIC, "aws.embedded_metric", {**attributes, **dimensions}, name=f"{namespace}/{name}", value=value,
                    fallback=f"resource:{group}", event_time_ns=times.parse(described.get("Timestamp"), unit="ms") or time_ns,
                    unit=unit_of(first(mapping(metric), "Unit")),
                )  # fmt: skip


_UNITS: Final = {
    "percent": "%", "bytes": "By", "kilobytes": "kBy", "megabytes": "MBy", "gigabytes": "GBy", "terabytes": "TBy", "bits": "bit", "kilobits": "kbit",
    "megabits": "Mbit", "gigabits": "Gbit", "seconds": "s", "milliseconds": "ms", "microseconds": "us", "count": "1",
}  # fmt: skip


def unit_of(unit: str) -> str:
    """CloudWatch's unit as OpenTelemetry writes it; `Bytes/Second` is `By/s`."""
    amount, _, per = unit.lower().partition("/")
    return (_UNITS.get(amount, "") + ("/s" if per == "second" else "")) if amount in _UNITS else ""


SOURCES: Final = (Source(FORMAT, _is_event, _read), Source(f"{FORMAT}.control", _is_control, _refuse))
