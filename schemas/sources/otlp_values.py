"""What OTLP's values say in plain words: an AnyValue as text or map, attributes, a severity.

Knows:   AnyValue of both encodings: the typed structures of otlp_model.py and the protobuf classes, whose fields have the same names.
Ignores: which record holds them (otlp.py).
Source:  opentelemetry-proto 1.9 common.proto; "Logs data model", severity fields.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
import orjson

from schemas import severity
from schemas.sources.cloud import MAX_TEXT_CHARS, mapping, sequence
from schemas.sources.fields import MAX_LABELS

_FIRST_OF: Final = {
    "TRACE": severity.TRACE, "DEBUG": severity.DEBUG, "INFO": severity.INFO, "WARN": severity.WARN, "ERROR": severity.ERROR, "FATAL": severity.FATAL,
}  # fmt: skip


def severity_of(value: int | str) -> int:
    """1–24 as it is, also in digits or by the enum's name (`SEVERITY_NUMBER_ERROR2`)."""
    if isinstance(value, str) and value.startswith("SEVERITY_NUMBER_"):
        name = value.removeprefix("SEVERITY_NUMBER_")
        first = _FIRST_OF.get(name.rstrip("234"), severity.UNSPECIFIED)
        return first + int(name[-1:]) - 1 if first and name[-1:] in ("2", "3", "4") else first
    number = int(value) if isinstance(value, int) or (value.isdecimal() and len(value) < 4) else 0
    return number if 0 <= number <= 24 else severity.UNSPECIFIED


def attributes_of(pairs: Iterable[Any]) -> dict[str, str]:
    """Attributes as text, JSON or protobuf."""
    found: dict[str, str] = {}
    for pair in pairs:
        if len(found) == MAX_LABELS:
            break
        if pair.key and pair.value is not None and (said := text_of(pair.value)):
            found[pair.key] = said
    return found


def text_of(value: Any) -> str:
    """An AnyValue as text; lists and maps as JSON."""
    if isinstance(value, msgspec.Struct):
        if value.string_value is not None:  # type: ignore[attr-defined]
            return str(value.string_value).strip()[:MAX_TEXT_CHARS]  # type: ignore[attr-defined]
        if value.int_value is not None:  # type: ignore[attr-defined]
            return str(value.int_value)  # type: ignore[attr-defined]
        plain = _plain(msgspec.to_builtins(value))
    elif value.HasField("string_value"):
        return str(value.string_value).strip()[:MAX_TEXT_CHARS]
    else:
        plain = _plain_proto(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, dict | list):
        return orjson.dumps(plain, option=orjson.OPT_NON_STR_KEYS).decode()[:MAX_TEXT_CHARS] if plain else ""
    return "" if plain is None else str(plain)[:MAX_TEXT_CHARS]


def map_of(body: Any) -> dict[str, Any] | None:
    """A body that is a map; None for any other."""
    if body is None:
        return None
    if isinstance(body, msgspec.Struct):
        plain = _plain(msgspec.to_builtins(body)) if body.kvlist_value is not None else None  # type: ignore[attr-defined]
    else:
        plain = _plain_proto(body) if body.HasField("kvlist_value") else None
    return plain if isinstance(plain, dict) else None


def _plain(value: Any, depth: int = 0) -> Any:
    if not isinstance(value, dict) or depth > 16:
        return None
    for key in ("stringValue", "boolValue", "intValue", "doubleValue", "bytesValue"):
        if value.get(key) is not None:
            return _scalar(value[key])
    if isinstance(value.get("arrayValue"), dict):
        return [_plain(item, depth + 1) for item in sequence(value["arrayValue"].get("values"))]
    pairs = sequence(mapping(value.get("kvlistValue")).get("values"))
    return {str(mapping(pair).get("key", "")): _plain(mapping(pair).get("value"), depth + 1) for pair in pairs}


def _scalar(value: Any) -> Any:
    """Integers beyond 64 bits as text, None for what is no scalar: inside lists and maps JSON senders may write anything."""
    if isinstance(value, dict | list):
        return None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63 else value


def _plain_proto(value: Any, depth: int = 0) -> Any:
    which = value.WhichOneof("value")
    if which is None or depth > 16:
        return None
    said = getattr(value, which)
    if which == "array_value":
        return [_plain_proto(item, depth + 1) for item in said.values]
    if which == "kvlist_value":
        return {pair.key: _plain_proto(pair.value, depth + 1) for pair in said.values}
    return said.hex() if isinstance(said, bytes) else said
