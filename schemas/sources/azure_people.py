"""The people in a payload of Azure DevOps, and a text without them.

Knows:   under which keys names and addresses stand: display names, authors, the fields of work items.
Ignores: what the event means (azure_devops.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

_PEOPLE_KEYS: Final = frozenset(["displayname", "uniquename", "email", "mailaddress", "principalname"])
_PERSON_NODES: Final = frozenset(["author", "committer", "pusher", "user"])
_THING_NODES: Final = frozenset(["stage", "job", "phase", "pipeline", "run", "environment", "definition", "queue", "pool"])
"""Things, whose display names are no person's."""
_CHANGED_BY: Final = re.compile(r"(?i)system\.\w+by|system\.assignedto|system\.authorizedas")
"""Fields of work items that hold a name, with or without an address behind it."""
_ROLE: Final = re.compile(
    r"((?:Requested for|Pending on:|(?:Approv|Reject|Deferr)ed by:?) {1,4})[^\W\d_][\w.'-]{0,63}(?: [^\W\d_][\w.'-]{0,63}){0,3}"
)
"""Where the sentences of releases name somebody whom the resource may leave out."""
MAX_NODES: Final = 4096
"""Values searched for names of people; release payloads with many stages have some hundreds."""


def people_of(node: Any) -> set[str]:
    """Names and addresses of everybody the resource mentions."""
    found = set()
    for count, (parent, key, value) in enumerate(_scalars(node, "", 0)):
        if count >= MAX_NODES:
            break
        if parent.lower() in _THING_NODES and key.lower() == "displayname":
            continue
        if key.lower() in _PEOPLE_KEYS or _CHANGED_BY.fullmatch(key) or (parent.lower() in _PERSON_NODES and key == "name"):
            found |= {part for part in (value, value.rpartition("\\")[2]) if 2 <= len(part) <= 256}
        elif "." in key and (match := re.match(r"\s{0,8}([^<>]{2,128})<[^<>]{1,128}@[^<>]{1,128}>", value[:512])):
            found.add(match[1].strip())  # work items: `System.CreatedBy`: "Name <mail>"
    return found


def _scalars(node: Any, parent: str, depth: int) -> Iterator[tuple[str, str, str]]:
    if depth > 12:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str):
                yield parent, str(key), value
            elif isinstance(value, dict | list):
                yield from _scalars(value, str(key), depth + 1)
    elif isinstance(node, list):
        for item in node:
            yield from _scalars(item, parent, depth + 1)


def without(people: Iterable[str], said: str) -> str:
    said = _ROLE.sub(r"\1<user>", said)
    for name in people:
        said = re.sub(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", "<user>", said)
    return said
