"""Every AWS and Google Cloud fixture gives the rows that lie beside it, alone and in any envelope's company, and names nobody (C1, C2, C3, C81)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.check import check
from schemas.reading import Reading

ROOT = Path(__file__).parents[1] / "fixtures"
PAYLOADS = sorted(path for cloud in ("aws", "gcp") for path in (ROOT / cloud).iterdir() if not path.name.endswith(".expected.json"))
CLASSES = ("trace", "debug", "info", "warn", "error", "fatal")
CANARY = re.compile(r"(?i)canary|jane|[\w.+-]+@[\w-]+\.[a-z]{2}|\bA[KS]IA[A-Z0-9]{16}|hunter2")


def read(path: Path) -> dict[str, Any]:
    return check(path.read_bytes(), options=Reading(strict=True))


def expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(path.with_name(f"{path.stem}.expected.json").read_bytes())
    return found


def assert_row(row: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert row["kind"] in wanted["kind"]
    if wanted["time"]:
        assert row["time"] == wanted["time"]
    assert set(wanted["entities"]) <= set(row["entities"])
    severity = [CLASSES[(row["severity_number"] - 1) // 4]] if row["severity_number"] else None
    assert severity == wanted["severity"]
    assert (row["status"], row["change_id"] or None, row["value"]) == (wanted["status"], wanted["change_id"], wanted["value"])
    assert (wanted["text_contains"] or "") in row["text"]


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_fixture_gives_the_rows_beside_it(path: Path) -> None:
    result, wanted = read(path), expected(path)
    assert len(result["rows"]) == wanted["rows"]
    assert sorted({rejected["reason"] for rejected in result["rejected"]}) == wanted.get("rejected", [])
    for place, key in ((0, "first"), (-1, "last")):
        if wanted.get(key):
            assert_row(result["rows"][place], wanted[key])


def test_groups_share_a_key_that_nobody_else_uses() -> None:
    """An alert's repeats and its resolution, a change's steps: one key for them, and only theirs."""
    groups: dict[str, set[str]] = {}
    others: set[str] = set()
    for path in PAYLOADS:
        keys = {row["dedup_key"] for row in read(path)["rows"]}
        group = expected(path)["dedup_group"]
        if group:
            groups.setdefault(f"{path.parent.name}/{group}", set()).update(keys)
        else:
            others |= keys
    assert len(groups) >= 5
    assert all(len(keys) == 1 and "" not in keys and not keys & others for keys in groups.values())


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_person_and_no_secret_of_a_fixture_reaches_a_row(path: Path) -> None:
    """C81: the fixtures are full of canaries; rows and refusals hold none."""
    assert not CANARY.findall(orjson.dumps(read(path)).decode().replace("checkout-canary", ""))


def test_the_fixtures_do_hold_canaries() -> None:
    assert sum(bool(CANARY.search(path.read_text())) for path in PAYLOADS) > 40


def test_every_fixture_reads_the_same_in_an_array_of_all() -> None:
    """Nothing that one payload holds changes how the next is read."""
    documents = [orjson.loads(path.read_bytes()) for path in PAYLOADS]
    together = check(orjson.dumps(documents), options=Reading(strict=True))
    alone = [row for path in PAYLOADS for row in read(path)["rows"]]
    assert together["rows"] == alone
