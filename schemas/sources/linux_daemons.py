"""What daemons of a Linux host say that is more than a log line: packages that changed, processes killed, members that went down.

Knows:   the wording of yum, dnf, rpm, dpkg and apt, of systemd-oomd, earlyoom and logind, of HAProxy's and keepalived's health checks.
Ignores: systemd's units (linux_meaning.py) and the kernel (kernel_messages.py).
State    a member that is DOWN fires until it is UP; who holds a virtual address is a state of the host.
Source:  yum and dnf loggers, dpkg(1) "log file"; src/oom/oomd-manager.c and src/login/logind-dbus.c of systemd; earlyoom kill.c; HAProxy
         "check" log lines; keepalived vrrp_scheduler.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from schemas import severity
from schemas.signal import Kind, Status


@dataclass(frozen=True, slots=True)
class DaemonEvent:
    kind: Kind
    name: str
    floor: int = severity.INFO
    unit: str = ""
    """The unit, backend or instance that it is about."""
    dedup: str = ""
    status: Status | None = None
    details: dict[str, str] = field(default_factory=dict)


PACKAGE_WORDS: Final = (
    "Installed", "Installing", "Updated", "Upgraded", "Upgrade", "Update", "Erased", "Erase", "Removed", "Downgraded", "Downgrade", "Reinstalled", "Reinstall",
)  # fmt: skip
"""What yum and dnf begin a line with, followed by a colon; `Updating: `, `Verified: ` and `Cleanup: ` are steps on the way."""
_RPM: Final = re.compile(rf"(?P<verb>{'|'.join(PACKAGE_WORDS)}): (?:\d+:)?(?P<package>[\w.+:~^-]{{2,200}})(?: |$)")
_DPKG: Final = re.compile(
    r"(?P<verb>install|upgrade|remove|purge) (?P<package>[\w.+:-]{2,128}) (?P<before>\S{1,128}) (?P<after>\S{1,128})\s*$"
)
_VERBS: Final = {
    "install": "install", "reinst": "install", "update": "upgrade", "upgrad": "upgrade", "erase": "remove", "erased": "remove", "remove": "remove",
    "purge": "remove", "downgr": "downgrade",
}  # fmt: skip
_OOMD: Final = re.compile(r"(?:Memory pressure relief.*?killed|Killed|Marked) (?P<cgroup>/\S{1,255}) due to (?P<why>[^.]{1,64})")
_EARLYOOM: Final = re.compile(r"sending SIG(?:TERM|KILL) to process (?P<pid>\d{1,10})(?: uid \d+)? \"(?P<task>[^\"]{1,64})\"")
_SHUTDOWN: Final = re.compile(
    r"(?i)system is (?P<how>rebooting|powering down|halting|going down|suspending|hibernating)|the system will (?P<soon>reboot|power off|halt)"
)
_MEMBER: Final = re.compile(r"(?P<what>(?:\w{1,32} )?[Ss]erver (?P<member>\S{1,255})) is (?P<state>UP|DOWN)\b")
_EMPTY: Final = re.compile(r"(?:proxy|backend) (?P<proxy>\S{1,255}) has no server available")
_VRRP: Final = re.compile(
    r"(?:VRRP_Instance\()?(?P<instance>[\w.-]{1,128})\)? (?:Entering|entering|Transition to) (?P<state>MASTER|BACKUP|FAULT) (?:STATE|state)"
)


def _package(message: str) -> DaemonEvent | None:
    match = _RPM.match(message) or _DPKG.match(message)
    if match is None:
        return None
    before, after = (match["before"], match["after"]) if match.re is _DPKG else ("", "")
    action = next(action for start, action in _VERBS.items() if match["verb"].lower().startswith(start))
    details = {
        "action": f"package {action}", "what": match["package"], "from": _version(before), "to": _version(after) or (match["package"] if action != "remove" else ""),
        "outcome": "succeeded", "actor": "automation",
    }  # fmt: skip
    return DaemonEvent(Kind.CHANGE, f"package.{action}", details=details)


def _version(said: str) -> str:
    return "" if said in ("<none>", "<keine>", "<aucune>") else said


def _killed(message: str) -> DaemonEvent | None:
    if match := _OOMD.search(message):
        unit = match["cgroup"].rpartition("/")[2]
        return DaemonEvent(Kind.ALERT, "oom.killed", severity.ERROR, unit, f"oom|{unit}", details={"cause": match["why"]})
    if match := _EARLYOOM.search(message):
        return DaemonEvent(Kind.ALERT, "oom.killed", severity.ERROR, match["task"], f"oom|{match['pid']}", details={"pid": match["pid"]})
    return None


def _shutdown(message: str) -> DaemonEvent | None:
    match = _SHUTDOWN.match(message)
    return DaemonEvent(Kind.STATE, "host.shutdown", details={"to": match["how"] or match["soon"]}) if match else None


def _member(message: str) -> DaemonEvent | None:
    if match := _EMPTY.search(message):
        return DaemonEvent(Kind.ALERT, "backend.empty", severity.CRITICAL, match["proxy"], f"backend|{match['proxy']}", Status.FIRING)
    if match := _MEMBER.search(message):
        down = match["state"] == "DOWN"
        return DaemonEvent(
            Kind.STATE, "backend.member", severity.ERROR if down else severity.INFO, match["member"], f"member|{match['member']}",
            Status.FIRING if down else Status.RESOLVED, {"to": match["state"].lower()},
        )  # fmt: skip
    return None


def _failover(message: str) -> DaemonEvent | None:
    match = _VRRP.search(message)
    if match is None:
        return None
    fault = match["state"] == "FAULT"
    status = Status.FIRING if fault else Status.RESOLVED
    return DaemonEvent(
        Kind.STATE, "vrrp.state", severity.ERROR if fault else severity.NOTICE, match["instance"], f"vrrp|{match['instance']}", status,
        {"to": match["state"].lower()},
    )  # fmt: skip


_READERS: Final[dict[str, Callable[[str], DaemonEvent | None]]] = {
    **dict.fromkeys(("yum", "dnf", "rpm", "dpkg", "apt"), _package),
    **dict.fromkeys(("systemd-oomd", "earlyoom"), _killed),
    **dict.fromkeys(("systemd-logind", "systemd-shutdownd", "shutdown"), _shutdown),
    "haproxy": _member,
    **dict.fromkeys(("Keepalived_vrrp", "keepalived", "Keepalived"), _failover),
}
PROGRAMS: Final = frozenset(_READERS)
"""Programs whose lines may be events; all others' are log lines, which lets a batch be sifted first."""


def daemon_event(program: str, message: str) -> DaemonEvent | None:
    """What a daemon's message tells; None for one that is only a log line."""
    reader = _READERS.get(program)
    return reader(message[:4096]) if reader else None
