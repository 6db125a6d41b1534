"""Syslog: RFC 3164 with and without PRI, RFC 5424, octet-counted frames, and the headers that daemons and devices really write.

Knows:   how frames are cut (count of bytes, line breaks, NUL), every header of syslog_headers.py, repeated messages, BOMs.
Ignores: what a message means (linux_meaning.py) and Snare, whose lines are Windows events (windows_text.py).
Identity the header's host, else the carrier's; APP-NAME or tag names the program, and through it the service.
Time     RFC 3164 has neither year nor zone: the year nearest to the record's arrival, UTC.  `-` and no time at all are the arrival.
Severity PRI modulo 8; without PRI what the message itself opens with, else nothing.
State    lines without a header continue the message above (stack traces).  `last message repeated 3 times` is a row with the
         message above and the number in its details.
Source:  RFC 3164 §4, RFC 5424 §6, RFC 6587 §3.4.1, RFC 5425 §4.3; rsyslog and syslog-ng templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import orjson

from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources.auditd import signal_of_line
from schemas.sources.carried import carried_host
from schemas.sources.linux_meaning import Line
from schemas.sources.source import Received, Source
from schemas.sources.syslog_headers import OCTET_COUNT, RFC3164, RFC5424, Header, header_of, is_comment, looks_like_syslog, opens_frame

_REPEATED: Final = re.compile(r"(?:last )?message repeated (?P<times>\d{1,9}) times?(?::? \[ ?(?P<said>.*?)\]?)?\s*$", re.DOTALL)
_FRAME_BREAK: Final = re.compile(r"[\n\0]")
MAX_FRAMES: Final = 100_000
"""Frames of one record; a record of 1 MB holds at most 1 MB / 8 bytes of them."""


def recognises(document: Any) -> bool:
    return isinstance(document, str) and looks_like_syslog(document)


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    host = carried_host(received).get("host.name", "")
    last: Line | None = None
    for number, frame in enumerate(frames(document), start=1):
        header = header_of(frame, received.ingest_time_ns)
        if header is None:
            yield Rejected(
                "not_syslog",
                "The line has no syslog header; send `<PRI>` with RFC 5424 or RFC 3164, or a dated line.",
                f"line {number}",
                RFC3164,
            )
            continue
        line = _line(header, host)
        if (repeat := _REPEATED.fullmatch(line.message)) and (repeat["said"] or last is not None):
            line = replace(
                line, message=repeat["said"] or (last.message if last else ""), program=line.program or (last.program if last else "")
            )
            yield _counted(signal_of_line(line, received), int(repeat["times"]))
            continue
        last = line
        yield signal_of_line(line, received)


def frames(document: str) -> list[str]:
    """The frames of a text: octet-counted while a count stands in front, else a line each with its continuation lines."""
    found: list[str] = []
    rest = document
    while len(found) < MAX_FRAMES and (count := OCTET_COUNT.match(rest)):
        raw = rest[count.end() : count.end() + int(count["octets"])].encode("utf-8", "surrogatepass")[: int(count["octets"])]
        frame = raw.decode("utf-8", "ignore")
        if not frame:
            break
        found.append(frame)
        rest = rest[count.end() + len(frame) :]
        rest = rest.lstrip("\r\n")
    for line in _FRAME_BREAK.split(rest):
        if is_comment(line):
            continue  # of journalctl itself: no entry, and no part of the one above
        if found and line.strip() and not opens_frame(line):
            found[-1] += "\n" + line.removesuffix("\r")
        elif line.strip():
            found.append(line)
    return found


def _line(header: Header, host: str) -> Line:
    return Line(
        source=header.source,
        message=header.message,
        time_ns=header.time_ns,
        host=header.host or host,
        program=header.program,
        unit=header.unit,
        severity_number=header.severity_number,
        attributes=header.attributes,
        facts=header.facts,
    )


def _counted(signal: Signal, times_repeated: int) -> Signal:
    signal.details = orjson.dumps({**orjson.loads(signal.details or b"{}"), "repeated": times_repeated}).decode()
    return signal


def _starts_with_pri(document: Any) -> bool:
    return isinstance(document, str) and re.match(r"\s*(?:\d{1,7} )?<\d{1,3}>[1-9]\d{0,2} ", document) is not None


SOURCES: Final = (Source(RFC5424, _starts_with_pri, read), Source(RFC3164, recognises, read))
