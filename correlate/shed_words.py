"""What was left out, in words, and whether evidence went with it.

Knows:   the counters of journal, telemetry and engine by name.
Ignores: how often each is raised, and when: they count since the estate was first heard.
"""

from __future__ import annotations

from typing import Final

_ROOM_MADE: Final = {
    "log_exemplars_over_cap": "example log lines made room for newer ones; every line was counted before",
    "silent series forgotten": "series that had fallen silent made room for new ones",
    "late or repeated samples": "samples came twice or behind their series and were taken once",
}
"""Nothing was lost that an incident could show."""

_LOST: Final = {
    "late_metric_rows": "samples came after their time was closed and could not be weighed",
    "late_log_rows": "log lines came after their time was closed and could not be counted",
    "alerts_over_cap": "older alerts made room for newer ones",
    "changes_over_cap": "older changes made room for newer ones",
    "states_over_cap": "older states made room for newer ones",
    "subjects over capacity": "new subjects found no room",
    "series over capacity": "new series found no room",
    "samples of shed series": "samples belonged to series without room",
    "log rows of shed subjects": "log lines belonged to subjects without room",
}


def is_loss(what: str) -> bool:
    """Whether an incident may miss something for it."""
    return what not in _ROOM_MADE


def shed_words(what: str, count: int) -> str:
    """`1,326 example log lines made room for newer ones; every line was counted before`."""
    known = _ROOM_MADE.get(what) or _LOST.get(what)
    return f"{count:,} {known}" if known else f"{count:,} rows were left out ({what.replace('_', ' ')})"
