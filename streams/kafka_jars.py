"""Apache Kafka's jars, fetched once and kept.

Knows:   which version, which Maven plugin, where the cache is, what a machine needs (Java 17 and Maven).
Ignores: how a broker is configured or run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

KAFKA_VERSION = "4.3.0"
LOG4J_VERSION = "2.25.1"
JAVA_MINIMUM = 17
"""Kafka 4 brokers refuse anything older."""

CACHE_VARIABLE = "CAUSELINE_CACHE"

INSTALL = "apt-get install openjdk-17-jre-headless maven"

FETCH_TIMEOUT_S = 600
"""44 MB of jars and Maven's own plugins: seconds on a good line, minutes on a bad one."""

_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>causeline</groupId>
  <artifactId>local-kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version></dependency>
    <!-- Kafka logs through slf4j 1.7; without a binding it would be silent exactly when it fails. -->
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>{LOG4J_VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>{LOG4J_VERSION}</version></dependency>
  </dependencies>
</project>
"""


class KafkaUnavailable(RuntimeError):
    """A local Kafka cannot be had here; the message says why and what to do."""


def ensure_jars() -> Path:
    """The folder with Kafka's jars, fetched through Maven at the first call.  Safe to call from many processes at once."""
    cache = _cache_folder()
    jars = cache / f"kafka-{KAFKA_VERSION}"
    ensure_java(maven=not jars.is_dir())
    if jars.is_dir():
        return jars
    with _locked(cache / f"kafka-{KAFKA_VERSION}.lock"):
        if not jars.is_dir():  # another process may have fetched them while we waited
            _fetch(jars)
    return jars


def ensure_java(*, maven: bool = True) -> None:
    """Check for Java 17 (and Maven); as root on Debian or Ubuntu install what is missing, elsewhere say what to install."""
    missing = _missing(maven=maven)
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with _locked(_cache_folder() / "apt.lock"):
            if _missing(maven=maven):
                _apt_install()
        missing = _missing(maven=maven)
    if missing:
        raise KafkaUnavailable(f"a local Kafka needs {' and '.join(missing)}; install with: {INSTALL}")


def _missing(*, maven: bool) -> list[str]:
    missing = [] if _java_major() >= JAVA_MINIMUM else [f"Java {JAVA_MINIMUM} or newer (found {_java_major() or 'none'})"]
    if maven and not shutil.which("mvn"):
        missing.append("Maven (mvn not found)")
    return missing


def _java_major() -> int:
    """The major version of the java on the PATH, 0 if there is none."""
    java = shutil.which("java")
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr  # noqa: S603  # our own argv
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found.group(1)) if found else 0


def _apt_install() -> None:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], [*INSTALL.split()[:2], "-y", "-qq", "--no-install-recommends", *INSTALL.split()[2:]]):
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False)  # noqa: S603  # our own argv
        if done.returncode:
            raise KafkaUnavailable(f"{' '.join(command)} failed (exit {done.returncode}): {done.stderr[-800:]}")


def _fetch(jars: Path) -> None:
    """Fetch into a folder beside the final one and rename, so that a half-filled folder is never taken for a whole one."""
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as scratch:
        pom = Path(scratch, "pom.xml")
        pom.write_text(_POM)
        arriving = Path(scratch, "jars")
        command = ["mvn", "--batch-mode", "--quiet", "--strict-checksums", "--file", str(pom), _COPY_GOAL, f"-DoutputDirectory={arriving}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False)  # noqa: S603  # our own argv
        if done.returncode or not list(arriving.glob(f"kafka_*-{KAFKA_VERSION}.jar")):
            raise KafkaUnavailable(
                f"maven could not fetch Kafka {KAFKA_VERSION} (exit {done.returncode}): {(done.stdout + done.stderr)[-1500:]}"
            )
        arriving.rename(jars)


def _cache_folder() -> Path:
    """$CAUSELINE_CACHE; in a checkout its .cache; for an installed package the user's cache folder."""
    given = os.environ.get(CACHE_VARIABLE)
    checkout = Path(__file__).resolve().parent.parent
    if given:
        folder = Path(given)
    elif (checkout / "pyproject.toml").is_file():
        folder = checkout / ".cache"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "causeline"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
