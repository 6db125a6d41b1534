"""The kernel's own log as text: dmesg in its forms, /proc/kmsg, /dev/kmsg, and out-of-memory reports copied without any time.

Knows:   how each form writes level and time, and that an out-of-memory report is one event of a hundred lines.
Ignores: what a message means (kernel_messages.py) and kernel lines inside syslog or the journal, whose readers have better times.
Identity the host of the carrier or headers, if they tell: kernel lines hold none; a victim is a process on it.
Time     `dmesg -T` and `--time-format iso` have one, -T without zone (UTC); seconds since boot are no time: the record's own stands in.
Severity the level of `<6>`, of `-x` (`kern :err :`) or of /dev/kmsg, raised by what the message means.
State    the lines of a memory dump between two anchors are counted in the first anchor's details, not rows of their own.
Source:  dmesg(1) of util-linux; Linux Documentation/ABI/testing/dev-kmsg; printk formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from schemas import times
from schemas.rejected import Rejected
from schemas.severity import BY_SYSLOG
from schemas.signal import Signal, Subject
from schemas.sources.auditd import signal_of_line
from schemas.sources.carried import carried_host
from schemas.sources.lines import numbered
from schemas.sources.linux_meaning import Line
from schemas.sources.own_lines import WEB_SERVER
from schemas.sources.source import Received, Source

_DMESG, _OOM = "linux.kernel", "linux.kernel_oom"
_LEVELS: Final = {"emerg": 0, "alert": 1, "crit": 2, "err": 3, "warn": 4, "notice": 5, "info": 6, "debug": 7}
_PREFIX: Final = re.compile(
    r"""(?x) (?:<(?P<pri>\d{1,3})>)? (?:(?P<facility>kern|user|daemon|syslog|auth)\s*:(?P<level>\w+)\s*:\ )?
    (?: \[\s*(?P<mono>\d{1,10}\.\d{3,9})(?:\ <\s*[\d.]+>)?\](?:\[\s*[TC]\d+\])?:?\ ?
      | \[(?P<date>[^\W\d_]{2,5}\.?\ [^\W\d_]{2,5}\.?\ +\d{1,2}\ [\d:.]{8,16}\ \d{4}|[^\W\d_]{2,5}\ \d{1,2}\.?\ [^\W\d_]{2,9}\ [\d:]{8}\ \d{4})\]\ ?
      | (?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3,9}[+-]\d\d:?\d\d)\ )"""
)
_KMSG: Final = re.compile(r"(?P<pri>\d{1,4}),(?P<sequence>\d{1,20}),(?P<mono>\d{1,20}),[^;]{1,64};(?P<said>.*)")
_BARE_OOM: Final = re.compile(
    r"(?:kernel: ?)?(?:[^\n:]{1,64} invoked oom-killer: |oom-kill:constraint=|(?:Memory cgroup o|O)ut of memory: Kill|Memory cgroup out of memory|Killed process \d)"
)
_DUMP_ENDS: Final = re.compile(r"oom-kill:|(?:Memory cgroup )?[Oo]ut of memory|Killed process|oom_reaper")


def recognises_dmesg(document: Any) -> bool:
    if not isinstance(document, str) or WEB_SERVER.match(document):
        return False
    return _PREFIX.match(document) is not None or _KMSG.match(document) is not None


def recognises_oom(document: Any) -> bool:
    return isinstance(document, str) and _BARE_OOM.match(document.lstrip()) is not None


def read_dmesg(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    yield from _folded(_dated_lines(document, carried_host(received).get("host.name", "")), received)


def read_oom(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    host = carried_host(received).get("host.name", "")
    lines = (line.strip().removeprefix("kernel:").strip() for _, line in numbered(document))
    yield from _folded((Line(_OOM, said, host=host, program="kernel") for said in lines if said), received)


def _dated_lines(document: str, host: str) -> Iterator[Line]:
    """One Line a line; ` KEY=value` lines of /dev/kmsg and undated lines keep the level and time of the one above."""
    time_ns, number = 0, 0
    for _, text in numbered(document):
        if re.match(r" [A-Z_]+=", text):
            continue
        prefix, kmsg = _PREFIX.match(text), _KMSG.match(text)
        said = text
        if kmsg:
            number, time_ns, said = BY_SYSLOG[int(kmsg["pri"]) & 7], 0, kmsg["said"]
        elif prefix:
            level = int(prefix["pri"]) & 7 if prefix["pri"] else _LEVELS.get(prefix["level"] or "")
            number = BY_SYSLOG[level] if level is not None else 0
            time_ns = times.parse(prefix["date"] or prefix["iso"] or "")
            said = text[prefix.end() :]
        program, said = _program(said, user=bool(prefix and prefix["facility"] not in (None, "kern")))
        yield Line(_DMESG, said.strip(), time_ns, host, program, severity_number=number)


def _program(said: str, user: bool) -> tuple[str, str]:
    """systemd and others write into the kernel's ring buffer under their own name (`systemd[1]: …`)."""
    match = re.match(r"(?P<program>systemd[\w-]*|dracut[\w-]*)\[\d+\]: (?P<said>.*)", said)
    if match:
        return match["program"], match["said"]
    return ("", said) if user else ("kernel", said)


def _folded(lines: Iterator[Line], received: Received) -> Iterator[Signal]:
    """The rows; the dump that follows `invoked oom-killer` is counted in that row."""
    held: Signal | None = None
    dumped = 0
    victims: dict[str, Subject] = {}
    for line in lines:
        if held is not None and not _DUMP_ENDS.match(line.message) and "invoked oom-killer" not in line.message:
            dumped += 1
            continue
        if held is not None:
            yield _with_dump(held, dumped)
            held, dumped = None, 0
        signal = signal_of_line(line, received)
        if signal.subject.name == "oom.killed":  # `oom-kill:` knows the container, `Killed process` the same pid alone
            signal.subject = victims.setdefault(signal.dedup_key, signal.subject)
        if signal.subject.name == "oom.invoked":
            held = signal
        else:
            yield signal
    if held is not None:
        yield _with_dump(held, dumped)


def _with_dump(signal: Signal, lines: int) -> Signal:
    signal.details = orjson.dumps({**orjson.loads(signal.details or b"{}"), "dump_lines": lines}).decode()
    return signal


SOURCES: Final = (Source(_DMESG, recognises_dmesg, read_dmesg), Source(_OOM, recognises_oom, read_oom))
