"""What a fixture's expected file asks, and how it is compared: the same questions as an independent scorer of normalisers would ask.

An expected file says: rows (how many; null: not asked), readable, format, and of the `first` and `last` row the fields that are asked: kind (any of a list),
time (a year * is not asked: RFC 3164 has none), entities (one of them must be among the row's identities), severity (class), status, text_contains, change_id, value.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"
CLASSES = ("trace", "debug", "info", "warn", "error", "fatal")


def fixtures() -> list[Path]:
    """Every payload, sorted; an expected file stands beside each."""
    return sorted(path for path in FIXTURES.rglob("*") if path.is_file() and not path.name.endswith(".expected.json"))


def expected_of(path: Path) -> dict[str, Any]:
    """What is expected of a payload; its file has the payload's stem."""
    expected: dict[str, Any] = json.loads(expected_path(path).read_text())
    return expected


def expected_path(path: Path) -> Path:
    return path.with_name(path.name.partition(".")[0] + ".expected.json")


def severity_class(number: int) -> str | None:
    return CLASSES[(number - 1) // 4] if 1 <= number <= 24 else None


def differences(expected: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """What was read otherwise than expected, in words."""
    rows, found = got["rows"], []
    if expected.get("readable") is True and not rows:
        found.append(f"no row; rejected {got['rejected']}")
    if expected.get("readable") is False and (rows or not got["rejected"]):
        found.append(f"{len(rows)} rows where a refusal was expected")
    if expected.get("rows") is not None and len(rows) != expected["rows"]:
        found.append(f"{len(rows)} rows, expected {expected['rows']}")
    if expected.get("format") and got["format"] != expected["format"]:
        found.append(f"format {got['format']}, expected {expected['format']}")
    for name, place in (("first", 0), ("last", -1)):
        if rows and expected.get(name):
            found += [f"{name} {what}" for what in _row_differences(expected[name], rows[place])]
    return found


def _row_differences(asked: dict[str, Any], row: dict[str, Any]) -> list[str]:
    checks = {
        "kind": lambda want: row["kind"] in want,
        "time": lambda want: row["time"][4:] == want[1:] if want.startswith("*") else row["time"] == want,
        "entities": lambda want: any(_named(one, row["entities"]) for one in want),
        "severity": lambda want: severity_class(row["severity_number"]) in want,
        "status": lambda want: row["status"] == want,
        "text_contains": lambda want: " ".join(want.split()).casefold() in " ".join(row["text"].split()).casefold(),
        "change_id": lambda want: row["change_id"] == want,
        "value": lambda want: row["value"] is not None and abs(row["value"] - want) <= 1e-9 * max(1.0, abs(want)),
        "dedup_key": lambda want: row["dedup_key"] == want,
        "details": lambda want: want.items() <= row["details"].items(),
    }
    seen = {**row, "severity": severity_class(row["severity_number"]), "text_contains": row["text"]}
    return [
        f"{field}: {seen.get(field)!r}, expected {want!r}"
        for field, want in asked.items()
        if want is not None and field in checks and not checks[field](want)
    ]


def _named(want: str, names: list[str]) -> bool:
    folded = want.casefold()
    return any(name.casefold() == folded or (name.casefold().endswith(folded) and name[-len(want) - 1] in ":/=|@# ") for name in names)
