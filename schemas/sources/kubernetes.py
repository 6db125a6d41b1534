"""Kubernetes events: core/v1, events.k8s.io/v1, and as exporters wrap them (kubernetes-event-exporter, eventrouter, Metricbeat).

Reference: Kubernetes API "Event v1 core" and "Event v1 events.k8s.io".  Lists and watches are opened by layers.py.
Identity:  `involvedObject` / `regarding`; the node is `source.host`.  `reportingComponent` only reports.
Time:      lastTimestamp, else series.lastObservedTime, else eventTime, else deprecatedLastTimestamp, else metadata.creationTimestamp.
Severity:  `type` Warning or Normal; `reason` carries the meaning and is the row's name.
State:     none.  ScalingReplicaSet and SuccessfulRescale are kind `scaling`.
Dedup:     metadata.uid: a repeated event is the same object with a grown `count`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, row, text
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

KUBERNETES: Final = "kubernetes.event"
_SCALING: Final = frozenset(
    ("ScalingReplicaSet", "SuccessfulRescale", "TriggeredScaleUp", "ScaleDown", "ScaleDownEmpty", "ScaledUpGroup", "KEDAScaleTargetActivated", "KEDAScaleTargetDeactivated")
)  # fmt: skip
"""Reasons that the deployment controller, the autoscalers of pods and nodes and KEDA give."""
ATTRIBUTE: Final = {
    "pod": "k8s.pod.name", "node": "k8s.node.name", "deployment": "k8s.deployment.name", "replicaset": "k8s.replicaset.name",
    "statefulset": "k8s.statefulset.name", "daemonset": "k8s.daemonset.name", "job": "k8s.job.name", "cronjob": "k8s.cronjob.name",
    "helmrelease": "service.name", "kustomization": "service.name", "service": "service.name", "horizontalpodautoscaler": "service.name", "ingress": "service.name", "endpoints": "service.name",
    "rollout": "k8s.deployment.name", "application": "service.name",
}  # fmt: skip
"""Which attribute an object of a kind names."""
_REPLICAS: Final = re.compile(
    r"from (?P<before>\d+) to (?P<after>\d+)|\b(?P<low>\d+)->(?P<high>\d+)|(?:to|size:?) (?P<to>\d+)(?:(?: from| instead of) (?P<from>\d+))?"
)


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    event = _event(document)
    about = mapping(event.get("involvedObject")) or mapping(event.get("regarding")) or mapping(event.get("involved_object"))
    metadata = mapping(event.get("metadata"))
    kind, name = text(about.get("kind")), text(about.get("name"))
    reason, message = text(event.get("reason")), first(event, "message", "note")
    attribute = ATTRIBUTE.get(kind.lower())
    attributes = {
        attribute or "k8s.object.name": name,
        "k8s.object.kind": kind,
        "k8s.namespace.name": text(about.get("namespace")) or text(metadata.get("namespace")),
        "k8s.container.name": _container(text(about.get("fieldPath"))),
        "k8s.cluster.name": first(event, "clusterName") or text_at(document, "orchestrator.cluster.name"),
    }
    host = text_at(event, "source.host", "deprecatedSource.host")
    if host and attribute != "k8s.node.name":
        attributes["k8s.node.name"] = host
    scaling = reason in _SCALING
    change = _REPLICAS.search(message) if scaling else None
    count = first(event, "count", "deprecatedCount") or text_at(event, "series.count")
    yield row(
        received,
        Kind.SCALING if scaling else Kind.STATE,
        KUBERNETES,
        {key: value for key, value in attributes.items() if value},
        name=reason,
        fallback=f"resource:{kind}/{name}" if name else f"alarm:{reason}",
        event_time_ns=next((at for when in _times(event, metadata) if (at := times.parse(when))), 0),
        starts_at_ns=times.parse(first(event, "firstTimestamp", "deprecatedFirstTimestamp")),
        severity_number=severity.from_word(text(event.get("type"))),
        text=message or reason,
        dedup_key=f"k8s:{text(metadata.get('uid'))}" if metadata.get("uid") else "",
        details={
            "count": int(count) if count.isdecimal() and len(count) < 10 else None,
            "reporter": first(event, "reportingComponent", "reportingController")
            or text_at(event, "source.component", "deprecatedSource.component"),
            **(
                {
                    "action": "scale",
                    "from": change["from"] or change["before"] or change["low"],
                    "to": change["to"] or change["after"] or change["high"],
                    "outcome": "succeeded",
                    "actor": "automation",
                }
                if change
                else {}
            ),
        },
    )


def _event(document: dict[str, Any]) -> dict[str, Any]:
    """The event itself: eventrouter puts it under `event`, Metricbeat under `kubernetes.event`."""
    if isinstance(inner := mapping(document.get("kubernetes")).get("event"), dict):
        stamps = mapping(inner.get("timestamp"))
        return {**inner, "lastTimestamp": stamps.get("last_occurrence"), "firstTimestamp": stamps.get("first_occurrence")}
    inner = document.get("event")
    return inner if isinstance(inner, dict) and ("involvedObject" in inner or "regarding" in inner) else document


def _times(event: dict[str, Any], metadata: dict[str, Any]) -> tuple[Any, ...]:
    return (
        event.get("lastTimestamp"),
        mapping(event.get("series")).get("lastObservedTime"),
        event.get("eventTime"),
        event.get("deprecatedLastTimestamp"),
        event.get("firstTimestamp"),
        metadata.get("creationTimestamp"),
    )


def _container(path: str) -> str:
    """`spec.containers{web}` names container web."""
    return path.partition("{")[2].rstrip("}")


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    event = _event(document)
    about = event.get("involvedObject", event.get("regarding", event.get("involved_object")))
    return isinstance(about, dict) and not event.keys().isdisjoint({"reason", "message", "note"})


SOURCES: Final = (Source(KUBERNETES, _recognises, read),)
