"""What the Linux readers promise beyond the fixtures: one fault is one key, the right time, the victim of an OOM, nobody named (C1, C2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.check import check
from schemas.reading import Reading
from schemas.sources.journald import said
from schemas.sources.kernel_messages import kernel_event
from schemas.sources.linux_programs import cgroup_attributes, service_of, without_accounts
from schemas.sources.syslog import frames
from schemas.sources.syslog_headers import header_of
from schemas.times import rfc3339

FIXTURES = Path(__file__).parents[1] / "fixtures" / "linux"
STRICT = Reading(strict=True)
NEAR_NS = 1_741_090_000 * 10**9
"""2025-03-04 12:06:40 UTC, two hours after the fixtures."""


def rows_of(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = check((FIXTURES / name).read_bytes(), ingest_time_ns=NEAR_NS, options=STRICT)["rows"]
    return rows


def rows(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = check(text.encode(), ingest_time_ns=NEAR_NS, options=STRICT)["rows"]
    return found


def test_the_lines_of_one_unit_failure_share_a_key_and_the_next_start_resolves_it() -> None:
    log, exited, failed, started = rows_of("journald-unit-failure.ndjson")
    assert exited["dedup_key"] == failed["dedup_key"] == started["dedup_key"] != log["dedup_key"]
    assert [row["status"] for row in (log, exited, failed, started)] == [None, "firing", "firing", "resolved"]


def test_a_failed_unit_is_the_one_named_by_unit_not_the_one_that_wrote_the_line() -> None:
    """systemd writes from init.scope (C2)."""
    assert {row["entities"][0] for row in rows_of("journald-unit-failure.ndjson")} == {"service:checkout"}


def test_the_journal_and_syslog_and_audit_log_of_one_host_agree_on_the_unit() -> None:
    journal = rows_of("journald-unit-failure.ndjson")[2]["dedup_key"]
    syslog = rows_of("rfc3164-file.log")[2]["dedup_key"]
    audit = rows_of("auditd.log")[0]["dedup_key"]
    assert journal == syslog == audit == "systemd|shop-web-1|checkout.service"


@pytest.mark.parametrize(
    ("code", "status", "expected"), [("exited", "0", None), ("killed", "TERM", None), ("exited", "1", "firing"), ("dumped", "11", "firing")]
)
def test_an_exit_with_success_or_by_the_stop_signal_is_no_failure(code: str, status: str, expected: str | None) -> None:
    entry = orjson.loads((FIXTURES / "journald-unit-failure.ndjson").read_bytes().splitlines()[1])
    entry |= {"EXIT_CODE": code, "EXIT_STATUS": status}
    assert rows(orjson.dumps(entry).decode())[0]["status"] == expected


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (None, ""), ([99, 97, 102, 233], "caf�"), (["a", "b"], "a\nb"), ([], ""), (3, "3"), ({"x": 1}, ""), ([[97], "b"], "a\nb")]
)  # fmt: skip
def test_a_journal_field_may_be_text_null_bytes_or_repeated(value: object, text: str) -> None:
    assert said({"MESSAGE": value}, "MESSAGE") == text


def test_an_oom_report_of_a_hundred_lines_is_its_anchors_about_the_victim() -> None:
    """The kill line knows the pid alone; the line before knew the container (C2)."""
    invoked, chosen, killed, reaped = rows_of("dmesg-oom-cgroup.log")
    assert [row["kind"] for row in (invoked, chosen, killed, reaped)] == ["alert", "alert", "alert", "log"]
    assert chosen["entities"][0] == killed["entities"][0] == "container:" + "1f2e3d4c5b6a7988" * 4
    assert chosen["dedup_key"] == killed["dedup_key"]
    assert invoked["details"]["dump_lines"] == 4


@pytest.mark.parametrize(
    ("message", "name", "process"),
    [
        ("Out of memory: Kill process 812 (mysqld) score 900 or sacrifice child", "oom.killed", "mysqld"),
        ("Memory cgroup out of memory: Killed process 812 (java) total-vm:1kB", "oom.killed", "java"),
        ("Out of memory (oom_kill_allocating_task): Killed process 812 (node) total-vm:1kB", "oom.killed", "node"),
        ("Killed process 812 (mysqld), UID 27, total-vm:1kB", "oom.killed", "mysqld"),
        ("kworker/u8:1 invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0", "oom.invoked", ""),
        ("nginx[812]: segfault at 0 ip 00007f rsp 00007f error 4 in nginx", "process.crashed", "nginx"),
        ("INFO: task jbd2/sda1-8:812 blocked for more than 120 seconds.", "process.hung", "jbd2/sda1-8"),
        ("watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [java:812]", "kernel.lockup", "java"),
        ("Kernel panic - not syncing: Fatal exception", "kernel.panic", ""),
        ("blk_update_request: I/O error, dev sdb, sector 2048", "disk.error", ""),
        ("e1000e 0000:00:1f.6 eno1: NIC Link is Down", "network.link", ""),
        ("bond0: link status definitely down for interface eth1, disabling it", "network.link", ""),
    ],
)
def test_what_the_kernel_reports_of_itself(message: str, name: str, process: str) -> None:
    event = kernel_event(message)
    assert event is not None
    assert (event.name, event.process) == (name, process)


@pytest.mark.parametrize("message", ["usb 1-1: new high-speed USB device", "audit: backlog limit exceeded", "Linux agpgart interface", ""])
def test_other_kernel_lines_are_only_lines(message: str) -> None:
    assert kernel_event(message) is None


@pytest.mark.parametrize(
    ("cgroup", "expected"),
    [
        ("/docker/" + "ab" * 32, {"container.id": "ab" * 32}),
        ("/kubepods/burstable/pod6d0a2d94-54fa-43d8-ad40-bc264fb0682c/" + "cd" * 32, {"container.id": "cd" * 32, "k8s.pod.uid": "6d0a2d94-54fa-43d8-ad40-bc264fb0682c"}),
        ("/system.slice/checkout.service", {"systemd.unit": "checkout.service", "service.name": "checkout"}),
        ("/", {}),
    ],
)  # fmt: skip
def test_a_cgroup_names_the_container_the_pod_or_the_unit(cgroup: str, expected: dict[str, str]) -> None:
    assert cgroup_attributes(cgroup) == expected


@pytest.mark.parametrize(
    ("name", "service"),
    [("checkout.service", "checkout"), ("worker@3.service", "worker"), ("/usr/sbin/nginx", "nginx"), ("postfix/smtpd", "postfix"), ("sshd", ""), ("kernel", ""), ("systemd-journald.service", ""), ("user@1000.service", "")],
)  # fmt: skip
def test_plumbing_that_every_host_runs_is_no_service(name: str, service: str) -> None:
    assert service_of(name) == service


@pytest.mark.parametrize(
    ("frame", "host", "program", "time"),
    [
        ("<34>Oct 11 22:14:15 mymachine su: hi", "mymachine", "su", "2024-10-11T22:14:15.000000000Z"),
        ("<30>Mar  4 10:13:03 dbus-daemon[700]: hi", "", "dbus-daemon", "2025-03-04T10:13:03.000000000Z"),
        ("Mar  4 10:13:03.250 web1 app[1]: hi", "web1", "app", "2025-03-04T10:13:03.250000000Z"),
        ("2025-03-04T10:13:03.5+01:00 web1 app[1]: hi", "web1", "app", "2025-03-04T09:13:03.500000000Z"),
        ("<13>2025-03-04T10:13:03Z web1 app: hi", "web1", "app", "2025-03-04T10:13:03.000000000Z"),
        ("<166>Mar  4 2025 10:13:03 fw1 : %ASA-6-302013: hi", "fw1", "", "2025-03-04T10:13:03.000000000Z"),
        ("<13>1 2025-03-04T10:13:03.123456Z web1 app 1 ID7 - hi", "web1", "app", "2025-03-04T10:13:03.123456000Z"),
        ("<13>999 - - - - - - hi", "", "", ""),
        ("Mar  4 10:13:03 web1 sshd(pam_unix)[19939]: hi", "web1", "sshd", "2025-03-04T10:13:03.000000000Z"),
        ("Mar  4 10:13:03 Message forwarded from aix1: su: hi", "aix1", "su", "2025-03-04T10:13:03.000000000Z"),
    ],
)
def test_headers_as_daemons_and_devices_write_them(frame: str, host: str, program: str, time: str) -> None:
    header = header_of(frame, NEAR_NS)
    assert header is not None
    assert (header.host, header.program, rfc3339(header.time_ns)) == (host, program, time)
    assert header.message.endswith("hi")


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=30), max_size=8))
def test_counted_frames_come_back_whole_whatever_they_hold(messages: list[str]) -> None:
    """The count is of bytes: accents, line breaks and digits inside a frame do not shift the next."""
    sent = [f"<13>1 - h a - - - x{message}" for message in messages]
    text = "".join(f"{len(frame.encode())} {frame}" for frame in sent)
    assert frames(text) == sent


def test_a_repeated_message_says_what_was_repeated_and_how_often() -> None:
    repeated = rows_of("rfc3164-mixed.log")[2]
    assert (repeated["text"], repeated["details"]["repeated"]) == ("ERROR:  deadlock detected", 3)
    assert rows("Mar  4 10:13:00 web1 app: message repeated 7 times: [ lost ]\n")[0]["details"]["repeated"] == 7


def test_audit_records_of_one_event_are_one_row_though_they_interleave() -> None:
    service, call, config, denial = rows_of("auditd.log")
    assert "vim /etc/passwd" in call["text"]
    assert (service["status"], config["kind"], denial["severity_number"]) == ("firing", "change", 13)
    assert (config["details"]["from"], config["details"]["to"]) == ("1", "0")


def test_the_separator_of_enriched_audit_records_does_not_end_a_line() -> None:
    """0x1D is a line break to Python, not to auditd."""
    read = check((FIXTURES / "auditd.log").read_bytes(), options=STRICT)
    assert read["rejected"] == []


def test_one_message_reads_the_same_through_every_agent() -> None:
    """rsyslog, syslog-ng, Logstash, Fluent Bit, Vector: one service on one host, an error (C2)."""
    names = (
        "rsyslog.json",
        "syslog-ng.json",
        "logstash-syslog.json",
        "fluentbit-syslog.json",
        "vector-syslog.json",
        "vector-journald.json",
    )
    said = {
        (row["entities"][0], row["entities"][1], row["text"].strip(), row["severity_number"]) for name in names for row in rows_of(name)
    }
    assert said == {("service:checkout", "host:shop-web-1", "pool exhausted", 17)}


@pytest.mark.parametrize(
    "message",
    [
        "Accepted publickey for canary from 192.0.2.7 port 22 ssh2",
        "Failed password for invalid user canary from 192.0.2.7",
        "pam_unix(sudo:session): session opened for user root(uid=0) by canary(uid=1000)",
        "New session 7 of user canary.",
        "    canary : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
        "(canary) CMD (run-parts /etc/cron.hourly)",
        "new user: name=canary, UID=1001, GID=1001, home=/srv",
        "'su root' failed for canary on /dev/pts/8",
        "authentication failure; logname= uid=0 tty=ssh ruser=canary rhost=192.0.2.7 user=canary",
        "Created slice User Slice of canary.",
    ],
)
def test_account_names_of_login_programs_are_taken_out(message: str) -> None:
    assert "canary" not in without_accounts(message)


@pytest.mark.parametrize(
    "path", sorted(path for path in FIXTURES.iterdir() if not path.name.endswith(".expected.json")), ids=lambda path: path.name
)
def test_nobody_is_named_in_any_row(path: Path) -> None:
    """The people of the fixtures are all called jane or canary (C81)."""
    shown = orjson.dumps(check(path.read_bytes(), ingest_time_ns=NEAR_NS, options=STRICT)).lower()
    assert b"canary" not in shown
    assert b"jane" not in shown
