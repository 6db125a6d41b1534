"""Logs of well-known programs in forms of their own: access logs of web servers and proxies, klog, Redis, dates in brackets.

Reference: Apache "Log Files" (common and combined form; NGINX writes the same); Envoy "Access logging" (JSON form, as Istio sets it);
           klog README "header"; Redis server.c serverLogRaw; `[date] LEVEL …` as Kafka's log4j pattern, Elasticsearch and Gunicorn write it.
Identity:  Envoy the upstream cluster's service (`outbound|80||cart.shop.svc.cluster.local`); the texts name none: the carrier's host.
Time:      each line's own; klog has no year: the one nearest to the record's arrival.
Severity:  of a request its status (5xx error, 4xx warn), klog's letter, Redis' mark (`#` warning).
State:     none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.carried import carried_host
from schemas.sources.cloud import first, number, row, sentence, text
from schemas.sources.lines import numbered
from schemas.sources.source import Received, Source

ACCESS: Final = "access_log"
KLOG: Final = "klog"
REDIS: Final = "redis.log"
BRACKETED: Final = "text.bracketed"
_COMBINED: Final = re.compile(
    r"(?P<client>\S{1,255}) \S{1,64} \S{1,128} \[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] \"(?P<request>[^\"]{0,4096})\""
    r" (?P<status>\d{3}) (?P<bytes>\d{1,15}|-)(?P<rest>.*)"
)
_KLOG: Final = re.compile(
    r"(?P<letter>[IWEF])(?P<month>\d\d)(?P<day>\d\d) (?P<clock>\d\d:\d\d:\d\d\.\d{1,9})\s+\d{1,10} (?P<where>[\w./-]{1,128}:\d{1,6})\] (?P<message>.*)"
)
_REDIS: Final = re.compile(
    r"\d{1,10}:(?P<role>[MSCX]) (?P<time>\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3}) (?P<mark>[.\-*#]) (?P<message>.*)"
)
_BRACKETED: Final = re.compile(
    r"\[(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?)\]\s?(?:\[\d{1,10}\] )?\[?(?P<level>[A-Za-z]{4,9})\s{0,4}\]?\s?(?P<message>.*)"
)
_LETTERS: Final = {"F": severity.FATAL, "E": severity.ERROR, "W": severity.WARN, "I": severity.INFO}
_MARKS: Final = {".": severity.DEBUG, "-": severity.INFO, "*": severity.NOTICE, "#": severity.WARN}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UPSTREAM: Final = re.compile(
    r"(?:outbound|inbound)\|\d{0,5}\|[^|]{0,128}\|(?P<service>[\w-]{1,63})(?:\.(?P<namespace>[\w-]{1,63})\.svc.*)?"
)


def read_envoy(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """One request through a proxy."""
    upstream = text(document.get("upstream_cluster"))
    match = _UPSTREAM.fullmatch(upstream)
    status = first(document, "response_code")
    names = {
        "service.name": match["service"] if match else upstream.rpartition("|")[2],
        "k8s.namespace.name": (match["namespace"] or "") if match else "",
        "server.address": first(document, "authority", "upstream_host"),
    }
    yield row(
        received, Kind.LOG, ACCESS, {**carried_host(received), **names}, name="request", fallback=f"resource:{received.topic or 'unknown'}",
        event_time_ns=times.parse(document.get("start_time")), severity_number=_of_status(status),
        text=sentence(first(document, "method"), first(document, "path").partition("?")[0], status, first(document, "response_flags").strip("-"), first(document, "response_code_details", "upstream_transport_failure_reason")),
        trace_id=first(document, "trace_id", "traceid"), details={"attributes": {"duration_ms": first(document, "duration"), "http.response.status_code": status}},
    )  # fmt: skip


def read_combined(document: str, received: Received) -> Iterator[Signal | Rejected]:
    """Requests a line each.  Who asked is a person's address: it is not kept, nor is the query of what was asked for."""
    for found in _entries(_COMBINED, document, ACCESS):
        if isinstance(found, Rejected):
            yield found
            continue
        match, _ = found
        asked = (
            match["request"].partition("?")[0] if "?" in match["request"] else match["request"].rpartition(" HTTP/")[0] or match["request"]
        )
        yield _line(received, ACCESS, "request", times.parse(match["time"]), _of_status(match["status"]), f"{asked} {match['status']}")


def read_klog(document: str, received: Received) -> Iterator[Signal | Rejected]:
    for found in _entries(_KLOG, document, KLOG):
        if isinstance(found, Rejected):
            yield found
            continue
        match, rest = found
        month = _MONTHS[min(int(match["month"]) or 1, 12) - 1]
        at_ns = times.parse_yearless(f"{month} {match['day']} {match['clock']}", received.ingest_time_ns)
        yield _line(received, KLOG, match["where"].partition(":")[0], at_ns, _LETTERS[match["letter"]], match["message"] + rest)


def read_redis(document: str, received: Received) -> Iterator[Signal | Rejected]:
    for found in _entries(_REDIS, document, REDIS):
        if isinstance(found, Rejected):
            yield found
        else:
            match, rest = found
            yield _line(received, REDIS, "redis", times.parse(match["time"]), _MARKS[match["mark"]], match["message"] + rest)


def read_bracketed(document: str, received: Received) -> Iterator[Signal | Rejected]:
    for found in _entries(_BRACKETED, document, BRACKETED):
        if isinstance(found, Rejected):
            yield found
        else:
            match, rest = found
            yield _line(received, BRACKETED, "", times.parse(match["time"]), severity.from_word(match["level"]), match["message"] + rest)


def _entries(form: re.Pattern[str], document: str, source: str) -> Iterator[tuple[re.Match[str], str] | Rejected]:
    """Each line of the form with the lines that continue it: stack traces, bug reports."""
    last: re.Match[str] | None = None
    more: list[str] = []
    for place, line in numbered(document):
        match = form.match(line)
        if match is None and last is None:
            yield Rejected("bad_line", "not in the form in which the text began", f"line {place}", source)
        elif match is None:
            more.append(line)
        else:
            if last is not None:
                yield last, "".join(f"\n{item}" for item in more)
            last, more = match, []
    if last is not None:
        yield last, "".join(f"\n{item}" for item in more)


def _line(received: Received, source: str, name: str, at_ns: int, level: int, said: str) -> Signal:
    return row(
        received, Kind.LOG, source, carried_host(received), name=name, fallback=f"resource:{received.topic or source}", event_time_ns=at_ns, severity_number=level, text=said,
    )  # fmt: skip


def _of_status(status: str) -> int:
    code = number(status) or 0
    return severity.ERROR if code >= 500 else severity.WARN if code >= 400 else severity.INFO if code else severity.UNSPECIFIED


def _is_envoy(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and {"start_time", "response_code"} <= document.keys()
        and not document.keys().isdisjoint({"upstream_cluster", "authority"})
    )


def _opens(form: re.Pattern[str]) -> Any:
    return lambda document: isinstance(document, str) and form.match(document.lstrip("\n").split("\n", 1)[0][:8192]) is not None


SOURCES: Final = (
    Source("access_log.envoy", _is_envoy, read_envoy),
    Source(ACCESS, _opens(_COMBINED), read_combined),
    Source(KLOG, _opens(_KLOG), read_klog),
    Source(REDIS, _opens(_REDIS), read_redis),
    Source(BRACKETED, _opens(_BRACKETED), read_bracketed),
)
