"""Amazon CloudWatch alarms, metric and composite, by every way they travel.

Reference: CloudWatch user guide, "Alarm events and EventBridge", "Using Amazon CloudWatch alarms"; SNS message of an alarm action.
Shapes:    SNS message (`AlarmName` + `NewStateValue`), Lambda action (`alarmArn` + `alarmData`), EventBridge "CloudWatch Alarm State Change";
           "CloudWatch Alarm Configuration Change" is a change of the alarm, never a firing.
Identity:  the metric's dimensions (instance, function, queue, …); the alarm itself when there are none, as for composite alarms.
Time:      state.timestamp or StateChangeTime (ms), else the envelope's.  `Region` in SNS is a display name: the region comes from ARNs.
Severity:  CloudWatch has none: a word in the name or description decides (`critical`, `sev2`, `P3`, `warning`), else error.
State:     ALARM is firing, OK resolved; INSUFFICIENT_DATA is neither and read as a state.  actionsSuppressedBy is still ALARM.
Dedup:     the alarm's ARN, built from account, region and name where an old message lacks it, so that all ways give one key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas import times
from schemas.severity import CRITICAL, ERROR, INFO, WARN
from schemas.signal import Kind, Signal, Status
from schemas.sources.aws_names import names_in, split_ids
from schemas.sources.cloud import decoded, first, mapping, number, row, sequence, text
from schemas.sources.fields import labels
from schemas.sources.source import Received, Source

FORMAT: Final = "aws.cloudwatch_alarm"
_STATUS: Final = {"ALARM": Status.FIRING, "OK": Status.RESOLVED}
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+){1,2}-\d")
_DATAPOINT: Final = re.compile(r"datapoints? \[(-?[\d.]+(?:E-?\d+)?) ")
"""The newest datapoint in a state's reason: `3 out of the last 3 datapoints [20000.0 (08/11/22 11:25:00), …]`."""
_WORDS: Final = (
    (CRITICAL, re.compile(r"(?i)(?<![a-z])(?:critical|crit|fatal|page|sev-?_?[01]|p[01])(?![a-z\d])")),
    (WARN, re.compile(r"(?i)(?<![a-z])(?:warning|warn|minor|low-?prio\w*|sev-?_?[3-5]|p[3-5])(?![a-z\d])")),
)


@dataclass(slots=True)
class Alarm:
    """One alarm's move, whichever way it came."""

    name: str
    arn: str
    state: str
    before: str
    reason: str
    time_ns: int
    before_ns: int = 0
    account: str = ""
    region: str = ""
    description: str = ""
    rule: str = ""
    threshold: float | None = None
    value: float | None = None
    metrics: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Namespace, name and dimensions of each."""
    children: list[str] = field(default_factory=list)
    suppressed_by: str = ""


def from_event(detail: Mapping[str, Any], *, arn: str, account: str, region: str, time_ns: int) -> Alarm:
    """EventBridge's detail and the Lambda action's alarmData are one shape."""
    state, before = mapping(detail.get("state")), mapping(detail.get("previousState"))
    data, configuration = mapping(decoded(state.get("reasonData"))), mapping(detail.get("configuration"))
    triggering = sequence(data.get("triggeringAlarms"))
    recent = [point for point in map(number, sequence(data.get("recentDatapoints"))) if point is not None]
    return Alarm(
        name=first(detail, "alarmName"),
        arn=arn,
        state=first(state, "value"),
        before=first(before, "value"),
        reason=first(state, "reason"),
        time_ns=times.parse(state.get("timestamp")) or time_ns,
        before_ns=times.parse(before.get("timestamp")),
        account=account,
        region=region,
        description=first(configuration, "description"),
        rule=first(configuration, "alarmRule"),
        threshold=number(data.get("threshold")),
        value=recent[-1] if len(recent) == 1 else _newest(first(state, "reason"), recent),
        metrics=[
            (first(metric, "namespace"), first(metric, "name"), _dimensions(metric.get("dimensions")))
            for entry in sequence(configuration.get("metrics"))
            if (metric := mapping(mapping(mapping(entry).get("metricStat")).get("metric")))
        ],
        children=[text(mapping(child).get("arn")) for child in triggering],
        suppressed_by=first(state, "actionsSuppressedBy"),
    )


def from_sns(message: Mapping[str, Any], topic_arn: str, time_ns: int) -> Alarm:
    """The message of an alarm's SNS action."""
    trigger = mapping(message.get("Trigger"))
    metrics = [(first(trigger, "Namespace"), first(trigger, "MetricName"), _dimensions(trigger.get("Dimensions")))]
    for entry in sequence(trigger.get("Metrics")):
        metric = mapping(mapping(mapping(entry).get("MetricStat")).get("Metric"))
        metrics.append((first(metric, "Namespace"), first(metric, "MetricName"), _dimensions(metric.get("Dimensions"))))
    account, name = first(message, "AWSAccountId"), first(message, "AlarmName")
    region = next((part for part in (topic_arn.split(":") + [""] * 4)[3:4] if _REGION.fullmatch(part)), "") or first(message, "Region")
    reason = first(message, "NewStateReason")
    return Alarm(
        name=name,
        arn=first(message, "AlarmArn") or _arn(account, region, name),
        state=first(message, "NewStateValue"),
        before=first(message, "OldStateValue"),
        reason=reason,
        time_ns=times.parse(message.get("StateChangeTime")) or time_ns,
        account=account,
        region=region,
        description=first(message, "AlarmDescription"),
        rule=first(message, "AlarmRule"),
        threshold=number(trigger.get("Threshold")),
        value=_newest(reason, []),
        metrics=[metric for metric in metrics if metric[1] or metric[2]],
        children=[text(mapping(child).get("Arn")) for child in sequence(message.get("TriggeringChildren"))],
    )


def alarm_row(alarm: Alarm, received: Received, source: str) -> Signal:
    """The row of an alarm's move."""
    status = _STATUS.get(alarm.state)
    namespace, metric, _ = alarm.metrics[0] if alarm.metrics else ("", "", {})
    named, ids = _observed(alarm)
    move = f"{alarm.before} -> {alarm.state}" if alarm.before and alarm.before != alarm.state else alarm.state
    return row(
        received,
        Kind.ALERT if status else Kind.STATE,
        source,
        {
            **named,
            "cloud.provider": "aws",
            "cloud.account.id": alarm.account,
            "cloud.region": alarm.region,
            "metric.name": f"{namespace}/{metric}" if namespace and metric else metric,
            "alert.name": alarm.name,
        },
        ids=ids,
        fallback=f"alarm:{alarm.name}" if alarm.name else "",
        name=alarm.name,
        text=": ".join(part for part in (f"{alarm.name} {move}", alarm.reason, alarm.description) if part),
        event_time_ns=alarm.time_ns,
        starts_at_ns=alarm.before_ns if status is Status.RESOLVED and alarm.before == "ALARM" else 0,
        severity_number=_severity(alarm, status),
        status=status,
        value=alarm.value,
        dedup_key=f"aws.cloudwatch_alarm|{alarm.arn or '|'.join((alarm.account, alarm.region, alarm.name))}",
        details={
            "from": alarm.before, "to": alarm.state, "threshold": alarm.threshold, "rule": alarm.rule,
            "children": alarm.children, "suppressed_by": alarm.suppressed_by,
        },
    )  # fmt: skip


def configuration_row(
    detail: Mapping[str, Any], *, arn: str, place: Mapping[str, str], time_ns: int, received: Received, source: str
) -> Signal:
    """The row of an alarm's own change: created, updated or deleted."""
    now, before = mapping(detail.get("configuration")), mapping(detail.get("previousConfiguration"))
    name, operation = first(detail, "alarmName") or first(now, "alarmName"), first(detail, "operation") or "change"
    changed = {
        key: (before.get(key), now.get(key))
        for key in now
        if before and before.get(key) != now.get(key) and text(now.get(key)) and key != "timestamp"
    }
    told = ", ".join(f"{key} {text(old) or 'unset'} -> {text(new)}" for key, (old, new) in changed.items())
    alarm = from_event(detail, arn=arn, account="", region="", time_ns=time_ns)
    return row(
        received,
        Kind.CHANGE,
        source,
        {**place, "alert.name": name, **{f"observed.{key}": value for key, value in _observed(alarm)[0].items()}},
        ids=[arn],
        fallback=f"alarm:{name}" if name else "",
        name=f"cloudwatch.alarm.{operation}",
        text=": ".join(part for part in (f"CloudWatch alarm {name} {operation}", told) if part),
        event_time_ns=(0 if operation == "delete" else times.parse(now.get("timestamp"))) or time_ns,
        severity_number=INFO,
        dedup_key=f"aws.cloudwatch_alarm_configuration|{arn or name}|{first(now, 'timestamp')}",
        details={
            "action": operation, "outcome": "succeeded",
            "from": {key: old for key, (old, _) in changed.items()}, "to": {key: new for key, (_, new) in changed.items()},
        },
    )  # fmt: skip


def _observed(alarm: Alarm) -> tuple[dict[str, str], list[str]]:
    """Attributes and ids of what the metrics measure; the alarm's own ARN only when they name nothing."""
    dimensions: dict[str, str] = {}
    for _, _, found in alarm.metrics:
        for key, value in found.items():
            dimensions.setdefault(key, value)
    named, ids = split_ids(names_in(dimensions))
    return {**dimensions, **named}, [*ids, alarm.arn, *alarm.children]


def _dimensions(found: object) -> dict[str, str]:
    """Dimensions as an object, or as a list of name and value in either case."""
    if isinstance(found, dict):
        return labels(found)
    pairs = [mapping(entry) for entry in sequence(found)]
    return {name: first(pair, "value", "Value") for pair in pairs if (name := first(pair, "name", "Name"))}


def _severity(alarm: Alarm, status: Status | None) -> int:
    for severity, words in _WORDS:
        if words.search(alarm.name) or words.search(alarm.description):
            return severity
    return ERROR if status is Status.FIRING else INFO


def _newest(reason: str, recent: list[float]) -> float | None:
    found = _DATAPOINT.search(reason)
    return number(found[1]) if found else recent[-1] if recent else None


def _arn(account: str, region: str, name: str) -> str:
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return f"arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}" if account and name and _REGION.fullmatch(region) else ""


def _is_sns(document: Any) -> bool:
    return isinstance(document, dict) and "AlarmName" in document and "NewStateValue" in document


def _is_action(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("alarmData"), dict) and "alarmArn" in document


def _read_sns(document: Any, received: Received) -> Iterator[Signal]:
    carrier = received.carrier or {}
    alarm = from_sns(document, carrier.get("aws.sns.topic.arn", ""), times.parse(carrier.get("time", "")))
    yield alarm_row(alarm, received, f"{FORMAT}.sns")


def _read_action(document: Any, received: Received) -> Iterator[Signal]:
    alarm = from_event(
        mapping(document["alarmData"]),
        arn=text(document["alarmArn"]),
        account=first(document, "accountId"),
        region=first(document, "region"),
        time_ns=times.parse(document.get("time")),
    )
    yield alarm_row(alarm, received, f"{FORMAT}.lambda")


SOURCES: Final = (Source(f"{FORMAT}.lambda", _is_action, _read_action), Source(f"{FORMAT}.sns", _is_sns, _read_sns))
