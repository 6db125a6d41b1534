"""Settings are read once, and a mistake is answered with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.settings import SettingsError, load


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CAUSELINE_KAFKA", "CAUSELINE_CACHE", "CAUSELINE_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def test_the_command_line_beats_the_environment_beats_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "causeline.toml"
    file.write_text('kafka = "file:1"\ngroup = "from-file"\nidle_s = 7\n')
    monkeypatch.setenv("CAUSELINE_CONFIG", str(file))
    monkeypatch.setenv("CAUSELINE_GROUP", "from-env")
    settings = load(kafka="line:3")
    assert (settings.kafka, settings.group, settings.idle_s) == ("line:3", "from-env", 7)


def test_a_misspelt_variable_is_answered_with_the_right_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSELINE_KAKFA", "x:1")
    with pytest.raises(SettingsError, match="did you mean CAUSELINE_KAFKA"):
        load()


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSELINE_IDLE_S", "-1")
    monkeypatch.setenv("CAUSELINE_SESSION_TIMEOUT_S", "2")
    with pytest.raises(SettingsError) as told:
        load()
    assert "CAUSELINE_IDLE_S" in str(told.value)
    assert "CAUSELINE_SESSION_TIMEOUT_S" in str(told.value)


def test_a_password_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSELINE_SASL_PASSWORD", "correct horse battery staple")
    settings = load()
    assert "horse" not in repr(settings)
    assert "horse" not in str(settings.model_dump())
