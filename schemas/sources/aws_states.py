"""How AWS services tell where things stand: under which keys a detail has its state, reason, error, severity and time.

Knows:   the keys, and which words mean that something is over, failed or in trouble.
Ignores: which service a detail is of.
Sources: EventBridge user guide, "Events from AWS services", and the user guide of each service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from schemas import times
from schemas.identity import fold
from schemas.severity import ERROR, WARN, from_word
from schemas.signal import Status
from schemas.sources.aws_names import is_thing
from schemas.sources.cloud import decoded, first, outcome, text, words
from schemas.sources.fields import labels

_STATES: Final = (
    "state", "status", "build-status", "current-state", "currentState", "currentStatus", "lastStatus", "newState", "new-state", "eventName", "StatusCode", "statusCode",
    "result", "scan-status", "Status", "alarm_state", "executionStatus", "TrainingJobStatus", "jobState", "event", "operation", "action-type", "complianceType", "completed-phase-status", "instance-action",
)  # fmt: skip
_REASONS: Final = (
    "message", "Message", "reason", "stoppedReason", "statusReason", "stateReason", "FailureReason", "insightDescription", "status-reason", "StatusMessage", "statusMessage", "stateChangeReason", "detailMessage",
    "cause", "Cause", "notificationBody", "description", "Description", "title",
)  # fmt: skip
_SEVERITIES: Final = ("severity", "Severity", "level", "Level", "eventType", "SeverityLabel", "alertLevel", "error-severity")
_ERRORS: Final = ("errorMessage", "error-message", "failureReason", "FailureReason", "failure-reason", "error", "Error")
_DEEDS: Final = (
    "type", "sub-type", "actionType", "typeOfChange", "Operation", "eventType", "messageType", "notification-type", "notificationType",
)  # fmt: skip
"""What was done, where no key says how things stand."""
_OPEN: Final = words("open opened active set alarm new firing ongoing started detected non_compliant noncompliant")
_CLOSED: Final = words("close closed resolved cleared clear archived suppressed fixed inactive recovered compliant ok")
_TROUBLED: Final = frozenset({"WARN", "WARNING", "YELLOW", "DEGRADED", "ROLLBACK_IN_PROGRESS"})


def state_of(detail: Mapping[str, Any]) -> str:
    """The word a service uses for where things stand; some put it one level down (`state: {value}`, `status-details: {status}`)."""
    for key in (*_STATES, "status-details", "new-state", "stateDetails"):
        value = detail.get(key)
        if isinstance(value, dict):
            value = first(value, "value", "status", "name", "state")
        if found := text(value):
            return found
    return _ending(detail, "status", "state") or first(detail, *_DEEDS)


def reason_of(detail: Mapping[str, Any]) -> str:
    """What a service says about it in words."""
    for key in (*_REASONS, "status-details", "new-state", "additional-information", "state"):
        value = decoded(detail.get(key))
        if isinstance(value, dict):
            value = first(value, "message", "reason", "status-reason", "phase-context", "Description")
        if (found := text(value)) and (key in _REASONS or value != detail.get(key)):
            return found
    return _ending(detail, "reason", "message", "summary", "title", "description") or first(detail, "name")


def _ending(detail: Mapping[str, Any], *ends: str) -> str:
    """The first text whose key ends so: `EndpointStatus`, `compliance-status`, `FailureReason`."""
    return next((said for end in ends for key, said in labels(detail).items() if fold(key).endswith(end) and not is_thing(said)), "")


def error_of(detail: Mapping[str, Any]) -> str:
    """What went wrong, beside what a service says in general."""
    return first(detail, *_ERRORS)


def severity_of(detail: Mapping[str, Any], state: str) -> int:
    """The severity a service names, else what the state tells; 0 when neither says anything."""
    for key in _SEVERITIES:
        if found := from_word(detail.get(key)):
            return found
    if outcome(state) == "failed" or "FAIL" in state.upper() or "IMPAIRED" in state.upper():
        return ERROR
    word = state.upper()
    return ERROR if word == "RED" else WARN if word in _TROUBLED else 0


def time_of(detail: Mapping[str, Any], keys: tuple[str, ...]) -> int:
    """The first of these times that is one."""
    return next((ns for key in keys if (ns := times.parse(detail.get(key)))), 0)


def is_over(state: str, type_: str = "") -> bool:
    """True where the state or the type (`DevOps Guru Insight Closed`) says that it is over."""
    word = state.lower()
    return (word in _CLOSED and word not in _OPEN) or type_.endswith((" Closed", " Resolved", " Cleared"))


def alert_status(state: str, type_: str) -> Status:
    return Status.RESOLVED if is_over(state, type_) else Status.FIRING
