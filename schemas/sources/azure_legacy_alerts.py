"""Azure alerts in the schemas before the common one: metric (classic and v2), log, Activity Log, budget, autoscale.

Knows:   schemaId AzureMonitorMetricAlert, Microsoft.Insights/LogAlert, Microsoft.Insights/activityLogs, AIP Budget Notification, and the
         classic metric alert that has none.
Ignores: the common schema (azure_common_alert.py) and what an Activity Log event means (azure_activity.py).
Identity resourceId; log alerts: the Computer among dimensions, affected items or rows, else the workspace or application.
Time     context.timestamp; log alerts: the end of the searched interval (`3/22/2019 1:36:31 PM` is UTC).  A budget alert has none:
         BudgetStartDate is when the budget began.  Severity "3", a word, or null.
State    Activated, Deactivated, Resolved; log and budget alerts only fire.  Dedup the rule's id on its resource.
Source:  Microsoft Learn, "Noncommon alert schema definitions" and "Webhooks for classic metric alerts".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import severity
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.azure import dimensions, first_number, joined, severity_of, status_of, target, time_of
from schemas.sources.azure_activity import activity_row
from schemas.sources.azure_activity_event import Envelope
from schemas.sources.azure_common_alert import criterion_of, metric_name, named_dimensions, wording
from schemas.sources.cloud import mapping, row, sequence, text
from schemas.sources.source import Received, Source

_METRIC, _CLASSIC, _LOG = "azure.metric_alert_v2", "azure.classic_metric_alert", "azure.log_alert"
_ACTIVITY, _BUDGET, _AUTOSCALE = "azure.activity_log_alert", "azure.budget_alert", "azure.autoscale_notification"


def _schema(document: Any) -> str:
    return text(document.get("schemaId")).lower() if isinstance(document, dict) else ""


def recognises_metric(document: Any) -> bool:
    return _schema(document) == "azuremonitormetricalert"


def recognises_classic(document: Any) -> bool:
    context = document.get("context") if isinstance(document, dict) and "schemaId" not in document else None
    return (
        isinstance(context, dict)
        and "status" in document
        and ("conditionType" in context or "condition" in context)
        and "resourceId" in context
    )


def recognises_log(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    return _schema(document) == "microsoft.insights/logalert" or {"AlertRuleName", "SearchQuery"} <= document.keys()


def recognises_activity(document: Any) -> bool:
    return _schema(document) == "microsoft.insights/activitylogs"


def recognises_budget(document: Any) -> bool:
    data = document.get("data") if isinstance(document, dict) else None
    return "budget" in _schema(document) or (isinstance(data, dict) and "BudgetName" in data and "Budget" in data)


def recognises_autoscale(document: Any) -> bool:
    context = document.get("context") if isinstance(document, dict) else None
    return isinstance(context, dict) and "operation" in document and ("oldCapacity" in context or "newCapacity" in context)


def read_autoscale(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """An autoscale setting's own webhook: one message a scale operation."""
    context = mapping(document.get("context"))
    before, after = text(context.get("oldCapacity")), text(context.get("newCapacity"))
    yield row(
        received, Kind.SCALING, _AUTOSCALE, target(context.get("resourceId"), named={"cloud.region": text(context.get("resourceRegion"))}),
        name=text(document.get("operation")) or "autoscale",
        text=joined((text(document.get("operation")), text(context.get("details")) or f"{before} to {after} instances")),
        event_time_ns=time_of(context.get("timestamp")),
        value=first_number(after),
        severity_number=severity.INFO,
        dedup_key=f"azure.autoscale|{text(context.get('id'))}|{text(context.get('timestamp'))}".lower(),
        details={"action": text(document.get("operation")), "from": before, "to": after, "outcome": "started", "actor": "automation"},
        evidence_url=text(context.get("portalLink")),
        fallback=f"resource:azure/{text(context.get('resourceName')) or 'autoscale'}",
    )  # fmt: skip


def read_metric(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    yield _metric(mapping(document.get("data")), _METRIC, received)


def read_classic(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    yield _metric(document, _CLASSIC, received)


def _metric(alert: Mapping[str, Any], source: str, received: Received) -> Signal:
    context = mapping(alert.get("context"))
    criterion = criterion_of(context)
    named, resources = named_dimensions(dimensions(criterion))
    rule = text(context.get("name"))
    resource = text(context.get("resourceId"))
    named |= {"metric.name": metric_name(criterion), "cloud.region": text(context.get("resourceRegion"))}
    if not resource and not resources:
        named["host.name"] = text(context.get("resourceName"))
    return row(
        received, Kind.ALERT, source, target(resource, *resources, named=named),
        name=rule,
        text=joined((rule, text(context.get("description")), wording(criterion, context))),
        event_time_ns=time_of(context.get("timestamp")),
        value=first_number(criterion.get("metricValue")),
        severity_number=severity_of(context.get("severity")),
        status=status_of(alert.get("status")),
        dedup_key=f"azure.alert|{text(context.get('id')) or rule}|{resource}".lower(),
        evidence_url=text(context.get("portalLink")),
        details={"threshold": text(criterion.get("threshold"))},
        fallback=f"alarm:{rule or 'azure'}",
    )  # fmt: skip


def read_log(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """Fires each time the search finds too much (or too little); the search's end is when it did."""
    data = mapping(document.get("data")) or document
    rule = text(data.get("AlertRuleName"))
    if not rule:
        yield Rejected("no_identity", "A log alert needs data.AlertRuleName.", "data", _LOG)
        return
    named, resources = named_dimensions(dimensions(data))
    affected = [text(item) for item in sequence(data.get("AffectedConfigurationItems")) if text(item)]
    resources += [item for item in affected if item.startswith("/")]
    computer = next((item for item in affected if not item.startswith("/")), "") or _first_computer(data)
    if computer and "host.name" not in named:
        named["host.name"] = computer
    named |= {"azure.workspace.id": text(data.get("WorkspaceId")), "azure.application.id": text(data.get("ApplicationId"))}
    interval_end = time_of(data.get("SearchIntervalEndtimeUtc")) or time_of(data.get("SearchIntervalEndTimeUtc"))
    operator = joined((text(data.get("AlertThresholdOperator")), text(data.get("AlertThresholdValue"))), " ")
    count = first_number(data.get("ResultCount"))
    yield row(
        received, Kind.ALERT, _LOG, target(*resources, data.get("ResourceId"), named=named),
        name=rule,
        text=joined((rule, text(data.get("Description")), joined((f"{count:g} results" if count is not None else "", operator), " "))),
        event_time_ns=interval_end,
        value=count,
        severity_number=severity_of(data.get("Severity")),
        status=Status.FIRING,
        dedup_key=f"azure.logalert|{text(data.get('SubscriptionId'))}|{rule}|{computer}".lower(),
        evidence_url=text(data.get("LinkToSearchResults")),
        details={"threshold": text(data.get("AlertThresholdValue")), "query": text(data.get("SearchQuery"))[:512]},
        fallback=f"alarm:{rule}",
    )  # fmt: skip


def _first_computer(data: Mapping[str, Any]) -> str:
    """The Computer of the first result, in a table of rows or a list of objects."""
    results = mapping(data.get("SearchResults", data.get("SearchResult")))
    for table in map(mapping, sequence(results.get("tables"))):
        columns = [text(mapping(column).get("name")) for column in sequence(table.get("columns"))]
        rows = sequence(table.get("rows"))
        if "Computer" in columns and rows and isinstance(rows[0], list) and len(rows[0]) > (at := columns.index("Computer")):
            return text(rows[0][at])
    return next((text(mapping(item).get("Computer")) for item in sequence(results.get("value"))), "")


def read_activity(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    context = mapping(mapping(document.get("data")).get("context"))
    event = mapping(context.get("activityLog"))
    if not event:
        yield Rejected("no_event", "An activity log alert needs data.context.activityLog.", "data.context", _ACTIVITY)
        return
    yield activity_row(event, Envelope(source=_ACTIVITY, rule=text(context.get("name"))), received)


def read_budget(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """Money, not health: a warning about a subscription."""
    data = mapping(document.get("data"))
    name = text(data.get("BudgetName"))
    spent, budget, unit = (
        text(data.get("SpendingAmount", data.get("SpentAmount"))),
        text(data.get("Budget", data.get("BudgetThreshold"))),
        text(data.get("Unit")),
    )
    subscription = text(data.get("SubscriptionId"))
    group = text(data.get("ResourceGroup"))
    scope = f"/subscriptions/{subscription}" + (f"/resourcegroups/{group}" if group else "") if subscription else ""
    yield row(
        received, Kind.ALERT, _BUDGET, target(scope, named={"azure.subscription.name": text(data.get("SubscriptionName")), "metric.name": "budget.spent"}),
        name=name or "budget",
        text=joined((name or "Budget", f"spent {spent} of {budget} {unit}".strip())),
        value=first_number(spent),
        starts_at_ns=time_of(data.get("BudgetStartDate")),
        severity_number=severity.WARN,
        status=Status.FIRING,
        dedup_key=f"azure.budget|{subscription}|{group}|{name}".lower(),
        details={"threshold": text(data.get("NotificationThresholdAmount")) or budget},
        fallback=f"alarm:{name or 'budget'}",
    )  # fmt: skip


SOURCES: Final = (
    Source(_METRIC, recognises_metric, read_metric),
    Source(_LOG, recognises_log, read_log),
    Source(_ACTIVITY, recognises_activity, read_activity),
    Source(_BUDGET, recognises_budget, read_budget),
    Source(_AUTOSCALE, recognises_autoscale, read_autoscale),
    Source(_CLASSIC, recognises_classic, read_classic),
)
