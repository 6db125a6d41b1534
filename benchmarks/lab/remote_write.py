"""Prometheus remote write to prometheus-kafka-adapter JSON.

Knows:   the three protobuf messages of remote write 1.0 (WriteRequest, TimeSeries, Label/Sample), raw snappy, and the adapter's line.
Ignores: HTTP, exemplars and metadata (skipped as the adapter skips them).

    WriteRequest { 1: repeated TimeSeries }   TimeSeries { 1: repeated Label, 2: repeated Sample }
    Label { 1: name, 2: value }               Sample { 1: double value, 2: int64 timestamp in ms }

The adapter truncates time to seconds; here the milliseconds Prometheus gave are kept, which RFC 3339 allows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import cramjam
import orjson

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Value and the position after it; ValueError when the bytes end first or it exceeds 64 bits."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("varint is cut off or longer than 64 bits")


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and raw values of one message: int for varints, bytes for the rest."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = varint(data, at)
            yield number, value
            continue
        if wire == BYTES:
            size, at = varint(data, at)
        elif wire in (FIXED64, FIXED32):
            size = 8 if wire == FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} of field {number} is not known")
        if at + size > len(data):
            raise ValueError(f"field {number} is cut off")
        yield number, data[at : at + size]
        at += size


def label(data: bytes) -> tuple[str, str]:
    parts = {number: value for number, value in fields(data) if isinstance(value, bytes)}
    return parts.get(1, b"").decode(), parts.get(2, b"").decode()


def sample(data: bytes) -> tuple[float, int]:
    """Value and time in ms; proto3 leaves out what is zero."""
    value, at_ms = 0.0, 0
    for number, raw in fields(data):
        if number == 1 and isinstance(raw, bytes):
            (value,) = struct.unpack("<d", raw)
        elif number == 2 and isinstance(raw, int):
            at_ms = raw - (1 << 64) if raw >> 63 else raw
    return value, at_ms


def number_text(value: float) -> str:
    """As Go's strconv writes a float without exponent: 3, 0.25, +Inf, NaN."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def lines(body: bytes) -> Iterator[bytes]:
    """One adapter JSON line for each sample of a compressed WriteRequest, in the order Prometheus sent them."""
    for number, series in fields(bytes(cramjam.snappy.decompress_raw(body))):
        if number != 1 or not isinstance(series, bytes):
            continue
        parts = [(part, raw) for part, raw in fields(series) if isinstance(raw, bytes)]
        labels = dict(label(raw) for part, raw in parts if part == 1)
        for value, at_ms in (sample(raw) for part, raw in parts if part == 2):
            stamp = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            yield orjson.dumps({"timestamp": stamp, "value": number_text(value), "name": labels.get("__name__", ""), "labels": labels})
