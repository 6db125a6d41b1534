"""The changes that resource logs of Azure tell of, among the many records that tell of none.

Knows:   writes to Key Vault, the directory and Kubernetes (by its audit log), scale actions of an autoscale setting, queues and hubs made or removed.
Ignores: what a record says (azure_log_texts.py); the Activity Log, which is where most changes stand (azure_activity.py).
Source:  Microsoft Learn, "Key Vault logging", "Microsoft Entra audit log schema", "Troubleshooting autoscale: resource logs", "Monitor Service Bus:
         OperationalLogs"; Kubernetes audit.k8s.io/v1 Event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.redact import role_of
from schemas.signal import Kind
from schemas.sources.azure import outcome_of, target
from schemas.sources.cloud import decoded, first, mapping, number, sequence, text, words

_VAULT_WRITE: Final = re.compile(
    r"(?:Secret|Key|Certificate|Vault|ManagedStorageAccount|StorageAccount)(?:\w*)(?:Set|Create|Import|Delete|Update|Rotate|Restore|Recover|Purge|Put|Patch|Renew|Enable|Disable|Merge)\w*"
)
_CONTROLLED: Final = words(
    "deployments statefulsets daemonsets replicasets configmaps secrets services ingresses cronjobs jobs networkpolicies horizontalpodautoscalers nodes namespaces"
)
"""What an operator changes; pods, leases and events are written by controllers all day."""
_ENTITY_WRITE: Final = re.compile(r"(?i)(?:create|delete|update|put|import|rename)\b.*")
"""Event names of Service Bus, Event Hubs and Relay that change an entity: `Create Queue`, `Delete EventHub`."""


@dataclass(frozen=True, slots=True)
class Change:
    kind: Kind
    details: dict[str, object]
    attributes: dict[str, str]
    change_id: str = ""
    dedup_key: str = ""
    value: float | None = None


def control_plane_change(category: str, document: Mapping[str, Any], properties: Mapping[str, Any]) -> Change | None:
    """The change a resource log tells of, or None: most tell of none."""
    if category == "AuditEvent":
        return _vault(document, properties)
    if category == "AuditLogs":
        return _directory(document, properties)
    if "kube-audit" in category:
        return _kubernetes(mapping(decoded(first(properties, "log", "Log"))))
    if category == "AutoscaleScaleActions":
        return _autoscale(properties)
    if category == "OperationalLogs":
        return _entity(document)
    return None


def _vault(document: Mapping[str, Any], properties: Mapping[str, Any]) -> Change | None:
    operation = first(document, "operationName")
    if not _VAULT_WRITE.fullmatch(operation):
        return None
    what = re.sub(r".*\.vault\.azure\.net/", "", text(properties.get("id")))
    outcome = outcome_of(properties.get("httpStatusCode"), document.get("resultType"))  # a refused call is a `Success` of the vault
    return Change(
        Kind.CHANGE, {"action": operation, "to": what, "outcome": outcome, "actor": _caller(document)}, {"azure.keyvault.object": what},
        first(document, "correlationId"), f"azure.vault|{first(document, 'correlationId')}" if first(document, "correlationId") else "",
    )  # fmt: skip


def _directory(document: Mapping[str, Any], properties: Mapping[str, Any]) -> Change | None:
    verb = text(properties.get("operationType"))
    if verb.lower() not in ("add", "update", "delete", "assign", "unassign", "disable", "enable"):
        return None
    by_app = bool(mapping(mapping(properties.get("initiatedBy")).get("app")))
    outcome = outcome_of(properties.get("result"), document.get("resultType"))
    what = next((text(mapping(item).get("type")) for item in sequence(properties.get("targetResources"))), "")
    details: dict[str, object] = {
        "action": first(document, "operationName"),
        "to": what,
        "outcome": outcome,
        "actor": "automation" if by_app else "user",
    }
    return Change(Kind.CHANGE, details, {}, first(document, "correlationId"))


def _kubernetes(event: Mapping[str, Any]) -> Change | None:
    """A write to what an operator controls, by somebody who is no controller."""
    where = mapping(event.get("objectRef"))
    resource, name, verb = text(where.get("resource")), text(where.get("name")), text(event.get("verb"))
    user = text(mapping(event.get("user")).get("username"))
    if (
        verb not in ("create", "update", "patch", "delete")
        or resource not in _CONTROLLED
        or not name
        or user.startswith(("system:node", "system:kube", "system:apiserver", "aksService"))
    ):
        return None
    if text(event.get("stage")) not in ("ResponseComplete", ""):
        return None
    code = text(mapping(event.get("responseStatus")).get("code"))
    scaling = text(where.get("subresource")) == "scale" or resource == "horizontalpodautoscalers"
    attributes = {"k8s.namespace.name": text(where.get("namespace"))}
    if resource in ("deployments", "statefulsets", "daemonsets", "cronjobs", "services"):
        attributes["service.name"] = name
    details: dict[str, object] = {
        "action": f"{verb} {resource}",
        "to": name,
        "outcome": outcome_of(code),
        "actor": "automation" if user.startswith("system:") else role_of(user),
    }
    return Change(
        Kind.SCALING if scaling else Kind.CHANGE, details, attributes, text(event.get("auditID")), f"k8s.audit|{text(event.get('auditID'))}"
    )


def _autoscale(properties: Mapping[str, Any]) -> Change:
    """The record lies on the autoscale setting; what scales is its target."""
    before, after = text(properties.get("CurrentInstanceCount")), text(properties.get("NewInstanceCount"))
    details: dict[str, object] = {
        "action": f"scale {text(properties.get('ScaleDirection'))}".strip(),
        "from": before,
        "to": after,
        "outcome": outcome_of(properties.get("ScaleActionStatus")),
        "actor": "automation",
    }
    job = first(properties, "CreatedAsyncScaleActionJobId")
    scaled = target(properties.get("TargetResourceId"))
    return Change(Kind.SCALING, details, scaled, job, f"azure.autoscale|{job}" if job else "", number(after))


def _entity(document: Mapping[str, Any]) -> Change | None:
    """`EventName` of a messaging namespace: who called is a client's name, not a person's."""
    action = first(document, "EventName")
    if not _ENTITY_WRITE.fullmatch(action):
        return None
    details: dict[str, object] = {"action": action, "outcome": outcome_of(document.get("Status")), "actor": "automation"}
    return Change(Kind.CHANGE, details, {}, first(document, "ActivityId"))


def _caller(document: Mapping[str, Any]) -> str:
    claims = mapping(mapping(decoded(document.get("identity"))).get("claim", mapping(decoded(document.get("identity"))).get("claims")))
    person = first(claims, "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "upn", "unique_name")
    return "user" if person else "automation"
