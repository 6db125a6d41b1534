"""The accounts in a Windows event, and its words without them.

Knows:   parameters that hold accounts, by name and by place; the wordings of audits, Sysmon and SIDs.
Ignores: what the event means (windows_meaning.py).
Source:  Windows "Audit events" (Advanced security audit policy), Sysmon event schema; [MS-DTYP] 2.4.2 SID.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from schemas.redact import role_of
from schemas.sources.windows_event import ABSENT, WindowsEvent

_PERSONAL: Final = re.compile(
    r"(?i).*(?:user_?name|user_?sid|usersid|account_?name|accountsid|samaccount|userprincipal|displayname|upn)|(?:.*[ _]|source|target|parent)?user(?:_?id)?|sid|member(?:name|sid)"
)
_ACCOUNT_SID: Final = re.compile(r"S-1-(?:5-21|12-1)(?:-[\d.]+)+", re.IGNORECASE)
_IN_WORDS: Final = re.compile(
    r"(?i)((?:on behalf of (?:the )?user|(?:account|user|logon account) name:|security id:)\s*)([^\s,;.][^\s,;]*)"
)
_USER_LINE: Final = re.compile(r"(?im)^(\s*(?:source|target|parent)?user:\s{0,8})(?!NT (?:AUTHORITY|SERVICE)\\|-\s*$)(\S[^\r\n]{0,256})$")
"""Sysmon's way to name accounts."""
_DOMAIN: Final = re.compile(r"(?<![\w.-])[\w.-]{1,64}\\(?=<user>)")


def without_people(said: str, event: WindowsEvent, known: Sequence[str | int]) -> str:
    for person in people_of(event, known):
        said = re.sub(rf"(?i)(?<![\w$]){re.escape(person)}(?![\w$])", "<user>", said)
    if "\\<user>" in said:
        said = _DOMAIN.sub("", said)
    if "ser:" in said:
        said = _USER_LINE.sub(r"\1<user>", said)
    if ":" in said or "ehalf" in said or "EHALF" in said:
        said = _IN_WORDS.sub(lambda match: match[0] if role_of(match[2]) != "user" else f"{match[1]}<user>", said)
    if "S-1-" in said or "s-1-" in said:
        said = _ACCOUNT_SID.sub("<user>", said)
    return said


def people_of(event: WindowsEvent, known: Sequence[str | int]) -> list[str]:
    """Names of accounts among the parameters, longest first; machines and built-in accounts are none.  `known` parameters hold one."""
    named = [event.param(name) for name in known]
    personal, positional = _names_among(tuple(event.data))
    named += [event.data[name] for name in personal]
    named += [] if event.user.upper().startswith("S-1-") else [event.user]
    named += _before_sids([event.data[name] for name in positional])
    bare = {part for value in named for part in (value, value.rpartition("\\")[2]) if 2 <= len(part) <= 256 and part not in ABSENT}
    return sorted((name for name in bare if role_of(name) == "user"), key=lambda name: (-len(name), name))


@lru_cache(maxsize=4096)
def _names_among(parameters: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which parameters hold accounts by their names, and which are positional; the same few templates come over and over."""
    return tuple(filter(is_personal, parameters)), tuple(name for name in parameters if name.startswith("param"))


def _before_sids(positional: list[str]) -> list[str]:
    """Positional parameters right before an account's SID: Windows writes domain, name, SID in a row."""
    return [name for name, sid in itertools.pairwise(positional) if _ACCOUNT_SID.fullmatch(sid)]


@lru_cache(maxsize=4096)
def is_personal(parameter: str) -> bool:
    """True for a parameter that holds an account by its very name."""
    return _PERSONAL.fullmatch(parameter) is not None
