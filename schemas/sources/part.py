"""What lies inside an envelope: its content, where it lay, and which facts of the envelope it needs.

Knows:   how contents are packed (base64, JSON in a string).
Ignores: which envelopes there are (layers.py, aws_layers.py).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas.sources.fields import text


@dataclass(frozen=True, slots=True)
class Part:
    at: str
    content: Any
    """bytes still packed, or a parsed value; None when only the whole can be read."""
    whole: dict[str, Any] | None = None
    """What a source reads instead where nobody reads the content (plain text in an SNS message)."""
    carrier: dict[str, str] = field(default_factory=dict)


Open = Callable[[dict[str, Any]], list[Part] | None]
"""The parts of an envelope; None for a document that is none."""


def unpacked(value: object) -> bytes | None:
    """The bytes of a base64 text; of other text its own."""
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode(value, validate=False)
    except (binascii.Error, ValueError):
        return value.encode("utf-8", "replace")  # some senders skip the encoding


def whole_text(value: object) -> str:
    """A text of any length: it holds another document."""
    return value.strip() if isinstance(value, str) else text(value)


def json_in(said: str) -> Any:
    """The object or array in a text; None for other texts."""
    if not said.lstrip().startswith(("{", "[")):
        return None
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError:
        return None


def given(facts: dict[str, str]) -> dict[str, str]:
    """The facts that say something."""
    return {key: value for key, value in facts.items() if value}
