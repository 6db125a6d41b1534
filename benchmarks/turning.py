"""Turns one number of the engine, or switches one kind of evidence off, in this process, before the engine is loaded.

Knows:   where the engine keeps its numbers (correlate/parameters.py) and its kinds of evidence.
Ignores: what becomes of it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from correlate.parameters import DEFAULTS

_SHARES_MOST = 0.95
"""A share that is doubled stays a share."""


@dataclass(frozen=True, slots=True)
class Turning:
    """One deviation from the engine as shipped."""

    parameter: str = ""
    factor: float = 1.0
    off: str = ""
    """Kinds of evidence, joined by `+`."""


AS_SHIPPED = Turning()


@dataclass(frozen=True, slots=True)
class Described:
    """One number as its table gives it."""

    name: str
    value: float
    unit: str
    reason: str
    about: str
    """The topic without which it decides nothing; "metrics" for what telemetry is judged by."""


def parameters() -> Iterator[Described]:
    for each in fields(DEFAULTS):
        told = each.metadata
        yield Described(each.name, getattr(DEFAULTS, each.name), told["unit"], told["reason"], told["about"] or "metrics")


def described() -> list[dict[str, Any]]:
    return [{"name": each.name, "value": each.value, "unit": each.unit, "reason": each.reason} for each in parameters()]


def turn(turning: Turning) -> None:
    if turning.parameter:
        _turn_parameter(turning.parameter, turning.factor)
    if turning.off:
        for kind in turning.off.split("+"):
            importlib.import_module("benchmarks.ablations").KINDS[kind].off()


def _turn_parameter(name: str, factor: float) -> None:
    value = getattr(DEFAULTS, name)
    turned = type(value)(value * factor)
    if 0 < value < 1:
        turned = min(turned, _SHARES_MOST)
    object.__setattr__(DEFAULTS, name, turned)  # the table is frozen; here the point is to unfreeze one number
