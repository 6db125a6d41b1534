"""What a message of the Linux kernel tells: out of memory, crashes, lockups, failing disks, links that go down.

Knows:   the wording of the kernel's own reports over the versions 3 to 6, and the cgroup and process they name.
Ignores: how the line was carried (kernel.py, journald.py, syslog.py).
Out of memory is told in about a hundred lines; three of them are rows of kind alert: who asked (`invoked oom-killer`), what was
chosen (`oom-kill:`) and what was killed.  The one who asked is not always the victim.
Source:  Linux mm/oom_kill.c, kernel/panic.c, kernel/watchdog.c, kernel/hung_task.c, block/blk-core.c, arch/x86/mm/fault.c.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from schemas import severity
from schemas.signal import Kind, Status


@dataclass(frozen=True, slots=True)
class KernelEvent:
    kind: Kind
    name: str
    floor: int
    process: str = ""
    cgroup: str = ""
    dedup: str = ""
    status: Status | None = None
    facts: dict[str, str] = field(default_factory=dict)


_INVOKED: Final = re.compile(r"(?P<by>.{1,64}?) invoked oom-killer: (?:gfp_mask=(?P<mask>0x[0-9a-f]+))?")
_CHOSEN: Final = re.compile(
    r"oom-kill:constraint=CONSTRAINT_(?P<constraint>\w+),.*?(?:oom_memcg=(?P<oom>[^,]*),)?task_memcg=(?P<cgroup>[^,]*),task=(?P<task>.*?),pid=(?P<pid>\d+)"
)
_KILLED: Final = re.compile(
    r"(?:(?P<group>Memory cgroup )?[Oo]ut of memory(?: \(oom_kill_allocating_task\))?: |Memory cgroup out of memory: )?Kill(?:ed)? process (?P<pid>\d+)(?:,? \((?P<task>.*?)\)|,)"
    r"(?P<rest>.*)", re.DOTALL,
)  # fmt: skip
_RSS: Final = re.compile(r"(anon-rss|file-rss|shmem-rss|total-vm|oom_score_adj|score):?\s?(-?\d+)(kB)?")
_SEGFAULT: Final = re.compile(
    r"(?:traps: )?(?P<task>[^\[\]]{1,64})\[(?P<pid>\d+)\](?:: | )(?:segfault at|general protection|trap|invalid opcode|bad frame)"
)
_HUNG: Final = re.compile(r"(?:INFO: )?task (?P<task>.{1,64}?):(?P<pid>\d+) blocked for more than (?P<seconds>\d+) seconds")
_LOCKUP: Final = re.compile(r"(?:watchdog: )?BUG: soft lockup - CPU#\d+ stuck for \d+s! \[(?P<task>.{1,64}?):(?P<pid>\d+)\]")
_LINK: Final = re.compile(
    r"\b(?P<dev>[a-z]\w{1,14}):? (?:NIC )?[Ll]ink (?:is |becomes )(?P<state>[Dd]own|[Uu]p|ready|not ready)\b"
    r"|[Ll]ink status (?:definitely )?(?P<state2>down|up) for interface (?P<dev2>\w{2,15})"
)
_STATES: Final = (
    (re.compile(r"Kernel panic - not syncing"), "kernel.panic", severity.FATAL),
    (re.compile(r"(?:watchdog: )?(?:BUG: hard lockup|.*Watchdog detected hard LOCKUP)"), "kernel.lockup", severity.FATAL),
    (re.compile(r"BUG: |Oops: |.*\bOops:|kernel BUG at|Internal error: |Unable to handle kernel"), "kernel.bug", severity.CRITICAL),
    (re.compile(r"(?:INFO: )?rcu(?:: INFO: rcu)?_\w+ (?:self-)?detected (?:expedited )?stalls?|.*rcu_sched detected"), "kernel.stall", severity.ERROR),
    (re.compile(r"(?:blk_update_request: )?(?:critical (?:medium|target) error|I/O error),? dev |(?:Buffer )?I/O error on dev|.*\bUnrecovered read error|.*lost page write due to I/O error"), "disk.error", severity.ERROR),
    (re.compile(r"EXT[234]-fs (?:error|\(.*\): .*remount)|XFS.*(?:[Cc]orruption|shut(?:ting)? down)|BTRFS (?:error|critical)|.*[Rr]emounting filesystem read-only|JBD2: .*abort"), "filesystem.error", severity.ERROR),
    (re.compile(r"mce: \[Hardware Error\]|.*Machine check|EDAC .*\bUE\b|\{\d+\}\[Hardware Error\]"), "hardware.error", severity.CRITICAL),
    (re.compile(r"EDAC .*\bCE\b|.*temperature above threshold"), "hardware.warning", severity.WARN),
    (re.compile(r"(?:nf|ip)_conntrack: (?:nf_conntrack: )?table full, dropping packet"), "network.conntrack_full", severity.ERROR),
    (re.compile(r"TCP: out of memory|.*possible SYN flooding on port|TCP: too many orphaned sockets"), "network.pressure", severity.WARN),
    (re.compile(r".{1,64}: page allocation failure"), "host.memory_pressure", severity.WARN),
)  # fmt: skip
_BOOT: Final = re.compile(r"Linux version \d")


def kernel_event(message: str) -> KernelEvent | None:
    """What the message tells; None for one that is only a log line."""
    message = message[:4096]
    return _out_of_memory(message) or _process(message) or _link(message) or _state(message)


def _out_of_memory(message: str) -> KernelEvent | None:
    if match := _INVOKED.match(message):
        return KernelEvent(Kind.ALERT, "oom.invoked", severity.ERROR, dedup=f"oom|invoked|{match['by']}", facts={"invoked_by": match["by"]})
    if match := _CHOSEN.match(message):
        facts = {"constraint": match["constraint"].lower(), "pid": match["pid"]}
        return KernelEvent(Kind.ALERT, "oom.killed", severity.CRITICAL, match["task"], match["cgroup"], f"oom|{match['pid']}", facts=facts)
    if match := _KILLED.match(message):
        facts = {"pid": match["pid"], "scope": "cgroup" if message.startswith("Memory cgroup") else "host"}
        facts |= {name.replace("-", "_") + ("_kb" if kb else ""): number for name, number, kb in _RSS.findall(match["rest"])}
        return KernelEvent(Kind.ALERT, "oom.killed", severity.CRITICAL, match["task"] or "", dedup=f"oom|{match['pid']}", facts=facts)
    return None


def _process(message: str) -> KernelEvent | None:
    if match := _SEGFAULT.match(message):
        return KernelEvent(Kind.STATE, "process.crashed", severity.ERROR, match["task"].strip(), facts={"pid": match["pid"]})
    if match := _HUNG.match(message):
        return KernelEvent(
            Kind.STATE, "process.hung", severity.ERROR, match["task"], facts={"pid": match["pid"], "blocked_s": match["seconds"]}
        )
    if match := _LOCKUP.match(message):
        return KernelEvent(Kind.STATE, "kernel.lockup", severity.CRITICAL, match["task"], facts={"pid": match["pid"]})
    return None


def _link(message: str) -> KernelEvent | None:
    """A link that goes down fires until it is up again."""
    match = _LINK.search(message)
    if not match:
        return None
    state, device = (match["state"] or match["state2"]).lower(), match["dev"] or match["dev2"]
    down = state in ("down", "not ready")
    status = Status.FIRING if down else Status.RESOLVED
    return KernelEvent(
        Kind.STATE,
        "network.link",
        severity.WARN if down else severity.INFO,
        dedup=f"link|{device}",
        status=status,
        facts={"device": device, "to": "down" if down else "up"},
    )


def _state(message: str) -> KernelEvent | None:
    if _BOOT.match(message):
        return KernelEvent(Kind.STATE, "host.boot", severity.INFO)
    return next((KernelEvent(Kind.STATE, name, floor) for pattern, name, floor in _STATES if pattern.match(message)), None)
