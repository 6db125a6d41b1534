"""Turns one number of the engine, or switches one kind of evidence off, in this process, before the engine is loaded.

Knows:   where the engine keeps its numbers (three tables) and its kinds of evidence.
Ignores: what becomes of it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

TELEMETRY, ALARMS, CHANGES = "correlate.parameters", "correlate.alarms.parameters", "correlate.evidence.parameters"
READS = {TELEMETRY: "metrics", ALARMS: "alerts", CHANGES: "deploys"}
"""Which topic each table is about: without it, its numbers decide nothing."""
_INSTANCES = {TELEMETRY: "DEFAULTS", ALARMS: "ALARMS"}
_SHARES_MOST = 0.95
"""A share that is doubled stays a share."""


@dataclass(frozen=True, slots=True)
class Turning:
    """One deviation from the engine as shipped."""

    parameter: str = ""
    """`module:name`."""
    factor: float = 1.0
    off: str = ""
    """Kinds of evidence, joined by `+`."""


AS_SHIPPED = Turning()


def label(parameter: str) -> str:
    """`correlate.alarms.parameters:rise` → `alarms: rise`."""
    module, _, name = parameter.partition(":")
    room = module.split(".")[1]
    return f"{room if room != 'parameters' else 'engine'}: {name}"


def parameters() -> Iterator[tuple[str, float]]:
    """(`module:name`, value) of every number."""
    for module in (TELEMETRY, ALARMS):
        instance = getattr(importlib.import_module(module), _INSTANCES[module])
        for each in fields(instance):
            value = getattr(instance, each.name)
            if isinstance(value, int | float):
                yield f"{module}:{each.name}", value
    table = importlib.import_module(CHANGES)
    for name, value in vars(table).items():
        if name.isupper() and isinstance(value, int | float):
            yield f"{CHANGES}:{name}", value


def described() -> list[dict[str, Any]]:
    """Name, value, unit and reason of every number, as its table gives them."""
    told = []
    for parameter, value in parameters():
        module, _, name = parameter.partition(":")
        unit, reason = _words(module, name)
        told.append({"name": label(parameter), "value": value, "unit": unit, "reason": reason})
    return told


def _words(module: str, name: str) -> tuple[str, str]:
    """Unit and reason: from the field's metadata, else from the docstring that follows the number."""
    table = importlib.import_module(module)
    if module == TELEMETRY:
        metadata = next(each.metadata for each in fields(table.DEFAULTS) if each.name == name)
        return str(metadata["unit"]), str(metadata["reason"])
    body = ast.parse(inspect.getsource(table)).body
    if module == ALARMS:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef))
    found = False
    for node in body:
        found = found or (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name)
        if found and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return "", " ".join(str(node.value.value).split())  # numbers that stand together share the words after the last of them
    return "", ""


def turn(turning: Turning) -> None:
    if turning.parameter:
        _turn_parameter(turning.parameter, turning.factor)
    if turning.off:
        for kind in turning.off.split("+"):
            importlib.import_module("benchmarks.ablations").KINDS[kind].off()


def _turn_parameter(parameter: str, factor: float) -> None:
    module_name, _, name = parameter.partition(":")
    module = importlib.import_module(module_name)
    owner: Any = getattr(module, _INSTANCES[module_name]) if module_name in _INSTANCES else module
    value = getattr(owner, name)
    turned = type(value)(value * factor)
    if 0 < value < 1:
        turned = min(turned, _SHARES_MOST)
    if module_name in _INSTANCES:
        object.__setattr__(owner, name, turned)  # the tables are frozen; here the point is to unfreeze one number
    else:
        setattr(owner, name, turned)
