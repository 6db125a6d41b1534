"""What a metric's name means: which family of evidence it belongs to, which direction hurts, and whose evidence it is.

Knows:   the words of OpenTelemetry's and Prometheus' naming conventions and of the large clouds' metric names, as one table.
Ignores: values, thresholds, and every product's or service's own names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from schemas.entity import split
from schemas.signal import Subject

FAMILIES: Final = (
    "cpu", "memory", "io", "network", "errors", "edge_errors", "latency", "edge_in_client", "edge_in_server",
    "edge_out_client", "edge_out_server", "other", "log_share", "log_sequence", "calls", "traffic",
)  # fmt: skip
"""Families of evidence.  An edge is told by its client or its server side; `in` is charged to the server, `out` to the caller.
`calls` are what an entity asks of others for each request that it gets: code that returns early asks for less."""
(
    CPU, MEMORY, IO, NETWORK, ERRORS, EDGE_ERRORS, LATENCY, EDGE_IN_CLIENT, EDGE_IN_SERVER,
    EDGE_OUT_CLIENT, EDGE_OUT_SERVER, OTHER, LOG_SHARE, LOG_SEQUENCE, CALLS, TRAFFIC,
) = range(len(FAMILIES))  # fmt: skip
IGNORED: Final = -1
PUBLIC: Final = {
    "edge_errors": "errors", "edge_in_client": "edge_in", "edge_in_server": "edge_in",
    "edge_out_client": "edge_out", "edge_out_server": "edge_out",
}  # fmt: skip
"""Family names as a Finding gives them, where they differ."""

_WORDS: Final = (
    # (words of the name, family, direction that hurts: 1 up, -1 down, 0 both); the first line that matches decides
    (r"latenc|duration|response_?time|elapsed|_rt(_|$)|wait_?time|time_?to_?first", LATENCY, 1),
    (r"success|availability", ERRORS, -1),
    (r"error|fail|[45]xx|exception|timeout|drop|retrans|restart|reject|refus|throttle[sd]|oom", ERRORS, 1),
    (r"idle", CPU, -1),
    (r"cpu|processor|load_?average|load1", CPU, 1),
    (r"mem|heap|rss|gc_|_gc|working_?set|swap", MEMORY, 0),
    (r"network|receive|transmit|_tx|_rx|\.tx|\.rx|nic_", NETWORK, 0),
    (r"syscall|disk|fs_|filesystem|io_|\.io|iops|read|write|volume|inode", IO, 1),
    (r"bytes", NETWORK, 0),
    (r"request|ops|qps|rps|workload|traffic|invocation|_count|total|throughput", TRAFFIC, 0),
)
_TABLE: Final = tuple((re.compile(words), family, direction) for words, family, direction in _WORDS)
_OF_THE_NODE: Final = re.compile(r"(^|[_.])(node|host|machine)[_.]")
_SEEN_BY_THE_CLIENT: Final = re.compile(r"client|outbound|upstream")
_CUMULATIVE: Final = re.compile(r"(_total|_count|_sum|_bucket|\.count|\.total)$")
_REQUESTS: Final = re.compile(r"request|call|invocation|rpc|http")
_REMEMBERED: Final = 65_536
"""Subjects whose role is kept: twice the series of the largest estate.  Looking one up costs 0.5 us, telling it anew 30."""
_CLIENT: Final = ("client", "source_workload", "source")
_SERVER: Final = ("server", "destination_workload", "destination")
_AT_THE_SERVER: Final = frozenset({"destination", "server"})


@dataclass(frozen=True, slots=True)
class Role:
    """What one series is to its owner."""

    owner: str
    family: int
    direction: int
    client: str = ""
    """Caller, where the series describes a call; then `owner` is the one that is called."""
    cumulative: bool = False
    requests: bool = False
    """It counts requests or calls, whatever became of them."""

    @property
    def successes(self) -> bool:
        """It is the share of requests that went well."""
        return self.direction < 0 and self.family in (ERRORS, EDGE_ERRORS) and not self.cumulative


@lru_cache(maxsize=_REMEMBERED)
def owner_of(subject: Subject) -> str:
    """Whom evidence about a subject is charged to: its nearest service, else its own entity.  People fix services, not containers."""
    return next((name for name in (subject.entity, *subject.ancestors) if split(name)[0] == "service"), subject.entity)


@lru_cache(maxsize=_REMEMBERED)
def role_of(subject: Subject) -> Role:
    """The role of a metric series."""
    name = subject.name.lower()
    family, direction = next(((family, direction) for words, family, direction in _TABLE if words.search(name)), (OTHER, 0))
    cumulative = bool(_CUMULATIVE.search(name))
    requests = cumulative and family == TRAFFIC and bool(_REQUESTS.search(name))
    client = next(filter(None, map(subject.attribute, _CLIENT)), "")
    server = next(filter(None, map(subject.attribute, _SERVER)), "")
    owner = owner_of(subject)
    if client and server:
        at_server = subject.attribute("reporter") in _AT_THE_SERVER
        return Role(_named(server, owner), _edge_family(family, at_server), direction, _named(client, owner), cumulative, requests)
    if _OF_THE_NODE.search(name) and split(owner)[0] != "host":
        return Role(owner, IGNORED, 0, cumulative=cumulative)  # the node's trouble is shared by all that run there
    if family == LATENCY and _SEEN_BY_THE_CLIENT.search(name):
        return Role(owner, IGNORED, 0, cumulative=cumulative)  # what it waits for others is no evidence against it
    return Role(owner, family, direction, cumulative=cumulative, requests=requests)


def _named(name: str, owner: str) -> str:
    """The entity that a peer label names: the owner if it bears that name, else the service of that name."""
    return owner if split(owner)[1] == name else f"service:{name}"


def _edge_family(family: int, at_server: bool) -> int:
    if family == LATENCY:
        return EDGE_IN_SERVER if at_server else EDGE_IN_CLIENT
    return EDGE_ERRORS if family == ERRORS else TRAFFIC
