"""The engine's memory as bytes: freeze it, and thaw it in another process.

Knows:   plain containers, numpy arrays, enums, and the classes of correlate/ and schemas/ (their fields by name).
Ignores: what is remembered, and where the bytes are kept (streams/checkpoints.py).

The form is MessagePack.  Nothing but data comes back: a class is looked up among our own modules only, its `__init__` is not run, and
a frozen function, lambda or foreign object is refused when freezing.  Equal memories freeze to equal bytes, whatever PYTHONHASHSEED.

A class may name attributes that are derived in `_derived` (they are left out) and rebuild them in `_rebuild()` after a thaw.
"""

from __future__ import annotations

import dataclasses
import io
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from enum import Enum, IntEnum
from importlib import import_module
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl

VERSION: Final = 1
_ROOMS: Final = ("correlate.", "schemas.")
_FACTORIES: Final[dict[str, Callable[[], Any]]] = {
    "int": int, "float": float, "list": list, "dict": dict, "set": set, "deque": deque, "Counter": Counter,
}  # fmt: skip
_ARRAY: Final = 1  # MessagePack extension type of a numpy array
_BIG: Final = 2  # …of an integer beyond 64 bits
_FRAME: Final = 3  # …of a polars frame, as an Arrow IPC stream


class _Tag(IntEnum):
    """First element of every packed container: what it was."""

    LIST = 0
    TUPLE = 1
    SET = 2
    FROZENSET = 3
    DICT = 4
    DEQUE = 5
    COUNTER = 6
    DEFAULTDICT = 7
    ENUM = 8
    OBJECT = 9


class MemoryFormatError(ValueError):
    """Bytes that are no memory of ours, or of a version that cannot be read; the engine must start anew and read again from Kafka."""


def freeze(memory: object) -> bytes:
    """Bytes of an object and all it holds.  Raises TypeError, naming the path, for what cannot be remembered: a bug of ours."""
    return msgspec.msgpack.encode([VERSION, _pack(memory, "memory")])


def thaw(frozen: bytes) -> Any:
    """The object that was frozen.  Raises MemoryFormatError."""
    try:
        version, packed = msgspec.msgpack.decode(frozen, ext_hook=_unpack_extension)
    except (msgspec.DecodeError, ValueError, TypeError) as error:
        raise MemoryFormatError(f"not a frozen memory: {error}") from error
    if version != VERSION:
        raise MemoryFormatError(f"memory of version {version}; this engine reads version {VERSION}")
    return _unpack(packed)


def _pack(value: Any, path: str) -> Any:
    kind = type(value)
    if value is None or kind in (bool, float, str, bytes):
        return value
    if kind is int:
        return value if -(1 << 63) <= value < 1 << 64 else msgspec.msgpack.Ext(_BIG, str(value).encode())
    if kind in _PACKERS:
        return _PACKERS[kind](value, path)
    if isinstance(value, Enum):
        return [_Tag.ENUM, _name(kind, path), value.value]
    if isinstance(value, np.generic):
        return _pack(value.item(), path)
    return [_Tag.OBJECT, _name(kind, path), *_pack_fields(value, path)]


def _pack_array(array: np.ndarray[Any, Any], path: str) -> msgspec.msgpack.Ext:
    if array.dtype.hasobject:
        raise TypeError(f"{path}: an array of Python objects cannot be remembered; use a list")
    form = [array.dtype.str, list(array.shape), np.ascontiguousarray(array).tobytes()]
    return msgspec.msgpack.Ext(_ARRAY, msgspec.msgpack.encode(form))


def _pack_frame(frame: pl.DataFrame, path: str) -> msgspec.msgpack.Ext:
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="zstd")
    return msgspec.msgpack.Ext(_FRAME, buffer.getvalue())


def _pack_pairs(mapping: dict[Any, Any], path: str) -> list[Any]:
    return [part for key, value in mapping.items() for part in (_pack(key, path), _pack(value, f"{path}[{key!r}]"))]


def _pack_set(tag: int) -> Callable[[Any, str], list[Any]]:
    def pack(value: Any, path: str) -> list[Any]:
        return [tag, *sorted((_pack(item, path) for item in value), key=msgspec.msgpack.encode)]

    return pack


def _pack_default(value: defaultdict[Any, Any], path: str) -> list[Any]:
    factory = next((name for name, known in _FACTORIES.items() if known is value.default_factory), None)
    if factory is None:
        raise TypeError(f"{path}: a defaultdict is remembered only with one of {', '.join(_FACTORIES)} as its factory")
    return [_Tag.DEFAULTDICT, factory, *_pack_pairs(value, path)]


_PACKERS: Final[dict[type, Callable[[Any, str], Any]]] = {
    list: lambda value, path: [_Tag.LIST, *(_pack(item, f"{path}[]") for item in value)],
    tuple: lambda value, path: [_Tag.TUPLE, *(_pack(item, f"{path}[]") for item in value)],
    set: _pack_set(_Tag.SET),
    frozenset: _pack_set(_Tag.FROZENSET),
    dict: lambda value, path: [_Tag.DICT, *_pack_pairs(value, path)],
    deque: lambda value, path: [_Tag.DEQUE, value.maxlen, *(_pack(item, f"{path}[]") for item in value)],
    Counter: lambda value, path: [_Tag.COUNTER, *_pack_pairs(value, path)],
    defaultdict: _pack_default,
    np.ndarray: _pack_array,
    pl.DataFrame: _pack_frame,
}


def _name(kind: type, path: str) -> str:
    if not kind.__module__.startswith(_ROOMS):
        raise TypeError(f"{path}: a {kind.__module__}.{kind.__qualname__} cannot be remembered; hold plain data instead")
    return f"{kind.__module__}:{kind.__qualname__}"


def _field_names(kind: type) -> list[str]:
    """Names of the fields that a class declares: of a named tuple, msgspec struct or dataclass, or slots; empty where it declares none."""
    if issubclass(kind, tuple):
        return list(kind._fields)  # type: ignore[attr-defined]
    if issubclass(kind, msgspec.Struct):
        return list(kind.__struct_fields__)
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return [name for base in reversed(kind.__mro__) for name in getattr(base, "__slots__", ())]


def _pack_fields(value: Any, path: str) -> list[Any]:
    kind = type(value)
    names = _field_names(kind) or list(vars(value))
    derived = getattr(kind, "_derived", ())
    kept = [name for name in names if name not in derived and hasattr(value, name)]
    return [part for name in kept for part in (name, _pack(getattr(value, name), f"{path}.{name}"))]


def _unpack_extension(code: int, data: memoryview) -> Any:
    if code == _BIG:
        return int(bytes(data))
    if code == _FRAME:
        return pl.read_ipc_stream(io.BytesIO(bytes(data)))
    if code != _ARRAY:
        raise ValueError(f"unknown extension type {code}")
    dtype, shape, raw = msgspec.msgpack.decode(bytes(data))
    return np.frombuffer(raw, dtype=np.dtype(dtype)).reshape(shape).copy()


def _unpack(packed: Any) -> Any:
    if type(packed) is not list:
        return packed
    tag, *rest = packed
    match tag:
        case _Tag.DICT | _Tag.COUNTER:
            return (dict if tag == _Tag.DICT else Counter)(_pairs(rest))
        case _Tag.DEQUE:
            return deque(map(_unpack, rest[1:]), maxlen=rest[0])
        case _Tag.DEFAULTDICT:
            return defaultdict(_FACTORIES[rest[0]], _pairs(rest[1:]))
        case _Tag.ENUM:
            return _class(rest[0])(rest[1])
        case _Tag.OBJECT:
            return _unpack_object(_class(rest[0]), dict(zip(rest[1::2], map(_unpack, rest[2::2]), strict=True)))
        case _:
            return (list, tuple, set, frozenset)[tag](map(_unpack, rest))


def _pairs(flat: list[Any]) -> dict[Any, Any]:
    return {_unpack(key): _unpack(value) for key, value in zip(flat[::2], flat[1::2], strict=True)}


def _class(name: str) -> Any:
    module, _, path = name.partition(":")
    if not module.startswith(_ROOMS):
        raise MemoryFormatError(f"memory names the class {name}, which is not one of ours")
    try:
        found: Any = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise MemoryFormatError(f"memory names the class {name}, which this version does not have") from error
    return found


def _unpack_object(kind: Any, fields: dict[str, Any]) -> Any:
    if issubclass(kind, msgspec.Struct | tuple):
        return kind(**{name: value for name, value in fields.items() if name in _field_names(kind)})
    made = kind.__new__(kind)
    if dataclasses.is_dataclass(kind):
        fields = _defaults(kind) | fields
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    if hasattr(made, "_rebuild"):
        made._rebuild()
    return made


def _defaults(kind: Any) -> dict[str, Any]:
    """Defaults of the fields that an older memory may lack."""
    known = {}
    for field in dataclasses.fields(kind):
        if field.default is not dataclasses.MISSING:
            known[field.name] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            known[field.name] = field.default_factory()
    return known
