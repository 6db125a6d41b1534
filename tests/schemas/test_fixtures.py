"""Every format is read as its reference says, from fixtures written for this project (C1, C2, C3, C10)."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.check import check
from schemas.reading import Reading
from schemas.sources.detect import BINARY, SOURCES
from tests.schemas.oracle import FIXTURES, differences, expected_of, expected_path, fixtures

NOW_NS = 1_772_438_400_000_000_000
"""2026-03-02T08:00:00Z: when every fixture is received."""
STRICT = Reading(strict=True)
CANARIES = re.compile(
    r"canary(?!\.example)|jcanary|hunter2|AKIA[A-Z0-9]{12}|ghp_[A-Za-z0-9]{20}|[\w.+-]+@[\w-]+\.(?:com|org|net|example)\b|wJalrXUtnFEMI",
    re.IGNORECASE,
)
"""Names, addresses and credentials that fixtures carry where their vendors put them.  None of them may reach a row."""


def read(path: Path) -> dict[str, Any]:
    return check(path.read_bytes(), str(path.relative_to(FIXTURES.parent)), ingest_time_ns=NOW_NS, options=STRICT)


@pytest.mark.parametrize("path", fixtures(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_fixture_is_read_as_expected(path: Path) -> None:
    """Rows, kind, time, identity, severity, status, text, change id and value of the first and last row."""
    assert expected_path(path).exists(), f"write {expected_path(path).name}: a fixture without an expectation asserts nothing"
    assert differences(expected_of(path), read(path)) == []


@pytest.mark.parametrize("path", fixtures(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_person_and_no_secret_reaches_a_row(path: Path) -> None:
    """Nothing a fixture hides in names, addresses, users and credentials is found in any field of any row or refusal (C10)."""
    found = CANARIES.findall(orjson.dumps([read(path)["rows"], read(path)["rejected"]]).decode())
    assert found == []


def test_the_canaries_are_there_to_be_found() -> None:
    """The test above can fail: the raw fixtures hold canaries in every group of sources, hundreds in all."""
    hits: dict[str, int] = defaultdict(int)
    for path in fixtures():
        hits[path.parent.name] += len(CANARIES.findall(path.read_bytes().decode("utf-8", "replace")))
    assert set(hits) >= {"aws", "azure", "cross", "gcp", "linux", "windows"}
    assert all(hits.values()), dict(hits)
    assert sum(hits.values()) > 200


def test_repeats_and_resolutions_share_a_key_and_nothing_else_does() -> None:
    """Fixtures of one dedup_group have one dedup_key, which no other group of that folder uses."""
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in fixtures():
        if (group := expected_of(path).get("dedup_group")) and (rows := read(path)["rows"]):
            groups[path.parent.name, group].add(rows[0]["dedup_key"])
    assert len(groups) >= 5
    assert all(len(keys) == 1 and "" not in keys for keys in groups.values()), {
        name: keys for name, keys in groups.items() if len(keys) != 1 or "" in keys
    }
    folders: dict[str, list[str]] = defaultdict(list)
    for (folder, _), keys in groups.items():
        folders[folder] += keys
    assert all(len(set(keys)) == len(keys) for keys in folders.values())


def test_every_source_has_a_fixture() -> None:
    """Each registered format is detected in at least one fixture: none is claimed without proof."""
    from benchmarks.fuzz import corpus

    missing = {source.format for source in (*SOURCES, *BINARY)} - corpus().keys()
    assert missing == set()


def test_reading_twice_gives_the_same() -> None:
    """A read is a function of the record: the second one, by a fresh reader, is equal."""
    for path in fixtures()[::7]:
        assert read(path) == read(path)
