"""Many protobuf messages of one type, read as columns by one call of the protobuf library.

Knows:   the wire format as far as it takes: messages written one after the other are one message, whose repeated fields hold the values of all.
Ignores: what any field means.

A message class is made here in which every field is repeated.  Before each record stands a separator that gives every field one value
that no record may hold: in each column the separators part the records, and their number proves that nothing passed for one.
Source: protobuf.dev, "Encoding", on last-one-wins, repeated elements and wire types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

BYTES: Final = FieldDescriptorProto.TYPE_BYTES
"""Also of sub-messages and texts, which are taken raw."""
STRING: Final = FieldDescriptorProto.TYPE_STRING
FIXED64: Final = FieldDescriptorProto.TYPE_FIXED64
"""Also of doubles and signed integers of eight bytes: they share its wire type."""
INT64: Final = FieldDescriptorProto.TYPE_INT64
"""Also of enums and other varints."""
INT32: Final = FieldDescriptorProto.TYPE_INT32
BOOL: Final = FieldDescriptorProto.TYPE_BOOL

_MARK: Final = 0x7FF8_C0DE_5EED_0A7E
"""As a double it is one of the 2⁵¹ quiet NaNs, as a time it is in 2262."""
_MARK_VARINT: Final = b"\xfe\x94\xb4\xf7\xe5\x9b\xb0\xfc\x7f"


def message_classes(
    package: str, messages: Mapping[str, Sequence[tuple[str, int, FieldDescriptorProto.Type.ValueType | str, bool]]], one_of: str = ""
) -> Mapping[str, Any]:
    """Message classes of our own: name → fields (name, number, type or name of a message, repeated).

    one_of: the message whose singular sub-messages exclude each other.
    """
    file = FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, fields in messages.items():
        into = file.message_type.add(name=name)
        if name == one_of:
            into.oneof_decl.add(name="which")
        for field, number, type_, repeated in fields:
            made = into.field.add(
                name=field, number=number, label=FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
            )
            if isinstance(type_, str):
                made.type, made.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{package}.{type_}"
                if name == one_of:
                    made.oneof_index = 0
            else:
                made.type = type_
                if repeated and type_ in (FIXED64, INT64):
                    made.options.packed = False
    pool = DescriptorPool()
    pool.Add(file)
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in messages}


class Columns:
    """How records of one type are read: field name → number and type."""

    def __init__(self, package: str, fields: Mapping[str, tuple[int, FieldDescriptorProto.Type.ValueType]]) -> None:
        table = [(name, number, type_, True) for name, (number, type_) in fields.items()]
        self._class = message_classes(package, {"Record": table})["Record"]
        self._types = {name: np.int64 if type_ == INT64 else np.uint64 for name, (_, type_) in fields.items()}
        self._separator = b"".join(_marked(number, type_) for number, type_ in fields.values())

    def read(self, records: Sequence[bytes]) -> Table | None:
        """The records' fields; each record must be a valid message.  None if one holds a number as protobuf packs many of them.

        What is written in another way than the library would write it has another size: a packed number that the true message, where
        the field is singular, would not take for one.
        """
        written = self._separator + self._separator.join(records)
        try:
            message = self._class.FromString(written)
        except DecodeError:
            return None
        return Table(message, self._types, len(records)) if message.ByteSize() == len(written) else None


class Table:
    """Columns of records.  None stands for records of which one may not be taken apart in this way."""

    def __init__(self, message: Any, types: Mapping[str, Any], height: int) -> None:
        self._message = message
        self._types = types
        self._height = height

    def texts(self, field: str) -> list[Any] | None:
        """One bytes or text a record, empty where it has none."""
        column = getattr(self._message, field)[:]
        empty = column[0][:0]
        if column.count(empty) != self._height:
            return None
        if len(column) == self._height:
            return list(column)
        if len(column) == 2 * self._height and column[::2].count(empty) == self._height:
            return list(column[1::2])
        found: list[Any] = []
        for value in column:
            if not value:
                found.append(value)
            elif found[-1]:
                return None
            else:
                found[-1] = value
        return found

    def lists(self, field: str) -> list[tuple[bytes, ...]] | None:
        """Any number of them a record."""
        column = getattr(self._message, field)[:]
        if column.count(b"") != self._height:
            return None
        each, rest = divmod(len(column), self._height)
        if not rest and column[::each].count(b"") == self._height:
            return list(zip(*(column[place::each] for place in range(1, each)), strict=True)) if each > 1 else [()] * self._height
        begins = [place for place, value in enumerate(column) if not value]
        return [tuple(column[begin + 1 : end]) for begin, end in pairwise([*begins, len(column)])]

    def words(self, field: str) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]] | None:
        """One number a record, as its 64 bits, 0 where it has none; and where it has one."""
        column = np.array(getattr(self._message, field)[:], self._types[field]).view(np.uint64)
        marks = column == _MARK
        given = np.flatnonzero(~marks)
        owner = given - np.arange(1, len(given) + 1)
        if len(column) - len(given) != self._height or (np.diff(owner) == 0).any():
            return None
        found, present = np.zeros(self._height, np.uint64), np.zeros(self._height, np.bool_)
        found[owner], present[owner] = column[given], True
        return found, present


def _marked(number: int, type_: FieldDescriptorProto.Type.ValueType) -> bytes:
    """A field with the value that parts records: the tag fits a byte for the fields 1 to 15."""
    if type_ == FIXED64:
        return bytes((number << 3 | 1,)) + _MARK.to_bytes(8, "little")
    if type_ == INT64:
        return bytes((number << 3,)) + _MARK_VARINT
    return bytes((number << 3 | 2, 0))
