"""GitOps controllers on what they rolled out: Flux events and Flagger's canary webhooks.

Reference: Flux notification-controller "Events" (event/v1beta1); Flagger "Webhooks: event hooks".
Identity:  `involvedObject`; Flagger's `name` and `namespace` of the canary.
Time:      `timestamp`; Flagger's `metadata.timestamp`, epoch milliseconds as text.
Severity:  Flux `severity` (error, info, trace); Flagger's event type, and error when the phase is Failed.
State:     what a Kustomization, HelmRelease or Canary does is a change, with its outcome; sources and image policies are states.
Change id: the revision: of `main@sha1:<sha>` and `main/<sha>` the sha alone, so that it meets the commit; Flagger's checksum.
Dedup:     object and revision.
Asked before kubernetes.py: a Flux event looks like a Kubernetes event with other times and severities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import mapping, row, sentence, text, words
from schemas.sources.fields import labels
from schemas.sources.source import Received, Source

FLUX: Final = "flux.event"
FLAGGER: Final = "flagger"
_ROLLS_OUT: Final = words("Kustomization HelmRelease Canary Terraform")
_STARTED: Final = words("Progressing ProgressingWithRetry DependencyNotReady Initializing Promoting Finalising WaitingPromotion Waiting")
_SHA: Final = re.compile(r"(?:.*[/@:])?(?:sha1:)?([0-9a-f]{40})")


def read_flux(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    about = mapping(document.get("involvedObject"))
    kind, name, namespace = text(about.get("kind")), text(about.get("name")), text(about.get("namespace"))
    reason, level = text(document.get("reason")), text(document.get("severity"))
    revision = next((value for key, value in labels(document.get("metadata")).items() if key.rpartition("/")[2].lower() == "revision"), "")
    short = match[1] if (match := _SHA.fullmatch(revision)) else revision
    rolls_out = kind in _ROLLS_OUT
    yield row(
        received, Kind.CHANGE if rolls_out else Kind.STATE, FLUX,
        {"service.name" if rolls_out else "k8s.object.name": name, "k8s.object.kind": kind, "k8s.namespace.name": namespace},
        name=reason, fallback=f"resource:{kind}/{name}", event_time_ns=times.parse(document.get("timestamp")), severity_number=severity.from_word(level),
        text=sentence(text(document.get("message"))) or f"{kind} {name} {reason}", change_id=short if rolls_out else "",
        dedup_key=f"flux:{kind}/{namespace}/{name}:{revision}" if revision else "",
        details={"action": reason, "to": revision, "outcome": _outcome(reason, level == "error"), "actor": "automation"},
    )  # fmt: skip


def read_flagger(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    said, phase = mapping(document.get("metadata")), text(document.get("phase"))
    name, namespace, checksum = text(document.get("name")), text(document.get("namespace")), text(document.get("checksum"))
    failed = phase == "Failed"
    yield row(
        received, Kind.CHANGE, FLAGGER, {"service.name": name, "k8s.namespace.name": namespace}, name=f"rollout.{phase.lower()}",
        event_time_ns=times.parse(said.get("timestamp")), severity_number=severity.ERROR if failed else severity.from_word(text(said.get("eventType"))),
        text=text(said.get("eventMessage")) or f"rollout of {name} {phase}", change_id=checksum, dedup_key=f"flagger:{namespace}/{name}:{checksum}",
        details={"action": "rollout", "phase": phase, "outcome": _outcome(phase, failed), "actor": "automation"},
    )  # fmt: skip


def _outcome(word: str, failed: bool) -> str:
    return "failed" if failed else "started" if word in _STARTED else "succeeded"


def _is_flux(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("involvedObject"), dict)
        and {"severity", "reportingController", "timestamp"} <= document.keys()
    )


def _is_flagger(document: Any) -> bool:
    return (
        isinstance(document, dict) and {"name", "namespace", "phase", "metadata"} <= document.keys() and isinstance(document["phase"], str)
    )


SOURCES: Final = (Source(FLUX, _is_flux, read_flux), Source(FLAGGER, _is_flagger, read_flagger))
