"""Log entries of Google Cloud and batches of CloudWatch Logs: the bulk decoders equal the plain readers, whatever lies between."""

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
from schemas.bulk.cloudwatch_logs import CloudWatchLogs
from schemas.bulk.log_entry import LogEntries
from schemas.reading import Reader, Reading, Records
from schemas.subjects import Subjects

TEXTS = st.sampled_from(
    (
        "", "charged 12 EUR", "  padded ", "ERROR it failed", "password=hunter2hunter2", "mail jane.canary@example.com", "START RequestId: 1",
        "User: arn:aws:iam::123456789012:user/Jane.Canary is not authorized", '{"level": "warn", "message": "slow"}', "[1", "Task timed out after 3.00 seconds",
        '{"log": "ERROR gone", "kubernetes": {"pod_name": "pay-7d9f8b6c5d-x2x9z", "namespace_name": "shop"}}',
    )
)  # fmt: skip
TIMES = st.sampled_from(("2025-03-01T10:00:00.123456789Z", "2025-03-01T10:00:00Z", "2025-03-01 10:00:00.5", "", "never"))
PAYLOADS = st.one_of(
    st.dictionaries(st.sampled_from(("message", "msg", "level", "severity", "@type", "x", "reason")), TEXTS, max_size=3),
    st.just({"involvedObject": {"kind": "Pod", "name": "a"}, "reason": "BackOff", "type": "Warning"}),
    st.just({"decision": {"eventId": "e", "scaleUp": {"increasedMigs": [{"mig": {"name": "g", "nodepool": "n"}}]}}}),
    st.just({"category": "INCIDENT", "title": "Slow", "description": "We look into it.", "state": "ACTIVE"}),
    st.just({"queryName": "pay.shop.test.", "vmInstanceName": "1.vm-1", "vmInstanceIdString": "834"}),
    st.just({"@type": "type.googleapis.com/google.appengine.logging.v1.RequestLog", "method": "GET", "line": [{"logMessage": "x"}]}),
    st.just([1]),
    st.none(),
)
ENTRIES = st.fixed_dictionaries(
    {
        "insertId": st.sampled_from(("i1", "i2", "", "i" * 9000)),
        "logName": st.sampled_from(
            (
                "projects/p/logs/stdout",
                "projects/p/logs/run.googleapis.com%2Fstderr",
                "projects/p/logs/events",
                "odd",
                "projects/p/logs/servicehealth.googleapis.com%2Factivity",
                "projects/p/logs/container.googleapis.com%2Fcluster-autoscaler-visibility",
            )
        ),
        "resource": st.sampled_from(
            (
                {
                    "type": "k8s_container",
                    "labels": {"pod_name": "checkout-7d9f8b6c5d-x2x9z", "namespace_name": "shop", "location": "us-central1-a"},
                },
                {"type": "cloud_run_revision", "labels": {"service_name": "pay", "location": "europe-west1"}},
                {"type": "global"},
                "text",
                None,
            )
        ),
    },
    optional={
        "timestamp": TIMES,
        "receiveTimestamp": TIMES,
        "severity": st.sampled_from(("ERROR", "WARNING", "DEFAULT", "odd", 500)),
        "textPayload": TEXTS,
        "jsonPayload": PAYLOADS,
        "labels": st.dictionaries(st.sampled_from(("k8s-pod/app", "execution_id", "verbose_message")), TEXTS, max_size=2) | st.none(),
        "trace": st.sampled_from(("projects/p/traces/abc", "", "t/" * 5000)),
        "httpRequest": st.just({"status": 503, "requestMethod": "GET", "requestUrl": "https://x/y"}),
        "protoPayload": st.just({"methodName": "SetIamPolicy"}),
        "p_event_time": TIMES,
    },
)
BATCHES = st.fixed_dictionaries(
    {
        "messageType": st.sampled_from(("DATA_MESSAGE", "DATA_MESSAGE", "CONTROL_MESSAGE")),
        "owner": st.just("123456789012"),
        "logGroup": st.sampled_from(
            ("/aws/lambda/pay", "/ecs/checkout", "/aws/batch/job", "/aws/containerinsights/shop/host", "odd", "", "g" * 9000)
        ),
        "logStream": st.sampled_from(("s", "i-0a1b2c3d4e5f60718", "eni-0a1b2c3d4e5f60718-all", "totals/default/1f")),
        "logEvents": st.lists(
            st.fixed_dictionaries(
                {"id": st.sampled_from(("1", "", "1" * 9000)), "timestamp": st.sampled_from((1740823200123, 0, -1)), "message": TEXTS}
            ),
            max_size=4,
        ),
    }
)


def read(values: Sequence[bytes], decoders: Sequence[Any]) -> tuple[pl.DataFrame, list[tuple[int, Any]]]:
    records = Records("t", 0, range(len(values)), [1_740_823_300_000_000_000] * len(values), values)
    with patch.object(reading, "DECODERS", tuple(decoders)):
        found = Reader(Reading(strict=True)).read(records)
    return found.signals, sorted(found.rejected, key=lambda pair: (pair[0], pair[1].detail))


def assert_equal_to_plain(documents: list[Any]) -> None:
    values = [orjson.dumps(document) for document in documents]
    fast, slow = read(values, DECODERS), read(values, ())
    assert_frame_equal(fast[0], slow[0])
    assert fast[1] == slow[1]


@settings(max_examples=150, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=5))
def test_log_entries_in_bulk_equal_the_plain_reader(documents: list[Any]) -> None:
    """C1: rows and refusals are the same, row by row, in record order."""
    assert_equal_to_plain(documents)


@settings(max_examples=150, deadline=None)
@given(st.lists(BATCHES, min_size=1, max_size=4))
def test_cloudwatch_logs_in_bulk_equal_the_plain_reader(documents: list[Any]) -> None:
    """C1: rows and refusals are the same, row by row, in record order."""
    assert_equal_to_plain(documents)


def test_usual_records_are_taken_in_bulk() -> None:
    """The property above would also hold of decoders that decline everything."""
    entry = {
        "insertId": "i",
        "logName": "projects/p/logs/x",
        "resource": {"type": "global"},
        "textPayload": "a",
        "timestamp": "2025-03-01T10:00:00Z",
    }
    events = [{"id": str(n), "timestamp": 1740823200000, "message": "a line"} for n in range(3)]
    batch = {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/aws/lambda/pay", "logStream": "s", "logEvents": events}
    for decoder, document, rows in ((LogEntries(), entry, 2), (CloudWatchLogs(), batch, 6)):
        value = orjson.dumps(document)
        assert all(mark in value for mark in decoder.marks)
        taken = decoder.read([value, value], Subjects(lambda subject: subject), b"")
        assert taken is not None
        assert (len(taken.record), taken.odd) == (rows, [])
