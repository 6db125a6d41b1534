"""The running system: stores, shop, exporters, Prometheus, Alertmanager, each a process on a loopback port of its own.

Knows:   what is started in which order, with which files and addresses, and when it is ready.
Ignores: releases over time (deploys.py) and what is recorded (record.py).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import jinja2
import orjson

from benchmarks.lab.processes import Processes, free_port
from benchmarks.lab.releases import INITIAL, SERVICES, Release
from benchmarks.lab.shop.postgres import Connection

CONFIG = Path(__file__).parent / "config"
REPOSITORY = Path(__file__).parents[2]

READY_S = 30.0
"""PostgreSQL's first start takes about 3 s and Prometheus's 2 s on a busy two-core machine."""

POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "fsync": "off",  # the data is thrown away at the end
    "log_destination": "jsonlog",
    "logging_collector": "on",
    "log_filename": "postgresql.log",
    "log_file_mode": "0644",
    "log_timezone": "UTC",
    "log_min_duration_statement": "500",
    "log_lock_waits": "on",
}


async def until_ready(what: str, ready: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it is; RuntimeError names what did not come up."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            if await ready():
                return
        except (OSError, aiohttp.ClientError, asyncio.IncompleteReadError, TimeoutError):
            pass  # not listening yet
        await asyncio.sleep(0.1)
    raise RuntimeError(f"{what} did not become ready within {READY_S:g} s; its output is kept in the work folder")


class System:
    def __init__(self, work: Path, programs: dict[str, str]) -> None:
        self.programs = programs
        self.work = work
        self.logs = work / "logs"
        self.logs.mkdir()
        self.logs.chmod(0o777)  # PostgreSQL logs here as a user of its own
        self.processes = Processes(self.programs["setpriv"], work)
        names = (*SERVICES, "postgres", "redis", "postgres_exporter", "redis_exporter", "prometheus", "alertmanager", "receiver")
        self.ports = {name: free_port() for name in names}
        self.flags_path = work / "flags.json"
        self.flags_path.write_bytes(b"{}")
        self.releases = dict(INITIAL)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._starts = 0

    async def start(self) -> None:
        await self._start_postgres()
        self._start_redis()
        for service in reversed(SERVICES):
            self.running[service] = await self.start_service(INITIAL[service])
        self._start_exporters()
        await self._start_monitoring()

    async def _start_postgres(self) -> None:
        data = self.work / "postgres"
        data.mkdir(mode=0o700)
        user = "postgres" if os.geteuid() == 0 else None
        if user:
            shutil.chown(data, user, user)
        init = self.processes.start(
            "initdb", [self.programs["initdb"], "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], user=user
        )
        self.processes.reap(init, READY_S)
        settings = POSTGRES_SETTINGS | {"log_directory": str(self.logs), "port": str(self.ports["postgres"])}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.running["postgresql"] = self.processes.start(
            "postgres", [self.programs["postgres"], "-D", str(data), *options], user=user, death="INT"
        )

        async def answers() -> bool:
            (await Connection.open(self.ports["postgres"], application="lab", user="postgres", database="postgres")).close()
            return True

        await until_ready("PostgreSQL", answers)
        await self._run_sql("postgres", "postgres", ["CREATE ROLE shop LOGIN", "CREATE DATABASE shop OWNER shop"])
        await self._run_sql("shop", "shop", (CONFIG / "schema.sql").read_text().split(";\n"))

    async def _run_sql(self, user: str, database: str, statements: list[str]) -> None:
        connection = await Connection.open(self.ports["postgres"], application="lab", user=user, database=database)
        for statement in filter(str.strip, statements):
            await connection.query(statement)
        connection.close()

    def _start_redis(self) -> None:
        options = ["--port", str(self.ports["redis"]), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.work)]
        self.running["redis"] = self.processes.start("redis", [self.programs["redis-server"], *options])

    async def start_service(self, release: Release) -> subprocess.Popen[bytes]:
        """Start one release; returns once it listens.  An older one may still hold the port: both then share it."""
        self._starts += 1
        log_path = self.logs / f"{release.service}-{self._starts:02d}.ndjson"
        env = {
            "SERVICE_VERSION": release.version,
            "PORT": str(self.ports[release.service]),
            "LOG_PATH": str(log_path),
            "FLAGS_PATH": str(self.flags_path),
            "POSTGRES_PORT": str(self.ports["postgres"]),
            "REDIS_PORT": str(self.ports["redis"]),
            "PYTHONPATH": str(REPOSITORY),
            **{f"UPSTREAM_{name.upper()}": f"http://127.0.0.1:{self.ports[name]}" for name in SERVICES},
            **release.settings,
        }
        process = self.processes.start(release.service, [sys.executable, "-m", "benchmarks.lab.shop", release.service], env=env)

        async def listens() -> bool:
            if process.poll() is not None:
                raise RuntimeError(
                    f"{release.name} ended at once with status {process.returncode}; see {release.service}.out in the work folder"
                )
            return log_path.exists() and log_path.stat().st_size > 0

        await until_ready(release.name, listens)
        return process

    async def replace(self, release: Release) -> None:
        """Roll a release out: the new process takes over the port, then the old one drains and ends."""
        old = self.running[release.service]
        self.running[release.service] = await self.start_service(release)
        self.releases[release.service] = release
        self.processes.ask_to_stop(old)
        await asyncio.to_thread(self.processes.reap, old)

    def _start_exporters(self) -> None:
        ports = self.ports
        self.processes.start(
            "postgres-exporter",
            [self.programs["prometheus-postgres-exporter"], f"--web.listen-address=127.0.0.1:{ports['postgres_exporter']}"],
            env={"DATA_SOURCE_NAME": f"postgresql://postgres@127.0.0.1:{ports['postgres']}/postgres?sslmode=disable&connect_timeout=2"},
        )
        address = f"127.0.0.1:{ports['redis_exporter']}"
        self.processes.start(
            "redis-exporter",
            [
                self.programs["prometheus-redis-exporter"],
                "-web.listen-address",
                address,
                "-redis.addr",
                f"redis://127.0.0.1:{ports['redis']}",
            ],
        )

    async def _start_monitoring(self) -> None:
        folder = self.work / "monitoring"
        folder.mkdir()
        for name in ("prometheus.yml", "alertmanager.yml"):
            template = jinja2.Template((CONFIG / f"{name}.j2").read_text(), undefined=jinja2.StrictUndefined)
            (folder / name).write_text(template.render(ports=self.ports, services=SERVICES))
        shutil.copy(CONFIG / "rules.yml", folder)
        for name, program, extra in (
            ("alertmanager", "prometheus-alertmanager", ["--cluster.listen-address="]),
            ("prometheus", "prometheus", ["--storage.tsdb.retention.time=1d"]),
        ):
            address = f"127.0.0.1:{self.ports[name]}"
            storage = f"--storage{'.tsdb' if name == 'prometheus' else ''}.path={folder / name}-data"
            config = f"--config.file={folder / name}.yml"
            self.processes.start(
                name,
                [
                    self.programs[program],
                    config,
                    storage,
                    f"--web.listen-address={address}",
                    f"--web.external-url=http://{address}",
                    *extra,
                ],
            )
        async with aiohttp.ClientSession() as session:
            for name in ("alertmanager", "prometheus"):

                async def ready(name: str = name) -> bool:
                    async with session.get(f"http://127.0.0.1:{self.ports[name]}/-/ready") as answer:
                        return answer.status == 200

                await until_ready(name, ready)

    def set_flag(self, key: str, on: bool) -> None:
        """Turn a feature flag; the services read the file with each request that needs it."""
        flags = orjson.loads(self.flags_path.read_bytes()) | {key: on}
        fresh = self.flags_path.with_suffix(".new")
        fresh.write_bytes(orjson.dumps(flags))
        fresh.replace(self.flags_path)

    def pause_postgres(self) -> None:
        self.processes.signal_tree(self.running["postgresql"], signal.SIGSTOP)

    def resume_postgres(self) -> None:
        self.processes.signal_tree(self.running["postgresql"], signal.SIGCONT)

    def burn_cpu(self, service: str, threads: int) -> None:
        """Busy threads in one service's process: its event loop has to share the interpreter with them."""
        for _ in range(threads):
            self.running[service].send_signal(signal.SIGUSR1)
            time.sleep(0.05)  # signals of one number merge while pending

    async def restart(self, service: str) -> None:
        await self.replace(self.releases[service])
