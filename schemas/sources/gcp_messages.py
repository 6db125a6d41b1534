"""What Google Cloud sends as a message of its own form: Pub/Sub messages, Cloud Storage objects, Error Reporting, Security Command Center, Asset Inventory, budgets.

Reference: Pub/Sub, "Push subscriptions"; Cloud Storage, "Pub/Sub notifications" and `storage#object`; Error Reporting, "Notifications";
           Security Command Center, "Finding notifications"; Cloud Billing, "Programmatic notifications".
Identity:  the bucket, the service in error, the finding's resource; else the subscription.
Time:      updated; eventTime; else the message's publishTime.  Severity: SCC's word, errors are errors, budgets warnings.
State:     an SCC finding is ACTIVE or INACTIVE; a new error and a budget passed are firing.  Dedup: messageId, the finding's name, the error group.
A Pub/Sub message that only attributes explain (Cloud Deploy, GKE) is read by gcp_deploy.py; binary data is a log row that says so.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import times
from schemas.severity import ERROR, INFO, WARN, from_word
from schemas.signal import Kind, Signal, Status
from schemas.sources import gcp_deploy
from schemas.sources.cloud import first, mapping, nameless, number, row
from schemas.sources.source import Received, Source


def _is_push(document: Any) -> bool:
    message = document.get("message") if isinstance(document, dict) else None
    return isinstance(message, dict) and ("subscription" in document or "messageId" in message or "message_id" in message)


def _read_push(document: Any, received: Received) -> Iterator[Signal]:
    message = document["message"]
    attributes = mapping(message.get("attributes"))
    id_ = first(message, "messageId", "message_id")
    time_ns = times.parse(first(message, "publishTime", "publish_time")) or times.parse((received.carrier or {}).get("time", ""))
    said = _data(message.get("data"))
    if gcp_deploy.is_rollout(attributes):
        yield gcp_deploy.read_rollout(attributes, id_, time_ns, received)
    elif gcp_deploy.is_cluster_notice(attributes):
        yield gcp_deploy.read_cluster_notice(attributes, said, id_, time_ns, received)
    else:
        yield _opaque(document, attributes, said, id_, time_ns, received)


def _opaque(document: Mapping[str, Any], attributes: Mapping[str, Any], said: str, id_: str, time_ns: int, received: Received) -> Signal:
    subscription = first(document, "subscription")
    told = first(attributes, "message", "eventType", "event_type")
    return row(
        received, Kind.LOG, "gcp.pubsub", {"cloud.provider": "gcp"},
        ids=[f"//pubsub.googleapis.com/{subscription}" if subscription.startswith("projects/") else subscription],
        fallback="queue:pubsub", name=first(attributes, "eventType", "event_type"),
        text=said or told or f"Pub/Sub message of {len(text_of(document))} bytes that are no text",
        event_time_ns=time_ns, severity_number=from_word(attributes.get("severity")), dedup_key=f"gcp.pubsub|{id_}" if id_ else "",
    )  # fmt: skip


def text_of(document: Mapping[str, Any]) -> str:
    data = mapping(document.get("message")).get("data")
    return data if isinstance(data, str) else ""


def _data(data: object) -> str:
    """The text in a message; empty for data that is none."""
    if not isinstance(data, str):
        return ""
    try:
        said = base64.b64decode(data, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return said if said.isprintable() or all(c.isprintable() or c in "\r\n\t" for c in said) else ""


def _is_object(document: Any) -> bool:
    return isinstance(document, dict) and document.get("kind") == "storage#object" and "bucket" in document


def _read_object(document: Any, received: Received) -> Iterator[Signal]:
    carrier = received.carrier or {}
    what = (carrier.get("cloudevents.type", "") or carrier.get("pubsub.eventType", "")).rpartition(".")[2] or "object"
    bucket, name = first(document, "bucket"), first(document, "name")
    yield row(
        received, Kind.LOG, "gcp.storage", {"cloud.provider": "gcp", "gcp.storage.object.name": f"{bucket}/{name}", "event.name": what},
        ids=[f"//storage.googleapis.com/projects/_/buckets/{bucket}"], fallback="service:storage", name=f"storage.{what}",
        text=f"Cloud Storage {what} {bucket}/{name}", severity_number=INFO,
        event_time_ns=times.parse(document.get("updated")) or times.parse(document.get("timeCreated")) or times.parse(carrier.get("time", "")),
        dedup_key=f"gcp.storage|{first(document, 'id')}|{what}" if first(document, "id") else "",
    )  # fmt: skip


def _is_error(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("group_info"), dict) and isinstance(document.get("exception_info"), dict)


def _read_error(document: Any, received: Received) -> Iterator[Signal]:
    group, exception, event = (mapping(document.get(key)) for key in ("group_info", "exception_info", "event_info"))
    link = first(group, "detail_link")
    yield row(
        received, Kind.ALERT, "gcp.error_reporting",
        {
            "service.name": first(event, "service"), "service.version": first(event, "version"), "cloud.provider": "gcp",
            "cloud.account.id": first(group, "project_id"), "exception.type": first(exception, "type"), "url.path": first(event, "request_url").partition("?")[0],
        },
        fallback=f"alarm:{first(exception, 'type') or 'error'}", name=first(exception, "type"),
        text=": ".join(part for part in (first(document, "subject"), first(exception, "message"), first(event, "log_message")) if part),
        event_time_ns=times.parse((received.carrier or {}).get("time", "")), severity_number=ERROR, status=Status.FIRING,
        value=number(event.get("response_status")), dedup_key=f"gcp.error_reporting|{link.partition('?')[0] or first(document, 'subject')}",
        evidence_url=link if link.startswith("https://") else "",
    )  # fmt: skip


def _is_finding(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("finding"), dict)
        and ("notificationConfigName" in document or "resource" in document)
    )


def _read_finding(document: Any, received: Received) -> Iterator[Signal]:
    finding, resource = document["finding"], mapping(document.get("resource"))
    category, name = first(finding, "category"), first(finding, "name")
    yield row(
        received, Kind.ALERT, "gcp.security_command_center", {"cloud.provider": "gcp", "rule.name": category},
        ids=[first(finding, "resourceName") or first(resource, "name")], fallback=f"alarm:{category}", name=category,
        text=": ".join(part for part in (f"Security Command Center {category}", first(finding, "description")) if part),
        event_time_ns=times.parse(finding.get("eventTime")) or times.parse(finding.get("createTime")),
        severity_number=from_word(finding.get("severity")) or WARN,
        status=Status.RESOLVED if first(finding, "state") == "INACTIVE" else Status.FIRING, dedup_key=f"gcp.scc|{name}" if name else "",
    )  # fmt: skip


def _is_asset(document: Any) -> bool:
    asset = document.get("asset") if isinstance(document, dict) else None
    return (
        isinstance(asset, dict)
        and "assetType" in asset
        and ("window" in document or "priorAsset" in document or "priorAssetState" in document)
    )


def _read_asset(document: Any, received: Received) -> Iterator[Signal]:
    """Cloud Asset Inventory's feed: a resource or its policy is other than it was."""
    asset = mapping(document["asset"])
    name, type_ = nameless(first(asset, "name")), first(asset, "assetType")
    action = "delete" if document.get("deleted") is True else "update" if mapping(document.get("priorAsset")) else "create"
    time_ns = times.parse(asset.get("updateTime")) or times.parse(mapping(document.get("window")).get("startTime"))
    yield row(
        received, Kind.CHANGE, "gcp.asset", {"cloud.provider": "gcp", "gcp.resource_type": type_}, ids=[name], fallback=f"resource:{type_}",
        name=f"asset.{action}", text=f"Cloud Asset {type_} {name} {action}d", event_time_ns=time_ns, severity_number=INFO,
        dedup_key=f"gcp.asset|{name}|{first(asset, 'updateTime')}", details={"action": action, "outcome": "succeeded"},
    )  # fmt: skip


def _is_budget(document: Any) -> bool:
    return isinstance(document, dict) and "budgetDisplayName" in document and "costAmount" in document


def _read_budget(document: Any, received: Received) -> Iterator[Signal]:
    name, passed = first(document, "budgetDisplayName"), number(document.get("alertThresholdExceeded"))
    cost, budget, currency = first(document, "costAmount"), first(document, "budgetAmount"), first(document, "currencyCode")
    yield row(
        received, Kind.ALERT if passed is not None else Kind.METRIC, "gcp.billing_budget", {"cloud.provider": "gcp", "alert.name": name},
        fallback=f"alarm:{name}", name="billing.cost", unit=f"{{{currency}}}" if currency else "", value=number(document.get("costAmount")),
        text=f"Budget {name}: {cost} of {budget} {currency}", severity_number=WARN if passed is not None else INFO,
        status=Status.FIRING if passed is not None else None, event_time_ns=times.parse((received.carrier or {}).get("time", "")),
        dedup_key=f"gcp.billing_budget|{name}|{first(document, 'costIntervalStart')}", details={"threshold": passed},
    )  # fmt: skip


SOURCES: Final = (
    Source("gcp.error_reporting", _is_error, _read_error),
    Source("gcp.security_command_center", _is_finding, _read_finding),
    Source("gcp.asset", _is_asset, _read_asset),
    Source("gcp.billing_budget", _is_budget, _read_budget),
    Source("gcp.storage", _is_object, _read_object),
    Source("gcp.pubsub", _is_push, _read_push),
)
