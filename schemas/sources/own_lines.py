"""Lines of a program's own log: dated like syslog, but with a level, a package or nothing where syslog has a host.

Knows:   the layouts of log4j, logback, Spring, Python's logging, PostgreSQL, MySQL, nginx, Apache and Go, dnf, yum and dpkg.
Ignores: dates, which syslog_headers.py reads for both.
Source:  the default patterns of each: logback "%d [%thread] %-5level", logging.Formatter, nginx error_log, Apache ErrorLogFormat, log_line_prefix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from schemas import severity
from schemas.sources.linux_daemons import PACKAGE_WORDS

_LEVEL: Final = re.compile(
    r"\s{0,4}(?:- [\w.:/-]{1,64}(?: - |(?=\[)))?(?:\d{1,10} |\[[^\[\]]{1,64}\] ){0,2}\[?(?P<word>TRACE|D?DEBUG|SUBDEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE|PANIC|LOG|Note|Warning"
    r"|(?<=\[)(?:debug|info|notice|warn|error|crit|alert|emerg))\]?(?=[\s:|-])"
)
"""A level where the host would stand: a program's own dated log, not syslog.  Python names its logger before it (`- app - ERROR - `)."""
WEB_SERVER: Final = re.compile(
    r"\[(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:.]{8,16} \d{4})\] \[(?:(?P<module>\w{1,32}):)?(?P<word>[a-z]{4,6}\d?)\] "
)
"""Apache's error log, whose date looks like that of `dmesg -T`."""
_PACKAGE: Final = re.compile(
    rf"(?:{'|'.join(PACKAGE_WORDS)}): |(?P<dpkg>(?:install|upgrade|remove|purge|configure|trigproc|status|startup|conffile) [\w.-]+)"
)
"""How lines of package managers' own logs go on behind their date: no host, no tag."""


@dataclass(frozen=True, slots=True)
class OwnLine:
    message: str
    program: str = ""
    severity_number: int = 0


def is_own_line(line: str, at: int) -> bool:
    """True for a line that goes on like a program's own behind its date."""
    return _LEVEL.match(line, at) is not None or _PACKAGE.match(line, at) is not None


def own_line(rest: str, *, hostless: bool) -> OwnLine | None:
    """What follows a date; None for what may be syslog.  Behind `2026/03/02 07:15:20`, as Go and nginx write it, no host ever stands."""
    if level := _LEVEL.match(rest):
        number = severity.DEBUG if level["word"].endswith("DEBUG") else severity.from_word(level["word"])
        said = rest[level.end() :].lstrip(" :|-")
        return OwnLine(said, "dnf" if _PACKAGE.match(said) else "", number)
    if package := _PACKAGE.match(rest):
        return OwnLine(rest.strip(), "dpkg" if package["dpkg"] else "yum")
    return OwnLine(rest.strip()) if hostless else None


def web_server_line(match: re.Match[str], line: str) -> OwnLine:
    return OwnLine(line[match.end() :], "httpd", severity.from_word(match["word"]) or severity.TRACE)  # `trace1` to `trace8`
