"""Programs and systemd units of a Linux host: which are services that people run, which are the host's own plumbing.

Knows:   names of the operating system's daemons and tools, unit names with their instances, cgroups of containers, account names
         in the messages of login programs.
Ignores: formats and what messages mean (linux_meaning.py).

A service's unit or program names the service; plumbing is about its host.  `nginx.service` on web-1 is `service:nginx` held by
`host:web-1`, while sshd is on every host and says nothing of any service.
Source:  systemd.unit(5); kernel cgroup paths of Docker, containerd, CRI-O and Kubernetes.
"""

from __future__ import annotations

import re
from typing import Final

_PLUMBING: Final = re.compile(
    r"""(?x) kernel | init(?:\.scope)? | systemd(?:[-.].*)? | \(.*\) | udev.* | sshd.* | sudo | su | login | cron | CRON | crond | anacron | atd | run-parts.*
    | rsyslogd? | syslogd? | syslog-ng | audit(?:d|sp|ctl)? | audisp.* | dbus.* | NetworkManager.* | nm-.* | dhc(?:lient|pcd?|pd).* | wpa_supplicant | polkit.* | rtkit.*
    | accounts-daemon | snapd?(?:\..*)? | packagekit.* | ModemManager | avahi.* | chronyd? | ntpd? | ntpdate | agetty | getty.* | user(?:add|mod|del) | group(?:add|mod|del)
    | passwd | chpasswd | dracut.* | dnf.* | yum.* | apt.* | dpkg.* | unattended-upgrade.* | logrotate | logger | kdump.* | irqbalance | multipathd | lvm.* | dmeventd | iscsi.* | udisks.*
    | upower.* | gnome-.* | gdm.* | gsd-.* | Xorg | pulseaudio | pipewire.* | firewalld | smartd | mcelog | tuned | user | user@.* | user-runtime.* | session-.* | cloud-init.* | cloud-.*
    | google[_-].* | amazon-ssm.* | waagent.* | kubelet | containerd.* | dockerd? | alsactl | alsa-.* | rngd | lldpd | restorecond | setroubleshoot.* | sedispatch | abrt.* | plymouth.*
    | fstrim | man-db.* | mlocate.* | updatedb.* | e2scrub.* | motd-news | tmp | proc-.* | sys-.* | dev-.* | -\.mount | boot.* | home.* | run-.* | var-.* | ldconfig | rc-local | rpc.* | nfs-.*
    | vmtoolsd | qemu-ga.* | hv_.* | thermald | bluetoothd? | cups.* | colord | geoclue | switcheroo.* | modprobe.* | apparmor.* | auditctl | semanage | semodule | crontab | mount | umount | bash | sh | python3?"""
)
"""Names on every host: what they say is said of the host."""
_SUFFIX: Final = re.compile(r"\.(?:service|scope|socket|timer|target|mount|automount|slice|path|swap|device)$")
_UNIT: Final = re.compile(r"[\w@.:\\-]{1,255}\.(?:service|scope|socket|timer|target|mount|automount|slice|path|swap|device)")
_USER_UNIT: Final = re.compile(r"^(?P<kind>user@|user-runtime-dir@|user|session)-?[\dc]+(?=\.(?:service|slice|scope))")
_CONTAINER: Final = re.compile(r"(?:^|[/-])(?:cri-containerd|crio|docker|libpod)?-?(?P<id>[0-9a-f]{64})(?:\.scope)?(?:/|$)")
_POD_UID: Final = re.compile(r"pod(?P<uid>[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})")
_ACCOUNTS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<before>^\s*)(?P<who>[\w.@$-]{1,64})(?P<after> : (?:TTY|PWD|USER|\d+ incorrect|command not|user NOT|a password)\b)",
        r"(?P<before>\b(?:of|for|as|authenticating|invalid|illegal|disconnected from|from) user )(?P<who>[\w.@$\\-]{1,64})(?P<after>)",
        r"(?P<before>\b(?:Accepted|Failed|Postponed|Partial) [\w/-]{1,32} for (?:invalid user )?)(?P<who>[\w.@$\\-]{1,64})(?P<after>)",
        r"(?P<before>\bby )(?P<who>[\w.@$\\-]{1,64})(?P<after>\(uid=)",
        r"(?P<before>^\()(?P<who>[\w.@$\\-]{1,64})(?P<after>\) (?:CMD|CMDEND|CMDOUT|RELOAD|LIST|BEGIN EDIT|END EDIT|REPLACE|MAIL|WRONG|ORPHAN))",
        r"(?P<before>^\(to [\w.@$\\-]{1,64}\) )(?P<who>[\w.@$\\-]{1,64})(?P<after> on )",
        r"(?P<before>\b(?:user|logname|ruser|acct|USER|LOGNAME|new (?:user|group): name)=\"?)(?P<who>[\w.@$\\-]{1,64})(?P<after>)",
        r"(?P<before>\bUser Slice of (?:UID )?)(?P<who>[\w.@$\\-]{1,64})(?P<after>)",
        r"(?P<before>\b(?:new|add|delete|remove|change|changed) (?:user|group|shadow group)[: ]\s*'?)(?P<who>[\w.@$\\-]{1,64})(?P<after>')",
        r"(?P<before>\b(?:su for|for) [\w.@$-]{1,64} by )(?P<who>[\w.@$\\-]{1,64})(?P<after>)",
        r"(?P<before>' failed for )(?P<who>[\w.@$\\-]{1,64})(?P<after> on )",
        r"(?P<before>\bpassword changed for )(?P<who>[\w.@$\\-]{1,64})(?P<after>)",
    )
)
ACCOUNT_NEEDLES: Final = (
    "user",
    "for ",
    "by ",
    "group",
    "logname",
    "acct",
    " : tty",
    " : pwd",
    " incorrect",
    " : command",
    " : a password",
)
"""A message that holds none of these, in any case, and does not begin with `(` names no account: lets a batch be sifted first."""
_BUILT_IN: Final = frozenset(["root", "nobody", "daemon", "unknown", "user", "NULL", "null", "request", "invalid", "the", "a", "an"])


def without_uid(unit: str) -> str:
    """`user@1000.service` as `user@.service`: a uid is a person's."""
    return _USER_UNIT.sub(r"\g<kind>", unit)


def is_unit(name: str) -> bool:
    return _UNIT.fullmatch(name) is not None


def service_of(name: str) -> str:
    """The service that a unit or program is, without suffix, instance and path; empty for the host's plumbing."""
    base = _SUFFIX.sub("", name.strip().rpartition("/")[2] if not name.startswith("postfix/") else "postfix")
    base = base.partition("@")[0]
    if not base or len(base) > 128 or base.isdecimal() or _PLUMBING.fullmatch(base):
        return ""
    return base if re.fullmatch(r"[\w.:+-]+", base) else ""


def identity_attributes(host: str = "", program: str = "", unit: str = "", cgroup: str = "") -> dict[str, str]:
    """Attributes for schemas/identity.py: the host, the unit, the service if the unit or program is one, the container of a cgroup."""
    service = service_of(unit) if unit else service_of(program)
    attributes = {"host.name": host, "systemd.unit": unit, "syslog.program": program, "service.name": service, **cgroup_attributes(cgroup)}
    return {key: value for key, value in attributes.items() if value}


def cgroup_attributes(cgroup: str) -> dict[str, str]:
    """Container id and pod uid that a cgroup path holds; the unit for a path below system.slice."""
    found = {}
    if match := _CONTAINER.search(cgroup):
        found["container.id"] = match["id"]
    if match := _POD_UID.search(cgroup):
        found["k8s.pod.uid"] = match["uid"].replace("_", "-")
    if not found and (unit := cgroup.rpartition("/")[2]) and is_unit(unit) and not unit.endswith((".scope", ".slice")):
        found["systemd.unit"] = unit
        if service := service_of(unit):
            found["service.name"] = service
    return found


def without_accounts(message: str) -> str:
    """The message without the account names that sshd, sudo, su, cron, pam, logind and useradd write into it."""
    for pattern in _ACCOUNTS:
        message = pattern.sub(_mark, message)
    return message


def _mark(match: re.Match[str]) -> str:
    return match[0] if match["who"] in _BUILT_IN or match["who"].isdecimal() else f"{match['before']}<user>{match['after']}"
