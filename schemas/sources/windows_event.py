"""One Windows event, however it was exported: the fields every exporter keeps and how they are named.

Knows:   the fields of an event, levels and audit keywords, the names of positional parameters, `Binary` blobs.
Ignores: the shapes events arrive in (windows_event_xml.py, windows_event_json.py, windows_text.py) and what an event
         means (windows_meaning.py).
Source:  Windows Event Log, "Event schema" (EventSchema.xsd, SystemPropertiesType); [MS-DTYP] 2.3.13 SYSTEMTIME.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from schemas import severity, times

AUDIT_FAILURE: Final = 1 << 52
AUDIT_SUCCESS: Final = 1 << 53
"""Bits of Keywords (winmeta.xml): the only severity that an audit event, always of level 0, carries."""

_LEVELS: Final = (severity.UNSPECIFIED, severity.FATAL, severity.ERROR, severity.WARN, severity.INFO, severity.DEBUG)
"""By Level 0–5; OpenTelemetry logs data model, appendix "Windows Event Log" (critical is FATAL)."""
_LEVEL_WORDS: Final = {
    "critical": severity.FATAL, "error": severity.ERROR, "warning": severity.WARN, "information": severity.INFO, "info": severity.INFO,
    "informational": severity.INFO, "verbose": severity.DEBUG, "debug": severity.DEBUG, "success": severity.INFO, "logalways": severity.UNSPECIFIED,
    "audit_failure": severity.WARN, "audit_success": severity.INFO, "failureaudit": severity.WARN, "successaudit": severity.INFO,
    "audit failure": severity.WARN, "audit success": severity.INFO, "failure audit": severity.WARN, "success audit": severity.INFO,
}  # fmt: skip
_NXLOG_SEVERITY: Final = (severity.UNSPECIFIED, severity.DEBUG, severity.INFO, severity.WARN, severity.ERROR, severity.FATAL)
"""nxlog's SeverityValue 1 debug … 5 critical, the other way round than Level."""
_ENTRY_TYPES: Final = {1: severity.ERROR, 2: severity.WARN, 4: severity.INFO, 8: severity.INFO, 16: severity.WARN}
"""EventLogEntryType of .NET and EventType of the classic API: error, warning, information, audit success, audit failure."""

ABSENT: Final = ("", "-", "N/A", "(NULL)", "%%NULL")


@dataclass(slots=True)
class WindowsEvent:
    """Fields as exported; absent ones empty.  Positional data is named param1, param2, … as Windows' own templates do."""

    provider: str = ""
    event_id: int = 0
    channel: str = ""
    computer: str = ""
    record_id: str = ""
    time_ns: int = 0
    severity_number: int = severity.UNSPECIFIED
    message: str = ""
    data: dict[str, str] = field(default_factory=dict)
    binary: str = ""
    user: str = ""
    """Account in whose name the event was written; never leaves the reader but as a role."""
    process_id: str = ""

    def param(self, *names: str | int) -> str:
        """The first present parameter of the given names; a number n stands for `param<n>`."""
        for name in names:
            value = self.data.get(f"param{name}" if isinstance(name, int) else name, "")
            if value not in ABSENT:
                return value
        return ""


def severity_of(
    level: object = None, keywords: object = None, *, word: object = None, nxlog: object = None, entry_type: object = None
) -> int:
    """Severity number from whichever of its five spellings an exporter kept; audit keywords beat level 0."""
    number = whole(level)
    if number is not None and 1 <= number <= 5:
        return _LEVELS[number]
    bits = whole(keywords)
    if bits is not None and bits & AUDIT_FAILURE:
        return severity.WARN
    spelled = _LEVEL_WORDS.get(text(keywords).strip().lower(), 0) or _LEVEL_WORDS.get(text(level).strip().lower(), 0)
    spelled = spelled or _LEVEL_WORDS.get(text(word).strip().lower(), 0)
    if spelled:
        return spelled
    value = whole(nxlog)
    if value is not None and 1 <= value <= 5:
        return _NXLOG_SEVERITY[value]
    classic = whole(entry_type)
    if classic is not None and classic in _ENTRY_TYPES:
        return _ENTRY_TYPES[classic]
    return severity.INFO if number == 0 or (bits is not None and bits & AUDIT_SUCCESS) else severity.UNSPECIFIED


def whole(value: object) -> int | None:
    """An integer written as a number, decimal or hex text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*(-?\d{1,20}|0[xX][0-9a-fA-F]{1,16})\s*", value):
        return int(value.strip(), 16 if "x" in value.lower() else 10)
    return None


def text(value: Any) -> str:
    """A scalar as text; the empty text for null, lists and objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def short_name(binary: str) -> str:
    """The service's short name that the Service Control Manager leaves in Binary: UTF-16LE hex of `sppsvc/4` or `Spooler`."""
    raw = _unhex(binary)
    if len(raw) < 4 or len(raw) % 2 or len(raw) > 512:
        return ""
    name = raw.decode("utf-16-le", "ignore").split("\0", 1)[0].split("/", 1)[0]
    return name if re.fullmatch(r"[\w.$ -]{2,128}", name) else ""


def outage_start(binary: str) -> int:
    """UTC start of the outage that event 6008 reports: its Binary opens with two SYSTEMTIMEs, local then UTC; 0 if it does not."""
    raw = _unhex(binary)
    if len(raw) < 32:
        return 0
    year, month, _, day, hour, minute, second, millis = (int.from_bytes(raw[at : at + 2], "little") for at in range(16, 32, 2))
    try:
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return 0
    return times.parse(f"{moment.isoformat()}.{millis % 1000:03d}Z")


def _unhex(binary: str) -> bytes:
    digits = re.sub(r"[\s-]", "", binary[:4096])
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""
