"""What people did, as their tools tell it: pushes, deployments of four kinds, flags, calls to the cloud.

Knows:   the bodies of GitHub, CDEvents, Argo CD, CodeDeploy (by EventBridge), LaunchDarkly and CloudTrail.
Ignores: which change is guilty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from benchmarks.told.story import Change, Deploy
from benchmarks.told.telemetry import Record, Stamp

_ACCOUNT: Final = "123456789012"
_REGION: Final = "eu-west-1"


@dataclass(frozen=True, slots=True)
class Told:
    """One change as it stands in the feed."""

    ids: tuple[str, ...]
    """By which an answer may name it, the commit's first."""
    records: tuple[Record, ...]


def told(story: str, change: Change, stamp: Stamp) -> Told:
    if change.form == "flag":
        return Told((change.id,), ((change.min, _flag(story, change, stamp)),))
    if change.form == "cloudtrail":
        id_ = _uuid(story, change.id)
        return Told((id_,), ((change.min, _call(id_, change, stamp)),))
    sha = _digest(story, change.id)
    ids, records = ([sha], [(change.min, _push(story, sha, change, stamp))]) if change.form == "push" else ([], [])
    if change.deploy is not None:
        id_, body = _DEPLOYS[change.deploy.form](sha, change.repo, change.deploy, stamp)
        ids.append(id_)
        records.append((change.deploy.min, orjson.dumps(body)))
    return Told(tuple(dict.fromkeys(ids)), tuple(records))


def _digest(*parts: str) -> str:
    return hashlib.sha1("/".join(parts).encode(), usedforsecurity=False).hexdigest()


def _uuid(*parts: str) -> str:
    digest = _digest(*parts)
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _push(story: str, sha: str, change: Change, stamp: Stamp) -> bytes:
    commit = {
        "id": sha, "distinct": True, "message": change.message, "timestamp": stamp(change.min), "author": {"name": "developer", "username": "developer"},
        "added": [], "removed": [], "modified": change.files, "patch": change.diff,
    }  # fmt: skip
    return orjson.dumps(
        {
            "ref": "refs/heads/main", "before": _digest(story, change.id, "before"), "after": sha, "created": False, "deleted": False, "forced": False,
            "repository": {"name": change.repo, "full_name": f"example/{change.repo}"}, "pusher": {"name": "developer"}, "commits": [commit], "head_commit": commit,
        }
    )  # fmt: skip


def _cdevents(sha: str, repo: str, deploy: Deploy, stamp: Stamp) -> tuple[str, dict[str, Any]]:
    id_ = _uuid(sha, "cdevents")
    artifact = f"pkg:oci/{deploy.of}@sha256:{_digest(sha, 'image')}?vcs_url=git%2Bhttps%3A%2F%2Fgit.example%2Fexample%2F{repo}%40{sha}"
    return id_, {
        "context": {
            "version": "0.4.1",
            "id": id_,
            "source": "/ci/prod",
            "type": "dev.cdevents.service.deployed.0.2.0",
            "timestamp": stamp(deploy.min),
        },
        "subject": {
            "id": deploy.of,
            "source": "/cluster/prod",
            "type": "service",
            "content": {"environment": {"id": "prod"}, "artifactId": artifact},
        },
    }


def _argocd(sha: str, repo: str, deploy: Deploy, stamp: Stamp) -> tuple[str, dict[str, Any]]:
    operation = {
        "phase": "Succeeded", "message": "successfully synced (all tasks run)", "startedAt": stamp(deploy.min - 0.3), "finishedAt": stamp(deploy.min),
        "operation": {"sync": {"revision": sha}, "initiatedBy": {"automated": True}}, "syncResult": {"revision": sha},
    }  # fmt: skip
    return sha, {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": deploy.of, "namespace": "argocd"},
        "spec": {
            "destination": {"namespace": "prod", "name": "prod"},
            "project": "default",
            "source": {"repoURL": f"https://git.example/example/{repo}"},
        },
        "status": {"operationState": operation, "sync": {"status": "Synced", "revision": sha}, "health": {"status": "Progressing"}},
    }


def _codedeploy(sha: str, repo: str, deploy: Deploy, stamp: Stamp) -> tuple[str, dict[str, Any]]:
    """Its events name an application and no commit."""
    id_ = f"d-{_digest(sha, repo)[:9].upper()}"
    detail = {
        "region": _REGION, "deploymentId": id_, "instanceGroupId": _uuid(sha), "deploymentGroup": "prod", "state": "SUCCESS", "application": deploy.of,
    }  # fmt: skip
    return id_, _event(_uuid(sha, "event"), "aws.codedeploy", "CodeDeploy Deployment State-change Notification", stamp(deploy.min), detail)


def _github(sha: str, repo: str, deploy: Deploy, stamp: Stamp) -> tuple[str, dict[str, Any]]:
    id_ = int(_digest(sha, "deployment")[:8], 16)
    at = stamp(deploy.min)
    return str(id_), {
        "action": "created",
        "deployment_status": {"id": id_ + 1, "state": "success", "environment": "production", "created_at": at, "updated_at": at},
        "deployment": {
            "id": id_,
            "sha": sha,
            "ref": "main",
            "task": "deploy",
            "environment": "production",
            "created_at": at,
            "updated_at": at,
        },
        "repository": {"name": deploy.of, "full_name": f"example/{deploy.of}"},
        "sender": {"login": "ci"},
    }


_DEPLOYS: Final[dict[str, Callable[[str, str, Deploy, Stamp], tuple[str, dict[str, Any]]]]] = {
    "cdevents": _cdevents,
    "argocd": _argocd,
    "codedeploy": _codedeploy,
    "github": _github,
}


def _flag(story: str, change: Change, stamp: Stamp) -> bytes:
    body = {
        "_id": _uuid(story, change.id), "kind": "flag", "date": stamp(change.min), "name": change.id, "titleVerb": change.verb, "description": "",
        "member": {"role": "writer"}, "target": {"name": change.id, "resources": [f"proj/app:env/prod:flag/{change.id}"]},
        "currentVersion": {"key": change.id, "kind": "boolean", "tags": [change.of]},
    }  # fmt: skip
    return orjson.dumps(body)


def _call(id_: str, change: Change, stamp: Stamp) -> bytes:
    record = {
        "eventVersion": "1.11", "userIdentity": {"type": "AssumedRole", "arn": f"arn:aws:sts::{_ACCOUNT}:assumed-role/operator/session"},
        "eventTime": stamp(change.min), "eventSource": change.source, "eventName": change.event, "awsRegion": _REGION, "requestParameters": change.request,
        "responseElements": change.response or None, "requestID": _uuid(id_), "eventID": id_, "readOnly": False, "eventType": "AwsApiCall",
        "managementEvent": True, "recipientAccountId": _ACCOUNT, "eventCategory": "Management",
    }  # fmt: skip
    return orjson.dumps(
        _event(_uuid(id_, "event"), f"aws.{change.source.partition('.')[0]}", "AWS API Call via CloudTrail", stamp(change.min), record)
    )


def _event(id_: str, source: str, kind: str, at: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "0", "id": id_, "detail-type": kind, "source": source, "account": _ACCOUNT, "time": at, "region": _REGION, "resources": [], "detail": detail,
    }  # fmt: skip
