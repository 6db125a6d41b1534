"""Tables of scores, for the terminal and for Markdown.

Knows:   which figures go side by side and how they are written.
Ignores: where they come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.table import Table

DETECTION: Final = (
    "recall", "precision", "F1", "incidents", "false", "false/day", "fragments", "merged", "delay p50 s", "delay p90 s", "onset error s",
)  # fmt: skip
CAUSES: Final = ("AC@1", "AC@3", "AC@5", "Avg@5", "own recall", "own AC@1", "own AC@3", "own AC@5", "own Avg@5", "own onset error s")
REST: Final = (
    "HR@1", "HR@3", "HR@5", "own HR@1", "own HR@3", "abstained", "decoys first", "ECE", "chain edges", "chain precision", "chain precision direct",
    "alerts", "reduction", "purity", "true incidents/case",
)  # fmt: skip
GROUPING: Final = ("incidents", "recall", "precision", "false/day", "fragments", "merged", "reduction", "purity")
SHORT: Final = ("recall", "precision", "AC@1", "AC@3", "own AC@1", "own AC@3", "HR@1", "abstained", "decoys first", "false")
"""What is compared between variants."""
ALERTS_LEAST: Final = 100
"""Fewer alerts are no storm, and how much they were reduced says nothing."""
_WHOLE: Final = frozenset({"incidents", "false", "merged", "decoys first", "alerts", "chain edges"})
_STORMS: Final = frozenset({"reduction", "purity", "true incidents/case"})
_CLOSE_TO_ONE: Final = frozenset({"reduction", "purity"})


def show(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name in _WHOLE or abs(value) >= 100:
        return f"{value:,.0f}"
    if name in _CLOSE_TO_ONE and value > 0.99:
        return f"{value:.4f}"
    return f"{value:.1f}" if name.endswith(" s") else f"{value:.2f}"


def presentable(scores: Mapping[str, float | None]) -> dict[str, float | None]:
    """Scores without those that say nothing."""
    stormy = (scores.get("alerts") or 0) >= ALERTS_LEAST
    return {name: value if stormy or name not in _STORMS else None for name, value in scores.items()}


def show_drop(name: str, value: float | None, before: float | None) -> str:
    """A figure and by how much it differs from the one as recorded."""
    if value is None or before is None:
        return show(name, value)
    change = value - before
    return show(name, value) if abs(change) < 0.005 else f"{show(name, value)} ({'+' if change > 0 else '−'}{show(name, abs(change))})"


def terminal(title: str, names: Sequence[str], rows: Mapping[str, Mapping[str, float | None]]) -> Table:
    table = Table("", *names, title=title, title_justify="left")
    for label, found in rows.items():
        shown = presentable(found)
        table.add_row(label, *(show(name, shown.get(name)) for name in names))
    return table


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
