"""Metricbeat documents: numbers of one metricset about one thing; and the Kubernetes events that its event metricset ships.

Reference: Metricbeat reference "Exported fields", "Modules"; ECS.
Identity:  as in ecs.py; `service.address` is what was asked, `service.type` the module.
Time:      `@timestamp`, the moment of collection.  (Of Kubernetes events the last occurrence: kubernetes.py.)
Severity, state: none.
Rows:      every number under `<module>.<metricset>` is a metric of that dotted name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas import severity, times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal, Status
from schemas.sources import kubernetes
from schemas.sources.cloud import first, mapping, number, row, text
from schemas.sources.ecs import subject_of
from schemas.sources.fields import at, text_at
from schemas.sources.source import Received, Source

METRICBEAT: Final = "elastic.metricbeat"
_UNITS: Final = {"pct": "1", "bytes": "By", "ms": "ms", "us": "us", "ns": "ns", "sec": "s"}
_MAX_ROWS: Final = 500
"""Numbers of one document; the largest metricset (Kafka, JVM) has about 200."""


def read(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    module = text_at(document, "event.module", "metricset.module", "service.type")
    metricset = text_at(document, "metricset.name")
    if module == "kubernetes" and metricset == "event":
        yield from kubernetes.read(document, received)
        return
    if metricset == "service" and (service := mapping(at(document, f"{module}.service"))):
        yield _service(document, service, received)
        return
    about = subject_of(document, Kind.METRIC)
    collected = times.parse(document.get("@timestamp"))
    count = 0
    for name, value in _numbers(mapping(document.get(module)), module):
        count += 1
        if count > _MAX_ROWS:
            yield Rejected("too_many_rows", f"a document may hold {_MAX_ROWS} numbers", module, METRICBEAT)
            return
        subject = type(about)(
            kind=Kind.METRIC, entity=about.entity, name=name, ancestors=about.ancestors, aliases=about.aliases, attributes=about.attributes,
            unit=_UNITS.get(name.rpartition(".")[2], ""), source=METRICBEAT,
        )  # fmt: skip
        yield Signal(subject=subject, event_time_ns=collected, value=value)
    if not count:
        yield Rejected("no_value", "no numbers under the document's own module", module, METRICBEAT)


def _service(document: Any, service: dict[str, Any], received: Received) -> Signal:
    """A service of Windows or a unit of systemd: its state, not its process id."""
    name, state = first(service, "name", "display_name"), text(service.get("state"))
    failed = state.lower() == "failed" or (state.lower() == "stopped" and text(service.get("start_type")).lower().startswith("auto"))
    running = state.lower() in ("running", "active")
    host = text_at(document, "host.name", "host.hostname")
    return row(
        received, Kind.STATE, METRICBEAT, {"host.name": host, "windows.service.name": name}, name="service.state",
        text=f"{first(service, 'display_name', 'name')} is {state}", event_time_ns=times.parse(document.get("@timestamp")),
        severity_number=severity.ERROR if failed else severity.INFO, status=Status.FIRING if failed else Status.RESOLVED if running else None,
        dedup_key=f"service|{host}|{name}".lower(), details={"to": state, "from": text(service.get("sub_state"))}, fallback=f"unit:{name}",
    )  # fmt: skip


def _numbers(value: Any, prefix: str, depth: int = 0) -> Iterator[tuple[str, float]]:
    for key, item in value.items():
        name = f"{prefix}.{key}"
        if isinstance(item, dict) and depth < 8:
            yield from _numbers(item, name, depth + 1)
        elif isinstance(item, int | float) and (found := number(item)) is not None:
            yield name, found


def _recognises(document: Any) -> bool:
    return isinstance(document, dict) and "@timestamp" in document and isinstance(document.get("metricset"), dict)


SOURCES: Final = (Source(METRICBEAT, _recognises, read),)
