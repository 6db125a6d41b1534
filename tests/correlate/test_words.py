"""Times, spans, numbers and quotations in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.words import clause, gist, listed, moment, nanoseconds, number, percent, quoted, sentence, span


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
