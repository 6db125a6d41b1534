"""Winlogbeat: the bulk decoder equals the plain reader, whatever lies between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import orjson
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas import reading
from schemas.bulk import DECODERS
from schemas.bulk.winlogbeat import Winlogbeat
from schemas.reading import Reader, Reading, Records
from schemas.subjects import Subjects

TEXTS = st.sampled_from(
    ("", "  a line ", "User SHOP\\jane.canary did it", "An account failed to log on.\r\n\r\nSubject:\r\n\tAccount Name:\tjane.canary", "%%2147942414", "Done ON BEHALF OF user jane.canary", "ſecurity ID: jane.canary", "x " * 5000, "password=hunter2hunter2")
)  # fmt: skip
WINLOG = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from((1, "4625", 4624, "7036", 6013, "", "x", 0)),
        "channel": st.sampled_from(("Security", "System", "")),
        "computer_name": st.sampled_from(("W1.shop.example", "W2", "")),
        "provider_name": st.sampled_from(("Microsoft-Windows-Security-Auditing", "Service Control Manager", "X", "-")),
        "record_id": st.sampled_from((1, "2", "")),
    },
    optional={
        "time_created": st.sampled_from(("2025-03-04T10:13:00.1234567Z", "", "never")),
        "keywords": st.sampled_from((["Audit Failure"], ["Audit Success"], ["Classic"], [])),
        "event_data": st.dictionaries(st.sampled_from(("param1", "TargetUserName", "Binary", "errorCode", "Data", "#x")), TEXTS | st.integers(0, 9) | st.just(["a"]) | st.none(), max_size=3),
        "user": st.sampled_from(({"identifier": "S-1-5-18"}, {"identifier": "jane.canary", "name": "jane"})),
        "user_data": st.just({"x": "y"}),
    },
)  # fmt: skip
DOCUMENTS = st.fixed_dictionaries(
    {"@timestamp": st.sampled_from(("2025-03-04T10:13:05.000Z", "", "never")), "winlog": WINLOG},
    optional={"message": TEXTS, "log": st.sampled_from(({"level": "information"}, {"level": "error"}, {"level": ""}, {})), "event": st.just({"code": "4625"})},
)  # fmt: skip


def read(values: Sequence[bytes], decoders: Sequence[Any]) -> tuple[pl.DataFrame, list[tuple[int, Any]]]:
    records = Records("t", 0, range(len(values)), [1_741_090_000_000_000_000] * len(values), values)
    with patch.object(reading, "DECODERS", tuple(decoders)):
        found = Reader(Reading(strict=True)).read(records)
    return found.signals, sorted(found.rejected, key=lambda pair: (pair[0], pair[1].detail))


@settings(max_examples=200, deadline=None)
@given(st.lists(DOCUMENTS, min_size=1, max_size=6))
def test_winlogbeat_in_bulk_equals_the_plain_reader(documents: list[Any]) -> None:
    """C1, C2: rows and refusals are the same, row by row, in record order."""
    values = [orjson.dumps(document) for document in documents]
    fast, slow = read(values, DECODERS), read(values, ())
    assert_frame_equal(fast[0], slow[0])
    assert fast[1] == slow[1]


def test_usual_events_are_taken_in_bulk_and_states_are_not() -> None:
    """The property above would also hold of a decoder that declines everything."""
    winlog = {
        "event_id": 4624,
        "channel": "Security",
        "computer_name": "W1",
        "provider_name": "Microsoft-Windows-Security-Auditing",
        "record_id": 7,
    }
    usual = orjson.dumps({"@timestamp": "2025-03-04T10:13:00Z", "message": "Logged on.", "log": {"level": "information"}, "winlog": winlog})
    state = usual.replace(b"4624", b"7034").replace(b"Microsoft-Windows-Security-Auditing", b"Service Control Manager")
    assert all(mark in usual for mark in Winlogbeat.marks)
    taken = Winlogbeat().read([usual, state, usual], Subjects(lambda subject: subject), b"")
    assert taken is not None
    assert (taken.record.tolist(), taken.odd) == ([0, 2], [1])
