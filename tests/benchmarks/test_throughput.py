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
    """Rates and costs that a decoding client can have: over 10,000 events a second, some microseconds of CPU each."""
    done = ask("throughput", "--json", "--events", "60000", "--only", "aiokafka", "--only", "batches")
    assert done.returncode == 0, done.stderr.decode()
    found = orjson.loads(done.stdout)
    assert set(found) == {"aiokafka", "batches"}
    for row in found.values():
        assert set(row) == {"events_per_s", "cpu_us_per_event", "peak_rss_mb"}
        assert row["events_per_s"] > 10_000
        assert 0.5 < row["cpu_us_per_event"] < 100
        assert 20 < row["peak_rss_mb"] < 400


def test_questions_are_found_by_their_files() -> None:
    assert b"throughput" in ask("--help").stdout
    assert ask("measure").returncode != 0, "a file without a command is no question"
