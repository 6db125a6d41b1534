"""apt's history log: one paragraph a run, with the packages it installed, upgraded, downgraded or removed.

Knows:   the paragraphs of /var/log/apt/history.log, runs that ended with an error, runs cut off before their end.
Ignores: dpkg's log of single packages (linux_daemons.py); who asked for the run.
Identity the host of the carrier or headers: the log names none.  Time Start-Date, which has no zone and is read as UTC.
Severity error for a run with `Error:`, else info.  State: a change with its outcome.
Source:  apt(8), "/var/log/apt/history.log"; apt-pkg/deb/dpkgpm.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.carried import carried_host
from schemas.sources.cloud import row
from schemas.sources.source import Received, Source

_APT: Final = "linux.apt_history"
_STARTS: Final = re.compile(r"\s{0,64}Start-Date: \d{4}-\d\d-\d\d  ?\d\d:\d\d:\d\d\s*\n")
_FIELD: Final = re.compile(r"(?P<name>[A-Z][A-Za-z-]{1,32}): (?P<value>.*)")
_ACTIONS: Final = ("Install", "Reinstall", "Upgrade", "Downgrade", "Remove", "Purge")
_PACKAGE: Final = re.compile(r"(?P<name>[\w.+-]{1,128})(?::\w+)? \((?P<versions>[^()]{1,256})\)")


def recognises(document: Any) -> bool:
    return isinstance(document, str) and _STARTS.match(document) is not None


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    for place, paragraph in enumerate(re.split(r"\n\s*\n", document.strip()), start=1):
        fields = {match["name"]: match["value"].strip() for line in paragraph.splitlines() if (match := _FIELD.match(line))}
        actions = {action: fields[action] for action in _ACTIONS if fields.get(action)}
        started = times.parse(re.sub(r" +", " ", fields.get("Start-Date", "")))
        if not started or not actions:
            yield Rejected("no_change", "A run needs Start-Date and what it installed, upgraded or removed.", f"paragraph {place}", _APT)
            continue
        yield _run(started, actions, fields, received)


def _run(started: int, actions: dict[str, str], fields: dict[str, str], received: Received) -> Signal:
    failed = "Error" in fields
    before, after = _versions(actions)
    first = next(iter(actions))
    return row(
        received, Kind.CHANGE, _APT, carried_host(received),
        name=f"package.{first.lower()}",
        text="; ".join([*(f"{action}: {packages}" for action, packages in actions.items()), *([f"Error: {fields['Error']}"] if failed else [])]),
        event_time_ns=started,
        severity_number=severity.ERROR if failed else severity.INFO,
        details={
            "action": f"package {first.lower()}", "from": before, "to": after,
            "outcome": "failed" if failed else "succeeded" if "End-Date" in fields else "started", "actor": "user" if "Requested-By" in fields else "automation",
        },
        fallback="unit:apt",
    )  # fmt: skip


def _versions(actions: dict[str, str]) -> tuple[str, str]:
    """Versions of the run's first package before and after; `automatic` marks a dependency."""
    match = next((found for packages in actions.values() if (found := _PACKAGE.match(packages))), None)
    if match is None:
        return "", ""
    versions = [version for part in match["versions"].split(",") if (version := part.strip()) != "automatic"]
    if not versions or next(iter(actions)) in ("Remove", "Purge"):
        return "".join(versions[:1]), ""
    return (versions[0] if len(versions) > 1 else ""), f"{match['name']} {versions[-1]}"


SOURCES: Final = (Source(_APT, recognises, read),)
