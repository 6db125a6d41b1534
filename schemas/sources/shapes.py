"""Which sources may read an object of given keys, a text or an array: asked once a shape, so that many documents are recognised quickly.

Knows:   that a source which says no without looking at any value says no to every object with the same keys, and one that says no to the
         mere type of a document says no to every text or array.
Ignores: what the keys mean.  What is remembered changes speed only, never an answer.

A topic holds few shapes of objects and many objects.  Some 170 sources are registered; of a shape a dozen look at a value.
"""

from __future__ import annotations

from collections.abc import ItemsView, Sequence, ValuesView
from typing import Any, Final, NoReturn

from schemas.sources.source import Source

MAX_SHAPES: Final = 4_096
MAX_KEYS: Final = 64
"""Objects with more keys are rarely alike, and their shapes would fill the memory."""


class Shapes:
    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._known: dict[tuple[Any, ...], tuple[Source, ...]] = {}

    def may_read(self, document: dict[Any, Any]) -> Sequence[Source]:
        """The sources, in order, of which one reads the object if any does."""
        if len(document) > MAX_KEYS:
            return self._sources
        shape = tuple(document)
        known = self._known.get(shape)
        if known is None:
            if len(self._known) >= MAX_SHAPES:
                self._known.clear()
            known = self._known[shape] = tuple(self._asked(_Watched(document)))
        return known

    def _asked(self, document: _Watched) -> list[Source]:
        found = []
        for source in self._sources:
            document.looked_at = False
            if source.recognises(document) or document.looked_at:
                found.append(source)
        return found


class _Watched(dict[Any, Any]):
    """An object that notices when a value of it is looked at; to ask for its keys, or for a key that it lacks, is no look."""

    looked_at = False

    def __getitem__(self, key: Any) -> Any:
        self.looked_at = True
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        if key in self:
            self.looked_at = True
        return super().get(key, default)

    def items(self) -> ItemsView[Any, Any]:  # type: ignore[override]
        self.looked_at = True
        return super().items()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        self.looked_at = True
        return super().values()


def may_read_any(sources: Sequence[Source], type_: type) -> tuple[Source, ...]:
    """The sources, in order, that do not say no to every document of the type, such as a text."""
    return tuple(source for source in sources if _looks_at(source, type_))


def _looks_at(source: Source, type_: type) -> bool:
    try:
        return source.recognises(_of_type(type_))
    except Exception:  # whatever is done to the document but to ask for its type ends so
        return True


def _of_type(type_: type) -> object:
    """A document of which nothing but the type may be asked."""

    def refuse(*_: object) -> NoReturn:
        raise LookupError("a document was looked at")

    return type("_Unseen", (), {"__class__": type_, **dict.fromkeys(_LOOKS, refuse)})()


_LOOKS: Final = (
    "__bool__",
    "__eq__",
    "__ne__",
    "__hash__",
    "__str__",
    "__repr__",
    "__format__",
    "__getattr__",
    "__iter__",
    "__len__",
    "__contains__",
    "__getitem__",
)
"""What Python would otherwise answer for any object; anything else fails by itself."""
