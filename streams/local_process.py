"""What a server of our own on this machine needs around it: free ports, an end when we end, and a loop to ask it from plain code.

Knows:   processes, sockets and threads of this machine.
Ignores: which server it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any


def free_ports(count: int) -> list[int]:
    """Ports the kernel says are free.  All sockets are held open until the last is known, so that no two are equal."""
    with contextlib.ExitStack() as held:
        ports = []
        for _ in range(count):
            listener = held.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            ports.append(int(listener.getsockname()[1]))
        return ports


def guard(pid: int, data: Path) -> subprocess.Popen[bytes]:
    """A shell that waits for our end of its pipe to close, which also happens if we are killed, and then ends the broker.

    The kernel's own parent-death signal would not do: it fires when the *thread* that started the broker ends.
    """
    script = 'cat >/dev/null; kill -9 "$0"; sleep 1; rm -rf "$1"'
    return subprocess.Popen(["/bin/sh", "-c", script, str(pid), str(data)], stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603  # our own argv


def in_own_loop(job: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end from plain code, also when the caller's thread already runs an event loop."""
    failure: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(job())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="kafka-probe")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
