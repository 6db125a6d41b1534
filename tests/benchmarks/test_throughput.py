"""The throughput benchmark as its users call it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[2]


def ask(*words: str) -> subprocess.CompletedProcess[bytes]:
    environ = {name: value for name, value in os.environ.items() if name != "CAUSELINE_KAFKA"}
    return subprocess.run([sys.executable, "-m", "benchmarks", *words], cwd=ROOT, env=environ, capture_output=True, check=False)


def test_json_is_one_object_with_three_figures_for_each_contestant() -> None:
    """One object, a row a contestant, each with its three figures; how large they are is the benchmark's to say, not a test's."""
    done = ask("throughput", "--json", "--events", "60000", "--only", "aiokafka", "--only", "batches")
    assert done.returncode == 0, done.stderr.decode()
    found = orjson.loads(done.stdout)
    assert set(found) == {"aiokafka", "batches"}
    for row in found.values():
        assert set(row) == {"events_per_s", "cpu_us_per_event", "peak_rss_mb"}
        assert row["events_per_s"] > 0
        assert row["cpu_us_per_event"] >= 0  # rounds to 0 where so few events are read between two ticks of the process clock
        assert row["peak_rss_mb"] > 0


def test_questions_are_found_by_their_files() -> None:
    assert b"throughput" in ask("--help").stdout
    assert ask("measure").returncode != 0, "a file without a command is no question"
