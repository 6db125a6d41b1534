"""What a record is wrapped in, taken off layer by layer until a source recognises what is inside.

Knows:   gzip and base64, BOMs and UTF-16, NDJSON and concatenated objects, arrays, JSON inside strings; the envelopes of schemas/sources/layers.py.
Ignores: what the innermost document means (the sources), and where the record came from.

After every layer detection starts again.  Caps stand before the work they limit: bytes before parsing, unpacked bytes while
unpacking (a decompression bomb costs at most the cap), depth, documents a record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from schemas.rejected import Rejected
from schemas.sources.layers import parts_of
from schemas.sources.packing import GZIP, decode, gunzip, several, unbase64
from schemas.sources.part import Part, json_in
from schemas.sources.source import Received, Source

Detect = Callable[[Any], Source | None]


@dataclass(frozen=True, slots=True)
class Limits:
    record_bytes: int = 1 << 20
    """Kafka's own default for the largest record (message.max.bytes)."""
    unpacked_bytes: int = 16 << 20
    """What one record may grow to: CloudWatch subscriptions pack 6 MB into a record, telemetry zips 10:1."""
    depth: int = 8
    """SQS → SNS → EventBridge is 3, CloudEvent → Pub/Sub → base64 → LogEntry is 4; twice that."""
    documents: int = 10_000
    """Documents of one record; the largest batches seen (metric streams) hold some hundreds."""


@dataclass(frozen=True, slots=True)
class Document:
    source: Source
    content: Any
    received: Received
    at: str
    """Where it lies in the record: `Records[2].body`; empty for the record itself."""


_PACKED: Final = ("H4sI", "eyJ", "W3si", "ewog", "eyAi")
"""How base64 of gzip, of `{"`, of `[{"` and of pretty-printed JSON begins."""
_CARRYING: Final = ("body", "payload", "data", "message", "content", "event", "record", "value", "raw", "telemetry_payload")
"""Under which keys gateways, queues and webhook relays put what they were given."""
_LINES: Final = {
    "container.log.docker": ("log",), "linux.fluentbit": ("log", "message"), "linux.vector": ("message",), "json.log": ("message", "msg", "event"),
}  # fmt: skip
"""Formats of shipped lines, which are not read in bulk, and where each keeps the line."""
_NO_MORE_THAN_A_LINE: Final = frozenset({*_LINES, "elastic.ecs", "cloudevents", "alert.template", "change.template"})
"""Formats that a line's own JSON may look like without being anything but a log."""


class Opener:
    """Opens records.  Holds its limits and who to ask; remembers nothing of the records."""

    def __init__(self, detect: Detect, limits: Limits) -> None:
        self._detect = detect
        self._limits = limits

    def open(self, value: bytes, received: Received) -> Iterator[Document | Rejected]:
        """The documents of one record in order, and why parts of it could not be opened."""
        if len(value) > self._limits.record_bytes:
            cap = self._limits.record_bytes
            yield Rejected("too_large", f"the record has {len(value)} bytes, the cap is {cap}; raise the cap or send smaller batches")
            return
        for count, found in enumerate(self._bytes(value, received, "", 0)):
            if count == self._limits.documents:
                yield Rejected("too_many_documents", f"a record may hold {self._limits.documents} documents; send smaller batches")
                return
            yield found

    def _bytes(self, value: bytes, received: Received, at: str, depth: int) -> Iterator[Document | Rejected]:
        if value[:2] == GZIP:
            unpacked = gunzip(value, self._limits.unpacked_bytes)
            if isinstance(unpacked, Rejected):
                yield replace(unpacked, at=at)
            elif depth >= self._limits.depth:
                yield self._too_deep(at)
            else:
                yield from self._bytes(unpacked, received, at, depth + 1)
            return
        if (source := self._detect(value)) is not None:
            yield Document(source, value, received, at)
            return
        try:
            document = orjson.loads(value)
        except orjson.JSONDecodeError:
            yield from self._text(decode(value), received, at, depth)
        else:
            yield from self._document(document, received, at, depth)

    def _text(self, text: str, received: Received, at: str, depth: int) -> Iterator[Document | Rejected]:
        """Text that is not one JSON value: several, packed ones, or a line of a log."""
        start = text.lstrip()[:1]
        if not start:
            yield Rejected("empty", "the record holds no bytes that say anything", at)
        elif start in '["' and (source := self._detect(text)) is not None:
            yield Document(source, text, received, at)  # a kernel's `[12.345678] …` and PerfMon's quoted CSV begin like JSON
        elif start in '{["' and (documents := several(text, self._limits.documents)):
            for place, document in enumerate(documents):
                where = f"{at}[line {place + 1}]" if len(documents) > 1 else at
                if isinstance(document, Rejected):
                    yield replace(document, at=where)
                else:
                    yield from self._document(document, received, where, depth)
        elif text.startswith(_PACKED) and (packed := unbase64(text)) is not None and depth < self._limits.depth:
            yield from self._bytes(packed, received, at, depth + 1)
        elif (source := self._detect(text)) is not None:
            yield Document(source, text, received, at)
        elif start in "{[":
            yield Rejected("not_json", "begins like JSON but is cut off or malformed; send one complete JSON value", at)
        else:
            yield Rejected("unknown_format", "text of no known format; see docs/formats.md for what is read", at)

    def _document(self, document: Any, received: Received, at: str, depth: int) -> Iterator[Document | Rejected]:
        if depth > self._limits.depth:
            yield self._too_deep(at)
        elif isinstance(document, str):
            yield from self._string(document, received, at, depth)
        elif isinstance(document, list) and self._detect(document) is None:
            if not document:
                yield Rejected("empty", "an empty array holds no rows", at)
            for place, item in enumerate(document):
                yield from self._document(item, received, f"{at}[{place}]", depth + 1)
        elif isinstance(document, dict) and (parts := parts_of(document)) is not None:
            if not parts:
                yield Rejected("no_rows", "the envelope holds no records", at)
            for part in parts:
                yield from self._part(part, received, at, depth)
        elif (source := self._detect(document)) is not None:
            yield self._shipped(source, document, at, received) or Document(source, document, received, at)
        else:
            yield from self._carried(document, received, at, depth)

    def _shipped(self, source: Source, document: Any, at: str, received: Received) -> Document | None:
        """The document of a known format that a log line holds: an exporter prints events and alerts, a shipper takes them for its words."""
        for key in _LINES.get(source.format, ()):
            said = document.get(key)
            inner = json_in(said) if isinstance(said, str) and said.lstrip().startswith("{") else None
            if isinstance(inner, dict) and (found := self._detect(inner)) is not None and found.format not in _NO_MORE_THAN_A_LINE:
                return Document(found, inner, received, f"{at}.{key}" if at else key)
        return None

    def _carried(self, document: Any, received: Received, at: str, depth: int) -> Iterator[Document | Rejected]:
        """What a relay's own envelope carries (`{"headers": …, "body": …}`), where that is read; else why not."""
        for key in _CARRYING if isinstance(document, dict) else ():
            content = json_in(document[key]) if isinstance(document.get(key), str) else document.get(key)
            if isinstance(content, dict | list) and content:
                opened = list(self._document(content, received, f"{at}.{key}" if at else key, depth + 1))
                if any(isinstance(found, Document) for found in opened):
                    yield from opened
                    return
        yield Rejected("unknown_format", f"{_shape(document)} of no known format; see docs/formats.md for what is read", at)

    def _string(self, text: str, received: Received, at: str, depth: int) -> Iterator[Document | Rejected]:
        try:
            inner = orjson.loads(text)
        except orjson.JSONDecodeError:
            yield from self._text(text, received, at, depth + 1)
        else:
            if isinstance(inner, dict | list | str):
                yield from self._document(inner, received, at, depth + 1)
            else:
                yield from self._text(text, received, at, depth + 1)

    def _part(self, part: Part, received: Received, at: str, depth: int) -> Iterator[Document | Rejected]:
        """What is inside where a source reads it; else the part with its envelope; else why not."""
        where = f"{at}.{part.at}" if at and not part.at.startswith("[") else f"{at}{part.at}"
        inside = replace(received, carrier={**(received.carrier or {}), **part.carrier}) if part.carrier else received
        opened: list[Document | Rejected] = []
        if part.content is not None:
            content = part.content
            if isinstance(content, bytes):
                opened = list(self._bytes(content, inside, where, depth + 1))
            else:
                opened = list(self._document(content, inside, where, depth + 1))
        if not any(isinstance(found, Document) for found in opened) and part.whole is not None:
            source = self._detect(part.whole)
            if source is not None:
                yield Document(source, part.whole, inside, where)
                return
        if not opened:
            opened.append(Rejected("unknown_format", "an envelope with nothing in it that is read", where))
        yield from opened

    def _too_deep(self, at: str) -> Rejected:
        return Rejected("too_deep", f"more than {self._limits.depth} envelopes lie in each other", at)


def _shape(document: Any) -> str:
    if not isinstance(document, dict):
        return f"JSON {type(document).__name__}"
    keys = ", ".join(re.sub(r"[^\w.@:-]", "?", str(key)[:32]) for key in list(document)[:6])
    return f"an object with {keys}" if keys else "an empty object"
