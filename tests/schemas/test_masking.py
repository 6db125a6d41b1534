"""Templates are what stays of a line, the same by text and by column, on every worker."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.masking import Templates, mask, mask_many, template_id, template_ids


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("took 35ms", "took 1200ms"), ("id 4bf92f3577b34da6a3ce929d0e0e4736 done", "id 00f067aa0ba902b7 done"), ("at 2026-03-02T08:00:00.1Z up", "at 2025-01-01 09:10:11,22 up"),
        ("peer 10.0.0.1:443 gone", "peer 192.168.7.9 gone"), ("order 123e4567-e89b-12d3-a456-426614174000", "order 00000000-0000-0000-0000-000000000001"),
        ("pod web-5f55b6cf68-77cfw", "pod web-7d9f8b6c5d-x2x9z"), ("ptr 0xdeadbeef", "ptr 0x1"), ("used 1.5e3 of 12 GB", "used 7 of 900 GB"),
    ],
)  # fmt: skip
def test_what_varies_is_masked(one: str, two: str) -> None:
    assert mask(one) == mask(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [("Travel2Controller#115 start", "Travel2Controller#116 start"), ("at Cart.java:42", "at Cart.java:43"), ("NullPointerException", "TimeoutException"),
     ("'Connection refused'", "'Connection reset'"), ("http2 stream", "http3 stream")],
)  # fmt: skip
def test_what_tells_the_place_in_the_code_stays(one: str, two: str) -> None:
    assert mask(one) != mask(two)


@given(st.lists(st.text(max_size=80) | st.from_regex(r"[a-f0-9:.#TZ\- ]{0,60}"), max_size=12))
def test_a_column_is_masked_as_its_texts_are(texts: list[str]) -> None:
    """The fast engine and Python's agree on every text, so ids do not depend on how a line was read."""
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    assert mask_many(pl.Series(texts, dtype=pl.String)).to_list() == [mask(text) for text in texts]
    assert template_ids(texts).tolist() == [template_id(mask(text)) for text in texts]


def test_ids_are_the_same_everywhere() -> None:
    """A fixed point: a change of the masks is a change of every stored baseline, and must be meant."""
    assert template_ids(["took 35ms"]).tolist() == [template_id("took <*>")] == [8223694864372588484]
    assert Templates().ids(["a", "a"]).tolist() == Templates().ids(["a"]).tolist() * 2
