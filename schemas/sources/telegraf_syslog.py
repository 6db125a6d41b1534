"""Syslog messages as telegraf's syslog input makes metrics of them, in its JSON or in line protocol.

Knows:   the tags severity, facility, appname and hostname, and the fields message, timestamp, procid and the parameters of structured data.
Ignores: what a message means (linux_meaning.py); other measurements (telegraf.py).
Identity hostname, which the message named; `host` is where telegraf runs.  Time the field timestamp (ns), else the metric's own.
Severity severity_code, else the tag severity.  State as the message says.
Source:  telegraf plugins/inputs/syslog, "Metrics"; InfluxDB line protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.severity import BY_SYSLOG
from schemas.signal import Signal
from schemas.sources.cloud import text
from schemas.sources.fields import labels
from schemas.sources.linux_meaning import Line, signal_of
from schemas.sources.source import Received, Source
from schemas.sources.windows_text import influx_pairs

_SYSLOG: Final = "linux.telegraf_syslog"
_LINE: Final = re.compile(r"syslog,(?=[^\n]{0,2048}severity=)")
_NEXT: Final = re.compile(r"\n(?=syslog,)")
_TRAILING: Final = re.compile(r" (\d{10,19})\s*$")


def recognises(document: Any) -> bool:
    if isinstance(document, str):
        return _LINE.match(document) is not None
    return (
        isinstance(document, dict)
        and document.get("name") == "syslog"
        and isinstance(document.get("fields"), dict)
        and "message" in document["fields"]
    )


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    if isinstance(document, str):
        for number, line in enumerate(_NEXT.split(document), start=1):
            pairs = influx_pairs(line)
            if "message" in pairs:
                own = _TRAILING.search(line[-24:])
                yield _row(pairs, own[1] if own else "", received)
            elif line.strip():
                yield Rejected("no_message", "A syslog metric needs the field message.", f"line {number}", _SYSLOG)
    else:
        yield _row({**labels(document.get("fields")), **labels(document.get("tags"))}, text(document.get("timestamp")), received)


def _row(said: Mapping[str, str], own_time: str, received: Received) -> Signal:
    code = said.get("severity_code", "")
    number = BY_SYSLOG[int(code)] if code in ("0", "1", "2", "3", "4", "5", "6", "7") else severity.from_word(said.get("severity", ""))
    line = Line(
        source=_SYSLOG,
        message=said.get("message", ""),
        time_ns=times.parse(said.get("timestamp", ""), unit="ns") or times.parse(own_time),
        host=said.get("hostname", "") or said.get("source", "") or said.get("host", ""),
        program=said.get("appname", ""),
        severity_number=number,
        attributes=(("syslog.facility", said["facility"]),) if "facility" in said else (),
    )
    return signal_of(line, received)


SOURCES: Final = (Source(_SYSLOG, recognises, read),)
