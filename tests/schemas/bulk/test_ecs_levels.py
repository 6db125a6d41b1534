"""A shipped line without a level field has the level that it tells itself, read in bulk as read alone (C1)."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import severity
from schemas.reading import Reader, Reading, Records
from schemas.sources import ecs

HEAD = {"@timestamp": "2026-03-02T08:00:00Z", "ecs": {"version": "8.11.0"}, "agent": {"type": "filebeat"}, "host": {"name": "web-4"}}
SAID = {
    "ERROR could not connect": severity.ERROR, "[warn] slow": severity.WARN, "level=error msg=boom": severity.ERROR, "all went well": 0,
    "no error was found": 0, '{"level":"fatal","msg":"boom"}': severity.FATAL, '{"level":50,"msg":"boom"}': severity.ERROR, '{"msg":"x"}': 0, '{"level":': 0,
}  # fmt: skip
MESSAGES = st.sampled_from(list(SAID)) | st.text(max_size=40)


def _levels(messages: list[str], extra: dict[str, object]) -> list[int]:
    values = [orjson.dumps({**HEAD, **extra, "message": message}) for message in messages]
    read = Reader(Reading(strict=True)).read(Records("t", 0, range(len(values)), [1] * len(values), values))
    levels: list[int] = read.signals["severity_number"].to_list()
    return levels


@pytest.mark.parametrize("extra", [{}, {"labels": {"team": "a"}}], ids=["lean", "usual"])
def test_a_line_tells_its_level_itself(extra: dict[str, object]) -> None:
    """Plain words where loggers put them, fields of JSON lines; prose that only speaks of errors is none."""
    assert _levels(list(SAID), extra) == list(SAID.values())


@given(
    st.lists(MESSAGES.filter(str.strip), min_size=1, max_size=8),
    st.sampled_from([{}, {"labels": {"team": "a"}}, {"level": "info"}, {"severity": "WARN"}]),
)
@settings(max_examples=150, deadline=None)
def test_levels_in_bulk_are_those_of_each_line_alone(messages: list[str], extra: dict[str, object]) -> None:
    alone = [ecs.severity_of({**HEAD, **extra, "message": message}) for message in messages]
    assert _levels(messages, extra) == alone
