"""The systemd unit: runs the worker, restarts it where that helps, and lets it stop."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from streams.cli.exits import EXIT_CONFIGURATION, EXIT_UNREACHABLE
from streams.exits import EXIT_BUG, EXIT_STUCK, EXIT_UNAVAILABLE
from streams.serve import STOP_TIMEOUT_S
from tests.deploy.tree import DEPLOY, parse_command

UNIT = DEPLOY / "systemd" / "causeline-worker.service"
LINES = [line for line in UNIT.read_text().splitlines() if "=" in line and not line.startswith("#")]
TOLD = dict(line.split("=", 1) for line in LINES)


def test_it_starts_the_worker() -> None:
    program, *arguments = TOLD["ExecStart"].split()
    assert program.endswith("/bin/causeline")
    assert parse_command(arguments).command.name == "worker"


def test_it_is_restarted_unless_its_settings_are_wrong() -> None:
    """A wrong setting stays wrong; a broker comes back, and what is stuck or hit a bug starts anew from the last checkpoint."""
    never = {int(code) for code in TOLD["RestartPreventExitStatus"].split()}
    assert TOLD["Restart"] == "on-failure"
    assert EXIT_CONFIGURATION in never
    assert not never & {EXIT_UNAVAILABLE, EXIT_BUG, EXIT_STUCK, EXIT_UNREACHABLE}


def test_it_is_given_longer_to_stop_than_it_takes() -> None:
    assert int(TOLD["TimeoutStopSec"]) > STOP_TIMEOUT_S


def test_it_runs_as_nobody_in_particular_and_writes_in_one_folder_only() -> None:
    assert TOLD["DynamicUser"] == "yes"
    assert TOLD["ProtectSystem"] == "strict"
    assert TOLD["NoNewPrivileges"] == "yes"
    assert TOLD["CapabilityBoundingSet"] == ""
    assert TOLD["WorkingDirectory"] == f"/var/lib/{TOLD['StateDirectory']}"


def test_systemd_agrees_where_it_is_installed(tmp_path: Path) -> None:
    """With a program that exists in place of ours."""
    analyze = shutil.which("systemd-analyze")
    if analyze:
        copy = tmp_path / UNIT.name
        copy.write_text(UNIT.read_text().replace(TOLD["ExecStart"].split()[0], "/bin/true"))
        told = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, check=False)
        assert (told.returncode, told.stderr) == (0, "")
