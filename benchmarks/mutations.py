"""Payloads made hostile: what producers, networks and attackers do to a record.

Knows:   how bytes get cut, mixed up and blown up, and how JSON values change type, size, depth and place.
Ignores: what any payload means.
"""

from __future__ import annotations

import base64
import functools
import gzip
import json
import random
from collections.abc import Callable
from typing import Any, Final

import orjson

HUGE_TEXT_CHARS: Final = 1 << 20
_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 1e308, -1e308, 5e-324, 0.1, "", " ", "null", "NaN", "+Inf", "-", "0", "-1", "²", "\x1d2", "٣", "1e999", "9" * 30,
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-02-30T25:61:61Z", "1970-01-01T00:00:00Z", "\x00", "\ufffd\u202e\U0001f4a9", "a\nb\r\nc", "=" * 64,
    "arn:", "arn:aws:::::", "/subscriptions/", "projects/", "://:@", "[" * 40, "{" * 40, '{"a":', "H4sIAAAA", "eyJhIjoxfQ==", [], {}, [[]], [None], [{}], {"": ""},
    {"name": None}, [1, "a", None, {"b": []}], {"a": {"b": {"c": {"d": {"e": 1}}}}}, "x" * 3000, ["y"] * 300,
)  # fmt: skip
_MOST_LEAVES: Final = 400
_BURIED_LEVELS: Final = 300
"""orjson writes 254 levels and reads 1,024."""


def mutated(value: bytes, rng: random.Random) -> bytes:
    """One payload after one to three changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        value = rng.choice(_OF_JSON if value[:1] in (b"{", b"[") and rng.random() < 0.7 else _OF_BYTES)(value, rng)
    return value


def _truncate(value: bytes, rng: random.Random) -> bytes:
    return value[: rng.randrange(len(value) + 1)]


def _flip(value: bytes, rng: random.Random) -> bytes:
    raw = bytearray(value)
    for _ in range(rng.randint(1, 8)):
        if raw:
            raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw)


def _insert(value: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(value) + 1)
    return value[:place] + rng.choice(_NOISE) + value[place:]


_NOISE: Final = (
    b"\xff\xfe", b"\x00", b"\xed\xa0\x80", b"\xc0\xaf", b"\\ud800", b'"', b"}", b"]", b",", b"\n", b"\r\n", b"{}", b"\x1d", b"%%50", b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"&b;", b"9" * 400, b"\xf0\x9f\x92\xa9", b"-" * 50, b"<Event", b"</", b"=", b"msg=audit(", b"|#a:b", b"\x1f\x8b",
)  # fmt: skip


def _cut_out(value: bytes, rng: random.Random) -> bytes:
    begin = rng.randrange(len(value) + 1)
    return value[:begin] + value[begin + rng.randrange(1, 40) :]


def _repeat(value: bytes, rng: random.Random) -> bytes:
    return rng.choice((b"\n", b"", b",", b" ")).join([value] * rng.randint(2, 4))


def _pack(value: bytes, rng: random.Random) -> bytes:
    how = rng.randrange(5)
    if how == 0:
        return gzip.compress(value, mtime=0)
    if how == 1:
        return base64.b64encode(value)
    if how == 2:
        return value.decode("utf-8", "replace").encode("utf-16")
    if how == 3:
        return orjson.dumps(value.decode("utf-8", "replace"))
    return b"\xef\xbb\xbf" + value


def _change(value: bytes, rng: random.Random) -> bytes:
    """A leaf of other type or size."""
    return _with_leaf(value, rng, lambda _: rng.choice(_VALUES))


def _blow_up(value: bytes, rng: random.Random) -> bytes:
    return _with_leaf(
        value, rng, lambda _: rng.choice(("a", "é", '"', "1", "\n", "a=", "a.", "/")) * (HUGE_TEXT_CHARS // rng.choice((1, 4, 64)))
    )


def _nest(value: bytes, rng: random.Random) -> bytes:
    def wrap(leaf: Any) -> Any:
        for _ in range(rng.choice((1, 3, 200))):
            leaf = [leaf] if rng.random() < 0.5 else {"a": leaf}
        return leaf

    return _with_leaf(value, rng, wrap)


def _as_text(value: bytes, rng: random.Random) -> bytes:
    return _with_leaf(value, rng, lambda leaf: _written(leaf).decode() if isinstance(leaf, dict | list) else str(leaf))


def _drop(value: bytes, rng: random.Random) -> bytes:
    return _with_leaf(value, rng, lambda _: _GONE)


_GONE: Final = object()


def _with_leaf(value: bytes, rng: random.Random, change: Callable[[Any], Any]) -> bytes:
    """The document with one of its values, leaf or branch, replaced."""
    lines = value.split(b"\n") if value[:1] == b"{" and b"\n{" in value else [value]
    place = rng.randrange(len(lines))
    try:
        document = orjson.loads(lines[place])
    except orjson.JSONDecodeError:
        return _flip(value, rng)
    holders = _holders(document)
    if not holders:
        return _flip(value, rng)
    holder, key = rng.choice(holders)
    new = change(holder[key])
    if new is _GONE:
        del holder[key]
    else:
        holder[key] = new
    lines[place] = _written(document)
    return b"\n".join(lines)


def nested(value: bytes) -> list[bytes]:
    """The document once for each of its values, with that one buried under arrays; none for what is no JSON."""
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError:
        return []
    found = []
    for holder, key in _holders(document):
        leaf = holder[key]
        holder[key] = functools.reduce(lambda inner, _: [inner], range(_BURIED_LEVELS), leaf)
        found.append(_written(document))
        holder[key] = leaf
    return found


def _written(document: Any) -> bytes:
    """The document as JSON, also what orjson does not write: integers beyond 64 bits, hundreds of levels."""
    try:
        return orjson.dumps(document)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(document).encode()


def _holders(document: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting and len(found) < _MOST_LEAVES:
        here = waiting.pop()
        keys = list(here) if isinstance(here, dict) else list(range(len(here))) if isinstance(here, list) else []
        for key in keys:
            found.append((here, key))
            if isinstance(here[key], dict | list):
                waiting.append(here[key])
    return found


_OF_BYTES: Final = (_truncate, _truncate, _flip, _flip, _insert, _insert, _cut_out, _repeat, _pack)
_OF_JSON: Final = (_change, _change, _change, _change, _drop, _nest, _as_text, _as_text, _blow_up)
