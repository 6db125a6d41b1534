"""The page of formats says what the readers do, all of them, and nothing else."""

from __future__ import annotations

from pathlib import Path

from schemas.formats import REFERENCES, page, readers
from schemas.sources.detect import BINARY, SOURCES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run `python -m schemas.formats > docs/formats.md`"


def test_every_reader_has_a_reference_and_none_is_left_over() -> None:
    assert REFERENCES.keys() == readers().keys()


def test_every_reader_opens_with_its_rules() -> None:
    """Identity, time, severity and state: the four questions each file answers before its code."""
    for name, (module, _) in readers().items():
        said = (module.__doc__ or "").lower()
        assert all(word in said for word in ("identity", "time")), name
        assert any(word in said for word in ("reference", "source")), name


def test_formats_are_named_vendor_and_thing() -> None:
    assert all(source.format == source.format.lower() and " " not in source.format for source in (*SOURCES, *BINARY))
