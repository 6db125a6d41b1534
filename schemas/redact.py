"""What must never be stored: secrets and people, taken out of text at the edge (C10).

Knows:   how credentials of known vendors look, which words announce a secret or a person, which accounts are machines.
Ignores: which field a text came from; a reader passes every free text through `redact` and every actor through `role_of`.

A secret becomes `<secret>`, a person `<user>`, an e-mail address `<email>`.  With a key (`Received.redaction_key`) people become
pseudonyms such as `<user:3f2a91c0>`: equal for the same person, meaningless without the key.  A rule is a needle, a plain word looked
for first, and an expression that begins there: log lines are many, and most hold no needle.
Vendor prefixes: the published token formats of AWS, GitHub, GitLab, Slack, Stripe, Google, npm, SendGrid, Hugging Face, DigitalOcean.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import polars as pl

from schemas.series import VALUE, over

SECRET: Final = "<secret>"  # noqa: S105  the mark, not a secret
MAX_TEXT_CHARS: Final = 16_384
"""Texts above are cut before any expression runs on them; no reader keeps nearly as much."""

_TOKENS: Final = {
    "-----begin": r"-----BEGIN[A-Z ]*PRIVATE KEY-----.*?(?:-----END[A-Z ]*PRIVATE KEY-----|\Z)",
    "eyj": r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    **{prefix: rf"\b{prefix.upper()}[A-Z0-9]{{16}}\b" for prefix in ("akia", "asia", "abia", "acca")},
    **{f"gh{kind}_": rf"\bgh{kind}_[A-Za-z0-9]{{20,}}" for kind in "pousr"},
    "github_pat_": r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    **{f"gl{kind}-": rf"\bgl{kind}-[A-Za-z0-9_-]{{16,}}" for kind in ("pat", "dt", "rt", "cbt", "ptt")},
    "xox": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "k_live_": r"\b[sr]k_live_[A-Za-z0-9]{10,}",
    "k_test_": r"\b[sr]k_test_[A-Za-z0-9]{10,}",
    "aiza": r"\bAIza[A-Za-z0-9_-]{30,}",
    "npm_": r"\bnpm_[A-Za-z0-9]{30,}",
    "sg.": r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "hf_": r"\bhf_[A-Za-z0-9]{20,}",
    "_v1_": r"\bdo[opr]_v1_[a-f0-9]{40,}",
    "://": r"(?<=://)[^\s/:@\"']{0,256}:[^\s/@\"']{1,256}(?=@)",
}
"""Needle → what a credential looks like; the whole match goes."""

_SIGN = r"[\w.-]{0,24}\\?[\"']?\s*(?:=>|[=:])\s*\\?[\"']?"
_VALUE = r"(?P<value>[^\s\"'\\,;&<>(){}\[\]]{3,4096})"
_SURE_WORDS: Final = (
    "password", "passwd", "passphrase", "pwd", "secret", "private_key", "private-key", "privatekey", "account_key", "accountkey",
    "access_key", "access-key", "accesskey",
)  # fmt: skip
"""What follows is a secret, however it looks."""
_LIKELY_WORDS: Final = (
    "token",
    "api_key",
    "api-key",
    "apikey",
    "auth",
    "credential",
    "cookie",
    "session_id",
    "sessionid",
    "session-id",
    "signature",
)
"""What follows is a secret if it looks random."""
_SCHEMES: Final = ("bearer", "basic", "digest", "hmac-sha256")
_KEYWORDS: Final = {word: re.compile(word + _SIGN + _VALUE) for word in (*_SURE_WORDS, *_LIKELY_WORDS)}
_AFTER_SCHEME: Final = {word: re.compile(word + r"\s+(?P<value>[a-z0-9+/=._~-]{8,4096})") for word in _SCHEMES}

_WHO = r"(?P<value>[^\W_](?:[\w.+$-]{0,62}[\w$])?)"
_NAME = rf"{_WHO}(?P<more>(?:(?<=[^\W\d])[ ][^\W\d_]{{2,30}}){{0,2}})"
_IS = r"\\?[\"']?\s*[=:]\s*\\?[\"']?"
_PEOPLE: Final = {
    "user": rf"user_?(?:name|[_ ]?id)?(?:{_IS}|(?<=user)\s+\"){_NAME}",
    " user ": rf"(?:for|invalid|by) user [\"']?{_WHO}",
    "accepted ": rf"accepted [\w/-]{{1,30}} for {_WHO}",
    "failed ": rf"failed [\w/-]{{1,30}} for (?!invalid user)(?:user )?{_WHO}(?= from)",
    **{
        word: rf"{word}{_IS}{_NAME}"
        for word in ("login", "owner", "author", "committer", "assignee", "acct", "account_name", "accountname", "uid")
    },
    "d by": r"(?:triggered|approved|created|requested|deployed|merged|started|cancell?ed|reviewed|updated|changed|acknowledged|resolved|closed"
    rf"|authored|committed) by:? +{_NAME}",
    "by @": rf"by @{_WHO}",
    "requested_by": rf"requested_by{_IS}{_NAME}",
    "-by:": rf"(?:signed-off|reviewed|acked|tested|reported|co-authored|approved)-by: *{_NAME}",
    "/home/": rf"/home/{_WHO}",
    ":\\users\\": rf":\\users\\{_WHO}",
    ":\\documents and settings\\": rf":\\documents and settings\\{_WHO}",
    "pull request": rf"pull request \#\d+ from {_WHO}(?=/)",
}
"""Needle → an expression over the lower-case text whose `value` (and `more`, further capitalised words) is a person."""

_compiled_tokens: Final = {needle: re.compile(pattern, re.DOTALL) for needle, pattern in _TOKENS.items()}
_compiled_people: Final = {needle: re.compile(pattern) for needle, pattern in _PEOPLE.items()}
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?!v?\d+(?:\.\d+){1,2}(?![\w.-]))[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}")
"""What follows an @ may be a version, as in `chart@6.5.0`, but an address of numbers is somebody's host."""
_BEFORE_EMAIL: Final = re.compile(r"(?:[^\W\d_][\w.'-]{0,40} ){1,4}(?=<<(?:email|user))")
_IN_BRACKETS: Final = re.compile(r"<(<(?:email|user)[^>]{0,24}>)>")
_PHONE: Final = re.compile(r"(?<![\w.+-])\+\d{1,3}[ -]\(?\d{2,4}\)?(?:[ -]?\d{2,4}){2,4}(?![\w.-])")
NEEDLES: Final = ("@", "+", *_TOKENS, *_KEYWORDS, *_AFTER_SCHEME, *_PEOPLE)
"""A text without any of these, in any case, holds nothing for `redact`."""

_PLAIN_WORDS: Final = frozenset(
    "a an the this that it all any none null nil undefined unknown unset not is was are be to from in on at for of and or by new same another other"  # noqa: SIM905
    " user users id ids name names true false yes no default system service customer customers timeout failed error errors request".split()
)
_LEVELS: Final = frozenset(
    "TRACE DEBUG INFO NOTICE WARN WARNING ERROR CRITICAL FATAL PANIC ALERT EMERG LOG DETAIL HINT STATEMENT".split()  # noqa: SIM905
)
"""A log's level after a name is no part of it: PostgreSQL writes `user=app FATAL:  …`."""
_MACHINES: Final = re.compile(
    r"""(?ix) root | system | local\ ?system | local\ service | network\ service | nt\ authority.* | nt\ service.* | .*\[bot\] | .*\$ | \d{1,3} | 4294967295
    | (?:.*[-_./:@])?(?:bot|ci|cd|svc|sa|service-?account|automation|deployer|pipeline|scheduler|controller|operator|runner|github-actions|gitlab-ci
        |jenkins|argocd|argo-cd|flux|spinnaker|terraform|ansible|dependabot|renovate|system|autoscaler|daemon|agent|worker|job|robot)(?:[-_./:@\d].*)?
    | system:.* | serviceaccount:.* | .*\.gserviceaccount\.com | .*\.amazonaws\.com | arn:.*:(?:assumed-)?role/.* | (?:www-data|nobody|daemon|postgres
        |mysql|redis|nginx|apache|ubuntu|ec2-user|admin|administrator|sshd|dbus|messagebus|polkitd|chrony|systemd-[a-z]+|kube-[a-z-]+)"""
)
_ROLE: Final = re.compile(r"(?i)(?:developer|operator|engineer|admin|user|sre|member|owner|maintainer|oncall)(?:[-_ ]?\d{1,4})?")
_ENTROPY_BITS: Final = 3.0
"""Per character.  Words of a language stay below 3, random base64 of 20 characters is above 3.5."""


def redact(text: str, key: bytes = b"") -> str:
    """The text without secrets and people; idempotent, and unchanged for most texts."""
    text = text[:MAX_TEXT_CHARS]
    low = _lower(text)
    for needle, pattern in _compiled_tokens.items():
        if needle in low:
            text = pattern.sub(SECRET, text)
            low = _lower(text)
    if spans := [span for needle, pattern in _AFTER_SCHEME.items() if needle in low for span in _random(pattern, text, low)]:
        text = _cut(text, spans)
        low = _lower(text)
    if spans := [span for needle, pattern in _KEYWORDS.items() if needle in low for span in _secrets(needle, pattern, text, low)]:
        text = _cut(text, spans)
        low = _lower(text)
    if "@" in text:
        text = _EMAIL.sub(lambda match: _mark("email", match[0], key), text)
        text = _IN_BRACKETS.sub(r"\1", _BEFORE_EMAIL.sub("", text))
        low = _lower(text)
    text = _cut(text, [span for needle, pattern in _compiled_people.items() if needle in low for span in _people(pattern, text, low, key)])
    return _PHONE.sub("<phone>", text) if "+" in text else text


@lru_cache(maxsize=65_536)
def redact_label(text: str, key: bytes = b"") -> str:
    """`redact` for attribute values, which repeat from row to row."""
    return redact(text, key)


_SUSPICIOUS: Final = VALUE.str.contains_any(list(NEEDLES), ascii_case_insensitive=True).arg_true()


def redact_many(texts: pl.Series, key: bytes = b"") -> pl.Series:
    """`redact` of a whole column of texts."""
    suspicious = over(texts, _SUSPICIOUS)
    if suspicious.is_empty():
        return texts
    return texts.scatter(suspicious, [redact(text, key) for text in texts.gather(suspicious).to_list()])


def role_of(person: object, key: bytes = b"") -> str:
    """What an actor is, never who: `automation`, `user` (or its pseudonym under a key), or empty when nothing is known."""
    if not isinstance(person, str) or not person.strip():
        return ""
    name = person.strip()[:256]
    if _MACHINES.fullmatch(name):
        return "automation"
    return f"user:{_pseudonym(name, key)}" if key else "user"


_Span = tuple[int, int, str]
"""Begin, end and what stands there instead."""


def _cut(text: str, spans: list[_Span]) -> str:
    """The text with each span replaced; of two that overlap the earlier counts."""
    end, parts = 0, []
    for begin, stop, instead in sorted(spans):
        if begin >= end:
            parts += [text[end:begin], instead]
            end = stop
    return "".join([*parts, text[end:]]) if parts else text


def _random(pattern: re.Pattern[str], text: str, low: str) -> list[_Span]:
    return [(*match.span("value"), SECRET) for match in pattern.finditer(low) if _looks_random(text[slice(*match.span("value"))])]


def _secrets(needle: str, pattern: re.Pattern[str], text: str, low: str) -> list[_Span]:
    spans = []
    for match in pattern.finditer(low):
        value = text[slice(*match.span("value"))]
        if value.lower() in _PLAIN_WORDS or value[0] in "<$%":
            continue
        if (needle in _SURE_WORDS and value[0] != "/" and not value.startswith("http")) or _looks_random(value):
            spans.append((*match.span("value"), SECRET))
    return spans


def _people(pattern: re.Pattern[str], text: str, low: str, key: bytes) -> list[_Span]:
    spans = []
    for match in pattern.finditer(low):
        begin, end = match.span("value")
        who = text[begin:end]
        if who.lower() in _PLAIN_WORDS or _MACHINES.fullmatch(who) or _ROLE.fullmatch(who):
            continue
        if text[end : end + 1] == "/" and not text[:begin].endswith(("/", " from ")):
            continue  # `created by ReplicaSet/web`: a thing, not a person
        if "more" in pattern.groupindex:
            for word in text[slice(*match.span("more"))].split(" ")[1:]:
                if not word[0].isupper() or word in _LEVELS:
                    break
                end += 1 + len(word)
        spans.append((begin, end, _mark("user", text[begin:end], key)))
    return spans


def _lower(text: str) -> str:
    """Lower case of the same length: a few letters grow when lowered, and spans must fit."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if c.isascii() else c for c in text)


def _mark(what: str, who: str, key: bytes) -> str:
    return f"<{what}:{_pseudonym(who, key)}>" if key else f"<{what}>"


def _pseudonym(who: str, key: bytes) -> str:
    return blake2b(who.strip().casefold().encode("utf-8", "replace"), key=key[:64], digest_size=4).hexdigest()


def _looks_random(value: str) -> bool:
    """True for keys, hashes and base64: long enough, and more bits a character than words have."""
    if len(value) < 12 or value.startswith("/") or not any(c.isdecimal() or c.isupper() for c in value):
        return False
    counts = Counter(value[:128])
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values()) >= _ENTROPY_BITS
