"""Linux logs as agents hand them on in JSON without keeping a format of their own: rsyslog, syslog-ng, Logstash, Fluent Bit, Fluentd, Vector, Promtail.

Knows:   syslog fields under each agent's names, Fluent Bit's kernel and tail inputs, Vector's sources, Loki push batches.
Ignores: ECS documents (ecs.py), journal fields (journald.py), what a message means (linux_meaning.py).
Identity host fields, the program, container and pod fields under `kubernetes`, labels of a stream.
Time     the event's own (`timestamp`, `time`, `date`), @timestamp last.  Severity by word or syslog number, else the message's own.
Source:  rsyslog "mmjsonparse" and template options; syslog-ng format-json; Logstash input-syslog; Fluent Bit "Inputs"; Vector "Sources"; Loki push API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.severity import BY_SYSLOG
from schemas.signal import Signal
from schemas.sources.auditd import signal_of_line
from schemas.sources.cloud import decoded, first, mapping, sequence, text
from schemas.sources.fields import flat, labels
from schemas.sources.json_log import level_of, message_of
from schemas.sources.linux_meaning import Line
from schemas.sources.source import Received, Source

_HOST: Final = ("hostname", "HOST", "logsource", "host", "fromhost", "source_host", "HOST_FROM", "nodename")
_PROGRAM: Final = (
    "programname",
    "program",
    "PROGRAM",
    "appname",
    "app-name",
    "app_name",
    "ident",
    "identifier",
    "process",
    "LEGACY_MSGHDR",
)
_MESSAGE: Final = ("message", "MESSAGE", "msg", "MSG", "log", "content", "rawmsg")
_SEVERITY: Final = (
    "severity",
    "syslogseverity-text",
    "severity_label",
    "PRIORITY",
    "LEVEL",
    "level",
    "syslogseverity",
    "severity_num",
    "priority",
)
_TIME: Final = ("timestamp", "timegenerated", "timereported", "ISODATE", "time", "date", "DATE", "UNIXTIME", "eventtime", "@timestamp")
_SYSLOG_MARKS: Final = frozenset(
    [
        "facility",
        "FACILITY",
        "syslogfacility",
        "syslogfacility-text",
        "syslogtag",
        "facility_label",
        "pri",
        "PRI",
        "FACILITY_NUM",
        "logsource",
        "programname",
        "procid",
        "msgid",
    ]
)


def recognises_syslog(document: Any) -> bool:
    """A syslog message in pieces: text with a program or tag, and at least one field only syslog has."""
    if not isinstance(document, dict) or not any(isinstance(document.get(key), str) for key in _MESSAGE):
        return False
    return (
        "ecs" not in document
        and not _SYSLOG_MARKS.isdisjoint(document)
        and any(key in document for key in (*_PROGRAM, "syslogtag", "ident", "host", "hostname", "HOST"))
    )


def recognises_vector(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("source_type"), str) and "message" in document


def recognises_kmsg(document: Any) -> bool:
    return isinstance(document, dict) and "msg" in document and "priority" in document and "sequence" in document


def recognises_tail(document: Any) -> bool:
    """Fluent Bit and Fluentd: `log` or `message` with `date`, `kubernetes` metadata or a `tag`; docker's own lines have `stream` and `time`."""
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("log", document.get("message")), str)
        or "ecs" in document
        or "agent" in document
    ):
        return False
    return (
        isinstance(document.get("kubernetes"), dict)
        or isinstance(document.get("date"), int | float)
        or ("tag" in document and "log" in document)
    )


def recognises_loki(document: Any) -> bool:
    streams = document.get("streams") if isinstance(document, dict) else None
    return isinstance(streams, list) and bool(streams) and isinstance(streams[0], dict) and "values" in streams[0]


def read_syslog(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    program = first(document, *_PROGRAM[:-1]) or first(document, "syslogtag", "tag").rstrip(":").partition("[")[0]
    yield signal_of_line(_line(document, "linux.syslog_json", program), received)


def read_vector(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    kind = text(document.get("source_type"))
    yield signal_of_line(_line(document, f"linux.vector_{kind}"[:64], first(document, *_PROGRAM)), received)


def read_kmsg(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """Fluent Bit's in_kmsg: `sec` and `usec` are the event's time where the plugin could tell it."""
    seconds, micros = text(document.get("sec")), text(document.get("usec"))
    own = times.parse(f"{seconds}.{micros:0>6}", unit="s") if seconds.isdecimal() and len(seconds) >= 9 else 0
    time_ns = own or next((found for key in ("date", "@timestamp") if (found := times.parse(document.get(key)))), 0)
    yield signal_of_line(
        Line(
            "linux.fluentbit_kmsg",
            text(document.get("msg")),
            time_ns,
            first(document, *_HOST),
            "kernel",
            severity_number=_severity(document),
        ),
        received,
    )


def read_tail(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    yield signal_of_line(_line(document, "linux.fluentbit", first(document, *_PROGRAM)), received)


def read_loki(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    """One row a value: `[ns as text, line]` or `[ns, line, metadata]`, with the stream's labels."""
    for stream_at, stream in enumerate(map(mapping, sequence(document.get("streams")))):
        named = labels(stream.get("stream"))
        for value_at, value in enumerate(sequence(stream.get("values"))):
            if not isinstance(value, list) or len(value) < 2 or not isinstance(value[1], str):
                yield Rejected(
                    "wrong_type", "A value is [nanoseconds as text, line].", f"streams[{stream_at}].values[{value_at}]", "linux.loki_push"
                )
                continue
            own, facts = dict(named), labels(value[2]) if len(value) > 2 else {}
            said = {**own, **facts}
            number = severity.from_word(said.get("detected_level", said.get("level", "")))
            unit, program = own.pop("unit", ""), own.pop("syslog_identifier", own.get("identifier", ""))
            host = own.get("hostname", own.get("host", own.get("nodename", "")))
            yield signal_of_line(
                Line(
                    "linux.loki_push",
                    value[1].rstrip("\n"),
                    times.parse(value[0], unit="ns"),
                    host,
                    program,
                    unit,
                    number,
                    attributes=tuple(own.items()),
                    facts=tuple(facts.items()),
                    trace_id=said.get("trace_id", ""),
                ),
                received,
            )


def _line(document: Mapping[str, Any], source: str, program: str) -> Line:
    kubernetes = flat(
        {key: value for key, value in mapping(document.get("kubernetes")).items() if key not in ("annotations", "pod_annotations")},
        "kubernetes",
    )
    container = {
        name: text(document.get(key))
        for key, name in (
            ("container_name", "container.name"),
            ("container_id", "container.id"),
            ("stream", "log.iostream"),
            ("file", "log.file.path"),
        )
    }
    attributes = {**labels(document.get("label")), **kubernetes, **{name: value for name, value in container.items() if value}}
    host = first(document, *_HOST) or text(mapping(document.get("host")).get("name"))
    said = first(document, *_MESSAGE).rstrip("\n")
    inner = mapping(decoded(said))  # an application's own JSON line
    message = message_of(inner) or said
    return Line(
        source=source,
        message=message,
        time_ns=next((found for key in _TIME if (found := times.parse(document.get(key)))), 0),
        host=host if not kubernetes else "",
        program=program,
        severity_number=_severity(document) or (level_of(inner, message) if inner else severity.UNSPECIFIED),
        attributes=tuple(attributes.items()),
        trace_id=first(document, "trace_id", "traceId", "traceID"),
    )


def _severity(document: Mapping[str, Any]) -> int:
    """By word or syslog number; a PRI only where nothing better is said."""
    for key in _SEVERITY:
        said = text(document.get(key))
        if said.isdecimal() and len(said) == 1 and int(said) < 8:
            return BY_SYSLOG[int(said)]
        if number := severity.from_word(said):
            return number
    pri = first(document, "pri", "PRI", "syslog_pri").strip("<>")
    return BY_SYSLOG[int(pri) & 7] if pri.isdecimal() and len(pri) < 4 else severity.UNSPECIFIED


SOURCES: Final = (
    Source("linux.fluentbit_kmsg", recognises_kmsg, read_kmsg),
    Source("linux.vector", recognises_vector, read_vector),
    Source("linux.syslog_json", recognises_syslog, read_syslog),
    Source("linux.loki_push", recognises_loki, read_loki),
    Source("linux.fluentbit", recognises_tail, read_tail),
)
