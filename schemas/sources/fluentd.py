"""Records with the time and the tag that Fluentd and Fluent Bit give them: files and output of both, and objects of time, tag and record.

Knows:   `time<TAB>tag<TAB>{…}` (Fluentd's out_file), `time tag: {…}` (its out_stdout), `tag: [seconds, {…}]` (Fluent Bit's out_file);
         severities in the tags of in_syslog; requests that were parsed from an access log.
Ignores: what a record means (journald.py, linux_shippers.py, windows_event_json.py, json_log.py).
Identity, severity and dedup the record's.  Time the record's own, else the one it was given.
Source:  docs.fluentd.org, "out_file" and "stdout"; docs.fluentbit.io, "File".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources import journald, json_log, linux_shippers, windows_event_json
from schemas.sources.cloud import decoded, text
from schemas.sources.lines import numbered
from schemas.sources.source import Received, Source

FORMAT: Final = "fluentd"
_LINE: Final = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d))\t(?P<tag>[\w.*/:-]{1,255})\t(?P<record>\{.*\})\s*"
    r"|(?P<out_time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} [+-]\d{4}) (?P<out_tag>[\w.*/-]{1,255}): (?P<out_record>\{.*\})\s*"
    r"|(?P<bit_tag>[\w.*/-]{1,255}): \[(?P<bit_time>\d{9,11}\.\d{1,9}), ?(?P<bit_record>\{.*\})\]\s*"
)
_READERS: Final[tuple[Source, ...]] = (*windows_event_json.SOURCES, *journald.SOURCES, *linux_shippers.SOURCES, *json_log.SOURCES)
_SYSLOG_WORDS: Final = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
_TIMES: Final = ("@timestamp", "timestamp", "time", "date", "_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP")


def recognises_lines(document: Any) -> bool:
    return isinstance(document, str) and _LINE.fullmatch(document.partition("\n")[0]) is not None


def recognises_object(document: Any) -> bool:
    """A record without a time of its own: of any other, nothing is lost when it is taken out of its envelope."""
    if not isinstance(document, dict) or document.keys() != {"time", "tag", "record"} or not isinstance(document["record"], dict):
        return False
    return not _timed(document["record"]) and _reader(_record(document["record"], document["time"], document["tag"])) is not None


def read_lines(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    for number, line in numbered(document):
        match = _LINE.fullmatch(line)
        record = decoded(_of(match, "record")) if match else None
        if match is None or not isinstance(record, dict):
            yield Rejected("not_fluentd", "A line needs a time, a tag and a record.", f"line {number}", FORMAT)
            continue
        yield from _read(record, _of(match, "time"), _of(match, "tag"), f"line {number}", received)


def _of(match: re.Match[str], part: str) -> str:
    return match[part] or match[f"out_{part}"] or match[f"bit_{part}"]


def read_object(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    yield from _read(document["record"], document["time"], document["tag"], "record", received)


def _read(record: Mapping[str, Any], time: Any, tag: Any, at: str, received: Received) -> Iterable[Signal | Rejected]:
    said = _record(record, time, tag)
    if (reader := _reader(said)) is None:
        yield Rejected("unknown_format", "a record of no known format; see docs/formats.md for what is read", at, FORMAT)
        return
    near_ns = times.parse(time) or received.ingest_time_ns
    yield from reader.read(said, replace(received, ingest_time_ns=near_ns))


def _record(record: Mapping[str, Any], time: Any, tag: Any) -> dict[str, Any]:
    return {"tag": tag, **record, **({} if _timed(record) else {"time": time}), **_syslog(record, tag), **_access(record)}


def _reader(said: Mapping[str, Any]) -> Source | None:
    return next((source for source in _READERS if source.recognises(said)), None)


def _timed(record: Mapping[str, Any]) -> bool:
    return any(times.parse(record.get(key)) for key in _TIMES)


def _syslog(record: Mapping[str, Any], tag: Any) -> dict[str, str]:
    """Facility and severity of in_syslog, which writes them to the tag: `system.daemon.err`."""
    *_, facility, word = ["", *str(tag).split(".")]
    return {"facility": facility, "severity": word} if "ident" in record and word in _SYSLOG_WORDS and "severity" not in record else {}


def _access(record: Mapping[str, Any]) -> dict[str, str]:
    """What the parsers for access logs of nginx and Apache leave: a request without a message."""
    if not {"method", "path", "code"} <= record.keys() or "message" in record:
        return {}
    code = text(record["code"])
    told = {"message": f"{text(record['method'])} {text(record['path'])} {code}", "level": "error" if code.startswith("5") else "info"}
    return told if record.get("host") != "-" else {**told, "host": ""}


SOURCES: Final = (Source(FORMAT, recognises_object, read_object), Source(FORMAT, recognises_lines, read_lines))
