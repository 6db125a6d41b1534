"""Kubernetes audit events: who asked the API server for what, and whether it was done.

Reference: Kubernetes API "audit.k8s.io/v1 Event"; "Auditing".  Lists are opened by layers.py.
Identity:  `objectRef`: the object asked about, in its namespace.  The caller is a role.
Time:      stageTimestamp, else requestReceivedTimestamp; before v1 metadata.creationTimestamp.
Severity:  from the answer: 4xx warn, 5xx error.
State:     none.  What writes is a change, on the subresource `scale` a scaling; what only reads, bookkeeping (leases, events, status) and
           the control plane's own upkeep are logs.
Change id: auditID.
Dedup:     auditID: the stages of one request share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import mapping, number, row, sentence, sequence, text, words
from schemas.sources.fields import text_at
from schemas.sources.kubernetes import ATTRIBUTE
from schemas.sources.source import Received, Source

AUDIT: Final = "kubernetes.audit"
_WRITES: Final = words("create update patch delete deletecollection")
_BOOKKEEPING: Final = words(
    "leases events endpoints endpointslices tokenreviews subjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews componentstatuses"
)
_BOOKKEEPING_PARTS: Final = words("status token binding log")
_UPKEEP: Final = ("system:serviceaccount:kube-system:", "system:node:", "system:kube-", "system:apiserver")
"""The control plane: what it changes follows from what others changed, and Kubernetes' own events tell it better."""


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    about, answer = mapping(document.get("objectRef")), mapping(document.get("responseStatus"))
    resource, part, verb = text(about.get("resource")), text(about.get("subresource")), text(document.get("verb"))
    name = text(about.get("name")) or text_at(document, "responseObject.metadata.name", "requestObject.metadata.name")
    user, id_ = text_at(document, "user.username"), text(document.get("auditID"))
    code = int(number(answer.get("code")) or 0)
    failed = code >= 400
    kind = _kind(verb, resource, part, user)
    attributes = {
        ATTRIBUTE.get(singular(resource), "k8s.object.name"): name,
        "k8s.object.kind": singular(resource),
        "k8s.namespace.name": text(about.get("namespace")),
    }
    yield row(
        received, kind, AUDIT, {key: value for key, value in attributes.items() if value}, name=".".join(item for item in (resource, part, verb) if item),
        fallback=f"resource:{singular(resource)}/{name}" if name else "alarm:kubernetes api", event_time_ns=_time(document),
        severity_number=severity.ERROR if code >= 500 else severity.WARN if failed else severity.INFO,
        text=sentence(f"{verb} {'/'.join(item for item in (resource, name, part) if item)}", str(code or ""), text(answer.get("reason")), text(answer.get("message"))),
        change_id=id_ if kind is not Kind.LOG else "", dedup_key=f"k8s-audit:{id_}" if id_ else "",
        details={"action": verb, "to": _wanted(document, part), "outcome": _outcome(code, text(document.get("stage"))), "actor": role_of(user, received.redaction_key)},
    )  # fmt: skip


def singular(resource: str) -> str:
    """The kind of a resource's plural, lower case: `deployments` → `deployment`, `ingresses` → `ingress`, `networkpolicies` → `networkpolicy`."""
    if resource.endswith("ies"):
        return resource[:-3] + "y"
    return resource[:-2] if resource.endswith("sses") else resource if resource == "endpoints" else resource.removesuffix("s")


def _outcome(code: int, stage: str) -> str:
    """By the answer; a request that was only received has none yet."""
    return "failed" if code >= 400 or stage == "Panic" else "succeeded" if code or stage == "ResponseComplete" else "started"


def _kind(verb: str, resource: str, part: str, user: str) -> Kind:
    if verb not in _WRITES or resource in _BOOKKEEPING or part in _BOOKKEEPING_PARTS or user.startswith(_UPKEEP):
        return Kind.LOG
    return Kind.SCALING if part == "scale" else Kind.CHANGE


def _time(document: dict[str, Any]) -> int:
    stamps = (
        document.get("stageTimestamp"),
        document.get("requestReceivedTimestamp"),
        mapping(document.get("metadata")).get("creationTimestamp"),
    )
    return next((at for stamp in stamps if (at := times.parse(stamp))), 0)


def _wanted(document: dict[str, Any], part: str) -> str:
    """What the request asked for, where one word says it: the replicas of a scaling, the images of a workload."""
    asked = mapping(document.get("requestObject"))
    spec = mapping(asked.get("spec"))
    if part == "scale" or set(spec) == {"replicas"}:
        return text(spec.get("replicas"))
    pods = mapping(mapping(spec.get("template")).get("spec")) or spec
    return ",".join(image for item in sequence(pods.get("containers"))[:8] if (image := text(mapping(item).get("image"))))


def _recognises(document: Any) -> bool:
    return isinstance(document, dict) and "auditID" in document and not document.keys().isdisjoint({"objectRef", "requestURI", "verb"})


SOURCES: Final = (Source(AUDIT, _recognises, read),)
