"""What settings mean: files that they name are read, and a wrong one is answered with what would be right."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from streams.cli.check import check
from streams.meaning import catalogue_of, patience_of, reading_of
from streams.settings import SettingsError, load


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CAUSELINE_KAFKA", "CAUSELINE_CACHE", "CAUSELINE_CONFIG"):
        monkeypatch.delenv(name, raising=False)


_AT = "2026-03-01T10:00:00Z"


@pytest.mark.parametrize(
    "record",
    [
        {"time": _AT, "level": "error", "msg": "pool is empty", "zx_component": "chk"},
        {"@timestamp": _AT, "log.level": "error", "message": "pool is empty", "labels": {"zx_component": "chk"}, "ecs.version": "1.6"},
        {
            "version": "4",
            "groupKey": "{}",
            "receiver": "kafka",
            "status": "firing",
            "alerts": [{"status": "firing", "labels": {"alertname": "PoolEmpty", "zx_component": "chk"}, "startsAt": _AT}],
        },
    ],
    ids=["json log", "ecs", "alertmanager"],
)
def test_the_users_dictionary_reaches_the_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: dict[str, object]) -> None:
    """An attribute that only this company uses names the service, in `check sample` as in the worker (C7)."""
    sample, aliases = tmp_path / "record.json", tmp_path / "aliases.yaml"
    sample.write_bytes(orjson.dumps(record))
    aliases.write_text("attributes:\n  service.name: [zx_component]\nentities:\n  service:chk: service:checkout\n")

    def entities() -> list[str]:
        told = CliRunner().invoke(check, ["sample", "-o", "ndjson", str(sample)], standalone_mode=False)
        assert told.exception is None
        found: list[str] = orjson.loads(told.stdout)["rows"][0]["entities"]
        return found

    assert "service:checkout" not in entities()
    monkeypatch.setenv("CAUSELINE_ALIASES_FILE", str(aliases))
    assert "service:checkout" in entities()


@pytest.mark.parametrize(
    "text",
    ["- a\n- b\n", "attribute:\n  service.name: [a]\n", "attributes:\n  service.name: a\n", "entities:\n  chk: checkout\n", "a: [\n"],
)
def test_a_dictionary_of_another_shape_is_refused_with_the_right_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "aliases.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"the alias dictionary .*aliases\.yaml") as told:
        reading_of(load(aliases_file=path))
    if "[\n" not in text:
        assert "service.name: [" in str(told.value), "the answer shows how it is written"


@pytest.mark.parametrize("name", ["aliases_file", "redaction_key_file", "catalogue"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    settings = load(**{name: tmp_path / "nowhere"})
    with pytest.raises(SettingsError, match="nowhere cannot be read"):
        catalogue_of(settings.catalogue) if name == "catalogue" else reading_of(settings)


def test_seconds_become_nanoseconds() -> None:
    patience = patience_of(load(disorder_s=2.5, idle_s=60))
    assert (patience.disorder_ns, patience.idle_ns) == (2_500_000_000, 60_000_000_000)
