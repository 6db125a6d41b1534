"""The local Kafka helper: it starts its own broker, on its own ports, and leaves nothing behind."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from streams import kafka_jars
from streams.kafka_jars import KafkaUnavailable, ensure_java
from streams.local_kafka import Broker, given_or_local
from streams.local_process import free_ports


def listens(bootstrap: str) -> bool:
    host, port = bootstrap.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_a_broker_survives_kill_and_restart_on_the_same_address_and_leaves_nothing() -> None:
    """Its address stays, its folder and its process go."""
    with Broker() as broker:
        address, folder = broker.bootstrap, broker.log_path.parent
        assert listens(address)
        broker.kill()
        assert not listens(address)
        broker.restart()
        assert broker.bootstrap == address
        assert listens(address)
    assert not listens(address)
    assert not folder.exists()


def test_the_log_is_kept_when_the_test_inside_fails() -> None:
    with pytest.raises(ZeroDivisionError) as failure, Broker() as broker:
        path = broker.log_path
        raise ZeroDivisionError
    assert path.read_text().count("INFO") > 10
    assert str(path) in failure.value.__notes__[0]
    broker.forget()


def test_a_cluster_id_may_begin_with_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    """One random id in 64 does."""
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=b"\xfb" + bytes(15)))
    with Broker() as broker:
        assert broker.bootstrap


def test_the_broker_dies_with_the_process_that_started_it() -> None:
    """Even if that process is killed and cannot stop it."""
    script = "import os\nfrom streams.local_kafka import Broker\nb = Broker()\nb.start()\nprint(b.bootstrap, flush=True)\nos._exit(9)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 9, done.stderr
    deadline = time.monotonic() + 10
    while listens(done.stdout.strip()):
        assert time.monotonic() < deadline, "the broker still listens"
        time.sleep(0.1)


def test_a_wrong_setting_ends_the_start_with_kafkas_own_words() -> None:
    with pytest.raises(KafkaUnavailable, match=r"exit"):
        Broker(properties={"num.partitions": "many"}).start()


def test_a_given_broker_is_used_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Broker, "start", lambda self: pytest.fail("started a broker although one was given"))
    with given_or_local({"CAUSELINE_KAFKA": " elsewhere:9092 "}) as bootstrap:
        assert bootstrap == "elsewhere:9092"


def test_an_old_java_is_named_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Java 8 calls itself 1.8; as an ordinary user nothing is installed, the message says what to do."""
    for name, body in {"java": "echo 'openjdk version \"1.8.0_392\"' >&2", "mvn": "true"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(kafka_jars.os, "geteuid", lambda: 1000)
    with pytest.raises(KafkaUnavailable, match=r"Java 17 or newer \(found 8\).*apt-get install openjdk-17-jre-headless maven"):
        ensure_java()


def test_free_ports_are_distinct() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
