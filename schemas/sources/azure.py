"""What the Azure readers share: resource ids, severities, alert conditions, operations and outcomes in Azure's words.

Knows:   that ids of Azure Resource Manager compare without case, what its severities, levels, statuses and operations mean.
Ignores: the payloads; azure_*.py beside it know theirs.
Source:  Microsoft Learn, "Azure Monitor alerts: severity", "Azure Activity Log event schema", "Azure resource provider operations".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import severity, times
from schemas.signal import Kind, Status
from schemas.sources.cloud import mapping, number, sequence, text

SEVERITIES: Final = {
    "sev0": severity.CRITICAL, "sev1": severity.ERROR, "sev2": severity.WARN, "sev3": severity.INFO, "sev4": severity.DEBUG,
    "0": severity.CRITICAL, "1": severity.ERROR, "2": severity.WARN, "3": severity.INFO, "4": severity.DEBUG,
}  # fmt: skip
"""Sev0 critical, Sev1 error, Sev2 warning, Sev3 informational, Sev4 verbose."""

_LEVELS: Final = (severity.UNSPECIFIED, severity.CRITICAL, severity.ERROR, severity.WARN, severity.INFO, severity.DEBUG)
"""Numeric levels of .NET's EventLevel: 0 LogAlways, 1 critical … 5 verbose."""

STATUSES: Final = {
    "fired": Status.FIRING, "activated": Status.FIRING, "active": Status.FIRING, "new": Status.FIRING, "inprogress": Status.FIRING, "updated": Status.FIRING,
    "unresolved": Status.FIRING, "triggered": Status.FIRING, "alert": Status.FIRING,
    "resolved": Status.RESOLVED, "deactivated": Status.RESOLVED, "closed": Status.RESOLVED, "mitigated": Status.RESOLVED, "complete": Status.RESOLVED,
    "ok": Status.RESOLVED,
}  # fmt: skip

_OUTCOMES: Final = {
    "start": "started", "started": "started", "accept": "started", "accepted": "started", "inprogress": "started", "running": "started", "queued": "started",
    "success": "succeeded", "succeeded": "succeeded", "succeed": "succeeded", "ok": "succeeded", "created": "succeeded", "partiallysucceeded": "failed",
    "failure": "failed", "failed": "failed", "fail": "failed", "rejected": "failed", "canceled": "cancelled", "cancelled": "cancelled",
}  # fmt: skip
_READS: Final = re.compile(
    r"(?i)(?:.*/read|.*/(?:list\w*|get\w*|validate\w*|check\w*|generate\w*|download\w*|search|query|export\w*|preview\w*|evaluate\w*|compute\w*access)/action"
    r"|microsoft\.authorization/policies/.*|microsoft\.advisor/.*|microsoft\.resources/deployments/(?:validate|whatif)/action"
    r"|microsoft\.insights/diagnosticsettings/read)"
)
"""Operations that change nothing though they carry the verb `action`."""
_SCALES: Final = re.compile(
    r"(?i)microsoft\.insights/autoscalesettings/(?:scale(?:up|down|out|in)\w*|.*scale.*)/action|.*/virtualmachinescalesets/(?:scale|write|delete/action|virtualmachines/(?:write|delete))(?:/action)?"
    r"|.*/managedclusters/agentpools/(?:write|delete)|.*/serverfarms/write|.*/(?:scale|scaleup|scaledown|scaleout|scalein)/action|.*/capacity(?:reservations)?/write"
)
_CHANGES: Final = re.compile(r"(?i).*/(?:write|delete|action|move|restart|start|stop|deallocate)$")
_PART: Final = re.compile(
    r"/(?:blob|file|queue|table)services/default/?$|(?<=/)(?:runs/[^/]+(?:/actions/[^/]+)?|providers/microsoft\.(?:resourcehealth/availabilitystatuses|insights/metrics)/[^/]+)/?$"
)
"""What services log under and people do not name: a storage account's services, a workflow's run, what extends another resource."""
_BROKEN_CLOCK: Final = re.compile(r"(?<=\d):\s+(?=\d\d)")


def time_of(value: Any) -> int:
    """A time as Azure writes it; some agents put blanks into the clock (`07: 45: 44.58Z`)."""
    return times.parse(value) or (times.parse(_BROKEN_CLOCK.sub(":", value)) if isinstance(value, str) else 0)


def target(*ids: object, named: Mapping[str, str] | None = None) -> dict[str, str]:
    """Attributes of the thing that the first resource id names; ids of Resource Manager in lower case, since they compare so."""
    given = [text(id_) for id_ in ids if text(id_)]
    attributes = {key: value for key, value in (named or {}).items() if value}
    if given:
        attributes["cloud.resource_id"] = _PART.sub("", given[0].lower()).rstrip("/") if given[0].startswith("/") else given[0]
    return attributes


def level(value: Any) -> int:
    """Severity number of a level: a word, or .NET's number as int or text."""
    found = number(value)
    if found is not None:
        return _LEVELS[int(found)] if 0 <= found < len(_LEVELS) else severity.UNSPECIFIED
    return severity.from_word(value)


def severity_of(value: Any) -> int:
    """Severity number of an alert's severity: `Sev2`, 2, "2", or a word of older alerts (`Warning`)."""
    said = text(value).lower().replace(" ", "")
    return SEVERITIES.get(said) or severity.from_word(said)


def status_of(*words: Any) -> Status | None:
    """Firing or resolved by the first word that says so."""
    return next((STATUSES[word] for value in words if (word := text(value).lower().replace(" ", "").rstrip(".")) in STATUSES), None)


def outcome_of(*words: Any) -> str:
    """started, succeeded, failed or cancelled by the first word that says so; words come as `Success`, `Succeeded.`, `Started`."""
    for value in words:
        word = re.split(r"[.,(]", text(value).strip().lower(), maxsplit=1)[0].replace(" ", "")
        if word in _OUTCOMES:
            return _OUTCOMES[word]
        if word.isdecimal() and len(word) == 3:
            return "succeeded" if word < "400" else "failed"
    return ""


def kind_of_operation(operation: str) -> Kind:
    """What an operation of a resource provider does: `…/read` looks, `…/scale/action` scales, `…/write` changes."""
    if not operation or _READS.fullmatch(operation):
        return Kind.LOG
    if _SCALES.fullmatch(operation):
        return Kind.SCALING
    return Kind.CHANGE if _CHANGES.fullmatch(operation) else Kind.LOG


def dimensions(condition: Mapping[str, Any]) -> dict[str, str]:
    """Name and value of every dimension of a criterion, names as sent."""
    pairs = (mapping(item) for item in sequence(condition.get("dimensions", condition.get("Dimensions"))))
    return {name: text(pair.get("value", pair.get("Value"))) for pair in pairs if (name := text(pair.get("name", pair.get("Name"))))}


def first_number(*values: Any) -> float | None:
    return next((found for value in values if (found := number(value)) is not None), None)


def joined(parts: Iterable[str], by: str = ": ") -> str:
    return by.join(part for part in parts if part)
