"""The lab's pure parts, and that it leaves no process behind.  Recordings themselves: test_lab_recordings.py."""

from __future__ import annotations

import math
import signal
import struct
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cramjam
import orjson
import psutil
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.lab import events, processes, remote_write, story
from benchmarks.lab.__main__ import main
from benchmarks.lab.deploys import Change, Repository
from benchmarks.lab.load import Answer
from benchmarks.lab.plan import FAULTS, SHORTEST_MINUTES, timetable
from benchmarks.lab.releases import BROKEN, INITIAL, INNOCENT, RELEASES
from benchmarks.lab.shipper import Shipper, postgres_line
from benchmarks.lab.shop import postgres
from benchmarks.lab.topics import TOPICS, Topics

BEGAN = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)

names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
samples = st.lists(st.tuples(st.floats(), st.integers(0, 4_000_000_000_000)), min_size=1, max_size=4)


def encoded_varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: bytes) -> bytes:
    return encoded_varint(number << 3 | 2) + encoded_varint(len(value)) + value


def write_request(series: list[tuple[dict[str, str], list[tuple[float, int]]]]) -> bytes:
    """A remote-write body, written from the protobuf encoding's rules and from nothing in the lab."""
    out = b""
    for labels, values in series:
        parts = [field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in labels.items()]
        parts += [field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + encoded_varint(at_ms)) for value, at_ms in values]
        out += field(1, b"".join(parts))
    return bytes(cramjam.snappy.compress_raw(out))


@given(st.lists(st.tuples(st.dictionaries(names, names, max_size=4), samples), max_size=3))
def test_every_sample_of_a_remote_write_becomes_one_line_with_its_own_time_and_value(
    series: list[tuple[dict[str, str], list[tuple[float, int]]]],
) -> None:
    lines = [orjson.loads(line) for line in remote_write.lines(write_request(series))]
    wanted = [(labels, value, at_ms) for labels, values in series for value, at_ms in values]
    assert len(lines) == len(wanted)
    for line, (labels, value, at_ms) in zip(lines, wanted, strict=True):
        assert line["labels"] == labels
        assert line["name"] == labels.get("__name__", "")
        assert datetime.fromisoformat(line["timestamp"]) == datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(
            milliseconds=at_ms % 1000
        )
        assert float(line["value"]) == value or (math.isnan(value) and line["value"] == "NaN")


@pytest.mark.parametrize("cut", [1, 5, 9])
def test_a_remote_write_that_is_cut_off_is_refused_and_not_half_read(cut: int) -> None:
    whole = bytes(cramjam.snappy.decompress_raw(write_request([({"__name__": "up"}, [(1.0, 1_700_000_000_000)])])))
    with pytest.raises(ValueError, match="cut off"):
        list(remote_write.lines(bytes(cramjam.snappy.compress_raw(whole[:-cut]))))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.25, "0.25"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
        (1e-9, "0.000000001"),
        (2e18, "2000000000000000000"),
    ],
)
def test_values_are_written_without_exponent_as_the_adapter_does(value: float, text: str) -> None:
    assert remote_write.number_text(value) == text


@pytest.mark.parametrize("fault", FAULTS)
def test_a_timetable_names_only_known_releases_and_pushes_each_before_it_is_deployed(fault: str) -> None:
    pushed: set[str] = set()
    for step in timetable(fault, 22):  # type: ignore[arg-type]
        if step.action == "push":
            pushed.add(RELEASES[step.subject].name)
        if step.action in ("deploy", "rollback"):
            assert step.subject in pushed


def test_innocent_changes_are_the_same_whatever_breaks_so_they_cannot_betray_it() -> None:
    def innocent(fault: str) -> list[tuple[float, str, str]]:
        steps = timetable(fault, 22)  # type: ignore[arg-type]
        return [
            (step.at_s, step.action, step.subject) for step in steps if step.action not in ("begin", "end") and step.subject != BROKEN.name
        ]

    assert innocent("bad-deploy") == innocent("dependency") == innocent("cpu") == innocent("none")
    around = [step.at_s for step in timetable("bad-deploy", 22) if step.action == "deploy"]
    guilty = next(step.at_s for step in timetable("bad-deploy", 22) if step.action == "deploy" and step.subject == BROKEN.name)
    assert any(guilty - 90 < at < guilty for at in around), "an innocent deploy shortly before"
    assert any(guilty < at < guilty + 90 for at in around), "an innocent deploy shortly after"


def test_a_timetable_stretches_to_its_length_and_refuses_one_too_short_for_alerts() -> None:
    half = [step.at_s for step in timetable("bad-deploy", 11)]
    assert half == pytest.approx([step.at_s / 2 for step in timetable("bad-deploy", 22)])
    with pytest.raises(ValueError, match="at least 10 minutes"):
        timetable("none", SHORTEST_MINUTES - 1)


def test_only_the_broken_release_carries_the_leaking_code() -> None:
    carriers = [
        release.name for release in (*INITIAL.values(), *INNOCENT.values(), BROKEN) if release.settings.get("ORDERS_MODULE") == "orders_1_8"
    ]
    assert carriers == [BROKEN.name]


def test_a_log_line_still_being_written_waits_for_its_end_and_is_shipped_once(tmp_path: Path) -> None:
    shipper = Shipper(tmp_path)
    log = tmp_path / "cart-01.ndjson"
    log.write_bytes(b'{"n":1}\n{"n":')
    assert shipper.take() == [b'{"n":1}']
    with log.open("ab") as file:
        file.write(b"2}\n")
    assert shipper.take() == [b'{"n":2}']
    assert shipper.take() == []


def test_a_postgresql_line_becomes_ecs_with_its_own_time_and_level() -> None:
    raw = {
        "timestamp": "2026-01-31 10:00:00.123 UTC",
        "pid": 7,
        "error_severity": "FATAL",
        "message": "sorry, too many clients already",
        "state_code": "53300",
    }
    line = orjson.loads(postgres_line(orjson.dumps(raw)))
    assert line["@timestamp"] == "2026-01-31T10:00:00.123Z"
    assert (line["log"]["level"], line["service"]["name"], line["message"]) == ("fatal", "postgresql", raw["message"])
    assert line["postgresql"]["log"]["state_code"] == "53300"


def test_deploy_events_have_the_fields_their_formats_are_known_by() -> None:
    upgraded = events.cdevent("upgraded", event_id="e1", at=BEGAN, service="checkout", version="1.8.0", commit="c1")
    assert upgraded["context"]["type"] == "dev.cdevents.service.upgraded.0.2.0"
    assert (upgraded["context"]["id"], upgraded["context"]["timestamp"]) == ("e1", "2026-01-31T10:00:00.000Z")
    assert upgraded["subject"]["content"] == {"environment": {"id": "lab"}, "artifactId": "pkg:oci/checkout@v1.8.0"}
    flag = events.flag(event_id="f1", at=BEGAN, key="banner", on=False)
    assert (flag["kind"], flag["date"], flag["titleVerb"]) == ("flag", 1769853600000, "turned off the flag")
    assert flag["target"]["resources"] == ["proj/shop:env/lab:flag/banner"]


def test_a_push_tells_of_the_commit_git_made(tmp_path: Path) -> None:
    repository = Repository("git", tmp_path / "checkout")
    repository.commit(INITIAL["checkout"])
    repository.commit(BROKEN)
    body = repository.push_body("checkout")
    assert body["after"] == repository.head() != body["before"] == repository.head(1)
    assert body["head_commit"]["message"] == BROKEN.message
    assert sorted(body["commits"][0]["modified"]) == ["orders.py", "release.json"]
    assert datetime.fromisoformat(body["head_commit"]["timestamp"])


def test_records_are_kept_only_while_recording_and_the_same_dump_packs_to_the_same_bytes(tmp_path: Path) -> None:
    packed = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        topics = Topics(folder)
        topics.append("logs", b'"before"')
        topics.recording = True
        topics.append("logs", b'"kept"')
        topics.compress()
        topics.append("logs", b'"after"')
        packed.append([(folder / f"telemetry.{topic}.ndjson.gz").read_bytes() for topic in TOPICS])
        assert topics.counts["logs"] == 1
    assert packed[0] == packed[1]


def told(*, failed_s: range) -> dict[str, object]:
    """The answer key of a bad deploy at +600 s, rolled back at +900 s, with customers failed once a second in `failed_s`."""
    answers = [Answer(float(at), "buy", 503 if at in failed_s else 200, 0.1) for at in range(1320)]
    answers[601] = Answer(601.0, "buy", 502, 0.1)  # one request lost to the rollout itself: 1 of 10 in its slice
    changes = [
        Change(BEGAN + timedelta(seconds=at), action, subject, change_id)
        for at, action, subject, change_id in (
            (335, "deploy", "catalog 5.0.4", "innocent"),
            (530, "push", BROKEN.name, "commit"),
            (600, "deploy", BROKEN.name, "guilty"),
            (900, "rollback", "checkout 1.7.2", "cure"),
        )
    ]
    return story.truth(name="t", fault="bad-deploy", began=BEGAN, ended=BEGAN + timedelta(seconds=1320), changes=changes, answers=answers)


def test_the_answer_key_names_the_guilty_deploy_and_the_cure_and_calls_the_rest_decoys() -> None:
    key = told(failed_s=range(660, 905))
    assert (key["change"], key["also_changes"], key["rollback"], key["decoys"]) == ("guilty", ["commit"], "cure", ["innocent"])
    assert key["from"] == "2026-01-31T10:10:00.000Z"
    assert key["healed_at"] == "2026-01-31T10:15:00.000Z"
    assert key["to"] == "2026-01-31T10:15:10.000Z"


def test_without_a_fault_the_answer_key_blames_nothing() -> None:
    key = story.truth(name="t", fault="none", began=BEGAN, ended=BEGAN + timedelta(minutes=10), changes=[], answers=[])
    assert (key["cause"]["kind"], key["cause"]["service"], key["change"]) == ("none", None, None)


def test_minutes_count_failures_and_percentiles_of_each_action_apart() -> None:
    answers = [Answer(1.0, "buy", 0, 10.0), Answer(2.0, "browse", 200, 0.002), Answer(61.0, "browse", 200, 0.004)]
    first, second = story.minutes_table(answers)
    assert (first["requests"], first["failed"], first["buy"]["p95_ms"], first["browse"]["median_ms"]) == (2, 1, 10_000.0, 2.0)
    assert (second["minute"], second["failed"], second["buy"]["p95_ms"]) == (1, 0, 0.0)


@given(st.lists(st.one_of(st.none(), names), max_size=5))
def test_a_row_of_the_database_is_read_as_it_was_sent(values: list[str | None]) -> None:
    body = struct.pack("!h", len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value.encode())) + value.encode()
    assert postgres.data_row(body) == values


def test_the_database_saying_no_is_told_with_its_sqlstate() -> None:
    assert postgres.error_text(b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0") == "53300 sorry, too many clients already"


def test_a_missing_program_is_answered_with_the_package_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "find_program", lambda name: None if name == "prometheus-alertmanager" else f"/usr/bin/{name}")
    with pytest.raises(
        processes.MissingPackageError,
        match=r"not installed: prometheus-alertmanager; install with: apt-get install .* prometheus-alertmanager$",
    ):
        processes.find_programs()
    result = CliRunner().invoke(main, ["record", "--output", str(tmp_path / "out"), "--minutes", "10"])
    assert result.exit_code == 2
    assert "apt-get install" in result.output


def test_a_recording_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "telemetry.logs.ndjson.gz").write_bytes(b"")
    result = CliRunner().invoke(main, ["record", "--output", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty" in result.output


def test_stopping_ends_a_process_that_is_paused_and_one_that_will_not_listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.Processes.reap, "__defaults__", (0.5,))
    setpriv = processes.find_program("setpriv")
    assert setpriv is not None, "util-linux brings setpriv"
    lab = processes.Processes(setpriv, tmp_path)
    paused = lab.start("paused", ["sleep", "60"])
    deaf = lab.start("deaf", ["sh", "-c", "trap '' INT TERM; sleep 60 & echo ready; wait; wait"])
    while not (tmp_path / "deaf.out").read_bytes():
        time.sleep(0.01)
    (child,) = psutil.Process(deaf.pid).children()
    lab.signal_tree(paused, signal.SIGSTOP)
    lab.stop_all()
    assert (paused.returncode, deaf.returncode) == (-signal.SIGINT, -signal.SIGKILL)
    _, alive = psutil.wait_procs([child], timeout=10)  # it has been sent SIGKILL; the kernel takes its time on a busy machine
    assert not alive


def test_what_the_lab_started_dies_with_it_even_when_it_is_killed(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time; from benchmarks.lab.processes import Processes, find_program;"
        "print(Processes(find_program('setpriv'), pathlib.Path(sys.argv[1])).start('s', ['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    time.sleep(0.3)  # setpriv becomes sleep
    parent.kill()
    parent.wait()
    psutil.wait_procs([child], timeout=5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
