"""How bytes are packed into bytes and text: gzip, base64, byte order marks, several JSON values one after the other.

Knows:   how each is undone, within a cap on what comes out, and what JSON tools write that the standard forbids.
Ignores: what is packed (envelope.py).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from typing import Any, Final

import orjson

from schemas.rejected import Rejected

GZIP: Final = b"\x1f\x8b"
_BASE64: Final = re.compile(r"\s*[A-Za-z0-9+/_-]{24,}={0,2}\s*")
_LONE_SURROGATE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_decoder: Final = json.JSONDecoder(parse_constant=lambda _: None)
"""For what orjson rightly refuses but tools write: NaN, Infinity, integers of any size, several values in a row."""


def gunzip(value: bytes, most: int) -> bytes | Rejected:
    """The unpacked bytes of all gzip members, at most `most`."""
    unpacked, rest = bytearray(), value
    while rest[:2] == GZIP:
        engine = zlib.decompressobj(wbits=31)
        try:
            unpacked += engine.decompress(rest, most - len(unpacked) + 1)
        except zlib.error as error:
            return Rejected("bad_gzip", f"begins like gzip but does not unpack: {error}")
        if len(unpacked) > most:
            return Rejected("too_large", f"unpacks to more than {most} bytes; send smaller batches")
        if not engine.eof:
            return Rejected("bad_gzip", "the gzip stream is cut off")
        rest = engine.unused_data
    return bytes(unpacked)


def unbase64(text: str) -> bytes | None:
    """The decoded bytes, standard or URL alphabet; None for what is no base64."""
    if not _BASE64.fullmatch(text):
        return None
    plain = text.strip().replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def decode(value: bytes) -> str:
    """Bytes as text: by their byte order mark, else UTF-16 if every other byte is zero, else UTF-8 with bad bytes replaced."""
    if value[:3] == b"\xef\xbb\xbf":
        return value[3:].decode("utf-8", "replace")
    if value[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return value.decode("utf-16", "replace")
    if len(value) >= 4 and value[1] == value[3] == 0 and value[0] and value[2]:
        return value.decode("utf-16-le", "replace")
    return value.decode("utf-8", "replace")


def several(text: str, most: int) -> list[Any]:
    """The JSON values of a text: one a line, or one after the other; [] when not one can be read."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and not lines[0].rstrip().endswith((",", "{", "[", ":")):
        found = [_line(line) for line in lines[: most + 1]]
        if any(not isinstance(item, Rejected) for item in found):
            return found
    return _in_a_row(_LONE_SURROGATE.sub(r"\\ufffd", text), most)


def _line(line: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        found = _in_a_row(_LONE_SURROGATE.sub(r"\\ufffd", line), 1)
        return found[0] if found else Rejected("not_json", "this line is no complete JSON value")


def _in_a_row(text: str, most: int) -> list[Any]:
    found: list[Any] = []
    place = 0
    while len(found) <= most:
        while place < len(text) and text[place] in " \t\r\n,\x1e":
            place += 1
        if place == len(text):
            break
        try:
            item, place = _decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            if found:
                found.append(Rejected("not_json", "what follows the last complete JSON value is none"))
            break
        found.append(item)
    return found
