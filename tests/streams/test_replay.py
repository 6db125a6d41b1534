"""`causeline replay`: dumps in every form, the same incidents as the engine, and clear words for what cannot be replayed."""

from __future__ import annotations

import gzip
from pathlib import Path

import cramjam
import msgspec
import pytest
from click.testing import CliRunner

from schemas.incident import Incident
from streams.cli import cli
from streams.replay import DumpError, find_dumps, lines
from tests import story


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story as dumps: one plain, one gzip, one zstd."""
    folder = tmp_path_factory.mktemp("dumps")
    by_topic: dict[str, list[bytes]] = {}
    for record in story.records():
        by_topic.setdefault(record.topic, []).append(record.value)
    texts = {topic: b"\n".join(values) + b"\n" for topic, values in by_topic.items()}
    (folder / "telemetry.alerts.ndjson").write_bytes(texts["telemetry.alerts"])
    (folder / "telemetry.metrics.ndjson.gz").write_bytes(gzip.compress(texts["telemetry.metrics"]))
    (folder / "telemetry.deploys.ndjson.zst").write_bytes(bytes(cramjam.zstd.compress(texts["telemetry.deploys"])))
    return folder


def test_replay_writes_the_final_snapshot_of_each_incident(dumps: Path, tmp_path: Path) -> None:
    """One line an incident, the guilty deploy first, drafts beside (C20)."""
    output = tmp_path / "deep" / "out.ndjson"
    done = CliRunner().invoke(
        cli, ["replay", str(dumps), "--output", str(output), "--postmortems", str(tmp_path / "pm")], standalone_mode=False
    )
    assert done.return_value == 0, done.output
    (incident,) = [msgspec.json.decode(line, type=Incident) for line in output.read_bytes().splitlines()]
    assert incident.causes[0].change == story.GUILTY
    assert list((tmp_path / "pm").glob("*.md"))
    assert "1 incidents" in done.output


def test_replay_is_deterministic(dumps: Path, tmp_path: Path) -> None:
    """Twice the same dumps, twice the same bytes."""
    for name in ("a", "b"):
        CliRunner().invoke(cli, ["replay", str(dumps), "--output", str(tmp_path / name), "-q"], standalone_mode=False)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_folder_without_dumps_is_told_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match=r"telemetry\.\{logs,alerts,deploys,metrics\}\.ndjson"):
        find_dumps([tmp_path])


def test_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    stranger = tmp_path / "events.json"
    stranger.write_text("{}")
    with pytest.raises(DumpError, match="name it telemetry"):
        find_dumps([stranger])


def test_a_truncated_dump_ends_with_a_message_not_a_traceback(tmp_path: Path) -> None:
    whole = gzip.compress(b"{}\n" * 100_000)
    (tmp_path / "telemetry.logs.ndjson.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DumpError, match=r"telemetry\.logs"):
        list(lines(tmp_path / "telemetry.logs.ndjson.gz"))
    done = CliRunner().invoke(cli, ["replay", str(tmp_path), "-q"], standalone_mode=False)
    assert done.return_value == 1
    assert "Traceback" not in done.output
