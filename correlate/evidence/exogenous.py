"""Evidence that no change is guilty: the world outside, the calendar, the hardware, the traffic, the data.

Knows:   facts that begin an outage without anybody's change.  Each is worth a proof, unless a change put that very thing there: an
         outside host that a diff brings in is news of that diff.  A component found dead by its own watcher is a strong clue.
Ignores: which change would be guilty otherwise.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache

from correlate.citing import evidence_of
from correlate.evidence.concentration import concentration
from correlate.evidence.docket import Docket
from correlate.evidence.grades import PROOF, STRONG
from correlate.evidence.symptom import attributes_of
from correlate.evidence.traffic import surge
from schemas.entity import split
from schemas.incident import Argument
from schemas.signal import Signal, Status

KIND = "exogenous"
REMEMBERED = 4_096
"""Lines of which is kept what they tell: every revision of an incident asks for the same exemplars again."""
SHARE = 0.2
"""Share of the failing lines that must tell of a fact: the fault itself speaks in a part of the lines, its echoes in the rest."""

_HOST = re.compile(r"(?<![\w@.-])((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,24}))(?![\w.-]*\()", re.I)
_PUBLIC = frozenset(
    [
        "com",
        "net",
        "org",
        "io",
        "cloud",
        "dev",
        "co",
        "ai",
        "app",
        "gov",
        "edu",
        "eu",
        "de",
        "uk",
        "fr",
        "jp",
        "us",
        "info",
        "biz",
        "tech",
        "online",
    ]
)
_REMOTE_FAILS = re.compile(
    r"\b5\d\d\b|timed?[ -]?out|deadline|refused|unreachable|reset by peer|unavailable|no route|handshake|expired|resolv|\bdial\b|lookup|throttl|slow ?down|try again|\b429\b|too many requests|quota|rate limit"
    r"|internal ?(server)? ?error|bad gateway|connect",
    re.I,
)
_DOWN = re.compile(
    r"\b(target|instance|node|host|probe|exporter|endpoint|server|database|broker|replica)[ _-]?(is )?(down|absent|missing|unreachable|dead|gone|lost)\b"
    r"|does not answer (its |a |the )?(scrape|probe|ping|health)|\bup == 0|heartbeat .{0,16}(missed|missing|lost|absent)|no heartbeat|not ?responding",
    re.I,
)
"""How watchers (scrapes, probes, heartbeats, node controllers) say that what they watch is down."""
_FACTS = (
    # what happened outside, and how platforms, resolvers, kernels and TLS libraries say it
    ("a certificate or credential expired", re.compile(r"certificate (has |is )?expired|expired certificate|cert\w*[ _-]expired|not yet valid|notafter|certificate_expired|licen[sc]e (has )?expired", re.I)),
    ("names are not resolved", re.compile(r"nxdomain|servfail|no such host|name resolution|name or service not known|server misbehaving|eai_again|enotfound|getaddrinfo|unknown ?host|\bdns\b|(could not|cannot|failed to) resolve (host|name|address)|resolver .{0,24}(timed? ?out|fail|refus|unreachable)", re.I)),
    ("a machine, disk or zone failed", re.compile(r"node .{0,16}(not ?ready|lost|down|gone|unreachable|terminated)|notready|i/o error|input/output error|hardware|disk fail\w*|preempt\w*|spot (instance|interruption)|reclaim\w*|ecc error|availability zone|region(al)? .{0,16}(outage|degrad|unavailab|impair)|rebooted|power (loss|outage)|read-only file ?system|kernel panic", re.I)),
    ("a provider reports trouble", re.compile(r"third[- ]party|\bprovider\b.{0,40}(down|outage|degraded|error|unavailable|fail)|status ?page|upstream provider|carrier .{0,20}(down|outage)", re.I)),
    ("the data itself is bad", re.compile(r"poison (message|pill|record)|corrupt(ed)? (record|row|file|message|block|segment|input|payload)|malformed (record|row|input|feed|file)|checksum (mismatch|error)|bad magic|invalid utf-?8", re.I)),
)  # fmt: skip


def judge(docket: Docket) -> list[Argument]:
    """What speaks for no change being guilty; [] when nothing does."""
    found = [
        Argument(kind=KIND, nats=PROOF, text=text, refs=(evidence_of(line),)) for text, line in (*_outside_host(docket), *_told(docket))
    ]
    found += [Argument(kind=KIND, nats=PROOF, text=text) for text in concentration(docket)]
    if rise := surge(docket.scene):
        found.append(Argument(kind=KIND, nats=PROOF, text=rise.text))
    if silent := unchanged_and_down(docket):
        entity, alert = silent
        text = f"{split(entity)[1]} itself does not answer whoever watches it, and nothing changed there: “{alert.text[:120]}”."
        found.append(Argument(kind=KIND, nats=STRONG, text=text, refs=(evidence_of(alert),)))
    return found


def unchanged_and_down(docket: Docket) -> tuple[str, Signal] | None:
    """An entity of which a watcher of its own says that it is down, and that no change touched; with the alert.

    A watcher asks by a way of its own: a caller's new timeout, pool or address does not reach it.
    """
    changed = {entity for candidate in docket.candidates for entity in (*candidate.entities, *dict(candidate.carried))}
    for alert in docket.scene.alerts:
        if alert.status is Status.FIRING and alert.subject.entity not in changed and _DOWN.search(f"{alert.subject.name} {alert.text}"):
            return alert.subject.entity, alert
    return None


def _outside_host(docket: Docket) -> Iterator[tuple[str, Signal]]:
    """A host of the public internet that many failing lines could not use."""
    lines = list(docket.symptom.lines)
    own = {split(entity)[1].casefold() for entity in docket.scene.calls}
    users: dict[str, list[Signal]] = defaultdict(list)
    for line in lines:
        for host in sorted(failing_hosts(_text(line)) - own):
            users[host].append(line)
    if not users:
        return
    host, using = max(users.items(), key=lambda item: (len(item[1]), item[0]))
    if len(using) >= SHARE * len(lines) and not brought_by_a_change(docket, lambda name: host in name.lower()):
        yield f"{len(using)} of {len(lines)} failing lines could not use {host}, a host outside.", using[0]


@lru_cache(maxsize=REMEMBERED)
def failing_hosts(text: str) -> frozenset[str]:
    """Hosts of the public internet that a line names while it tells of a failing remote."""
    hosts = _HOST.findall(text) if _REMOTE_FAILS.search(text) else []
    return frozenset(host.lower() for host, suffix in hosts if suffix.lower() in _PUBLIC)


@lru_cache(maxsize=REMEMBERED)
def facts_in(text: str) -> frozenset[str]:
    """What a line says happened outside."""
    return frozenset(fact for fact, phrases in _FACTS if phrases.search(text))


def _told(docket: Docket) -> Iterator[tuple[str, Signal]]:
    lines = list(docket.symptom.lines)
    facts = [(line, facts_in(_text(line))) for line in lines]
    for fact, _ in _FACTS:
        told = [line for line, said in facts if fact in said]
        if told and len(told) >= SHARE * len(lines):
            names = {name.lower() for line in told[:20] for name in docket.symptom.names if name in line.text}
            if not brought_by_a_change(docket, lambda name, names=names: name.lower() in names):  # type: ignore[misc]
                yield f"{len(told)} of {len(lines)} failing lines say that {fact}: “{told[0].text[:120]}”.", told[0]


def brought_by_a_change(docket: Docket, is_it: Callable[[str], bool]) -> bool:
    """Whether a change before the onset brings or takes away such a name."""
    return any(is_it(name) for content in docket.contents.values() for name in content.names)


def _text(line: Signal) -> str:
    """What a line says, with its attributes: many loggers keep the peer there."""
    return " ".join([line.text, *attributes_of(line).values()])
