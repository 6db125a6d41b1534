"""Numbers as collectors hand them on: Vector's and Splunk's metric events, collectd's JSON, Graphite's lines.

Reference: Vector "Metric event data model"; Splunk "Get metrics in from HTTP clients" (`metric_name:<name>`, or `metric_name` and `_value`);
           collectd "JSON"; Graphite "The plaintext protocol", "Tag support" (`path;tag=value`).
Identity:  tags; Splunk's dimensions and host; collectd's host; of a Graphite path without tags nothing is known.
Time:      Vector `timestamp`, RFC 3339; the others epoch seconds.
Rows:      Vector one, of a distribution its mean; Splunk one a measurement; collectd one a data source.  An incremental counter has the
           attribute `otel.metric.temporality`.
Severity, state: none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from schemas import times
from schemas.identity import identify
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, number, sequence, text
from schemas.sources.fields import MAX_LABELS, labels
from schemas.sources.lines import numbered
from schemas.sources.prometheus import unit_of
from schemas.sources.source import Received, Source

VECTOR: Final = "vector.metric"
SPLUNK: Final = "splunk.metric"
COLLECTD: Final = "collectd"
GRAPHITE: Final = "graphite"
_VECTOR_VALUES: Final = ("counter", "gauge", "aggregated_histogram", "aggregated_summary", "distribution", "set")
_PREFIX: Final = "metric_name:"
_GRAPHITE: Final = re.compile(
    r"(?P<path>[A-Za-z_][\w-]{0,128}(?:\.[\w%@:/+-]{1,128}){1,32}(?:;[\w.-]{1,128}=[^;\s]{1,256}){0,32}) (?P<value>[-+]?[\d.eE+-]{1,32}) (?P<time>\d{9,10}(?:\.\d+)?)"
)


def read_vector(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    kind = next(key for key in _VECTOR_VALUES if isinstance(document.get(key), dict))
    said = mapping(document[kind])
    name = ".".join(part for part in (text(document.get("namespace")), text(document.get("name"))) if part)
    delta = {"otel.metric.temporality": "delta"} if kind == "counter" and text(document.get("kind")) == "incremental" else {}
    subject = identify({**labels(document.get("tags")), **delta}).subject(
        Kind.METRIC, VECTOR, name, unit=unit_of(name), fallback=f"alarm:{name}"
    )
    yield Signal(subject=subject, event_time_ns=times.parse(document.get("timestamp")), value=_value(kind, said))


def _value(kind: str, said: dict[str, Any]) -> float | None:
    if kind == "set":
        return float(len(sequence(said.get("values"))))
    total, count = number(said.get("sum")), number(said.get("count"))
    if kind == "distribution":
        samples = [(number(mapping(item).get("value")), number(mapping(item).get("rate")) or 1.0) for item in sequence(said.get("samples"))]
        total = sum(value * rate for value, rate in samples if value is not None)
        count = sum(rate for value, rate in samples if value is not None)
    if kind in ("counter", "gauge"):
        return number(said.get("value"))
    return number(total / count) if total is not None and count else None


def read_splunk(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    fields = mapping(document.get("fields"))
    values = {key.removeprefix(_PREFIX): value for key, value in fields.items() if key.startswith(_PREFIX)}
    if "metric_name" in fields:
        values[text(fields["metric_name"])] = fields.get("_value")
    dimensions = {key: value for key, value in labels(fields).items() if not key.startswith((_PREFIX, "_")) and key != "metric_name"}
    identity = identify({"host.name": first(document, "host"), **dimensions})
    if not values:
        yield Rejected("no_value", "a metric event without metric_name says nothing that is measured", "fields", SPLUNK)
    for name, value in values.items():
        subject = identity.subject(Kind.METRIC, SPLUNK, name, unit=unit_of(name.replace(".", "_")), fallback=f"alarm:{name}")
        yield Signal(subject=subject, event_time_ns=times.parse(document.get("time")), value=number(value))


def read_collectd(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    """`plugin.type.source`; the instances of plugin and type are attributes."""
    instances = {f"collectd.{key}": text(document.get(key)) for key in ("plugin_instance", "type_instance")}
    identity = identify({"host.name": text(document.get("host")), **instances})
    sources = sequence(document.get("dsnames"))
    for place, value in enumerate(sequence(document.get("values"))[:MAX_LABELS]):
        source = text(sources[place]) if place < len(sources) else "value"
        name = ".".join(
            part for part in (text(document.get("plugin")), text(document.get("type")), "" if source == "value" else source) if part
        )
        subject = identity.subject(Kind.METRIC, COLLECTD, name, unit=unit_of(name.replace(".", "_")), fallback=f"alarm:{name}")
        yield Signal(subject=subject, event_time_ns=times.parse(document.get("time")), value=number(value))


def read_graphite(document: str, received: Received) -> Iterator[Signal | Rejected]:
    for place, line in numbered(document):
        match = _GRAPHITE.fullmatch(line.strip())
        if match is None:
            yield Rejected("bad_line", "not `path value seconds` as Graphite defines it", f"line {place}", GRAPHITE)
            continue
        path, *tags = match["path"].split(";")
        given = {key: value for key, sign, value in (tag.partition("=") for tag in tags[:MAX_LABELS]) if sign}
        subject = identify(given).subject(Kind.METRIC, GRAPHITE, path, unit=unit_of(path.replace(".", "_")), fallback=f"alarm:{path}")
        yield Signal(subject=subject, event_time_ns=times.parse(match["time"], unit="s"), value=number(match["value"]))


def _is_vector(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and {"name", "kind"} <= document.keys()
        and any(isinstance(document.get(key), dict) for key in _VECTOR_VALUES)
    )


def _is_splunk(document: Any) -> bool:
    return isinstance(document, dict) and document.get("event") == "metric" and isinstance(document.get("fields"), dict)


def _is_collectd(document: Any) -> bool:
    return isinstance(document, dict) and {"plugin", "type", "values", "dsnames"} <= document.keys()


def _is_graphite(document: Any) -> bool:
    return isinstance(document, str) and _GRAPHITE.fullmatch(document.lstrip().split("\n", 1)[0][:2048].strip()) is not None


SOURCES: Final = (
    Source(VECTOR, _is_vector, read_vector), Source(SPLUNK, _is_splunk, read_splunk), Source(COLLECTD, _is_collectd, read_collectd),
    Source(GRAPHITE, _is_graphite, read_graphite),
)  # fmt: skip
