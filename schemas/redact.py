"""What must never be stored: secrets and people, taken out of text at the edge (C10).

Knows:   how credentials of known vendors look, which words announce a secret or a person, which accounts are machines.
Ignores: which field a text came from; a reader passes every free text through `redact` and every actor through `role_of`.

A secret becomes `<secret>`, a person `<user>`, an e-mail address `<email>`.  With a key (`Received.redaction_key`) people become
pseudonyms such as `<user:3f2a91c0>`: equal for the same person, meaningless without the key.
Vendor prefixes: the published token formats of AWS, GitHub, GitLab, Slack, Stripe, Google, npm, SendGrid, Hugging Face, DigitalOcean.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

SECRET: Final = "<secret>"  # noqa: S105  the mark, not a secret

SUSPICION: Final = (
    r"(?i)@|eyj[0-9a-z_-]{8}|-----begin|://[^/\s]*:|akia|asia|gh[pousr]_|github_pat|glpat-|xox[abeoprs]-|[sr]k_(?:live|test)_|aiza|npm_|sg\.|hf_"
    r"|do[opr]_v1|pass|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth|credential|cookie|session[_-]?id|signature|accountkey|bearer"
    r"|user|login|\bby\b|owner|author|e-?mail|acct|\buid|/home/|pull request|[a-z]:\\|logged|publickey|interactive|account|\+\d"
)
"""A text without any of this holds nothing for `redact`: lets a batch be sifted by a vectorised match first (RE2 syntax)."""
_suspicious = re.compile(SUSPICION).search

_TOKENS: Final = re.compile(
    r"""-----BEGIN[A-Z ]*PRIVATE\ KEY-----.*?(?:-----END[A-Z ]*PRIVATE\ KEY-----|\Z)
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?
    | \b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b
    | \b(?:gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} | gl(?:pat|dt|rt|cbt|ptt)-[A-Za-z0-9_-]{16,})
    | \bxox[abeoprs]-[A-Za-z0-9-]{10,}
    | \b[sr]k_(?:live|test)_[A-Za-z0-9]{10,}
    | \bAIza[A-Za-z0-9_-]{30,}
    | \bnpm_[A-Za-z0-9]{30,} | \bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,} | \bhf_[A-Za-z0-9]{20,} | \bdo[opr]_v1_[a-f0-9]{40,}""",
    re.VERBOSE | re.DOTALL,
)
_CREDENTIAL_IN_URL: Final = re.compile(r"(?<=://)[^\s/:@\"']{0,256}:[^\s/@\"']{1,256}(?=@)")
_SCHEME: Final = re.compile(r"(?i)\b(bearer|basic|digest|apikey|aws4-hmac-sha256)(\s+)([A-Za-z0-9+/=._~-]{8,4096})")
_KEYWORD: Final = re.compile(
    r"""(?ix) (?P<word>[a-z0-9_.-]{0,40}(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key
        |account[_-]?key|auth(?:orization)?|credentials?|cookie|session[_-]?id|signature)[a-z0-9_.-]{0,20})
        (?P<sign>\\?["']?\s*(?:=>|[=:])\s*\\?["']?)
        (?P<value>[^\s"'\\,;&<>(){}\[\]]{3,4096})"""
)
_SURE_WORD: Final = re.compile(r"(?i)passw(?:or)?d|passphrase|pwd|secret|private[_-]?key|account[_-]?key|access[_-]?key")
_EMAIL: Final = re.compile(
    r"(?:(?P<name>(?:[^\W\d_][\w.'-]{0,40}[ ]){1,4})<)?(?P<mail>[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6})(?(name)>)"
)
_PERSON: Final = re.compile(
    r"""(?x) (?P<before>
        (?i:\b(?:(?:src|dst|target|subject|remote|ssh|db)?_?user_?(?:name|_?id)?|login|owner|author|committer|assignee|acct|account_?name|requested_?by|uid|auid)
            \\?["']?\s*[=:]\s*\\?["']?)
      | (?i:\b(?:for|invalid|session\ opened\ for|session\ closed\ for|by)\ (?:invalid\ )?user\s+["']?)
      | (?i:\b(?:accepted|failed)\ [\w/-]{1,30}\ for\ (?:invalid\ user\ )?)(?!invalid\ user)
      | (?i:\b(?:triggered|approved|created|requested|deployed|merged|started|cancell?ed|reviewed|updated|changed|acknowledged|resolved|closed|authored|committed)
            \ by:?\s+)
      | (?i:\b(?:signed-off|reviewed|acked|tested|reported|co-authored)-by:\s*)
      | (?i:/home/|[a-z]:\\(?:users|documents\ and\ settings)\\)
      | (?i:pull\ request\ \#\d+\ from\ )
    )
    (?P<who>[^\W_](?:[\w.+$-]{0,62}[\w$])?)(?P<more>(?:(?<=[^\W\d])[ ][^\W\d_a-z][^\W\d_]{1,30}){0,2})"""
)
_PHONE: Final = re.compile(r"(?<![\w.+-])\+\d{1,3}[ -]\(?\d{2,4}\)?(?:[ -]?\d{2,4}){2,4}(?![\w.-])")
_PLAIN_WORDS: Final = frozenset(
    "a an the this that it all any none null nil undefined unknown unset not is was are be to from in on at for of and or by new same another other"  # noqa: SIM905
    " user users id ids name names true false yes no default system service admin-api customer customers timeout failed error errors request".split()
)
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
MAX_TEXT_CHARS: Final = 1 << 20
"""Texts above are cut before any expression runs on them; no reader keeps nearly as much."""


def redact(text: str, key: bytes = b"") -> str:
    """The text without secrets and people; idempotent, and unchanged for most texts."""
    text = text[:MAX_TEXT_CHARS]
    if not _suspicious(text):
        return text
    text = _TOKENS.sub(SECRET, text)
    text = _CREDENTIAL_IN_URL.sub(SECRET, text)
    text = _SCHEME.sub(lambda m: f"{m[1]}{m[2]}{SECRET}" if _looks_random(m[3]) else m[0], text)
    text = _KEYWORD.sub(_without_value, text)
    text = _EMAIL.sub(lambda m: _mark("email", m["mail"], key), text) if "@" in text else text
    text = _PERSON.sub(_without_person(key), text)
    return _PHONE.sub("<phone>", text)


def role_of(person: object, key: bytes = b"") -> str:
    """What an actor is, never who: `automation`, `user` (or its pseudonym under a key), or empty when nothing is known."""
    if not isinstance(person, str) or not person.strip():
        return ""
    name = person.strip()[:256]
    if _MACHINES.fullmatch(name):
        return "automation"
    return f"user:{_pseudonym(name, key)}" if key else "user"


def _without_value(match: re.Match[str]) -> str:
    value = match["value"]
    if value.lower() in _PLAIN_WORDS or value.startswith(("<", "$", "%")):
        return match[0]
    sure = _SURE_WORD.search(match["word"]) and not value.startswith(("/", "http"))
    return f"{match['word']}{match['sign']}{SECRET}" if sure or _looks_random(value) else match[0]


def _without_person(key: bytes) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        who = match["who"] + (match["more"] or "")
        if match.string[match.end() : match.end() + 1] == "/" and not match["before"].endswith(("/", " from ")):
            return match[0]  # `created by ReplicaSet/web`: a thing, not a person
        if who.lower() in _PLAIN_WORDS or _MACHINES.fullmatch(match["who"]) or _ROLE.fullmatch(match["who"]):
            return match[0]
        return match["before"] + _mark("user", who, key)

    return replace


def _mark(what: str, who: str, key: bytes) -> str:
    return f"<{what}:{_pseudonym(who, key)}>" if key else f"<{what}>"


def _pseudonym(who: str, key: bytes) -> str:
    return blake2b(who.strip().casefold().encode("utf-8", "replace"), key=key[:64], digest_size=4).hexdigest()


def _looks_random(value: str) -> bool:
    """True for keys, hashes and base64: long enough, and more bits a character than words have."""
    if len(value) < 12 or value.startswith("/") or not any(c.isdigit() or c.isupper() for c in value):
        return False
    counts = Counter(value[:128])
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values()) >= _ENTROPY_BITS
