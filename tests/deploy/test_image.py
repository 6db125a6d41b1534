"""The container image: what it is made of and as whom it runs, read from the Dockerfile."""

from __future__ import annotations

import re

from tests.deploy.tree import DEPLOY, ROOT, load, parse_command

LINES = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
STEPS = [line.split(None, 1) for line in LINES if line and not line.startswith("#")]
LAST = STEPS[max(place for place, step in enumerate(STEPS) if step[0] == "FROM") :]


def words(instruction: str) -> list[str]:
    return re.findall(r'"([^"]*)"', next(rest for name, rest in LAST if name == instruction))


def test_every_stage_stands_on_the_same_pinned_python() -> None:
    """The one that the tests run on: Faust's compiled parts are built for each version of Python."""
    bases = {rest.split(" AS ")[0] for name, rest in STEPS if name == "FROM"}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11-slim-[a-z]+", bases.pop())


def test_nothing_is_installed_without_a_hash() -> None:
    """Dependencies by hash; the project itself from the wheel built here, without asking an index."""
    installs = [
        part.strip() for name, rest in STEPS if name == "RUN" for part in rest.split("&&") if re.search(r"pip (install|wheel)", part)
    ]
    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes" in install or "--no-deps" in install, install
        assert "wheel --" not in install or "--no-build-isolation" in install, install


def test_it_runs_as_nobody_and_stops_on_the_signal_that_the_worker_waits_for() -> None:
    told = dict(LAST)
    user = told["USER"].split(":")[0]
    assert user.isdigit()
    assert int(user) >= 1000
    assert told["STOPSIGNAL"] == "SIGTERM"


def test_the_default_command_is_the_worker() -> None:
    assert words("ENTRYPOINT") == ["causeline"]
    assert parse_command(words("CMD")).command.name == "worker"


def test_kubernetes_runs_it_under_the_user_that_the_image_has() -> None:
    user = int(dict(LAST)["USER"].split(":")[0])
    spec = load(DEPLOY / "kubernetes" / "worker.yaml")["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsUser"] == user


def test_everything_that_is_copied_is_sent_to_the_builder() -> None:
    """The ignore file lets through what COPY asks for and the tests, recordings and caches stay at home."""
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {source for name, rest in STEPS if name == "COPY" and not rest.startswith("--from") for source in rest.split()[:-1]}
    assert "*" in ignored
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)
