"""Azure Monitor alerts in the common schema, of every monitoring service.

Knows:   essentials, and the alertContext of metric, log (v1, v2), Prometheus, smart-detector, cost and backup alerts.
Ignores: events of the Activity Log inside an alert (azure_activity.py) and the older schemas (azure_legacy_alerts.py).
Identity alertTargetIDs, case-folded.  A log alert targets the workspace: the sick thing is a resource id or Computer among its
         dimensions, configurationItems or AffectedConfigurationItems.
Time     resolvedDateTime when resolved, else firedDateTime; both UTC even without Z.  Severity Sev0–Sev4.
State    monitorCondition.  Dedup originAlertId (the rule on one resource; the same when it resolves), else alertId.
Source:  Microsoft Learn, "Common alert schema" and "Sample alert payloads".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas.identity import fold
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.azure import dimensions, first_number, joined, severity_of, status_of, target, time_of
from schemas.sources.azure_activity import activity_row
from schemas.sources.azure_activity_event import Envelope
from schemas.sources.cloud import mapping, row, sequence, text
from schemas.sources.source import Received, Source

FORMAT: Final = "azure.common_alert"
_ACTIVITY: Final = re.compile(r"(?i)activity ?log.*|service ?health|resource ?health")
_WORKSPACE: Final = re.compile(
    r"(?i).*/providers/microsoft\.operationalinsights/workspaces/[^/]+$|.*/providers/microsoft\.monitor/accounts/[^/]+$"
)
_RESOURCE_DIMENSIONS: Final = ("_ResourceId", "microsoft.resourceId", "ResourceId", "AccountResourceId", "resourceId", "Resource")
_OTEL_DIMENSIONS: Final = {
    "cloud/rolename": "service.name", "cloud/roleinstance": "service.instance.id", "cloud_rolename": "service.name", "approlename": "service.name",
    "cloud_roleinstance": "service.instance.id", "kubernetes namespace": "k8s.namespace.name", "controllername": "k8s.deployment.name",
    "computer": "host.name", "vmname": "host.name", "functionname": "faas.name", "entityname": "messaging.destination.name",
}  # fmt: skip
"""Dimensions that name a thing in words the alias dictionary does not hold."""
_CUSTOM: Final = frozenset(["service", "servicename", "app", "application", "component", "environment", "env", "cluster", "namespace"])
_COUNT_LIMIT: Final = 24
"""Dimensions kept; Azure allows ten a criterion."""


def recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    data = document.get("data")
    essentials = data.get("essentials") if isinstance(data, dict) else document.get("essentials")
    return isinstance(essentials, dict) and (
        document.get("schemaId") == "azureMonitorCommonAlertSchema" or "monitorCondition" in essentials
    )


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    data = mapping(document.get("data")) or document
    essentials, context = mapping(data.get("essentials")), mapping(data.get("alertContext"))
    service = text(essentials.get("monitoringService"))
    if _ACTIVITY.fullmatch(service) or (not service and "eventSource" in context and "operationName" in context):
        yield activity_row(context, _envelope(essentials, service), received)
    elif not (text(essentials.get("alertRule")) or text(essentials.get("alertId")) or text(essentials.get("originAlertId"))):
        yield Rejected("no_identity", "An alert needs essentials.alertRule, alertId or originAlertId.", "data.essentials", FORMAT)
    else:
        yield _alert(essentials, context, mapping(data.get("customProperties")), received)


def _envelope(essentials: Mapping[str, Any], service: str) -> Envelope:
    """What the alert says of an activity event; the service's name becomes the end of the format's."""
    words = service.lower().replace("activity log - ", "activity_").replace("servicehealth", "service_health").replace(" ", "_")
    return Envelope(
        source=f"{FORMAT}.{words or 'activity_log'}",
        rule=text(essentials.get("alertRule")),
        targets=tuple(text(target_id) for target_id in sequence(essentials.get("alertTargetIDs"))),
        time_ns=time_of(essentials.get("firedDateTime")),
        severity_number=severity_of(essentials.get("severity")),
        description=text(essentials.get("description")),
        origin=text(essentials.get("originAlertId")) or text(essentials.get("alertId")),
    )


def _alert(essentials: Mapping[str, Any], context: Mapping[str, Any], custom: Mapping[str, Any], received: Received) -> Signal:
    status = status_of(essentials.get("monitorCondition"))
    fired, resolved = time_of(essentials.get("firedDateTime")), time_of(essentials.get("resolvedDateTime"))
    over = status is Status.RESOLVED and resolved != 0
    criterion = criterion_of(context)
    rule = text(essentials.get("alertRule"))
    return row(
        received, Kind.ALERT, _format(essentials), _own(custom) | _attributes(essentials, context, criterion),
        name=rule,
        text=joined((rule, text(essentials.get("description")), text(context.get("DetectionSummary")), _budget(context) or wording(criterion, context))),
        event_time_ns=resolved if over else fired or time_of(context.get("AnalysisTimestamp")),
        starts_at_ns=fired if over else 0,
        value=value_of(criterion, context),
        severity_number=severity_of(essentials.get("severity")),
        status=status,
        dedup_key=f"azure.alert|{text(essentials.get('originAlertId')) or text(essentials.get('alertId'))}".lower(),
        evidence_url=text(criterion.get("linkToSearchResultsUI")) or text(context.get("LinkToSearchResults")) or text(essentials.get("investigationLink")),
        details={"threshold": text(criterion.get("threshold", context.get("Threshold"))), "alert_id": text(essentials.get("alertId"))},
        fallback=f"alarm:{rule or 'azure'}",
    )  # fmt: skip


def _format(essentials: Mapping[str, Any]) -> str:
    """`azure.common_alert.metric`, `.log`, `.smart_detector`, …"""
    service = re.sub(r"(?<=[a-z])(?=[A-Z])|[\s-]+", "_", text(essentials.get("monitoringService"))).lower()
    kinds = {"platform": "metric", "log_analytics": "log", "log_alerts_v2": "log", "application_insights": "log"}
    return f"{FORMAT}.{kinds.get(service, service) or text(essentials.get('signalType')).lower() or 'metric'}"


def criterion_of(context: Mapping[str, Any]) -> dict[str, Any]:
    """The criterion that fired: the first of condition.allOf, or the condition itself in older alerts."""
    condition = mapping(context.get("condition"))
    criteria = [mapping(item) for item in sequence(condition.get("allOf"))]
    return criteria[0] if criteria else condition


def _attributes(essentials: Mapping[str, Any], context: Mapping[str, Any], criterion: Mapping[str, Any]) -> dict[str, str]:
    targets = sorted(
        (text(item) for item in sequence(essentials.get("alertTargetIDs"))), key=lambda id_: _WORKSPACE.fullmatch(id_) is not None
    )
    items = [text(item) for item in (*sequence(essentials.get("configurationItems")), *sequence(context.get("AffectedConfigurationItems")))]
    given = {**dimensions(context), **dimensions(criterion)}
    named, resources = named_dimensions(given)
    named |= {text(key): text(value) for key, value in mapping(context.get("labels")).items()}
    named |= {"metric.name": metric_name(criterion), "azure.resource_group": text(essentials.get("targetResourceGroup"))}
    resources += [item for item in items if item.lower().startswith("/subscriptions/")]
    on_workspace = not targets or all(_WORKSPACE.fullmatch(target_id) for target_id in targets)
    sick = next(
        (item for item in items if not item.startswith("/") and not any(t.lower().endswith(f"/{item.lower()}") for t in targets)), ""
    )
    if on_workspace and sick and "host.name" not in named:
        named["host.name"] = sick
    if on_workspace and "host.name" not in named and (computer := _first_computer(context)):
        named["host.name"] = computer
    return target(*(resources if on_workspace or not targets else targets), *targets, named=named)


def named_dimensions(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Dimensions under names that identity knows, and the resource ids among them."""
    resources = [given[name] for name in _RESOURCE_DIMENSIONS if given.get(name, "").lower().startswith("/subscriptions/")]
    named = {}
    for name, value in list(given.items())[:_COUNT_LIMIT]:
        if name not in _RESOURCE_DIMENSIONS and value not in ("*", ""):
            named[_OTEL_DIMENSIONS.get(name.lower(), name)] = value
    return named, resources


def _first_computer(context: Mapping[str, Any]) -> str:
    """The Computer of a log alert's first result row."""
    for table in map(mapping, sequence(mapping(context.get("SearchResults")).get("tables"))):
        columns = [text(mapping(column).get("name")) for column in sequence(table.get("columns"))]
        rows = sequence(table.get("rows"))
        if "Computer" in columns and rows and isinstance(rows[0], list) and len(rows[0]) > (at := columns.index("Computer")):
            return text(rows[0][at])
    return ""


def metric_name(criterion: Mapping[str, Any]) -> str:
    return text(criterion.get("metricName")) or text(criterion.get("metricMeasureColumn"))


def value_of(criterion: Mapping[str, Any], context: Mapping[str, Any]) -> float | None:
    return first_number(
        criterion.get("metricValue"),
        context.get("expressionValue"),
        context.get("ResultCount"),
        _amount(mapping(context.get("AlertData")).get("SpentAmount")),
    )


def _amount(said: Any) -> str:
    """Money as a number: `$1,110.74` without its sign and separators."""
    return re.sub(r"[^\d.-]", "", text(said))


def wording(criterion: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """`Percentage CPU 587.24 GreaterThan 5 (Total)`, or whatever of it the alert says."""
    operator = text(criterion.get("operator")) or text(context.get("Operator"))
    threshold = text(criterion.get("threshold", context.get("Threshold")))
    value = value_of(criterion, context)
    subject = (
        metric_name(criterion)
        or text(context.get("expression"))
        or text(context.get("AlertType"))
        or text(criterion.get("searchQuery"))[:256]
    )
    aggregation = text(criterion.get("timeAggregation"))
    parts = (
        subject,
        f"{value:g}" if value is not None else text(context.get("DetectedValue")),
        operator,
        threshold,
        f"({aggregation})" if aggregation else "",
    )
    return joined(parts, " ")


def _budget(context: Mapping[str, Any]) -> str:
    """`BUDGET_NAME spent $110.74 of $50.00` of a cost alert."""
    said = mapping(context.get("AlertData"))
    spent, budget = text(said.get("SpentAmount")), text(said.get("BudgetThreshold", said.get("NotificationThresholdAmount")))
    return joined((text(said.get("BudgetName")), f"spent {spent} of {budget}" if spent and budget else ""), " ")


def _own(custom: Mapping[str, Any]) -> dict[str, str]:
    """What the user's custom properties say of the service; the rest of them may hold anything, people included."""
    return {key: text(value) for key, value in custom.items() if fold(key) in _CUSTOM and "@" not in text(value)}


SOURCES: Final = (Source(FORMAT, recognises, read),)
