"""One name for one thing, whatever each tool calls it.

Knows:   which attribute names mean the same (schemas/aliases.py, ranked by trust), how a pod's name holds its deployment's, and
         which names belong to exporters and collectors, which report on others.
Ignores: formats (schemas/sources/) and dependencies between entities (correlate/topology.py).

A reader hands every attribute it found to `identify` and gets back the entity observed, what holds it, its further names, and the
attributes under OpenTelemetry names.  Unknown attributes keep their own name.  Three rules:
- *First by kind, then by trust*: service over database, queue, function, pod, container, host, resource; inside a kind the first name
  in ALIASES wins.  `service.name` is trusted more than `app`, `job` least.
- *A pod tells its deployment*: `checkout-7d9f8b6c5d-x2x9z` is service `checkout`, unless a service is named.
- *An exporter is not the thing observed*: kube-state-metrics, node-exporter, otel-collector …, their pods and containers count only when
  nothing else is named; Prometheus' `exported_*` labels go before the scraped target's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from schemas.aliases import ALIASES, ENTITY_KIND
from schemas.redact import redact_label, role_of
from schemas.resource_names import resource
from schemas.signal import Kind, Subject

_WEAK: Final = ("job", "instance")

_COLLECTORS: Final = re.compile(
    r"""(?ix) (?:.*[-_./])?(?:kube-state-metrics|ksm|cadvisor|kubelet|node[-_]?exporter|.*exporter|prometheus(?:-.*)?|pushgateway|alertmanager|otel-?col(?:lector)?(?:-contrib)?
    |opentelemetry-collector|otelcol|filebeat|metricbeat|winlogbeat|auditbeat|heartbeat|fluent-?bit|fluentd|telegraf|vector|promtail|alloy|grafana-agent|logstash|
    datadog-agent|statsd|collectd|vmagent|vmalert|blackbox|probe|kubernetes-(?:pods|nodes|cadvisor|service-endpoints|apiservers)|kube-prometheus.*)(?:[-_./]\w+)?"""
)
_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"  # Kubernetes' alphabet for generated names
_DEPLOYMENT_POD: Final = re.compile(rf"(?P<owner>.+?)-(?:{_SAFE}{{8,10}}|[0-9a-f]{{8,10}})-[a-z0-9]{{5}}")
_SET_POD: Final = re.compile(rf"(?P<owner>.+?)-(?:\d{{1,4}}|{_SAFE}{{5}})")
_REPLICASET: Final = re.compile(rf"(?P<owner>.+)-(?:{_SAFE}{{8,10}}|[0-9a-f]{{8,10}})")
_CRON_JOB: Final = re.compile(r"(?P<owner>.+)-\d{8,10}")
_ADDRESS: Final = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:]+)\]|(?P<host>[^:/\s]+)):\d{1,5}")
_IP: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}")
_FQDN: Final = re.compile(r"(?P<short>[A-Za-z0-9][A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_-]{1,63}){1,8}")
MAX_VALUE_CHARS: Final = 512
"""Longest value of an attribute that is kept: names are short, anything longer is data in the wrong place."""


_PRIVATE: Final = re.compile(
    r"(?:.*_)?(?:(?:end|db|os|auth|login|remote|src|dst|target)?user|usr|login|person|author|sender|recipient|contact|assignee|username|userid)(?:_?name|_?id|_?e?mail|_?full_?name)?"
    r"|.*e_?mail|.*phone|.*phone_?number|.*passw(?:or)?d|.*secret|.*(?:^|_)token|.*api_?key|.*credentials?|.*authorization|.*cookie|.*session_?id"
)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The alias dictionary, perhaps extended by the user."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Folded attribute name → (OpenTelemetry name); the user's names win over ours."""
    entities: Mapping[str, str] = field(default_factory=dict)
    """`kind:name` as some tool says it → `kind:name` as the user wants it."""
    extra: frozenset[str] = frozenset()
    """The folded names that the user added."""


@dataclass(frozen=True, slots=True)
class Identity:
    entity: str
    """Empty when no attribute named anything."""
    ancestors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    """OpenTelemetry names, sorted; holds every identity too."""

    def subject(self, kind: Kind, source: str, name: str = "", *, unit: str = "", fallback: str = "") -> Subject:
        """The subject of a row about this identity; `fallback` is its entity when nothing was named (`alarm:HighLatency`)."""
        name = name[:MAX_VALUE_CHARS]
        return Subject(
            kind=kind, entity=self.entity or (fallback if fallback[-1:] not in ("", ":") else f"alarm:{name or source}"), name=name, ancestors=self.ancestors,
            aliases=self.aliases, attributes=self.attributes, unit=unit, source=source,
        )  # fmt: skip


@lru_cache(maxsize=8192)
def fold(name: str) -> str:
    """An attribute name without case and punctuation, as it is looked up."""
    return "".join(c for c in name.lower() if c.isalnum())


def dictionary(attributes: Mapping[str, tuple[str, ...]] | None = None, entities: Mapping[str, str] | None = None) -> Dictionary:
    """Our dictionary, extended by a user's: OpenTelemetry name → further names, and entity → entity."""
    names: dict[str, str] = {}
    for otel, aliases in ALIASES.items():
        for alias in (otel, *aliases):
            names.setdefault(fold(alias), otel)
    extra = {fold(alias): otel for otel, aliases in (attributes or {}).items() for alias in aliases}
    return Dictionary({**names, **extra}, dict(entities or {}), frozenset(extra))


DEFAULT: Final = dictionary()


def identify(attributes: Mapping[str, str], known: Dictionary = DEFAULT) -> Identity:
    """Who a row is about.  Keys in any tool's spelling, values text; empty values say nothing."""
    named = _rename(attributes, known)
    found, aliases, facts = _candidates(named)
    for key, value in facts.items():
        named.setdefault(key, value)
    entity = next(iter(found), "")
    ancestors = tuple(e for e in found[1:] if _holds(e, entity))
    same = {e for e in found[1:] if e.partition(":")[0] == entity.partition(":")[0]}
    aliases += [e for e in found[1:] if e in same and e not in _shared(named)]
    if known.entities:
        entity, ancestors = known.entities.get(entity, entity), tuple(known.entities.get(e, e) for e in ancestors)
    return Identity(
        entity, tuple(dict.fromkeys(ancestors)), tuple(dict.fromkeys(e for e in aliases if e != entity)), tuple(sorted(named.items()))
    )


def owner_of_pod(pod: str) -> str:
    """The Deployment, DaemonSet or StatefulSet that a pod's generated name holds; empty for a name that was not generated."""
    match = _DEPLOYMENT_POD.fullmatch(pod) or _SET_POD.fullmatch(pod)
    return match["owner"] if match else ""


def without_port(address: str) -> str:
    """The host of `host:port` or `[v6]:port`; anything else as it is."""
    match = _ADDRESS.fullmatch(address)
    return (match["v6"] or match["host"]) if match else address


def is_collector(name: str) -> bool:
    """True for what reports on others: exporters, agents, shippers."""
    return bool(_COLLECTORS.fullmatch(name))


@lru_cache(maxsize=8192)
def is_private(key: str) -> bool:
    """True for an attribute that names a person or holds a secret by its very name."""
    return bool(_PRIVATE.fullmatch(re.sub(r"[.\-\s]", "_", key.lower())))


def impersonal(key: str, value: str) -> str:
    """An attribute's value without secrets and people; accounts of machines stay."""
    if is_private(key):
        return value if role_of(value) == "automation" else "<user>"
    return redact_label(value)


def _rename(attributes: Mapping[str, str], known: Dictionary) -> dict[str, str]:
    """The attributes under OpenTelemetry names; of two that mean the same the more trusted goes first, the other keeps its name."""
    named: dict[str, str] = {}
    rank: dict[str, int] = {}
    for key, raw in sorted(attributes.items()):
        value = raw.strip() if len(raw) <= MAX_VALUE_CHARS else raw[:MAX_VALUE_CHARS]
        if not value or value in ("-", "null", "None", "<none>"):
            continue
        exported = key.startswith("exported_")
        folded = fold(key.removeprefix("exported_"))
        otel = known.names.get(folded)
        if otel is None:
            named.setdefault(key, impersonal(key, value))
            continue
        trust = -2 if exported else -1 if folded in known.extra else _trust(otel, folded)
        if otel not in rank or trust < rank[otel]:
            if otel in rank and named[otel] != value:
                named.setdefault(f"{otel}.reported", named[otel])
            named[otel], rank[otel] = value, trust
        elif named[otel] != value:
            named.setdefault(key if key != otel else f"{otel}.reported", value)
    return named


@lru_cache(maxsize=8192)
def _trust(otel: str, folded: str) -> int:
    if folded == fold(otel):
        return 0
    return next((place for place, alias in enumerate(ALIASES.get(otel, ()), start=1) if fold(alias) == folded), 1)


def _candidates(named: Mapping[str, str]) -> tuple[list[str], list[str], dict[str, str]]:
    """Entities that the attributes name, best first; further names of them; facts that a resource id tells."""
    ranked: dict[str, list[str]] = {kind: [] for kind in dict.fromkeys(ENTITY_KIND.values())}
    aliases: list[str] = []
    facts: dict[str, str] = {}
    weak: list[str] = []
    for key, kind in ENTITY_KIND.items():
        value = named.get(key)
        if value is None or (kind == "host" and value == named.get("k8s.pod.name")):
            continue  # inside a container the pod's name passes for the host's
        if parsed := resource(value):
            ranked[parsed.kind if parsed.kind in ranked else kind].append(f"{parsed.kind}:{parsed.name}")
            aliases.append(f"resource:{parsed.id}")
            facts.update(parsed.attributes)
        elif key in _WEAK or (kind == "service" and is_collector(value)) or _is_scraper(key, value, named):
            weak.append(_weak(key, kind, value))
        else:
            ranked[kind].append(f"{kind}:{_plain(key, value)}")
        if kind == "host" and not _IP.fullmatch(value) and (fqdn := _FQDN.fullmatch(value)):
            aliases.append(f"host:{fqdn['short']}")
    pod = named.get("k8s.pod.name", "")
    if ranked["pod"] and not ranked["service"] and (owner := owner_of_pod(pod)):
        ranked["service"].append(f"service:{owner}")
    found = [entity for entities in ranked.values() for entity in entities]
    if not found or (weak and not ranked["service"] and not ranked["pod"] and not ranked["host"]):
        found += _scraped(weak, named)
    return found, aliases, facts


def _is_scraper(key: str, value: str, named: Mapping[str, str]) -> bool:
    """True for the pod or container of the exporter that was scraped: its job or service bears the same name."""
    if key not in ("k8s.pod.name", "k8s.container.name"):
        return False
    owner = owner_of_pod(value) or value
    return is_collector(owner) and any(
        said.endswith(owner) or owner.endswith(said) for key in ("job", "service.name") if (said := named.get(key, ""))
    )


def _scraped(weak: list[str], named: Mapping[str, str]) -> list[str]:
    """The scrape target itself: its host when an exporter told of it, else its job on its host."""
    collector = is_collector(named.get("job", "")) or is_collector(named.get("service.name", ""))
    hosts = [entity for entity in weak if entity.startswith("host:")]
    return hosts + [e for e in weak if e not in hosts] if collector else [e for e in weak if e not in hosts] + hosts


def _weak(key: str, kind: str, value: str) -> str:
    return f"{kind}:{without_port(value) if key == 'instance' else value}"


def _plain(key: str, value: str) -> str:
    """The name that lasts: a ReplicaSet's deployment, a Job's cron job, a host without its port."""
    if key == "k8s.replicaset.name" and (match := _REPLICASET.fullmatch(value)):
        return match["owner"]
    if key == "k8s.job.name" and (match := _CRON_JOB.fullmatch(value)):
        return match["owner"]
    return without_port(value) if key in ("host.name", "k8s.node.name") else value


def _shared(named: Mapping[str, str]) -> set[str]:
    """Entities that many different things are called (a component `api`, a scrape job): true of this one, but no name of it alone."""
    return {f"service:{named[key]}" for key in ("component", "job") if key in named}


_HOLDERS: Final = {
    "service": ("host",),
    "pod": ("service", "host"),
    "container": ("pod", "service", "host"),
    "unit": ("host",),
    "database": ("host",),
}


def _holds(entity: str, inner: str) -> bool:
    return entity.partition(":")[0] in _HOLDERS.get(inner.partition(":")[0], ())
