"""The systemd journal: the bulk decoder equals the plain reader, whatever lies between."""

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
from schemas.bulk.journald import Journal
from schemas.reading import Reader, Reading, Records
from schemas.sources.linux_programs import ACCOUNT_NEEDLES, without_accounts
from schemas.subjects import Subjects

MESSAGES = st.one_of(
    st.sampled_from(
        (
            "GET /cart 200", "", "[error] lost", "password=hunter2hunter2", "Accepted publickey for canary from 192.0.2.7", "(canary) CMD (ls)", "x" * 9000,
            "checkout.service: Failed with result 'exit-code'.", "Out of memory: Killed process 1 (java) total-vm:1kB", "mail jane.canary@example.com",
            "Server be_cart/cart-2 is DOWN, reason: Layer4 timeout", "Installed: nginx-1.26.0.x86_64", "System is rebooting.",
        )
    ),
    st.none(),
    st.just([99, 97, 102, 233]),
    st.just(["first", "second"]),
)  # fmt: skip
ENTRIES = st.fixed_dictionaries(
    {
        "__CURSOR": st.sampled_from(("s=1;i=1", "s=1;i=2", "")),
        "__REALTIME_TIMESTAMP": st.sampled_from(("1741083180123456", "17410831801234567890", "", "x")),
        "MESSAGE": MESSAGES,
    },
    optional={
        "_SOURCE_REALTIME_TIMESTAMP": st.sampled_from(("1741083180000001", "", "0")),
        "PRIORITY": st.sampled_from(("0", "3", "6", "7", "8", "")) | st.just(3),
        "_HOSTNAME": st.sampled_from(("web-1", "")),
        "SYSLOG_IDENTIFIER": st.sampled_from(("checkout", "sshd", "kernel", "systemd", "haproxy", "yum", "systemd-logind", "")),
        "_TRANSPORT": st.sampled_from(("journal", "kernel", "stdout")),
        "_SYSTEMD_UNIT": st.sampled_from(("checkout.service", "init.scope", "user@1000.service")),
        "_SYSTEMD_USER_UNIT": st.just("app.service"),
        "UNIT": st.just("checkout.service"),
        "MESSAGE_ID": st.sampled_from(("d9b373ed55a64feb8242e02dbe79a49c", "")),
        "_COMM": st.just("node"),
        "CONTAINER_NAME": st.just("cart"),
        "CONTAINER_ID": st.just("9f8e7d6c5b4a"),
        "_SYSTEMD_CGROUP": st.just("/kubepods/burstable/pod6d0a2d94-54fa-43d8-ad40-bc264fb0682c/" + "cd" * 32),
    },
)


def read(values: Sequence[bytes], decoders: Sequence[Any]) -> tuple[pl.DataFrame, list[tuple[int, Any]]]:
    records = Records("t", 0, range(len(values)), [1_741_090_000_000_000_000] * len(values), values)
    with patch.object(reading, "DECODERS", tuple(decoders)):
        found = Reader(Reading(strict=True)).read(records)
    return found.signals, sorted(found.rejected, key=lambda pair: (pair[0], pair[1].detail))


@settings(max_examples=200, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=6))
def test_the_journal_in_bulk_equals_the_plain_reader(documents: list[Any]) -> None:
    """C1: rows and refusals are the same, row by row, in record order."""
    values = [orjson.dumps(document) for document in documents]
    fast, slow = read(values, DECODERS), read(values, ())
    assert_frame_equal(fast[0], slow[0])
    assert fast[1] == slow[1]


def test_usual_entries_are_taken_in_bulk() -> None:
    """The property above would also hold of a decoder that declines everything."""
    entry = {
        "__CURSOR": "c", "__REALTIME_TIMESTAMP": "1741083180123456", "MESSAGE": "a line", "PRIORITY": "6", "_HOSTNAME": "web-1", "SYSLOG_IDENTIFIER": "checkout",
    }  # fmt: skip
    value = orjson.dumps(entry)
    assert all(mark in value for mark in Journal.marks)
    taken = Journal().read([value, value], Subjects(lambda subject: subject), b"")
    assert taken is not None
    assert (len(taken.record), taken.odd) == (2, [])


@given(st.text(alphabet="abjin(): =USERuserforbyacct\\ 'CMD\n0123", max_size=60))
def test_only_messages_with_a_needle_are_changed(message: str) -> None:
    """What the sift lets pass untouched, `without_accounts` would not have changed either."""
    if not message.startswith("(") and not any(needle in message.lower() for needle in ACCOUNT_NEEDLES):
        assert without_accounts(message) == message
