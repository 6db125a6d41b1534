"""CDEvents: what delivery pipelines and operators did, in the Continuous Delivery Foundation's words.

Reference: CDEvents specification 0.3 to 0.5 and the draft of 0.6 (`context.type` = dev.cdevents.<subject>.<predicate>.<version>).
Identity:  of a service event `subject.id`; of an incident `content.service.id`; of an environment, task or build its own id; what a rollout
           or a reconciliation aims at (`content.target`); the name in the artifact's package URL.
Time:      `context.timestamp`.
State:     incident detected and reported fire, resolved resolves.  All others happened: changes when they touch what runs or its code,
           states when they are steps of a pipeline.
Change id: `context.id`.
Dedup:     of an incident `subject.id`; of others `context.source` and `context.id`, which a redelivery repeats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import decoded, first, mapping, number, outcome, row, sentence, sequence, text
from schemas.sources.fields import text_at
from schemas.sources.source import Received, Source

CDEVENTS: Final = "cdevents"
_PREFIX: Final = "dev.cdevents."
_CHANGES: Final = frozenset(
    {"service", "environment", "change", "branch", "repository", "artifact", "deployment", "targetrollout", "migration", "reconciliation"}
)
"""Subjects whose events change what runs, or the code it is made of."""
_TARGETS: Final = {
    "environment": "deployment.environment.name",
    "cluster": "k8s.cluster.name",
    "service": "service.name",
    "deployment": "service.name",
}
"""What `content.target.type` says → the attribute that its id fills."""
_NAMES: Final = ("taskName", "pipelineName", "name", "testSuite.name", "testCase.name", "testSuiteRun.id")
_SAYS: Final = ("summary", "description", "reason", "errors")
_ROLLOUT_NUMBERS: Final = ("step", "steps", "replicas", "replicasOnOld", "replicasOnNew")
_ROLLOUT_PODS: Final = ("podsStarted", "podsStopped")
_MAX_PODS: Final = 200
"""Pods of one rollout step that are kept: the largest surge of a large deployment."""


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    context, subject = mapping(document.get("context")), mapping(document.get("subject"))
    content, custom = mapping(subject.get("content")), mapping(decoded(document.get("customData")))
    what, predicate = _type(text(context.get("type")))
    if what == "incident":
        yield _incident(context, subject, content, custom, predicate, received)
        return
    artifact = first(content, "artifactId") or text(subject.get("id") if what == "artifact" else None)
    version, commit = _artifact(artifact)
    version, commit = first(custom, "version") or version, first(custom, "commit") or commit
    id_ = text(subject.get("id"))
    facts = {
        "action": predicate,
        "to": version,
        "version": version,
        "commit": commit,
        "artifactId": artifact,
        "outcome": _outcome(predicate, text(content.get("outcome"))),
        "errors": text(content.get("errors")),
        "actor": "automation",
        **_rollout(mapping(custom.get("rollout"))),
    }
    named = text_at(content, *_NAMES) or id_
    environment = text_at(content, "environment.id")
    target = _TARGETS.get(text_at(content, "target.type").lower(), "cdevents.target.id")
    attributes = {
        "service.name": id_ if what == "service" else text_at(content, "service.id"),
        "deployment.environment.name": environment or (id_ if what == "environment" else ""),
        "service.version": version,
        "cdevents.subject.id": id_ if what != "service" else "",
        "artifact.name": _artifact_name(artifact),
        "cicd.test.name": text_at(content, "testSuite.name", "testCase.name"),
        "cicd.pipeline.task.name": text(content.get("taskName")),
        "cicd.pipeline.name": text_at(content, "pipelineName", "pipelineRun.id"),
        "vcs.repository.name": text_at(content, "repository.id"),
        "cloud.resource_id": id_ if id_.startswith(("arn:", "/subscriptions/", "projects/")) else "",
    }
    attributes[target] = attributes.get(target) or text_at(content, "target.id")
    yield row(
        received,
        Kind.CHANGE if what in _CHANGES else Kind.STATE,
        CDEVENTS,
        attributes,
        name=f"{what}.{predicate}",
        fallback=f"resource:{named}",
        event_time_ns=times.parse(context.get("timestamp")),
        severity_number=severity.ERROR if facts["outcome"] == "failed" else severity.UNSPECIFIED,
        text=sentence(
            f"{what} {id_} {predicate}",
            version and f"to {version}",
            text(content.get("outcome")),
            environment and f"in {environment}",
            first(content, *_SAYS),
        ),
        change_id=text(context.get("id")),
        dedup_key=f"{text(context.get('source'))}#{text(context.get('id'))}",
        details=facts,
    )


def _incident(
    context: dict[str, Any], subject: dict[str, Any], content: dict[str, Any], custom: dict[str, Any], predicate: str, received: Received
) -> Signal:
    at = times.parse(context.get("timestamp"))
    id_ = text(subject.get("id"))
    return row(
        received,
        Kind.ALERT,
        CDEVENTS,
        {
            "service.name": text_at(content, "service.id"),
            "deployment.environment.name": text_at(content, "environment.id"),
            "metric.name": text(custom.get("metric")),
        },
        name=f"incident.{predicate}",
        fallback=f"alarm:{id_}",
        event_time_ns=at,
        value=number(custom.get("value")),
        severity_number=severity.from_word(first(custom, "severity", "priority")),
        status=Status.RESOLVED if predicate == "resolved" else Status.FIRING,
        text=sentence(text(content.get("description"))) or f"incident {id_} {predicate}",
        dedup_key=f"{text(subject.get('source')) or text(context.get('source'))}#{id_}",
        evidence_url=text(content.get("ticketURI")),
        details={"threshold": text(custom.get("threshold")), "artifactId": text(content.get("artifactId"))},
    )


def _type(said: str) -> tuple[str, str]:
    """Subject and predicate of `dev.cdevents.service.upgraded.0.2.0`; custom types (`dev.cdeventsx.…`) likewise."""
    parts = said.split(".")
    return (parts[2], parts[3]) if len(parts) > 3 else (parts[-1], "")


def _artifact(purl: str) -> tuple[str, str]:
    """Version and commit of a package URL: `pkg:oci/web@v2?vcs_url=git%2Bhttps://host/repo@<sha>`."""
    coordinates, _, query = purl.partition("?")
    version = unquote(coordinates.partition("@")[2])
    qualifiers = dict(item.partition("=")[::2] for item in query.split("&"))
    commit = unquote(qualifiers.get("vcs_url", "")).rpartition("@")[2]
    hexadecimal = len(commit) >= 7 and all(c in "0123456789abcdef" for c in commit.lower())
    return qualifiers.get("tag", version) if version.startswith("sha256:") else version, commit if hexadecimal else ""


def _artifact_name(purl: str) -> str:
    """The last part of a package URL's path, without version: `pkg:golang/host/org/app@v2` is `app`."""
    return unquote(purl.partition("?")[0].partition("@")[0]).rpartition("/")[2]


def _outcome(predicate: str, said: str) -> str:
    if said:
        return outcome(said)
    return "started" if predicate in ("started", "queued") else "failed" if predicate in ("missed", "breached") else "succeeded"


def _rollout(said: dict[str, Any]) -> dict[str, Any]:
    """The step of a progressive rollout, where the sender tells it in `customData.rollout`."""
    if not said:
        return {}
    step: dict[str, Any] = {side: text(said.get(side)) for side in ("from", "to")}
    step |= {key: int(value) for key in _ROLLOUT_NUMBERS if (value := number(said.get(key))) is not None}
    step |= {key: [text(pod) for pod in sequence(said.get(key))[:_MAX_PODS]] for key in _ROLLOUT_PODS if key in said}
    return {"rollout": step, "from": step["from"], "to": step["to"]}


def _recognises(document: Any) -> bool:
    return isinstance(document, dict) and text(mapping(document.get("context")).get("type")).startswith((_PREFIX, "dev.cdeventsx."))


SOURCES: Final = (Source(CDEVENTS, _recognises, read),)
