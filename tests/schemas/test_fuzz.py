"""Whatever arrives, no reader raises, and nothing vanishes: every record gives rows, a refusal, or both (C10)."""

from __future__ import annotations

import json
import random

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import NOW_NS, attack, broken_promises, command, corpus
from benchmarks.mutations import mutated, nested
from schemas.reading import Reader, Reading, Records

CORPUS = corpus()
PER_FORMAT = 40
"""Of each format in every test run; `python -m benchmarks fuzz` reads 10,000."""


@pytest.mark.parametrize("name", CORPUS)
def test_mutated_fixtures_are_read_or_refused(name: str) -> None:
    """Cut, retyped, nested, blown up, mis-encoded: 40 inputs of every format, 0 exceptions, 0 silent drops."""
    assert attack(name, CORPUS[name], PER_FORMAT, seed=20260302) == []


@pytest.mark.parametrize("name", CORPUS)
def test_every_field_may_be_nested_deeper_than_json_is_written(name: str) -> None:
    """JSON may be read 1,024 levels deep and written 254: no field of any format makes its reader raise on the way out."""
    values = [deep for payload in CORPUS[name] for deep in nested(payload)]
    read = Reader(Reading(strict=True)).read(Records("fuzz", 0, range(len(values)), [NOW_NS] * len(values), values))
    assert broken_promises(read, len(values)) == []


ONCE_RAISED = {
    "an operation of slashes alone": (
        b'{"time":"2026-03-02T07:15:20Z","resourceId":"/SUBSCRIPTIONS/1/RESOURCEGROUPS/A/PROVIDERS/MICROSOFT.INSIGHTS/ACTIVITYLOGALERTS/B",'
        b'"correlationId":"c","operationName":"////","category":"Alert","resultType":"Activated.","level":"Warning","properties":{}}'
    ),
    "a header whose last word goes on": b"LAST SEEN   TYPE     REASON   OBJECT      MESSAGE9\n3m   Warning  BackOff  Pod/web-1   Back-off restarting\n",
}


@pytest.mark.parametrize("value", ONCE_RAISED.values(), ids=list(ONCE_RAISED))
def test_what_once_made_a_reader_raise_is_read_or_refused(value: bytes) -> None:
    """Found by longer runs than this suite's."""
    read = Reader(Reading(strict=True)).read(Records("fuzz", 0, (0,), (NOW_NS,), (value,)))
    assert broken_promises(read, 1) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ALL_KEYS = sorted(
    {
        key
        for payloads in CORPUS.values()
        for payload in payloads
        for key in payload.decode("utf-8", "replace").split('"')[1::2]
        if len(key) < 24
    }
)


@given(st.dictionaries(st.sampled_from(ALL_KEYS), json_values, min_size=1, max_size=8))
@settings(max_examples=300, deadline=None)
def test_objects_made_of_known_keys_are_read_or_refused(document: dict[str, object]) -> None:
    """Any object that looks like a known format by its keys, with anything as values, is read or refused."""
    value = json.dumps(document).encode("utf-8", "replace")
    read = Reader(Reading(strict=True)).read(Records("fuzz", 0, (0,), (NOW_NS,), (value,)))
    assert broken_promises(read, 1) == []


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(value: bytes) -> None:
    read = Reader(Reading(strict=True)).read(Records("fuzz", 0, (0,), (NOW_NS,), (value,)))
    assert broken_promises(read, 1) == []


@given(st.integers(min_value=0, max_value=10_000))
@settings(max_examples=25, deadline=None)
def test_a_hostile_neighbour_changes_nothing_for_the_others(seed: int) -> None:
    """Records of one run are independent: the same record gives the same rows whoever stands beside it."""
    rng = random.Random(seed)
    names = sorted(CORPUS)
    values = [rng.choice(CORPUS[rng.choice(names)]) for _ in range(6)]
    values = [mutated(value, rng) if rng.random() < 0.4 else value for value in values]
    run = Reader(Reading(strict=True)).read(Records("fuzz", 0, range(6), [NOW_NS] * 6, values))
    for place, value in enumerate(values):
        alone = Reader(Reading(strict=True)).read(Records("fuzz", 0, (place,), (NOW_NS,), (value,)))
        assert run.signals.filter(run.signals["offset"] == place).equals(alone.signals)
        assert [why for where, why in run.rejected if where == place] == [why for _, why in alone.rejected]


def test_an_unknown_format_is_not_attacked_without_a_word() -> None:
    """The command names what it cannot attack instead of finding nothing wrong with nothing."""
    told = CliRunner().invoke(command, ["--only", "no.such.format"])
    assert told.exit_code == 2
    assert "no.such.format" in told.output
