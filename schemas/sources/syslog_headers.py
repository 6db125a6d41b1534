"""The header of one syslog frame, whoever wrote it.

Knows:   RFC 5424; RFC 3164 with and without PRI, with and without host, with a year, milliseconds or a zone; RFC 3339 headers of rsyslog
         and syslog-ng; `journalctl -o short` in its variants; Cisco's sequence numbers and clocks.
Ignores: how frames are cut (syslog.py) and what the message means.
Source:  RFC 3164 §4, RFC 5424 §6; rsyslog RSYSLOG_FileFormat and RSYSLOG_TraditionalFileFormat; Cisco "System message logging".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from schemas import times
from schemas.severity import BY_SYSLOG
from schemas.sources.linux_programs import is_unit
from schemas.sources.own_lines import WEB_SERVER, is_own_line, own_line, web_server_line

RFC5424, RFC3164, TEXT_LOG = "linux.syslog_rfc5424", "linux.syslog_rfc3164", "linux.text_log"
OCTET_COUNT: Final = re.compile(r"(?P<octets>[1-9]\d{0,6}) (?=<\d{1,3}>)")
FACILITIES: Final = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
_STRICT: Final = re.compile(
    r"<(?P<pri>\d{1,3})>(?P<version>[1-9]\d{0,2}) (?P<time>-|\d{4}-\d\d-\d\d[Tt][\d:.,]+(?:[Zz]|[+-]\d\d:?\d\d)?) (?P<host>\S{1,255}) (?P<app>\S{1,128}) (?P<pid>\S{1,128}) (?P<id>\S{1,64})(?: (?P<rest>.*))?$",
    re.DOTALL,
)
_PRI: Final = re.compile(r"<(?P<pri>\d{1,3})>")
_DATE: Final = re.compile(
    r"""(?x) (?P<seq>\d{1,10}:\ +(?:(?P<device>[\w.-]+):\ +)?)? [*.]?
    (?: (?P<rfc3339>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|\ ?[+-]\d\d:?\d\d|[+-]\d\d(?=\ ))?)
      | (?P<epoch>\d{9,10}\.\d{6})(?=\ \S+\ \S)
      | (?P<slashed>\d{4}/\d\d/\d\d\ \d\d:\d\d:\d\d(?:\.\d{1,9})?)
      | (?:[A-Z][a-z]{2}\ )?(?P<full>\d{4}-\d\d-\d\d\ \d\d:\d\d:\d\d(?:\.\d{1,9})?\ [A-Z]{3,4})
      | (?P<year>[A-Z][a-z]{2}\ {1,2}\d{1,2}\ \d{4}\ \d\d:\d\d:\d\d(?:\.\d{1,9})?)
      | (?P<yearafter>[A-Z][a-z]{2}\ {1,2}\d{1,2}\ \d\d:\d\d:\d\d\ \d{4})(?=\ )
      | (?P<plain>(?:[A-Z][a-z]{2}\ )?[A-Z][a-z]{2}\ {1,2}\d{1,2}\ \d\d:\d\d:\d\d(?:[.,]\d{1,9})?)
    ) (?P<zone>\ (?:UTC|GMT|[A-Z]{2,4}T)(?=[:\ ]))? :?\ ?"""
)
_TAG: Final = re.compile(
    r"(?P<program>(?:\([^()\s]{1,64}\)|[^\s:\[\]()]{1,128}))(?:\((?P<sub>[\w-]{1,64})\))?(?:\[(?P<pid>[^\]]{0,32})\])?:(?: |$)"
)
_SPACED_TAG: Final = re.compile(r"(?P<program>[\w./-]{1,64}(?: [\w./-]{1,32}){0,3})\[(?P<pid>\d{1,10})\]: ?")
_CISCO: Final = re.compile(r"%(?P<facility>[\w-]{1,64}?)-(?P<severity>[0-7])-(?P<mnemonic>\w{1,64}): ?")
_HOST: Final = re.compile(r"(?P<host>[A-Za-z0-9_][\w.:-]{0,254}|\[[0-9a-fA-F:]+\]) +")
_SD: Final = re.compile(r"\[(?P<id>[^\s=\]\"]{1,64})(?P<params>(?: [^\s=\]\"]{1,64}=\"(?:\\.|[^\"\\])*\")*)\]")
_PARAM: Final = re.compile(r"(?P<name>[^\s=\]\"]{1,64})=\"(?P<value>(?:\\.|[^\"\\])*)\"", re.DOTALL)
_KEPT_PARAMS: Final = 32
"""Structured-data parameters kept of a message; more is data in the wrong place."""
_FORWARDED: Final = re.compile(r"^Message forwarded from (\S{1,255}?): ?")
"""AIX puts the sender's name into a sentence."""
_CONTAINER_LINE: Final = re.compile(r"std(?:out|err) [FP] ")
_COMMENT: Final = re.compile(r"-- (?:Logs begin|Journal begins|Boot [0-9a-f]{32}|Reboot|No entries|cursor:)[^\n]{0,256}")
"""Lines that journalctl puts between entries."""


@dataclass(frozen=True, slots=True)
class Header:
    source: str
    message: str
    time_ns: int = 0
    host: str = ""
    program: str = ""
    unit: str = ""
    severity_number: int = 0
    attributes: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def looks_like_syslog(document: str) -> bool:
    """True for a text whose first frame has a header of these: cheap, as detection asks it of every text."""
    start = _leading(document[:1024])[:512]
    if WEB_SERVER.match(start):
        return True
    if OCTET_COUNT.match(start) or (_PRI.match(start) and not re.match(r"<\d{1,3}>\[", start)):
        return True
    date = _DATE.match(start)
    if date is not None and _CONTAINER_LINE.match(start, date.end()):
        return False  # a container runtime's line
    if date is not None and is_own_line(start, date.end()):
        return True
    return date is not None and _TAG.search(start, date.end(), date.end() + 400) is not None


def _leading(document: str) -> str:
    """The text behind a byte order mark, blank lines and journalctl's own first line."""
    start = document.lstrip("\ufeff \r\n")
    return start[match.end() :].lstrip("\r\n") if (match := _COMMENT.match(start)) else start


def is_comment(line: str) -> bool:
    """True for a line of journalctl itself."""
    return _COMMENT.fullmatch(line.rstrip("\r")) is not None


def header_of(frame: str, near_ns: int) -> Header | None:
    """The header and message of one frame; None for a line that has none.  `near_ns` decides the year of year-less times."""
    frame = frame.lstrip("\ufeff").rstrip("\r\n\0")
    if match := _STRICT.match(frame):
        return _rfc5424(match)
    if match := WEB_SERVER.match(frame):
        said = web_server_line(match, frame)
        return Header(TEXT_LOG, said.message, times.parse(match["time"]), program=said.program, severity_number=said.severity_number)
    pri = _PRI.match(frame)
    rest = frame[pri.end() :] if pri else frame
    number = BY_SYSLOG[int(pri["pri"]) & 7] if pri and int(pri["pri"]) < 192 else 0
    facility: tuple[tuple[str, str], ...] = (
        (("syslog.facility", FACILITIES[int(pri["pri"]) >> 3]),) if pri and int(pri["pri"]) < 192 else ()
    )
    date = _DATE.match(rest)
    if date is None and pri is None:
        return None
    time_ns = _time(date, near_ns) if date else 0
    rest = rest[date.end() :] if date else rest
    if date is not None and pri is None and (own := own_line(rest, hostless=date["slashed"] is not None)):
        return Header(TEXT_LOG, own.message, time_ns, program=own.program, severity_number=own.severity_number)
    host, rest = _host(_FORWARDED.sub(r"\1 ", rest), dated=date is not None)
    program, unit, message = _tag(rest)
    if cisco := _CISCO.match(message if program in ("", "%") else rest):
        number = number or BY_SYSLOG[int(cisco["severity"])]
        facility += (("cisco.mnemonic", f"{cisco['facility']}-{cisco['mnemonic']}"),)
        program, message, host = "", rest[rest.find("%") :], host or (date["device"] if date and date["device"] else "")
    return Header(RFC3164, message.strip(), time_ns, host, program, unit, number, facility)


def opens_frame(line: str) -> bool:
    """True for a line that has a header of its own; others continue the message above."""
    return (line[:1] == "<" and _PRI.match(line) is not None) or _DATE.match(line) is not None or WEB_SERVER.match(line) is not None


def _rfc5424(match: re.Match[str]) -> Header:
    value = {name: "" if said in (None, "-") else said for name, said in match.groupdict().items()}
    parameters, message = _structured(value["rest"] if match["rest"] and match["rest"][0] == "[" else (match["rest"] or ""))
    pri = int(match["pri"])
    known = pri < 192
    attributes = {"syslog.facility": FACILITIES[pri >> 3] if known else ""}
    facts = {"syslog.msgid": value["id"]}
    for name, said in parameters.items():
        (attributes if name in _IDENTITY else facts)[name] = said
    return Header(
        RFC5424, message.removeprefix("\ufeff").strip(), times.parse(value["time"]), value["host"], value["app"], value["app"] if is_unit(value["app"]) else "",
        BY_SYSLOG[pri & 7] if known else 0, _given(attributes), _given(facts),
    )  # fmt: skip


def _given(named: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, said) for name, said in named.items() if said)


def _structured(rest: str) -> tuple[dict[str, str], str]:
    """Parameters of the structured data as `sd.<id>.<name>`, unescaped, and the message behind it."""
    if rest[:1] == "-":
        return {}, rest[2:] if rest[1:2] == " " else rest[1:]
    parameters: dict[str, str] = {}
    at = 0
    while element := _SD.match(rest, at):
        for pair in _PARAM.finditer(element["params"]):
            if len(parameters) < _KEPT_PARAMS:
                name = pair["name"]
                key = name if name in _IDENTITY else f"sd.{element['id'].partition('@')[0]}.{name}"
                parameters[key] = re.sub(r"\\([\"\\\]])", r"\1", pair["value"])
        at = element.end()
    return parameters, rest[at:].removeprefix(" ")


_IDENTITY: Final = frozenset(
    (
        "service",
        "service.name",
        "container_id",
        "container.id",
        "pod",
        "namespace",
        "k8s.pod.name",
        "k8s.namespace.name",
        "environment",
        "env",
    )
)
"""Parameters that name things in words the alias dictionary knows."""


def _time(date: re.Match[str], near_ns: int) -> int:
    if said := date["rfc3339"] or date["full"] or date["year"] or date["yearafter"] or date["epoch"] or date["slashed"]:
        return times.parse(said)
    return times.parse_yearless(re.sub(r"^[A-Z][a-z]{2} (?=[A-Z])", "", date["plain"]).replace(",", "."), near_ns)


def _host(rest: str, dated: bool) -> tuple[str, str]:
    """The host in front of the tag; local senders write none, so a word that is itself a tag is no host."""
    match = _HOST.match(rest)
    if match is None or not dated or match["host"].endswith(":") or _TAG.match(rest):
        return "", rest
    after = rest[match.end() :]
    if match["host"] == "last" and after.startswith("message repeated"):
        return "", rest
    return match["host"].strip("[]"), after.removeprefix(": ")


def _tag(rest: str) -> tuple[str, str, str]:
    """Program, unit and message of `program[pid]: message`; a tag may hold dots, slashes, @ and an instance (`dbus-:1.2-x@0.service`)."""
    match = _SPACED_TAG.match(rest) or _TAG.match(rest)
    if match is None:
        loose = re.match(r"(?P<program>dbus-[^\s\[\]]{1,120}|[\w@.:-]{1,120}\.service)(?:\[(?P<pid>\d+)\])?: ?", rest)
        if loose is None:
            return "", "", rest
        match = loose
    name = match["program"]
    return name.rpartition("/")[2] if name.startswith("/") else name, name if is_unit(name) else "", rest[match.end() :]
