"""Google Cloud Monitoring: incidents of alerting policies by webhook or Pub/Sub, and time series of the API.

Reference: Cloud Monitoring, "Webhook schema structure" 1.1, 1.2 and test; Monitoring API v3 `timeSeries.list`, `timeSeries.query`.
Identity:  resource.labels by type, metric.labels (a PromQL alert has nothing else), resource_name and resource_id of 1.1.
Time:      started_at and ended_at (seconds; null while open, 0 in tests).  Severity: 1.2's Critical, Error, Warning; "No severity" says nothing.
State:     open or acknowledged is firing, closed resolved, in any case.  Dedup: incident_id (the url may hold another id).
Value:     observed_value (a text); of a time series each point's value, a distribution's mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.severity import ERROR, from_word
from schemas.signal import Kind, Signal, Status
from schemas.sources.cloud import first, mapping, number, row, sequence, text
from schemas.sources.fields import labels
from schemas.sources.gcp_names import of_resource
from schemas.sources.source import Received, Source

FORMAT: Final = "gcp.monitoring"
_STATUS: Final = {"open": Status.FIRING, "acknowledged": Status.FIRING, "closed": Status.RESOLVED}
_INSTANCE: Final = re.compile(r"i-[0-9a-f]{6,17}|\d{15,20}")
_MISSING: Final = ("__missing__", "")


def _is_incident(document: Any) -> bool:
    incident = document.get("incident") if isinstance(document, dict) else None
    return isinstance(incident, dict) and "incident_id" in incident and ("state" in incident or "policy_name" in incident)


def _read_incident(document: Any, received: Received) -> Iterator[Signal]:
    incident = document["incident"]
    state = first(incident, "state").lower()
    status = _STATUS.get(state)
    started, ended = (times.parse(incident.get(key), unit="s") if incident.get(key) else 0 for key in ("started_at", "ended_at"))
    over = status is Status.RESOLVED and ended
    metric, condition = mapping(incident.get("metric")), mapping(incident.get("condition"))
    named, ids = _observed(incident)
    policy, name = first(incident, "policy_name"), first(incident, "condition_name") or first(condition, "displayName")
    link = first(incident, "url")
    yield row(
        received,
        Kind.ALERT,
        FORMAT,
        {
            **named,
            "alert.name": policy or name,
            "metric.name": "" if first(metric, "type") in _MISSING else first(metric, "type"),
            "cloud.provider": "gcp",
            "cloud.account.id": first(incident, "scoping_project_id") or named.get("cloud.account.id", ""),
        },
        ids=ids,
        fallback=f"alarm:{policy or name or first(incident, 'incident_id')}",
        name=policy or name,
        text=": ".join(dict.fromkeys(part for part in (policy, name, first(incident, "summary")) if part)),
        event_time_ns=ended if over else started,
        starts_at_ns=started if over else 0,
        severity_number=from_word(first(incident, "severity")) or (ERROR if status is Status.FIRING else 0),
        status=status,
        value=number(incident.get("observed_value")),
        dedup_key=f"{FORMAT}|{first(incident, 'incident_id')}",
        evidence_url=link if link.startswith("https://") else "",
        details={
            "threshold": number(incident.get("threshold_value")), "condition": name, "state": state,
            "test": document.get("version") == "test", "documentation": first(mapping(incident.get("documentation")), "content"),
            "incident": first(incident, "incident_id"),
        },
    )  # fmt: skip


def _observed(incident: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """What the incident is about; 1.1 has no more than a name and an id."""
    monitored = mapping(incident.get("resource"))
    named, ids = of_resource(monitored)
    series = _labels(mapping(mapping(incident.get("metric")).get("labels")))
    system = mapping(mapping(incident.get("metadata")).get("system_labels"))
    if first(monitored, "type") == "gce_instance" and (host := first(system, "name")):
        named["host.name"] = host
    id_ = first(incident, "resource_id")
    name = next((said for key in ("resource_display_name", "resource_name") if (said := first(incident, key)) and " " not in said), "")
    bare = not monitored or first(monitored, "type") == "gce_instance"
    if bare and _INSTANCE.fullmatch(id_):
        named.setdefault("host.id", id_)
        if name:
            named.setdefault("host.name", name.rpartition("/")[2])
        id_ = name = ""
    elif first(monitored, "type") == "gce_instance" and name and name != named.get("host.id"):
        named.setdefault("host.name", name.rpartition("/")[2])
        name = ""
    return {**series, **named}, [found for found in (*ids, name, id_) if found]


def _labels(given: Mapping[str, Any]) -> dict[str, str]:
    """A metric's labels; Compute Engine's `instance_name` is a host's name."""
    found = labels(given)
    return {"host.name" if key == "instance_name" else key: value for key, value in found.items()}


def _is_series(document: Any) -> bool:
    return isinstance(document, dict) and (
        (isinstance(document.get("timeSeries"), list) and _looks_like_series(document["timeSeries"]))
        or (isinstance(document.get("timeSeriesData"), list) and isinstance(document.get("timeSeriesDescriptor"), dict))
        or _looks_like_series([document])
    )


def _looks_like_series(found: list[Any]) -> bool:
    series = found[0] if found else {}
    return isinstance(series, dict) and isinstance(series.get("points"), list) and isinstance(series.get("metric"), dict)


def _read_series(document: Any, received: Received) -> Iterator[Signal | Rejected]:
    if "timeSeriesData" in document:
        yield from _read_query(document, received)
        return
    unit = first(document, "unit")
    for place, series in enumerate(document.get("timeSeries", [document])):
        if not isinstance(series, dict):
            yield Rejected("not_an_object", "a time series is an object", f"timeSeries[{place}]", f"{FORMAT}.timeseries")
            continue
        metric = mapping(series.get("metric"))
        named, ids = of_resource(mapping(series.get("resource")))
        series_labels = _labels(mapping(metric.get("labels")))
        for index, point in enumerate(sequence(series.get("points"))):
            value = _value(mapping(mapping(point).get("value")))
            if value is None:
                yield Rejected(
                    "no_value",
                    "a point holds a number, a boolean or a distribution",
                    f"timeSeries[{place}].points[{index}]",
                    f"{FORMAT}.timeseries",
                )
                continue
            yield _point(
                first(metric, "type"),
                {**series_labels, **named},
                ids,
                mapping(point).get("interval"),
                value,
                first(series, "unit") or unit,
                received,
            )


def _read_query(document: Mapping[str, Any], received: Received) -> Iterator[Signal | Rejected]:
    """MQL's answer: labels and columns are described once, rows hold values only."""
    described = mapping(document.get("timeSeriesDescriptor"))
    keys = [first(mapping(label), "key") for label in sequence(described.get("labelDescriptors"))]
    columns = [mapping(column) for column in sequence(described.get("pointDescriptors"))]
    for place, series in enumerate(sequence(document.get("timeSeriesData"))):
        said = [next((text(value) for value in mapping(label).values()), "") for label in sequence(mapping(series).get("labelValues"))]
        found = dict(zip(keys, said, strict=False))
        named, ids = of_resource({"labels": {key.rpartition(".")[2]: value for key, value in found.items() if key.startswith("resource.")}})
        series_labels = _labels({key.removeprefix("metric."): value for key, value in found.items() if not key.startswith("resource.")})
        for index, point in enumerate(sequence(mapping(series).get("pointData"))):
            for column, entry in zip(columns, sequence(mapping(point).get("values")), strict=False):
                value = _value(mapping(entry))
                if value is None:
                    yield Rejected(
                        "no_value",
                        "a point holds a number, a boolean or a distribution",
                        f"timeSeriesData[{place}].pointData[{index}]",
                        f"{FORMAT}.timeseries",
                    )
                    continue
                name = first(column, "key").removeprefix("value.").replace("_googleapis_com_", ".googleapis.com/")
                yield _point(
                    name, {**series_labels, **named}, ids, mapping(point).get("timeInterval"), value, first(column, "unit"), received
                )


def _point(metric: str, named: Mapping[str, str], ids: list[str], interval: object, value: float, unit: str, received: Received) -> Signal:
    return row(
        received,
        Kind.METRIC,
        f"{FORMAT}.timeseries",
        {**named, "cloud.provider": "gcp"},
        ids=ids,
        fallback=f"service:{metric.partition('.')[0] or 'gcp'}",
        name=metric,
        event_time_ns=times.parse(mapping(interval).get("endTime")) or times.parse(mapping(interval).get("startTime")),
        value=value,
        unit=unit,
    )


def _value(value: Mapping[str, Any]) -> float | None:
    for key in ("doubleValue", "int64Value", "double_value", "int64_value"):
        if (found := number(value.get(key))) is not None:
            return found
    if isinstance(value.get("boolValue"), bool):
        return 1.0 if value["boolValue"] else 0.0
    return number(mapping(value.get("distributionValue")).get("mean"))


SOURCES: Final = (Source(FORMAT, _is_incident, _read_incident), Source(f"{FORMAT}.timeseries", _is_series, _read_series))
