"""Whom components name in what they log: calls learned from wordings (C15)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.telemetry.mentions import Mentions, named


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("call to stock-db failed: deadline exceeded after 3 ms", ["stock-db"]),
        ("GET http://carts:8080/items answered 503", ["carts"]),
        ("connect checkoutservice:5050: connection refused", ["checkoutservice"]),
        ("request from web-frontend rejected: queue full", []),
        ("rejected by rate-limiter", []),
        ("upstream 10.0.0.3:80 timed out at 12:30:10", []),
        ("user 42 not found, payment refused, order kept", []),
    ],
)
def test_a_name_counts_where_it_can_be_no_common_word_and_is_asked(text: str, names: list[str]) -> None:
    """“payment refused” names no service called payment; who is named after “from” asks, and is not asked."""
    assert list(named(text)) == names


def take(mentions: Mentions, *rows: tuple[int, int, str]) -> None:
    entity, template, texts = zip(*rows, strict=True)
    mentions.take(np.array(entity), np.array(template), pl.Series(list(texts)))


def test_a_peer_that_is_heard_of_later_is_remembered() -> None:
    mentions = Mentions()
    take(mentions, (0, 7, "call to stock-db failed"), (0, 7, "call to stock-db failed"), (1, 7, "call to stock-db failed"))
    assert list(mentions.calls({"service:web": 0, "service:shop": 1})) == []
    assert list(mentions.calls({"service:web": 0, "service:shop": 1, "service:stock-db": 2})) == [(0, 2), (1, 2)]
    take(mentions, (0, 7, "call to stock-db failed"))
    assert list(mentions.calls({"service:web": 0, "service:shop": 1, "service:stock-db": 2})) == []


def test_nobody_calls_itself() -> None:
    mentions = Mentions()
    take(mentions, (0, 1, "started stock-db-main, answering for stock-db and web-api"))
    assert list(mentions.calls({"service:stock-db": 0, "service:web-api": 1})) == [(0, 1)]


words = st.sampled_from(["call to a-b failed", "http://c:80/ refused", "from a-b", "nothing", "a-b and d_e"])


@given(st.lists(st.tuples(st.integers(0, 4), words), max_size=30), st.integers(1, 30))
def test_batches_do_not_matter(rows: list[tuple[int, str]], size: int) -> None:
    """The same lines in one batch or in many tell the same calls, as a loop over the lines does."""
    known = {f"service:{name}": number for number, name in enumerate(["x", "a-b", "c", "d_e", "y"])}
    told = [(entity, hash_of(text), text) for entity, text in rows]
    whole, parts = Mentions(), Mentions()
    if told:
        take(whole, *told)
    for start in range(0, len(told), size):
        take(parts, *told[start : start + size])
    expected = {(entity, known[f"service:{name}"]) for entity, text in rows for name in named(text)}
    expected = {(speaker, peer) for speaker, peer in expected if speaker != peer}
    assert set(whole.calls(known)) == set(parts.calls(known)) == expected


def hash_of(text: str) -> int:
    return sum(ord(letter) * 31**place for place, letter in enumerate(text)) % (1 << 62)
