"""The engine's memory as bytes: freeze it, and thaw it in another process.

Knows:   plain containers, numpy arrays, polars frames, enums, and the classes of correlate/ and schemas/ (their fields by name).
Ignores: what is remembered, and where the bytes are kept (streams/checkpoints.py).

The form is MessagePack: the version, a table of classes with their fields, and the memory, in which an object is a class's number and the
values of its fields.  Subjects and signals, of which there are ten thousands, are encoded as they are; their fields have one type each.
Nothing but data comes back: a class is looked up among our own modules only, its `__init__` is not run, and a frozen function, lambda or
foreign object is refused when freezing.  Equal memories freeze to equal bytes, whatever PYTHONHASHSEED.
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

from schemas.signal import Signal, Subject

VERSION: Final = 9
_ROOMS: Final = ("correlate.", "schemas.")
_FACTORIES: Final[dict[str, Callable[[], Any]]] = {
    "int": int, "float": float, "list": list, "dict": dict, "set": set, "deque": deque, "Counter": Counter,
}  # fmt: skip
_BIG: Final = 2  # MessagePack extension type of an integer beyond 64 bits
_PLAIN: Final = frozenset({type(None), bool, float, str, bytes})


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
    ARRAY = 10
    FRAME = 11
    SUBJECT = 12
    SIGNAL = 13


class MemoryFormatError(ValueError):
    """Bytes that are no memory of ours, or of a version that cannot be read; the engine must start anew and read again from Kafka."""


def freeze(memory: object) -> bytes:
    """Bytes of an object and all it holds.  Raises TypeError, naming the path, for what cannot be remembered: a bug of ours."""
    packer = _Packer()
    try:
        packed = packer.pack(memory)
    except TypeError as error:
        raise TypeError(f"{_path_of_culprit(memory)}: {error}") from None
    return msgspec.msgpack.encode([VERSION, packer.classes, packed])


def thaw(frozen: bytes) -> Any:
    """The object that was frozen.  Raises MemoryFormatError."""
    try:
        version, *rest = msgspec.msgpack.decode(frozen, ext_hook=_unpack_extension)
        if version != VERSION:
            raise MemoryFormatError(f"memory of version {version}; this engine reads version {VERSION}")
        classes, packed = rest
        return _Unpacker(classes).unpack(packed)
    except MemoryFormatError:
        raise
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise MemoryFormatError(f"not a frozen memory: {error}") from error


class _Packer:
    """Turns one memory into what MessagePack can say."""

    def __init__(self) -> None:
        self.classes: list[list[str]] = []
        """Name and fields of each class, in order of appearance."""
        self._numbers: dict[tuple[str, ...], int] = {}
        self._fields: dict[type, tuple[int, list[str]] | None] = {}

    def pack(self, value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is int:
            return value if -(1 << 63) <= value < 1 << 64 else msgspec.msgpack.Ext(_BIG, str(value).encode())
        packer = _PACKERS.get(kind)
        if packer is not None:
            return packer(self, value)
        if isinstance(value, Enum):
            return [_Tag.ENUM, self.number([_name(kind)]), value.value]
        if isinstance(value, np.generic):
            return self.pack(value.item())
        return self._pack_object(kind, value)

    def number(self, described: list[str]) -> int:
        """The number of a class with these fields."""
        key = tuple(described)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.classes)
            self.classes.append(described)
        return number

    def pairs(self, mapping: dict[Any, Any]) -> list[Any]:
        return [part for item in mapping.items() for part in map(self.pack, item)]

    def array(self, array: np.ndarray[Any, Any]) -> list[Any]:
        if array.dtype.hasobject:
            raise TypeError("an array of Python objects cannot be remembered; use a list")
        return [_Tag.ARRAY, array.dtype.str, array.shape, np.ascontiguousarray(array).reshape(-1).view(np.uint8).data]

    def members(self, tag: _Tag, value: set[Any] | frozenset[Any]) -> list[Any]:
        """In an order that does not depend on hashes."""
        alike = {type(item) for item in value} in ({str}, {int})
        return [tag, *map(self.pack, sorted(value, key=None if alike else _alone))]

    def default(self, value: defaultdict[Any, Any]) -> list[Any]:
        factory = next((name for name, known in _FACTORIES.items() if known is value.default_factory), None)
        if factory is None:
            raise TypeError(f"a defaultdict is remembered only with one of {', '.join(_FACTORIES)} as its factory")
        return [_Tag.DEFAULTDICT, factory, *self.pairs(value)]

    def _pack_object(self, kind: type, value: Any) -> list[Any]:
        names = [name for name in _field_names(kind) or vars(value) if hasattr(value, name)]
        return [_Tag.OBJECT, self.number([_name(kind), *names]), *[self.pack(getattr(value, name)) for name in names]]


def _alone(value: Any) -> bytes:
    """A value as bytes, whatever was packed before it."""
    packer = _Packer()
    return msgspec.msgpack.encode([packer.pack(value), packer.classes])


def _frame_bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="zstd")  # waiting rows are bulky: half the time of compressing them with the rest
    return buffer.getvalue()


_PACKERS: Final[dict[type, Callable[[_Packer, Any], Any]]] = {
    list: lambda packer, value: [_Tag.LIST, *map(packer.pack, value)],
    tuple: lambda packer, value: [_Tag.TUPLE, *map(packer.pack, value)],
    set: lambda packer, value: packer.members(_Tag.SET, value),
    frozenset: lambda packer, value: packer.members(_Tag.FROZENSET, value),
    dict: lambda packer, value: [_Tag.DICT, *packer.pairs(value)],
    deque: lambda packer, value: [_Tag.DEQUE, value.maxlen, *map(packer.pack, value)],
    Counter: lambda packer, value: [_Tag.COUNTER, *packer.pairs(value)],
    defaultdict: lambda packer, value: packer.default(value),
    np.ndarray: lambda packer, value: packer.array(value),
    pl.DataFrame: lambda packer, value: [_Tag.FRAME, _frame_bytes(value)],
    Subject: lambda packer, value: [_Tag.SUBJECT, value],
    Signal: lambda packer, value: [_Tag.SIGNAL, value],
}


def _name(kind: type) -> str:
    if not kind.__module__.startswith(_ROOMS):
        raise TypeError(f"a {kind.__module__}.{kind.__qualname__} cannot be remembered; hold plain data instead")
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


def _path_of_culprit(value: Any, path: str = "memory") -> str:
    """Where in a memory the first thing lies that cannot be frozen."""
    for step, part in _parts(value):
        try:
            _Packer().pack(part)
        except TypeError:
            return _path_of_culprit(part, path + step)
    return path


def _parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [*(("", key) for key in value), *((f"[{key!r}]", part) for key, part in value.items())]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return [("[]", part) for part in value]
    if isinstance(value, np.ndarray) or not type(value).__module__.startswith(_ROOMS):
        return []
    return [(f".{name}", getattr(value, name)) for name in _field_names(type(value)) or vars(value) if hasattr(value, name)]


def _unpack_extension(code: int, data: memoryview) -> int:
    if code != _BIG:
        raise ValueError(f"unknown extension type {code}")
    return int(bytes(data))


class _Unpacker:
    """Brings back what a packer said."""

    def __init__(self, classes: list[list[str]]) -> None:
        self._classes = [(_class(name), fields) for name, *fields in classes]

    def unpack(self, packed: Any) -> Any:
        if type(packed) is not list:
            return packed
        tag, *rest = packed
        match tag:
            case _Tag.OBJECT:
                kind, names = self._classes[rest[0]]
                return _revived(kind, dict(zip(names, map(self.unpack, rest[1:]), strict=True)))
            case _Tag.SUBJECT | _Tag.SIGNAL:
                return msgspec.convert(rest[0], Subject if tag == _Tag.SUBJECT else Signal)
            case _Tag.ARRAY:
                return np.frombuffer(rest[2], dtype=np.dtype(rest[0])).reshape(rest[1]).copy()
            case _Tag.FRAME:
                return pl.read_ipc_stream(io.BytesIO(rest[0]))
            case _Tag.DICT | _Tag.COUNTER:
                return (dict if tag == _Tag.DICT else Counter)(self._pairs(rest))
            case _Tag.DEQUE:
                return deque(map(self.unpack, rest[1:]), maxlen=rest[0])
            case _Tag.DEFAULTDICT:
                return defaultdict(_FACTORIES[rest[0]], self._pairs(rest[1:]))
            case _Tag.ENUM:
                return self._classes[rest[0]][0](rest[1])
            case _:
                return (list, tuple, set, frozenset)[tag](map(self.unpack, rest))

    def _pairs(self, flat: list[Any]) -> dict[Any, Any]:
        return {self.unpack(key): self.unpack(value) for key, value in zip(flat[::2], flat[1::2], strict=True)}


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


def _revived(kind: Any, fields: dict[str, Any]) -> Any:
    """An object of a class; fields that it no longer has are left out, and such as it has since got take their defaults."""
    if issubclass(kind, msgspec.Struct | tuple):
        return kind(**{name: value for name, value in fields.items() if name in _field_names(kind)})
    made = kind.__new__(kind)
    if dataclasses.is_dataclass(kind):
        fields = _defaults(kind) | fields
    for name, value in fields.items():
        object.__setattr__(made, name, value)
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
