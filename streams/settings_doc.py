"""The settings as a table for people: docs/settings.md holds it, and a test holds the two equal.

Knows:   how a field of the settings model becomes a row of Markdown.
Ignores: what the settings do.
"""

from __future__ import annotations

from pathlib import Path
from types import UnionType
from typing import Any, Final, get_args

from annotated_types import Ge, Gt, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from streams.settings import PREFIX, Settings

_KINDS: Final[dict[Any, str]] = {
    str: "text",
    int: "whole number",
    float: "number",
    Path: "path",
    SecretStr: "secret",
    tuple[str, ...]: "list of texts",
}
_SIGNS: Final = ((Ge, "ge", "≥"), (Gt, "gt", ">"), (Le, "le", "≤"))


def settings_table() -> str:
    """A Markdown table of all settings, in the order of the model."""
    lines = ["| variable | value | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{PREFIX}{name.upper()}` | {_value(field)} | {_default(field)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _value(field: FieldInfo) -> str:
    """What may be given: the type, and the bounds that a number must keep."""
    annotation: Any = field.annotation
    if isinstance(annotation, UnionType):
        annotation = next(kind for kind in get_args(annotation) if kind is not type(None))
    bounds = [f"{sign} {getattr(rule, name):g}" for rule in field.metadata for kind, name, sign in _SIGNS if isinstance(rule, kind)]
    choices = [rule.pattern.strip("^()$").replace("|", ", ") for rule in field.metadata if hasattr(rule, "pattern")]
    return ", ".join([*choices, *bounds] if choices else [_KINDS[annotation], *bounds])


def _default(field: FieldInfo) -> str:
    if field.default is None:
        return "not set"
    return f"`{list(field.default) if isinstance(field.default, tuple) else field.default}`"
