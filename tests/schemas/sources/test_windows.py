"""What the Windows readers promise beyond the fixtures: one event reads alike from every exporter, outages, roles not names (C1, C2, C3)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import severity
from schemas.check import check
from schemas.reading import Reading
from schemas.sources.windows_event import AUDIT_FAILURE, AUDIT_SUCCESS, outage_start, severity_of, short_name
from schemas.sources.windows_events_known import KNOWN
from schemas.sources.windows_meaning import told_by_message
from schemas.times import rfc3339

FIXTURES = Path(__file__).parents[1] / "fixtures" / "windows"
STRICT = Reading(strict=True)
AT = "2025-03-04T10:13:00.123Z"


def rows_of(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = check((FIXTURES / name).read_bytes(), options=STRICT)["rows"]
    return rows


def rows(value: object) -> list[dict[str, Any]]:
    raw = value.encode() if isinstance(value, str) else orjson.dumps(value)
    found: list[dict[str, Any]] = check(raw, options=STRICT)["rows"]
    return found


SCM = "Service Control Manager"
XML = (
    f"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{SCM}'/><EventID>7034</EventID><Level>2</Level>"
    f"<TimeCreated SystemTime='{AT}'/><EventRecordID>9</EventRecordID><Channel>System</Channel><Computer>W1</Computer></System>"
    "<EventData><Data Name='param1'>Checkout</Data><Data Name='param2'>1</Data></EventData></Event>"
)
SYSTEM = {"Level": 2, "EventRecordID": 9, "Channel": "System", "Computer": "W1"}
SAME_EVENT: dict[str, Any] = {
    "xml": XML,
    "xml, double quotes and a declaration": "<?xml version='1.0' encoding='utf-16'?>" + XML.replace("'", '"').replace('"1.0"', "'1.0'"),
    "evtx_dump": {"Event": {"System": SYSTEM | {"Provider": {"#attributes": {"Name": SCM}}, "EventID": {"#attributes": {"Qualifiers": 1}, "#text": 7034}, "TimeCreated": {"#attributes": {"SystemTime": AT}}}, "EventData": {"param1": "Checkout", "param2": "1"}}},
    "separate attributes": {"Event": {"System": SYSTEM | {"Provider_attributes": {"Name": SCM}, "EventID": 7034, "TimeCreated_attributes": {"SystemTime": AT}}, "EventData": {"param1": "Checkout", "param2": "1"}}},
    "xml to dict": {"Event": {"System": SYSTEM | {"Provider": {"@Name": SCM}, "EventID": {"@Qualifiers": "1", "#text": "7034"}, "TimeCreated": {"@SystemTime": AT}, "Level": "2"}, "EventData": {"Data": [{"@Name": "param1", "#text": "Checkout"}, {"@Name": "param2", "#text": "1"}]}}},
    "winlogbeat 6": {"@timestamp": AT, "event_id": 7034, "log_name": "System", "source_name": SCM, "computer_name": "W1", "level": "Error", "record_number": "9", "event_data": {"param1": "Checkout", "param2": "1"}, "host": {"name": "collector"}, "beat": {"hostname": "collector"}},
    "winlogbeat 7": {"@timestamp": AT, "log": {"level": "error"}, "host": {"name": "collector"}, "winlog": {"event_id": 7034, "channel": "System", "provider_name": SCM, "computer_name": "W1", "record_id": 9, "event_data": {"param1": "Checkout", "param2": "1"}}},
    "nxlog": {"EventTime": "2025-03-04 06:13:00.123", "@timestamp": "2025-03-04T10:13:00.500Z", "Hostname": "W1", "SeverityValue": 4, "EventType": "ERROR", "EventID": 7034, "SourceName": SCM, "RecordNumber": 9, "Channel": "System", "param1": "Checkout", "param2": "1", "SourceModuleType": "im_msvistalog"},
    "fluent-bit": {"ProviderName": SCM, "EventID": 7034, "Level": 2, "TimeCreated": "2025-03-04 11:13:00.123 +0100", "EventRecordID": 9, "Channel": "System", "Computer": "W1", "StringInserts": ["Checkout", "1"]},
    "Get-WinEvent": {"Id": 7034, "Level": 2, "RecordId": 9, "ProviderName": SCM, "LogName": "System", "MachineName": "W1", "TimeCreated": "/Date(1741083180123)/", "Properties": [{"Value": "Checkout"}, {"Value": 1}]},
}  # fmt: skip


@pytest.mark.parametrize("exporter", SAME_EVENT)
def test_one_event_reads_alike_from_every_exporter(exporter: str) -> None:
    """Kind, identity, severity, state, key and time do not depend on who exported it (C2)."""
    row = rows(SAME_EVENT[exporter])[0]
    assert (row["kind"], row["status"], row["severity_number"]) == ("state", "firing", 17)
    assert row["entities"][:2] == ["unit:W1/Checkout", "host:W1"]
    assert row["dedup_key"] == "windows.service|w1|checkout"
    assert row["time"] == "2025-03-04T10:13:00.123000000Z"
    assert "Checkout service terminated unexpectedly" in row["text"]


def test_the_collector_of_forwarded_events_is_never_the_host() -> None:
    for name in ("winlogbeat6.ndjson", "winlogbeat8.ndjson", "nxlog.ndjson", "telegraf.log"):
        for row in rows_of(name):
            assert "wec-1" not in orjson.dumps(row["entities"]).decode()


def test_a_service_that_crashed_fires_and_entering_the_running_state_resolves_it_in_any_language() -> None:
    crashed, running = rows_of("wevtutil-rendered.xml")[:2]
    assert "wird ausgeführt" in running["text"]
    assert crashed["dedup_key"] == running["dedup_key"]
    assert (crashed["status"], running["status"]) == ("firing", "resolved")


def test_an_unexpected_shutdown_tells_when_the_outage_began() -> None:
    """6008 is written after the next boot; its Binary holds local time, then UTC."""
    row = rows_of("wevtutil-rendered.xml")[3]
    assert (row["name"], row["starts_at"]) == ("host.unexpected_shutdown", "2025-03-04T09:55:00.500000000Z")


@given(st.binary(max_size=48))
def test_any_binary_gives_a_time_or_none(raw: bytes) -> None:
    assert outage_start(raw.hex()) >= 0


def test_the_second_systemtime_is_the_one_in_utc() -> None:
    local, utc = struct.pack("<8H", 2025, 1, 3, 1, 1, 0, 0, 0), struct.pack("<8H", 2024, 12, 2, 31, 23, 0, 0, 7)
    assert rfc3339(outage_start((local + utc).hex())) == "2024-12-31T23:00:00.007000000Z"
    assert outage_start(local.hex()) == 0
    assert outage_start("not hex") == 0


@pytest.mark.parametrize(
    ("binary", "name"),
    [
        ("730070007000730076 0063002F0034000000".replace(" ", ""), "sppsvc"),
        ("530070006F006F006C00650072000000", "Spooler"),
        ("", ""),
        ("zz", ""),
        ("E107070003000C00", ""),
    ],
)
def test_the_short_name_of_a_service_hides_in_binary(binary: str, name: str) -> None:
    assert short_name(binary) == name


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({"level": 1}, severity.FATAL), ({"level": "2"}, severity.ERROR), ({"level": "Warning"}, severity.WARN), ({"level": 5}, severity.DEBUG),
        ({"level": 0, "keywords": hex(AUDIT_FAILURE | 1 << 63)}, severity.WARN), ({"level": 0, "keywords": AUDIT_SUCCESS - (1 << 63)}, severity.INFO),
        ({"level": 0, "keywords": "Audit Failure"}, severity.WARN), ({"nxlog": 5}, severity.FATAL), ({"nxlog": 2}, severity.INFO), ({"entry_type": 16}, severity.WARN),
        ({"word": "Success Audit"}, severity.INFO), ({}, severity.UNSPECIFIED),
    ],
)  # fmt: skip
def test_severity_in_its_five_spellings(said: dict[str, Any], number: int) -> None:
    """Level, audit keywords as hex or negative numbers, words, nxlog's and .NET's numbers."""
    assert severity_of(**said) == number


def test_updates_join_on_their_guid_over_start_and_end() -> None:
    """Started in one export with braces, failed in another without: one change (C3)."""
    guid = "25acae93-40d4-4e62-814c-efb2f29f1bca"
    head = {"ProviderName": "Microsoft-Windows-WindowsUpdateClient", "Channel": "System", "Computer": "W1", "TimeCreated": AT}
    started = rows(head | {"EventID": 43, "EventData": {"updateTitle": "KB1", "updateGuid": f"{{{guid.upper()}}}"}})[0]
    failed = rows(head | {"EventID": 20, "StringInserts": ["0x80070643", "KB1", guid]})[0]
    assert started["dedup_key"] == failed["dedup_key"]
    assert started["change_id"] == failed["change_id"] == guid
    assert (started["details"]["outcome"], failed["details"]["outcome"]) == ("started", "failed")


def test_configuration_events_are_changes_with_from_to_and_a_role() -> None:
    row = rows_of("nxlog.ndjson")[0]
    assert row["kind"] == "change"
    assert row["details"] == {
        "action": "service.start_type_changed",
        "from": "auto start",
        "to": "disabled",
        "outcome": "succeeded",
        "actor": "user",
    }


def test_uptime_is_a_metric_in_seconds() -> None:
    row = rows_of("winlogbeat6.ndjson")[0]
    assert (row["kind"], row["value"], row["unit"]) == ("metric", 86400.0, "s")


def test_a_log_that_was_cleared_may_use_its_record_ids_again() -> None:
    """Computer, channel and record id are not enough: the time is part of the key."""
    event = {"EventID": 1, "ProviderName": "X", "Channel": "System", "Computer": "W1", "RecordId": 1}
    keys = {rows(event | {"TimeCreated": f"2025-03-04T10:13:0{n}Z"})[0]["dedup_key"] for n in range(2)}
    assert len(keys) == 2


def test_a_broken_event_among_whole_ones_is_refused_alone() -> None:
    read = check((FIXTURES / "events-wrapped.xml").read_bytes(), options=STRICT)
    assert [row["entities"][0] for row in read["rows"]] == ["unit:SHOP-WIN-1/checkout.exe", "unit:SHOP-WIN-1/cart.exe"]
    assert [(refused["reason"], refused["at"]) for refused in read["rejected"]] == [("bad_xml", "Event[2]")]


def test_entities_declared_in_xml_are_refused() -> None:
    """A bomb of nested entities or a reference to a file is never expanded."""
    bomb = "<!DOCTYPE Event [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>" + XML.replace(">Checkout<", ">&b;<")
    read = check(("<?xml version='1.0'?>" + bomb).encode(), options=STRICT)
    assert read["rows"] == []
    assert read["rejected"]


@pytest.mark.parametrize("key", [key for key, meaning in KNOWN.items() if key[0] == SCM.lower() and "{1}" in meaning.wording])
def test_parameters_are_read_back_out_of_the_message_where_it_is_all_there_is(key: tuple[str, int]) -> None:
    wording = KNOWN[key].wording
    message = wording
    for place in range(1, 10):
        message = message.replace(f"{{{place}}}", f"value {place}")
    told = told_by_message(wording, message)
    assert all(told[name] == f"value {name[5:]}" for name in told)
    assert told or wording.count("{1}") != 1 or "{ServiceName}" in wording


def test_perfmon_csv_is_moved_to_utc_by_its_header_and_blank_cells_are_no_zero() -> None:
    first, *others = rows_of("perfmon.csv")
    assert (first["name"], first["time"]) == ("Memory/Available MBytes", "2025-03-04T10:13:00.123000000Z")
    assert [row["value"] for row in others] == [97.5, 1024.0]


@pytest.mark.parametrize(
    "path", sorted(path for path in FIXTURES.iterdir() if not path.name.endswith(".expected.json")), ids=lambda path: path.name
)
def test_nobody_is_named_in_any_row(path: Path) -> None:
    """Accounts of the fixtures are all called jane.canary; SIDs of accounts go too (C81)."""
    shown = orjson.dumps(check(path.read_bytes(), options=STRICT)).lower()
    assert b"canary" not in shown
    assert b"jane" not in shown
    assert b"s-1-5-21" not in shown
