"""GitHub webhooks about a repository itself: security alerts and settings; and the many that tell of people and talk, which are refused.

Reference: GitHub documentation "Webhook events and payloads": code_scanning_alert, dependabot_alert, secret_scanning_alert,
           repository_vulnerability_alert, branch_protection_rule, deploy_key, repository.
Identity:  the repository, as in github.py; of a dependency alert the package too.
Time:      of an open alert `created_at`, of one that ended `fixed_at`, `dismissed_at` or `resolved_at`, else `updated_at`.
Severity:  of the vulnerability, the advisory or the rule; a secret that was found is an error.
State:     alerts fire until they are fixed, dismissed or resolved.  Settings are changes.
Dedup:     repository, sort of alert and number.
Asked after github.py, which reads what is built and shipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.redact import role_of
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, row, sentence, text
from schemas.sources.fields import text_at
from schemas.sources.github import GITHUB, repository_of
from schemas.sources.source import Received, Source

_OPEN: Final = ("open", "create", "created", "reopened", "reopened_by_user", "reintroduced", "auto_reopened", "appeared_in_branch")
_SETTINGS: Final = {"rule": "branch protection rule", "key": "deploy key", "repository_ruleset": "ruleset"}
"""Key of the object that was set → what it is."""
_REPOSITORY_ACTIONS: Final = frozenset(
    ("created", "deleted", "archived", "unarchived", "edited", "renamed", "transferred", "publicized", "privatized")
)
_AROUND: Final = frozenset(("action", "changes", "repository", "sender", "organization", "installation", "enterprise"))
"""Keys that stand in every body; a repository event has no others."""


def read_alert(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    alert, action = mapping(document.get("alert")), text(document.get("action"))
    fires = (text(alert.get("state")) or action).lower() in _OPEN
    what = _what(alert)
    package = text_at(alert, "dependency.package.name", "affected_package_name")
    title = text_at(alert, "rule.description", "security_advisory.summary") or first(
        alert, "secret_type_display_name", "secret_type", "external_identifier"
    )
    number = first(alert, "number", "id")
    ended = ("fixed_at", "dismissed_at", "resolved_at", "updated_at")
    begun = times.parse(alert.get("created_at"))
    full = text_at(document, "repository.full_name")
    yield row(
        received, Kind.ALERT, GITHUB, {**repository_of(document, text(document.get("ref"))), "package.name": package}, name=f"{what}_alert",
        fallback="resource:repository", event_time_ns=begun if fires else next((at for key in ended if (at := times.parse(alert.get(key)))), begun),
        starts_at_ns=0 if fires else begun, severity_number=_severity(alert), status=Status.FIRING if fires else Status.RESOLVED,
        text=sentence(title, package and f"in {package}", f"({what.replace('_', ' ')} alert {action})"), dedup_key=f"github:{full}:{what} {number}",
        evidence_url=text(alert.get("html_url")), details={"action": action, "rule": text_at(alert, "rule.id", "security_advisory.ghsa_id") or text(alert.get("ghsa_id"))},
    )  # fmt: skip


def read_setting(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    key = next((key for key in _SETTINGS if isinstance(document.get(key), dict)), "")
    set_, action = mapping(document.get(key)), text(document.get("action"))
    repository = mapping(document.get("repository"))
    name = first(set_, "name", "title") if key else first(repository, "full_name")
    what = _SETTINGS.get(key, "repository")
    id_ = first(set_, "id") or first(repository, "id")
    yield row(
        received, Kind.CHANGE, GITHUB, repository_of(document, ""), name=f"{what.replace(' ', '_')}.{action}", fallback="resource:repository",
        event_time_ns=next((at for holder in (set_, repository) for field in ("updated_at", "created_at") if (at := times.parse(holder.get(field)))), 0),
        text=f"{what} {name} {action}", change_id=id_, details={"action": action, "outcome": "succeeded", "actor": role_of(text_at(document, "sender.login"))},
    )  # fmt: skip


def refuse(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    what = next((key for key in document if key not in _AROUND), text(document.get("action")) or "ping")
    yield Rejected("not_telemetry", f"a GitHub event about {what[:32]} changes nothing that runs", "", GITHUB)


def _what(alert: dict[str, Any]) -> str:
    if "secret_type" in alert:
        return "secret_scanning"
    return "code_scanning" if isinstance(alert.get("rule"), dict) else "vulnerability"


def _severity(alert: dict[str, Any]) -> int:
    if "secret_type" in alert:
        return severity.ERROR
    paths = ("security_vulnerability.severity", "security_advisory.severity", "rule.security_severity_level", "rule.severity", "severity")
    return severity.from_word(text_at(alert, *paths))


def _from_github(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("sender"), dict) and "login" in document["sender"]


def _is_alert(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("repository"), dict)
        and isinstance(document.get("alert"), dict)
        and isinstance(document.get("action"), str)
        and _from_github(document)
    )


def _is_setting(document: Any) -> bool:
    if not _from_github(document) or not isinstance(document.get("repository"), dict) or not isinstance(document.get("action"), str):
        return False
    about = document.keys() - _AROUND
    return (bool(about) and about <= _SETTINGS.keys()) or (not about and document["action"] in _REPOSITORY_ACTIONS)


def _is_other(document: Any) -> bool:
    return _from_github(document) or (
        isinstance(document, dict) and ({"zen", "hook_id"} <= document.keys() or "security_advisory" in document)
    )


SOURCES: Final = (
    Source("github.alert", _is_alert, read_alert),
    Source("github.setting", _is_setting, read_setting),
    Source("github.other", _is_other, refuse),
)
