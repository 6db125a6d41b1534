"""Real processes, started and surely stopped.

Knows:   how a process is found, started as a fitting user, paused, and ended with all its children; how a loopback port is chosen.
Ignores: what the processes are (system.py).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import psutil

STOP_S = 8.0
"""Above a service's drain of 3 s and PostgreSQL's fast shutdown; whoever is still there then is killed."""


class MissingPackageError(Exception):
    """A program of the lab is not installed."""


PACKAGES = {
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "prometheus-postgres-exporter": "prometheus-postgres-exporter",
    "prometheus-redis-exporter": "prometheus-redis-exporter",
    "redis-server": "redis-server",
    "postgres": "postgresql",
    "initdb": "postgresql",
    "git": "git",
    "setpriv": "util-linux",
}
"""Which Debian package brings which program."""


def find_program(name: str) -> str | None:
    """Path of a program; PostgreSQL's are kept out of PATH by Debian, the newest version wins."""
    if found := shutil.which(name):
        return found
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(versions, key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0, default=None)
    return str(newest) if newest else None


def find_programs() -> dict[str, str]:
    """Path of every program the lab needs; MissingPackageError names the packages to install when one is missing."""
    found = {name: find_program(name) for name in PACKAGES}
    if missing := [name for name, path in found.items() if path is None]:
        packages = " ".join(sorted({PACKAGES[name] for name in missing}))
        raise MissingPackageError(f"not installed: {', '.join(missing)}; install with: apt-get install --no-install-recommends {packages}")
    return {name: path for name, path in found.items() if path is not None}


def free_port() -> int:
    """A loopback port the kernel says is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Processes:
    """Everything the lab started; `stop_all` leaves none of it behind."""

    def __init__(self, setpriv: str, output_folder: Path) -> None:
        self._setpriv, self._folder = setpriv, output_folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(
        self, name: str, command: list[str], *, env: dict[str, str] | None = None, user: str | None = None, death: str = "TERM"
    ) -> subprocess.Popen[bytes]:
        """Start a program in its own session; the kernel signals it `death` should this process die without a word.

        user: whom to run it as when we are root (PostgreSQL refuses root).
        """
        wrapper = [self._setpriv, f"--pdeathsig={death}"]
        if user and os.geteuid() == 0:
            wrapper += [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        with (self._folder / f"{name}.out").open("ab") as out:
            process = subprocess.Popen(
                [*wrapper, "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=self._folder if user else None,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def signal_tree(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        """Signal a process and its children; PostgreSQL's children lead sessions of their own, so a group would not do."""
        try:
            root = psutil.Process(process.pid)
            family = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for member in family:
            try:
                member.send_signal(number)
            except psutil.NoSuchProcess:
                continue  # it ended between the listing and the signal

    def ask_to_stop(self, process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> None:
        self.signal_tree(process, signal.SIGCONT)  # a paused process hears nothing else
        if process.poll() is None:
            process.send_signal(number)

    def reap(self, process: subprocess.Popen[bytes], timeout_s: float = STOP_S) -> None:
        """Wait for a process that was asked to stop; kill it and its children when it does not."""
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.signal_tree(process, signal.SIGKILL)
            process.wait()
        if process in self._running:
            self._running.remove(process)

    def stop_all(self) -> None:
        """Ask all, callers before what they call, then wait for each."""
        for process in reversed(list(self._running)):
            # SIGINT is PostgreSQL's fast shutdown; the others take it as SIGTERM.
            self.ask_to_stop(process, signal.SIGINT)
        for process in reversed(list(self._running)):
            self.reap(process)
