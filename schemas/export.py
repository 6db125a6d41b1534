"""The contracts of the output topics as JSON Schema 2020-12, made from the record types themselves.

Knows:   how a record type becomes a schema with the descriptions that stand beside its fields, and what the signals' columns are.
Ignores: records; nothing is validated with these schemas at run time.

`python -m schemas.export` writes them to schemas/json/, where a test holds them current.  Within v1 fields are only added, and a reader
ignores those that it does not know.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
import polars as pl

from schemas.incident import Incident
from schemas.postmortem import Postmortem
from schemas.signal import SIGNAL_SCHEMA, Signal, Subject
from schemas.timeline import TimelineDelta

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FOLDER: Final = Path(__file__).parent / "json"
RECORDS: Final[dict[str, type[msgspec.Struct]]] = {
    "causeline.incidents.v1": Incident,
    "causeline.timeline.v1": TimelineDelta,
    "causeline.postmortems.v1": Postmortem,
}

_TIMES: Final = frozenset({"at", "onset_at", "detected_at", "mitigated_at", "resolved_at"})

_DEADLETTER_HEADERS: Final = {
    "topic": "Topic of the refused record.",
    "partition": "Its partition, decimal.",
    "offset": "Its offset, decimal.",
    "timestamp_ms": "Its Kafka timestamp, milliseconds since 1970 UTC, decimal.",
    "reason": "A short code in snake_case from a closed set.",
    "detail": "One sentence: what was wrong and what would be right.  Never holds the payload.",
    "at": "Where in the record it lies, such as `alerts[3].startsAt`; empty for the whole record.",
    "format": "The detected format; empty when none was.",
    "value_bytes": "Length of the original value, decimal; the record's own value is cut.",
    "count": "How many parts of the record were refused, decimal.",
}
_DECIMAL: Final = frozenset({"partition", "offset", "timestamp_ms", "value_bytes", "count"})


def json_schemas() -> dict[str, dict[str, Any]]:
    """Topic → schema of its record value; of the headers for dead letters, of one row for signals."""
    return {
        **{topic: _record_schema(topic, record) for topic, record in RECORDS.items()},
        "causeline.deadletter.v1": _deadletter_schema(),
        "causeline.signals.v1": _signals_schema(),
    }


def write(folder: Path = FOLDER) -> list[Path]:
    """One file a topic."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for topic, schema in json_schemas().items():
        path = folder / f"{topic}.json"
        path.write_bytes(text(schema))
        written.append(path)
    return written


def text(schema: dict[str, Any]) -> bytes:
    """The one way in which a schema is written."""
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _record_schema(topic: str, record: type[msgspec.Struct]) -> dict[str, Any]:
    (root,), definitions = msgspec.json.schema_components([record], ref_template="#/$defs/{name}")
    types = {found.__name__: found for found in _structs(record)}
    for name, definition in definitions.items():
        if name in types:
            _describe(definition, types[name])
    name = root["$ref"].rsplit("/", 1)[1]
    top = definitions.pop(name)
    return {"$schema": DIALECT, "$id": f"urn:causeline:schema:{topic}", **top, "$defs": dict(sorted(definitions.items()))}


def _structs(record: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    """The record type and every struct inside it."""
    found: set[type[msgspec.Struct]] = set()
    waiting: list[Any] = [msgspec.inspect.type_info(record)]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in found:
                continue
            found.add(info.cls)
            waiting += [field.type for field in info.fields]
        elif isinstance(info, msgspec.inspect.UnionType):
            waiting += info.types
        elif isinstance(info, msgspec.inspect.VarTupleType):
            waiting.append(info.item_type)
        elif isinstance(info, msgspec.inspect.DictType):
            waiting.append(info.value_type)
    return found


def _describe(definition: dict[str, Any], record: type[msgspec.Struct]) -> None:
    """Adds what the source says about each field, and the format of times."""
    said = _field_docs(record)
    names = {field.name: field.encode_name for field in msgspec.structs.fields(record)}
    for name, encoded in names.items():
        schema = definition["properties"][encoded]
        if name in said:
            schema["description"] = said[name]
        if name in _TIMES:
            for option in schema.get("anyOf", [schema]):
                if option.get("type") == "string":
                    option["format"] = "date-time"


def _field_docs(record: type[msgspec.Struct]) -> dict[str, str]:
    """Field → the text that follows it in the source, on one line."""
    (body,) = ast.parse(inspect.getsource(record)).body
    assert isinstance(body, ast.ClassDef)
    docs = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        match field, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                docs[name] = " ".join(said.split())
    return docs


def _deadletter_schema() -> dict[str, Any]:
    prefix = "__causeline.errors."
    return {
        "$schema": DIALECT,
        "$id": "urn:causeline:schema:causeline.deadletter.v1",
        "title": "DeadLetterHeaders",
        "description": "Headers of a refused record, as UTF-8 text.  Key, value (cut) and further headers are the record's own.",
        "type": "object",
        "properties": {
            prefix + name: {"type": "string", "description": said, **({"pattern": "^-?[0-9]+$"} if name in _DECIMAL else {})}
            for name, said in _DEADLETTER_HEADERS.items()
        },
        "required": [prefix + name for name in _DEADLETTER_HEADERS],
    }


def _signals_schema() -> dict[str, Any]:
    said = _field_docs(Subject) | _field_docs(Signal)
    columns = {
        name: _column_schema(dtype)
        | {"x-polars-type": str(dtype).partition("(")[0]}
        | ({"description": said[name]} if name in said else {})
        for name, dtype in SIGNAL_SCHEMA.items()
    }
    return {
        "$schema": DIALECT,
        "$id": "urn:causeline:schema:causeline.signals.v1",
        "title": "Signal",
        "description": "One row.  A record's value is an Arrow IPC stream (zstd) of such rows of one estate; key = estate.  Columns in this order.",
        "type": "object",
        "properties": columns,
        "required": list(SIGNAL_SCHEMA),
    }


def _column_schema(dtype: pl.DataType) -> dict[str, Any]:
    """JSON's view of a column; a column that a sender lacks is null."""
    if isinstance(dtype, pl.Enum):
        return {"enum": [*dtype.categories.to_list(), None]}
    if isinstance(dtype, pl.List):
        return {"type": ["array", "null"], "items": {"type": "string"}}
    return {"type": ["integer" if dtype.is_integer() else "number" if dtype.is_float() else "string", "null"]}


if __name__ == "__main__":
    for path in write():
        print(path)
