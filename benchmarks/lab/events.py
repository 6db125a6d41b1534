"""The bodies deploy tools send: CDEvents, GitHub push, LaunchDarkly audit log.

Knows:   each format's fields and that people are roles.
Ignores: when things happen and who receives it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

ENVIRONMENT = "lab"

AUTHOR = {"name": "developer", "email": "developer@example.invalid", "username": "developer"}
"""Whoever wrote a commit: a role, never a person."""


def rfc3339(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cdevent(
    kind: Literal["upgraded", "rolledback"], *, event_id: str, at: datetime, service: str, version: str, commit: str
) -> dict[str, Any]:
    """`dev.cdevents.service.*`: what the deploy tool says once the release takes traffic."""
    return {
        "context": {
            "version": "0.4.1",
            "id": event_id,
            "source": "/deploy/lab",
            "type": f"dev.cdevents.service.{kind}.0.2.0",
            "timestamp": rfc3339(at),
        },
        "subject": {
            "id": service,
            "source": "/deploy/lab",
            "type": "service",
            "content": {"environment": {"id": ENVIRONMENT}, "artifactId": f"pkg:oci/{service}@v{version}"},
        },
        "customData": {"commit": commit, "repository": f"shop/{service}"},
        "customDataContentType": "application/json",
    }


def push(*, at: datetime, service: str, before: str, commit: str, message: str, committed_at: str, modified: list[str]) -> dict[str, Any]:
    """GitHub's `push` webhook body for one commit on the main branch."""
    detail = {
        "id": commit,
        "distinct": True,
        "message": message,
        "timestamp": committed_at,
        "author": AUTHOR,
        "committer": AUTHOR,
        "added": [],
        "removed": [],
        "modified": modified,
    }
    return {
        "ref": "refs/heads/main",
        "before": before,
        "after": commit,
        "created": False,
        "deleted": False,
        "forced": False,
        "commits": [detail],
        "head_commit": detail,
        "repository": {"name": service, "full_name": f"shop/{service}", "default_branch": "main", "pushed_at": int(at.timestamp())},
        "pusher": {"name": "developer"},
        "sender": {"login": "developer", "type": "User"},
    }


def flag(*, event_id: str, at: datetime, key: str, on: bool) -> dict[str, Any]:
    """LaunchDarkly's audit-log entry for a flag turned on or off."""
    verb = f"turned {'on' if on else 'off'}"
    return {
        "_id": event_id,
        "date": int(at.timestamp() * 1000),
        "kind": "flag",
        "name": key,
        "description": "",
        "shortDescription": "",
        "titleVerb": f"{verb} the flag",
        "title": f"A release manager {verb} the flag {key} in {ENVIRONMENT}",
        "member": {"role": "release-manager"},
        "target": {"name": key, "resources": [f"proj/shop:env/{ENVIRONMENT}:flag/{key}"]},
        "accesses": [{"action": "updateOn", "resource": f"proj/shop:env/{ENVIRONMENT}:flag/{key}"}],
        "currentVersion": {"key": key, "kind": "boolean", "tags": ["frontend"], "environments": {ENVIRONMENT: {"on": on}}},
    }
