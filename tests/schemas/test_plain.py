"""Text from others made harmless to show: nothing is left that steers a terminal or deceives an eye, and no text is lost."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.plain import one_line, plain


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[1;1Hcleared", "cleared"),
        ("\x9b31mred", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ended", "0;never ended"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("a\u2066b\u2069c", "abc"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("hid\U000e0041den", "hidden"),
        ("lone \ud800 half", "lone  half"),
        ("over\x08\x08write\r\nnext\rlast", "overwrite\nnext\nlast"),
        ("naïve – 日本語 🔥\ttab", "naïve – 日本語 🔥\ttab"),
    ],
)
def test_what_is_not_text_goes_and_text_stays(text, seen):
    assert plain(text) == seen


@given(st.text())
def test_nothing_is_left_that_a_terminal_obeys(text):
    """No control but line feed and tab; no bidirectional control; no lone surrogate; and a second time changes nothing."""
    seen = plain(text)
    assert not [c for c in seen if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs")]
    assert not [c for c in seen if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")]
    assert plain(seen) == seen


@given(st.text(), st.integers(1, 50))
def test_one_line_is_one_line_and_no_longer_than_asked(text, most):
    line = one_line(text, most)
    assert len(line) <= most
    assert len(line.splitlines()) <= 1


def test_a_flood_of_unfinished_sequences_takes_no_more_than_linear_time():
    """100 kB of openings that never end are handled at once."""
    assert plain("\x1b]" * 50_000) == ""
