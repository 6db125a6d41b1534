"""A real Apache Kafka on this machine, for tests, benchmarks and the demo.

Knows:   where the jars come from, how one KRaft node is configured, started, hurt and stopped.
Ignores: topics and everything that is written into them.

The jars come from Maven through a pom written below (it names no repository, so the machine's own Maven settings decide) and are
kept outside git.  Each Broker has its own data folder and ports chosen by the kernel, so any number may run side by side.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.kafka_jars import KafkaUnavailable, ensure_jars
from streams.local_process import free_ports, guard, in_own_loop

BOOTSTRAP_VARIABLE = "CAUSELINE_KAFKA"
"""host:port of a broker to use instead of starting one."""

START_TIMEOUT_S = 90.0
"""Format, start and first group take 5-8 s on two idle cores; a loaded machine may need ten times that."""

STOP_TIMEOUT_S = 30.0
"""A clean shutdown flushes logs and takes 1-3 s; after this long SIGKILL ends it."""

PORT_ATTEMPTS = 3
"""Between asking the kernel for a port and Kafka binding it another process may take it; three losses in a row mean something else."""

LOG_TAIL_LINES = 25

_LOG4J2 = """<Configuration status="WARN">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d{ISO8601} %-5p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""

_PROPERTIES: Mapping[str, str] = {
    "node.id": "1",
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",  # otherwise every new group waits 3 s for members that never come
    "auto.create.topics.enable": "false",  # a misspelt topic must be an error, not a new topic
    "log.retention.ms": "-1",  # recorded outages carry old timestamps; retention would delete them at the first roll
    "log.message.timestamp.before.max.ms": str(2**63 - 1),
    "log.message.timestamp.after.max.ms": str(2**63 - 1),
}


class Broker:
    """One Kafka node of our own: `with Broker() as broker: connect(broker.bootstrap)`."""

    def __init__(self, *, heap_mb: int = 512, properties: Mapping[str, str] | None = None) -> None:
        self._heap_mb = heap_mb
        self._extra = dict(properties or {})
        self._cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._controller_port = 0

    @property
    def bootstrap(self) -> str:
        """host:port for clients; the same over the broker's whole life, restarts included."""
        if not self._port:
            raise KafkaUnavailable("the broker has not been started")
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def log_path(self) -> Path:
        return self._home() / "broker.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if error is None:
            self.forget()
        else:
            error.add_note(f"the broker's log is kept in {self.log_path}")

    def start(self) -> None:
        """Start a fresh node and return once a client can read metadata and commit to a group."""
        if self._process is not None:
            raise KafkaUnavailable("the broker is already running")
        classpath = f"{ensure_jars()}/*"
        try:
            for attempt in range(1, PORT_ATTEMPTS + 1):
                self._prepare(classpath)
                try:
                    return self._launch(classpath)
                except _PortTaken:
                    if attempt == PORT_ATTEMPTS:
                        raise
        except BaseException:
            self._kill_if_alive()
            raise

    def stop(self) -> None:
        """SIGTERM, then SIGKILL if it will not go.  A stopped broker can be started again with restart()."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)  # a paused process would not see the SIGTERM
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._ended()

    def kill(self) -> None:
        """SIGKILL: the machine lost its power.  Data that was fsynced or in the page cache stays."""
        process = self._running()
        process.kill()
        process.wait()
        self._ended()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Come back on the same ports with the same data, after stop(), kill() or from running."""
        self.stop()
        self._launch(f"{ensure_jars()}/*")

    def forget(self) -> None:
        """Delete the data folder and the log."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _home(self) -> Path:
        if self._folder is None:
            raise KafkaUnavailable("the broker has not been started")
        return self._folder

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise KafkaUnavailable("the broker is not running")
        return self._process

    def _prepare(self, classpath: str) -> None:
        self.forget()
        self._folder = Path(tempfile.mkdtemp(prefix="causeline-kafka-"))
        self._port, self._controller_port = free_ports(2)
        (self._folder / "log4j2.xml").write_text(_LOG4J2)
        settings = self._folder / "server.properties"
        settings.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        command = ["java", "-Xmx256m", "-cp", f"{self._folder}:{classpath}", "kafka.tools.StorageTool"]
        command += ["format", f"--cluster-id={self._cluster_id}", f"--config={settings}"]  # an id may begin with a dash
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_TIMEOUT_S, check=False)  # noqa: S603  # our own argv
        if done.returncode:
            raise KafkaUnavailable(f"kafka could not format its storage (exit {done.returncode}): {done.stderr or done.stdout}")

    def _settings(self) -> dict[str, str]:
        return {
            **_PROPERTIES,
            "listeners": f"PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self._port}",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "log.dirs": str(self._home() / "data"),
            **self._extra,
        }

    def _launch(self, classpath: str) -> None:
        command = ["java", f"-Xmx{self._heap_mb}m", f"-Xms{self._heap_mb // 2}m", "-XX:+UseG1GC", "-cp", f"{self._home()}:{classpath}"]
        command += ["kafka.Kafka", str(self._home() / "server.properties")]
        with self.log_path.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal must reach the worker first and the broker last.
            self._process = subprocess.Popen(  # noqa: S603  # our own argv
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._guard = guard(self._process.pid, self._home() / "data")
        in_own_loop(self._answers)

    async def _answers(self) -> None:
        """Wait for the port, one metadata answer that names our cluster id, and one group round trip."""
        deadline = time.monotonic() + START_TIMEOUT_S
        reason: object = "the port never opened"
        while time.monotonic() < deadline:
            self._check_alive()
            try:
                await asyncio.wait_for(_probe(self.bootstrap, self._cluster_id), timeout=10)
            except (KafkaError, OSError, TimeoutError) as failure:
                reason = failure
                await asyncio.sleep(0.2)
            else:
                return
        raise KafkaUnavailable(f"kafka did not answer on {self.bootstrap} within {START_TIMEOUT_S:.0f} s: {reason!r}\n{self._log_tail()}")

    def _check_alive(self) -> None:
        code = self._process.poll() if self._process else None
        if code is None:
            return
        tail = self._log_tail()
        self._ended()
        kind = _PortTaken if "Address already in use" in tail else KafkaUnavailable
        raise kind(f"kafka ended with exit code {code}; its log ({self.log_path}) says:\n{tail}")

    def _log_tail(self) -> str:
        lines = self.log_path.read_text(errors="replace").splitlines() if self.log_path.exists() else []
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def _kill_if_alive(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _ended(self) -> None:
        """Let go of the process and of its guard, whose process id would otherwise one day belong to somebody else."""
        self._process = None
        guard, self._guard = self._guard, None
        if guard is not None:
            guard.kill()
            guard.communicate()


class _PortTaken(KafkaUnavailable):
    """Another process bound one of the ports first."""


@contextlib.contextmanager
def given_or_local(environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """The bootstrap address of the broker the user named in CAUSELINE_KAFKA, or of one started for the occasion."""
    given = environ.get(BOOTSTRAP_VARIABLE, "").strip()
    if given:
        yield given
        return
    with Broker() as broker:
        yield broker.bootstrap


async def _probe(bootstrap: str, cluster_id: str) -> None:
    host, port = bootstrap.split(":")
    _, writer = await asyncio.open_connection(host, int(port))  # first by hand: the client logs an error for every refused attempt
    writer.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    await admin.start()
    try:
        found = (await admin.describe_cluster())["cluster_id"]
        if found != cluster_id:
            raise _PortTaken(f"{bootstrap} is answered by another Kafka (cluster {found}), not by ours")
        await admin.list_consumer_group_offsets("causeline-probe")  # creates and loads the group coordinator
    finally:
        await admin.close()
