"""The parameters of a Windows event in JSON, in whatever shape an exporter left the XML's EventData and UserData.

Knows:   attributes under `#attributes`, `@Name` or a twin object; positional lists, lists of named pairs, trees, `Binary`.
Ignores: which fields an event has beside them (windows_event_json.py).
Source:  evtx_dump (omerbenamram/evtx), xmltodict, Winlogbeat, OpenTelemetry Collector windowseventlogreceiver.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.sources.windows_event import WindowsEvent, text

MAX_DATA: Final = 200
"""Parameters kept of one event; the largest template of Windows has fewer than 100."""


def content(value: Any) -> Any:
    """The text of an element that may also carry attributes."""
    if isinstance(value, dict):
        return next((value[key] for key in ("#text", "Value", "value", "text", "id") if key in value), None)
    return value


def attribute(system: dict[str, Any], element: str, name: str) -> str:
    """An attribute of an element: under `#attributes`, `@Name`, plain, or in a twin object `<element>_attributes`."""
    for holder in (system.get(element), system.get(f"{element}_attributes"), system.get(f"{element}#attributes")):
        if isinstance(holder, dict):
            inner = holder.get("#attributes", holder.get("attributes"))
            for place in (inner, holder):
                if isinstance(place, dict):
                    found = text(place.get(name, place.get(f"@{name}")))
                    if found:
                        return found
    return ""


def take(event: WindowsEvent, data: Any, depth: int = 0) -> None:
    """Parameters from an object, a positional list, a list of named pairs, or a tree of them."""
    if isinstance(data, list):
        for position, item in enumerate(data[:MAX_DATA], start=1):
            name = attribute({"Data": item}, "Data", "Name")
            pair = next(iter(item.items())) if isinstance(item, dict) and len(item) == 1 and content(item) is None else ("", None)
            event.data[name or str(pair[0]) or f"param{position}"] = text(content(item) if pair[1] is None else pair[1])
    elif isinstance(data, dict) and depth < 4:
        for key, value in list(data.items())[:MAX_DATA]:
            if key in ("Binary", "binary"):
                event.binary = text(content(value))
            elif key in ("Data", "data", "#text") or (isinstance(value, dict) and "#text" not in value and not key.startswith(("#", "@"))):
                take(event, value, depth + 1)
            elif not key.startswith(("#attributes", "@")):
                event.data[key] = text(content(value))
    elif isinstance(data, str | int | float) and depth and not isinstance(data, bool) and str(data).strip():
        event.data.setdefault("param1", text(data))
