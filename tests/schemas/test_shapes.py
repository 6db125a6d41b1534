"""What is remembered of a shape never changes which source reads an object (C10: a format is recognised by content, whoever came before)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.sources.detect import SOURCES
from schemas.sources.packing import several
from schemas.sources.shapes import MAX_KEYS, MAX_SHAPES, Shapes, may_read_any
from schemas.sources.source import Source
from tests.schemas.oracle import fixtures


def _objects(value: Any, depth: int = 0) -> list[dict[str, Any]]:
    """Every object that lies in a fixture, so that what envelopes hold is among them."""
    if isinstance(value, dict):
        inner = [found for item in value.values() for found in _objects(item, depth + 1)] if depth < 4 else []
        return [value, *inner]
    if isinstance(value, list):
        return [found for item in value[:4] for found in _objects(item, depth + 1)] if depth < 4 else []
    return []


OBJECTS = [
    found
    for path in fixtures()
    for value in several(path.read_bytes().decode("utf-8", "replace"), 20)
    for found in _objects(value)
    if len(found) <= MAX_KEYS
]
VALUES: tuple[Any, ...] = (
    None,
    "",
    0,
    1772438400,
    3.5,
    True,
    [],
    {},
    "error",
    "firing",
    "Event",
    ["x"],
    {"name": "x"},
    {"login": "x"},
    '{"a":1}',
)


def _plainly(document: Any) -> Source | None:
    return next((source for source in SOURCES if source.recognises(document)), None)


def _by_shape(shapes: Shapes, document: dict[str, Any]) -> Source | None:
    return next((source for source in shapes.may_read(document) if source.recognises(document)), None)


def test_every_object_of_the_fixtures_is_recognised_as_without_memory() -> None:
    """One memory for all of them: what earlier objects left there does no harm."""
    assert len(OBJECTS) > 1_000
    shapes = Shapes(SOURCES)
    for document in OBJECTS:
        assert _by_shape(shapes, document) is _plainly(document), sorted(document)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_objects_of_one_shape_and_other_values_are_recognised_as_without_memory(data: st.DataObject) -> None:
    """The memory is made from one object and asked about another with the same keys: other values must not be judged by the first's."""
    first = data.draw(st.sampled_from(OBJECTS))
    other = dict(first)
    for key in data.draw(st.lists(st.sampled_from(sorted(first)), max_size=6)) if first else ():
        other[key] = data.draw(st.sampled_from(VALUES) | st.sampled_from(OBJECTS).map(lambda found: next(iter(found.values()), None)))
    shapes = Shapes(SOURCES)
    assert _by_shape(shapes, other) is _plainly(other)
    assert _by_shape(shapes, first) is _plainly(first)
    assert _by_shape(shapes, other) is _plainly(other)


def test_a_shape_leaves_few_sources_to_ask() -> None:
    """The memory is worth its room: of an application's log line most sources need not be asked again."""
    line = {"time": "2026-03-02T08:00:00Z", "level": "info", "msg": "done", "service": "cart", "duration_ms": 3}
    assert len(Shapes(SOURCES).may_read(line)) < len(SOURCES) / 3


@pytest.mark.parametrize("keys", [MAX_KEYS + 1, 500])
def test_wide_objects_are_not_remembered(keys: int) -> None:
    """All sources are asked, and nothing is kept of the shape."""
    assert Shapes(SOURCES).may_read({str(key): key for key in range(keys)}) is SOURCES


def test_a_flood_of_shapes_is_forgotten_and_still_recognised() -> None:
    """Hostile keys cannot fill the memory: it holds at most MAX_SHAPES, and answers stay right across the forgetting."""
    asked: list[Source] = [Source("needs.value", lambda document: document.get("a") == 1, lambda document, received: [])]
    shapes = Shapes(asked)
    for number in range(MAX_SHAPES + 10):
        assert len(shapes.may_read({"a": number, f"key{number}": 0})) == 1
    assert _by_shape(shapes, {"a": 1, "key5": 0}) is asked[0]
    assert len(shapes._known) <= MAX_SHAPES


TEXTS = [
    text for path in fixtures() for whole in [path.read_bytes().decode("utf-8", "replace")] for text in (whole, *whole.split("\n")[:20])
]
ARRAYS: list[Any] = [
    found for path in fixtures() for found in several(path.read_bytes().decode("utf-8", "replace"), 20) if isinstance(found, list)
]


def test_every_text_and_array_of_the_fixtures_is_recognised_as_by_all_sources() -> None:
    """Sources that are not asked would have said no."""
    readers = {type_: may_read_any(SOURCES, type_) for type_ in (str, list)}
    assert len(readers[list]) < len(readers[str]) < len(SOURCES) / 2
    for document in [*TEXTS, *ARRAYS, [], [[]], [{"a": 1}]]:
        assert next((source for source in readers[type(document)] if source.recognises(document)), None) is _plainly(document)


@pytest.mark.parametrize(
    "recognises",
    [
        lambda document: document == "PING",
        lambda document: isinstance(document, str) and document.startswith("<"),
        lambda document: isinstance(document, str) and "a" in document,
        lambda document: isinstance(document, str) and bool(document),
        lambda document: isinstance(document, str) and f"{document}" == "x",
        lambda document: isinstance(document, str) and document[:1] == "x",
        lambda document: isinstance(document, str) and re.match("x", document) is not None,
        lambda document: document in ("x", "y"),
        lambda document: hash(document) == 1,
    ],
)
def test_a_source_that_looks_at_a_text_in_any_way_is_asked(recognises: Any) -> None:
    source = Source("looks", recognises, lambda document, received: [])
    assert may_read_any([source], str) == (source,)


def test_a_source_of_objects_alone_is_not_asked_of_texts() -> None:
    source = Source("objects", lambda document: isinstance(document, dict) and "a" in document, lambda document, received: [])
    assert may_read_any([source], str) == ()
