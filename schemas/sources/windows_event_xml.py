"""Windows Event XML: `wevtutil qe`, `Get-WinEvent … ToXml()`, evtx_dump, forwarded subscriptions.

Knows:   several <Event> roots in one text (with or without <Events> around them), RenderingInfo, named and positional
         Data, UserData, single or double quotes, declarations that contradict the encoding.
Ignores: what an event means (windows_meaning.py).
Identity Computer; time TimeCreated/@SystemTime (UTC); severity Level, audits by Keywords; dedup Computer+Channel+EventRecordID.
Source:  Windows Event Log, EventSchema.xsd.  defusedxml refuses entities and DTDs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from schemas import times
from schemas.rejected import Rejected
from schemas.signal import Signal
from schemas.sources.source import Received, Source
from schemas.sources.windows_event import WindowsEvent, severity_of, whole
from schemas.sources.windows_meaning import signal_of

FORMAT: Final = "windows.event_xml"
_ROOT: Final = re.compile(r"<(?:\w+:)?Event(?:\s[^<>]*)?>.*?(?:</(?:\w+:)?Event\s*>|(?=<(?:\w+:)?Event[\s>])|\Z)", re.DOTALL)
_OPENS: Final = re.compile(
    r"\s*(?:\ufeff)?\s*(?:Record \d{1,20}\s+)?(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)?<(?:\w+:)?Events?[\s>]", re.DOTALL
)
_ILLEGAL: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:x0*(?:[0-8bcBC]|[eE]|1[0-9a-fA-F]|7f|[fF]{3}[eEfF])|0*(?:[0-8]|1[124-9]|2\d|3[01]));"
)
"""Characters and references that XML 1.0 forbids and that Windows writes all the same, for binary parameters."""
MAX_DATA: Final = 200
"""Parameters kept of one event; the largest template of Windows has fewer than 100."""


def recognises(document: Any) -> bool:
    return isinstance(document, str) and _OPENS.match(document[:4096]) is not None


def read(document: Any, received: Received) -> Iterable[Signal | Rejected]:
    seen = False
    for position, root in enumerate(_ROOT.finditer(document)):
        seen = True
        event = event_of(root[0])
        if event is None:
            yield Rejected(
                "bad_xml", "The event is not well-formed XML; send whole <Event>…</Event> elements.", f"Event[{position}]", FORMAT
            )
        else:
            yield signal_of(event, FORMAT, received)
    if not seen:
        yield Rejected("bad_xml", "No complete <Event> element was found; send whole <Event>…</Event> elements.", "", FORMAT)


def event_of(xml: str) -> WindowsEvent | None:
    """The event in one <Event> element; None where it is not well-formed."""
    try:
        root = fromstring(_ILLEGAL.sub("", xml))
    except (ParseError, DefusedXmlException, ValueError):
        return None
    tree = {_local(child): child for child in root}
    system = {_local(child): child for child in tree["System"]} if "System" in tree else {}
    rendering = {_local(child): child for child in tree["RenderingInfo"]} if "RenderingInfo" in tree else {}
    provider = system.get("Provider")
    event = WindowsEvent(
        provider=_attribute(provider, "Name") or _attribute(provider, "EventSourceName") or _said(rendering.get("Provider")),
        event_id=whole(_said(system.get("EventID"))) or 0,
        channel=_said(system.get("Channel")) or _said(rendering.get("Channel")),
        computer=_said(system.get("Computer")),
        record_id=_said(system.get("EventRecordID")),
        time_ns=times.parse(_attribute(system.get("TimeCreated"), "SystemTime")),
        message=_said(rendering.get("Message")),
        user=_attribute(system.get("Security"), "UserID"),
        process_id=_attribute(system.get("Execution"), "ProcessID"),
    )
    words = [_said(word) for word in rendering.get("Keywords", ())]
    audit = next((word for word in words if word.lower().startswith("audit ")), None)
    event.severity_number = severity_of(
        _said(system.get("Level")), audit or _said(system.get("Keywords")), word=_said(rendering.get("Level"))
    )
    _take_data(event, tree)
    return event


def _take_data(event: WindowsEvent, tree: dict[str, Element]) -> None:
    position = 0
    for element in list(tree.get("EventData", ()))[:MAX_DATA]:
        name = _local(element)
        if name == "Binary":
            event.binary = _said(element)
        elif name == "Data":
            position += 1
            event.data[_attribute(element, "Name") or f"param{position}"] = _said(element)
        else:
            event.data[name] = _said(element)
    for element in list(_leaves(tree.get("UserData")))[:MAX_DATA]:
        event.data.setdefault(_local(element), _said(element))


def _leaves(element: Element | None) -> Iterator[Element]:
    return (node for node in element.iter() if len(node) == 0) if element is not None else iter(())


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _said(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def _attribute(element: Element | None, name: str) -> str:
    return element.get(name, "") if element is not None else ""


SOURCES: Final = (Source(FORMAT, recognises, read),)
