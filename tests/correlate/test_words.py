"""Times, spans, numbers and quotations in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.telemetry.roles import FAMILIES
from correlate.words import (
    clause,
    family_words,
    gist,
    listed,
    moment,
    nanoseconds,
    number,
    percent,
    quoted,
    sentence,
    span,
    template,
    with_unit,
)


@pytest.mark.parametrize(
    ("length_ns", "words"),
    [
        (0, "0 ms"),
        (850_000_000, "850 ms"),
        (42_900_000_000, "42 s"),
        (-260_000_000_000, "4 min 20 s"),
        (3_600_000_000_000, "1 h"),
        (7_500_000_000_000, "2 h 5 min"),
        (273_600_000_000_000, "3 d 4 h"),
    ],
)
def test_a_span_has_at_most_two_units(length_ns, words):
    assert span(length_ns) == words


times = st.integers(0, 2**63 - 1)


@given(times, times)
def test_the_order_of_written_times_is_the_order_of_times(one, other):
    """Tools sort the records of a topic by text."""
    assert (moment(one) < moment(other)) is (one // 1_000_000 < other // 1_000_000)


@given(times)
def test_a_written_time_reads_back_to_the_millisecond(at_ns):
    assert nanoseconds(moment(at_ns)) == at_ns // 1_000_000 * 1_000_000


@pytest.mark.parametrize(("value", "words"), [(0.0314159, "0.0314"), (12.5, "12.5"), (1_204_000, "1,204,000"), (0, "0")])
def test_a_number_has_three_digits_that_mean_something(value, words):
    assert number(value) == words


def test_small_ratios_do_not_vanish():
    assert (percent(0.004), percent(1)) == ("0.4 %", "100 %")


def test_lists_end_in_and():
    assert [listed(list("abcde"[:n])) for n in range(6)] == ["", "a", "a and b", "a, b and c", "a, b, c and 1 more", "a, b, c and 2 more"]


def test_a_quotation_cannot_end_itself():
    """The marks of verbatim text are ours alone."""
    assert quoted("he said “stop” twice") == '“he said "stop" twice”'
    assert quoted(" \n ") == ""
    assert len(quoted("x" * 1_000)) == 202


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("16:49:25.228 ERROR TraceID: f1c3dd7a644ef185a57e6a1023b6a91d no seat", "ERROR TraceID: … no seat"),
        ("2023-01-29T08:43:10.123Z [main] started", "[main] started"),
        ("[2023-01-29 08:43:10,123] WARN slow", "WARN slow"),
        ("order 123e4567-e89b-12d3-a456-426614174000 failed at 08:43:10", "order … failed at 08:43:10"),
        ("deadbeef is short", "deadbeef is short"),
    ],
)
def test_the_gist_of_a_line_leaves_out_its_own_time_and_long_ids(line, rest):
    """What is left in three lines of a terminal is what happened."""
    assert gist(line) == rest


def test_identifiers_keep_their_spelling_in_sentences():
    assert sentence("http_requests_total rose") == "http_requests_total rose."
    assert sentence("errors rose") == "Errors rose."
    assert clause("Errors rose.") == "errors rose"
    assert clause("CPU is short.") == "CPU is short"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "2026-11-24 23:51:58,407 POST /orders failed\nTraceback (most recent call last):\n  File x\nPoolError: empty",
            "POST /orders failed",
        ),
        ("Traceback (most recent call last):\n  File x\nPoolError: empty", "PoolError: empty"),
        ("\n\n  caught: retrying\n  at Cart.java:42", "caught: retrying"),
        ("trace 4bf92f3577b34da6a3ce929d0e0e4736 ended", "trace … ended"),
        ("", ""),
    ],
)
def test_the_gist_of_a_log_is_its_first_telling_line(line: str, said: str) -> None:
    assert gist(line) == said


def test_a_template_is_quoted_shortly_without_what_varies() -> None:
    assert template("order 411 placed in 23 ms") == "“order … placed in … ms”"
    assert len(template("word " * 100)) <= 92
    assert template(" ") == "an empty line"


@pytest.mark.parametrize(
    ("value", "unit", "rate", "words"),
    [(0.25, "1", False, "0.25"), (4.9, "", True, "4.9 per second"), (0.3, "s", False, "0.3 s"), (0.02, "s", True, "0.02 s/s")],
)
def test_a_unit_that_says_nothing_is_left_out(value: float, unit: str, rate: bool, words: str) -> None:
    assert with_unit(value, unit, per_second=rate) == words


def test_every_family_of_evidence_has_words() -> None:
    """No reader should meet `edge_in_client`."""
    assert not [family for family in FAMILIES if "_" in family_words(family)]
