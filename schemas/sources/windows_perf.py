"""Windows performance counters: PerfMon's CSV (typeperf, relog, data collector sets), nxlog, Get-Counter, and the Perf table of Azure.

Knows:   counter paths `\\\\HOST\\Object(Instance)\\Counter`, and the zone that a PDH-CSV header states.
Ignores: metricbeat's windows.perfmon (ecs.py) and telegraf's metrics (telegraf.py).
Identity the path's host; instance and object are attributes.  Time: PDH-CSV writes local time, its header the minutes to add for UTC.
A blank or empty cell says that the counter could not be read: no row.
Source:  Microsoft Learn, "Performance Counters: PDH log file formats", typeperf, Get-Counter; NXLog im_winperfcount; Azure Perf table.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import Any, Final

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Kind, Signal
from schemas.sources.cloud import first, mapping, number, row, sequence, text
from schemas.sources.lines import numbered
from schemas.sources.source import Received, Source

FORMAT: Final = "windows.perf"
_CSV: Final = re.compile(r'"\((?:PDH-CSV|PDH-TSV) 4\.0\) \([^()"]{0,64}\)\((?P<bias>-?\d{1,4})\)"')
_PATH: Final = re.compile(
    r"(?:\\\\(?P<host>[^\\]{1,255}))?\\(?P<object>[^\\(]{1,128})(?:\((?P<instance>.{0,256}?)\))?\\(?P<counter>[^\\]{1,128})$"
)
_UNITS: Final = (
    (re.compile(r"^% |%|Percent", re.IGNORECASE), "%"), (re.compile(r"Bytes/sec", re.IGNORECASE), "By/s"), (re.compile(r"^(?:Available )?MBytes$", re.IGNORECASE), "MBy"),
    (re.compile(r"KBytes", re.IGNORECASE), "kBy"), (re.compile(r"Bytes", re.IGNORECASE), "By"), (re.compile(r"/sec", re.IGNORECASE), "1/s"),
    (re.compile(r"^Avg\. Disk sec|Time \(sec", re.IGNORECASE), "s"),
)  # fmt: skip
_DOTNET_DATE: Final = re.compile(r"/Date\((?P<ms>\d{1,16})(?:[+-]\d{4})?\)/")
MAX_COUNTERS: Final = 4096
"""Columns of one log; data collector sets of hundreds of instances stay below a thousand."""


def recognises_csv(document: Any) -> bool:
    return isinstance(document, str) and _CSV.match(document.lstrip("\ufeff")) is not None


def recognises_json(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    if text(document.get("SourceModuleType")) == "im_winperfcount" or "CounterSamples" in document:
        return True
    return "CounterName" in document and ("CounterValue" in document or "Val" in document or "Average" in document)


def read_csv(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    lines = [line for _, line in numbered(document.lstrip("\ufeff"))]
    match = _CSV.match(lines[0])
    bias_ns = int(match["bias"]) * 60 * times.SECOND_NS if match else 0
    delimiter = "\t" if "PDH-TSV" in lines[0][:16] else ","
    table = csv.reader(lines, delimiter=delimiter)
    try:
        paths = next(table)[1 : MAX_COUNTERS + 1]
        for place, cells in enumerate(table, start=2):
            local = times.parse(cells[0]) if cells else 0
            if not local:
                yield Rejected("no_time", "A row starts with its time, such as 03/04/2025 10:13:00.123.", f"line {place}", FORMAT)
                continue
            for path, cell in zip(paths, cells[1:], strict=False):
                if (value := number(cell.strip())) is not None:
                    yield _counter(path, value, local + bias_ns, "", received)
    except csv.Error as error:
        yield Rejected("bad_csv", f"The log is no CSV of quoted cells: {error}", "", FORMAT)


def read_json(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    found = False
    for path, value, time_ns, host in _samples(document):
        found = True
        yield _counter(path, value, time_ns, host, received)
    if not found:
        yield Rejected("no_value", "The record names no counter with a number.", "", FORMAT)


def _samples(document: dict[str, Any]) -> Iterable[tuple[str, float, int, str]]:
    host = first(document, "Computer", "Hostname", "ComputerName")
    at = _time(first(document, "TimeGenerated", "EventTime", "Timestamp", "time", "@timestamp"))
    for sample in map(mapping, sequence(document.get("CounterSamples"))[:MAX_COUNTERS]):
        value = number(sample.get("CookedValue"))
        if value is not None:
            yield text(sample.get("Path")), value, _time(text(sample.get("Timestamp"))) or at, host
    if "CounterName" in document:
        value = number(document.get("CounterValue", document.get("Val", document.get("Average"))))
        path = first(document, "CounterPath") or _path(
            first(document, "ObjectName"), first(document, "InstanceName"), first(document, "CounterName")
        )
        if value is not None:
            yield path, value, at, host
    for key, raw in list(document.items())[:MAX_COUNTERS]:
        if key.startswith("\\") and (value := number(raw)) is not None:
            yield key, value, at, host


def _path(object_: str, instance: str, counter: str) -> str:
    return f"\\{object_}({instance})\\{counter}" if instance else f"\\{object_}\\{counter}"


def _time(said: str) -> int:
    match = _DOTNET_DATE.search(said[:64])
    return times.parse(int(match["ms"]), unit="ms") if match else times.parse(said)


def _counter(path: str, value: float, time_ns: int, host: str, received: Received) -> Signal:
    match = _PATH.match(path)
    counter, object_ = (match["counter"], match["object"]) if match else (path, "")
    named = {
        "host.name": host or (match["host"] if match and match["host"] else ""), "windows.perf.object": object_,
        "windows.perf.instance": match["instance"] if match and match["instance"] else "",
    }  # fmt: skip
    name = f"{object_}/{counter}" if object_ else counter
    unit = next((unit for pattern, unit in _UNITS if pattern.search(counter)), "")
    return row(
        received,
        Kind.METRIC,
        FORMAT,
        named,
        name=name[:256],
        unit=unit,
        value=value,
        event_time_ns=time_ns,
        fallback="resource:windows/perf",
    )


SOURCES: Final = (Source("windows.perf_csv", recognises_csv, read_csv), Source(FORMAT, recognises_json, read_json))
