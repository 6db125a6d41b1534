"""Google Cloud audit logs: what was done, by what, and whether it went through.

Reference: Cloud Logging, "Understanding audit logs"; `google.cloud.audit.AuditLog`; GKE, "Kubernetes audit logging".
Identity:  resourceName with the monitored resource's labels.  Time, severity, dedup: the log entry's (gcp_log_entry.py).
Kind:      data access, reads, refusals (code 7 or 16) and the heartbeats of Kubernetes' controllers are logs; system events are states;
           what moves a number of instances is scaling; everything else a change.
State:     none.  A non-zero status code is a failure; a long operation comes twice, `operation.first` then `operation.last`.
Actor:     a role only; policy deltas are told by role and action, never by member.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from schemas.redact import role_of
from schemas.signal import Kind
from schemas.sources.cloud import decoded, first, mapping, sequence, text
from schemas.sources.source import Received

_READS: Final = re.compile(
    r"(?i)(?:batch_?)?(?:get|list|read|search|query|lookup|fetch|watch|test|check|describe|download|aggregatedlist|generate(?:access|id)token|sign|validate"
    r"|login|logout|export|preview|retrieve|head|analyze|streaming|connect(?![a-z]))"
)
_WRITES_DATA: Final = re.compile(
    r"(?:CreateTimeSeries|WriteLogEntries|Publish|StreamingPull|Acknowledge|ReportErrorEvent|BatchWriteSpans)$"
)
_SCALES: Final = re.compile(
    r"(?i)autoscaler|\.resize\w*$|setnodepoolsize|setnodepoolautoscaling|setnodepoolsize|\.scale\.(?:update|patch)$|horizontalpodautoscalers\.(?!status)"
    r"|instancegroupmanagers\.(?:resize|createinstances|deleteinstances)|\.nodes\.(?:create|delete)$|scaleoperation|setsize$"
)
_K8S_CHATTER: Final = re.compile(
    r"io\.k8s\.(?:.*\.)?(?:leases|endpoints|endpointslices|events|tokenreviews|subjectaccessreviews|selfsubject\w+|localsubject\w+|componentstatuses"
    r"|controllerrevisions|certificatesigningrequests)\.|\.status\.(?:update|patch)$|\.(?:exec|portforward|proxy|attach)\.|\.finalizers\."
)
_K8S_RUNNING: Final = re.compile(r"io\.k8s\.core\.v1\.pods\.(?:create|delete|eviction|binding)")
_DENIED: Final = ("7", "16")
"""PERMISSION_DENIED and UNAUTHENTICATED: nothing was done."""


def is_audit(payload: Mapping[str, Any]) -> bool:
    kind = first(payload, "@type", "at_sign_type")
    return kind.endswith("google.cloud.audit.AuditLog") or (not kind and ("methodName" in payload or "authorizationInfo" in payload))


def method_of(payload: Mapping[str, Any]) -> str:
    """The method, or the permission that was asked for where a copy lost the method."""
    permissions = [first(mapping(entry), "permission") for entry in sequence(payload.get("authorizationInfo"))]
    return first(payload, "methodName") or next((found for found in permissions if found), "")


def resource_of(payload: Mapping[str, Any]) -> str:
    """What was acted on, or what the permission was asked for where a copy lost the name."""
    asked = [first(mapping(entry), "resource") for entry in sequence(payload.get("authorizationInfo"))]
    return first(payload, "resourceName") or next((found for found in asked if found), "")


def code_of(payload: Mapping[str, Any]) -> str:
    """The status code of a failure; empty for success."""
    code = first(mapping(payload.get("status")), "code")
    return "" if code in ("0", "OK") else code


def kind_of(payload: Mapping[str, Any], log_name: str) -> Kind:
    method, code = method_of(payload), code_of(payload)
    if log_name.endswith(("data_access", "policy", "access_transparency")) or code in _DENIED or _K8S_CHATTER.search(method):
        return Kind.LOG
    if _SCALES.search(method):
        return Kind.SCALING
    if log_name.endswith("system_event"):
        return Kind.STATE
    if _K8S_RUNNING.search(method):
        return Kind.STATE if principal_of(payload).startswith("system:") else Kind.CHANGE
    verb = re.split(r"[./]", method)[-1] if method else ""
    return Kind.LOG if _READS.match(verb) or _WRITES_DATA.search(method) else Kind.CHANGE


def principal_of(payload: Mapping[str, Any]) -> str:
    return first(mapping(payload.get("authenticationInfo")), "principalEmail", "principalSubject")


def outcome_of(payload: Mapping[str, Any], operation: Mapping[str, Any]) -> str:
    if code_of(payload):
        return "failed"
    return "started" if operation.get("first") is True and operation.get("last") is not True else "succeeded"


def line_of(payload: Mapping[str, Any]) -> str:
    """`google.pubsub.v1.Publisher.CreateTopic projects/shop/topics/orders: what the status says`."""
    said = " ".join(part for part in (method_of(payload), resource_of(payload)) if part)
    reason = first(mapping(payload.get("status")), "message")
    return ": ".join(part for part in (said, reason) if part)


def details_of(payload: Mapping[str, Any], operation: Mapping[str, Any], received: Received) -> dict[str, object]:
    request = mapping(payload.get("request")) or mapping(decoded(payload.get("requestJson")))
    return {
        "action": method_of(payload),
        "outcome": outcome_of(payload, operation),
        "error": first(mapping(payload.get("status")), "message") if code_of(payload) else "",
        "code": code_of(payload),
        "actor": role_of(principal_of(payload), received.redaction_key),
        "to": _asked(request),
        "policy": _policy(payload),
    }


def _asked(request: Mapping[str, Any]) -> dict[str, object]:
    """What a request sets, as far as it is a number of instances, an image, a size or a version."""
    found: dict[str, object] = {key: said for key in _SETTINGS if (said := text(request.get(key)))}
    level: list[Any] = [request]
    for _ in range(8):
        below: list[Any] = []
        for item in level[:500]:
            if isinstance(item, dict):
                for key in ("image", "replicas", "maxScale", "minScale", "tier", "databaseVersion"):
                    if said := text(item.get(key)):
                        found.setdefault(key, said)
                below += item.values()
            elif isinstance(item, list):
                below += item[:50]
        level = below
    return found


_SETTINGS: Final = (
    "size",
    "nodeCount",
    "initialNodeCount",
    "machineType",
    "replicas",
    "targetSize",
    "desiredNodeVersion",
    "desiredMasterVersion",
    "maxNumReplicas",
)


def _policy(payload: Mapping[str, Any]) -> list[str]:
    deltas = mapping(mapping(payload.get("serviceData") or payload.get("metadata")).get("policyDelta")).get("bindingDeltas")
    return [" ".join((first(mapping(delta), "action"), first(mapping(delta), "role"))) for delta in sequence(deltas)[:20]]
