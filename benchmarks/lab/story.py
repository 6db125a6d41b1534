"""What happened, told from the outside: truth.json and README.md of a recording.

Knows:   the changes made, the faults injected, and how customers were answered; the telemetry is read only for its alerts and its size.
Ignores: what any product concludes from it.
"""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jinja2
import orjson

from benchmarks.lab.deploys import Change
from benchmarks.lab.events import rfc3339
from benchmarks.lab.load import Answer
from benchmarks.lab.plan import Fault
from benchmarks.lab.releases import BROKEN
from benchmarks.lab.topics import TOPICS

BLAST = {
    "bad-deploy": ["checkout", "frontend"],
    "dependency": ["postgresql", "inventory", "checkout", "catalog", "frontend"],
    "cpu": ["inventory", "checkout", "catalog", "frontend"],
    "none": [],
}
"""Services customers or callers could see suffer."""

DETAIL = {
    "bad-deploy": "checkout 1.8.0 keeps a database connection for each declined card until its pool is empty",
    "dependency": "PostgreSQL was paused (SIGSTOP): it answered nothing, then went on; no change caused it",
    "cpu": "runaway threads took inventory's interpreter; a restart ended them; no change caused it",
    "none": "nothing was broken",
}
KIND = {"bad-deploy": "change", "dependency": "dependency", "cpu": "cpu", "none": "none"}

TOLERATED = 0.02
"""A ten-second slice with at most this share of failed requests counts as healthy."""

SLICE_S = 10

SETTLING_S = 60
"""Failures later than this after the cure are told apart from the outage."""


def percentile(values: list[float], share: float) -> float:
    """Nearest-rank percentile; 0 when there is nothing."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def failing_slices(answers: list[Answer]) -> list[int]:
    """Ten-second slices in which more than the tolerated share of customers was failed, in order."""
    asked: dict[int, list[bool]] = {}
    for answer in answers:
        asked.setdefault(int(answer.at_s // SLICE_S), []).append(answer.failed)
    return sorted(at for at, failures in asked.items() if sum(failures) / len(failures) > TOLERATED)


def truth(*, name: str, fault: Fault, began: datetime, ended: datetime, changes: list[Change], answers: list[Answer]) -> dict[str, Any]:
    """The answer key.  `from` is when the cause began to act, `onset_at` the first failed customer after it, `to` the last."""
    row: dict[str, Any] = {"id": name, "recording_began_at": rfc3339(began), "recording_ended_at": rfc3339(ended), "fault": fault}
    row["cause"] = {"service": None, "kind": KIND[fault], "detail": DETAIL[fault]}
    row |= {"change": None, "also_changes": [], "also": [], "blast_radius": BLAST[fault]}
    guilty = next(
        (change for change in changes if change.action == "begin" or (change.action, change.subject) == ("deploy", BROKEN.name)), None
    )
    if guilty is None:
        return row
    healed = next(change for change in changes if change.action in ("end", "rollback"))
    first_s, healed_s = (guilty.at - began).total_seconds(), (healed.at - began).total_seconds()
    failing_s = [at * SLICE_S for at in failing_slices(answers) if (at + 1) * SLICE_S > first_s and at * SLICE_S <= healed_s + SETTLING_S]
    # A rollout may fail a lone request; the onset is the first failure of the first slice that fails noticeably.
    onset_s = next(
        (answer.at_s for answer in answers if failing_s and answer.failed and answer.at_s >= max(first_s, failing_s[0])), first_s
    )
    to_s = max([healed_s, *(at_s + SLICE_S for at_s in failing_s)])
    row["cause"]["service"] = guilty.subject.split()[0]
    row |= {
        "from": rfc3339(guilty.at),
        "onset_at": rfc3339(began + timedelta(seconds=onset_s)),
        "healed_at": rfc3339(healed.at),
        "to": rfc3339(began + timedelta(seconds=to_s)),
    }
    if fault == "bad-deploy":
        push = next(change for change in changes if (change.action, change.subject) == ("push", BROKEN.name))
        row |= {"change": guilty.change_id, "also_changes": [push.change_id], "rollback": healed.change_id}
    row["decoys"] = [
        change.change_id
        for change in changes
        if change.change_id and change.change_id not in (row["change"], row.get("rollback"), *row["also_changes"])
    ]
    return row


def minutes_table(answers: list[Answer]) -> list[dict[str, Any]]:
    """How customers were answered, minute by minute."""
    rows = []
    for minute in range(int(max((answer.at_s for answer in answers), default=0) // 60) + 1):
        here = [answer for answer in answers if minute * 60 <= answer.at_s < (minute + 1) * 60]
        if not here:
            continue
        row: dict[str, Any] = {"minute": minute, "requests": len(here), "failed": sum(answer.failed for answer in here)}
        for action in ("browse", "buy"):
            took_ms = [answer.took_s * 1000 for answer in here if answer.action == action]
            row[action] = {"median_ms": percentile(took_ms, 0.5), "p95_ms": percentile(took_ms, 0.95)}
        rows.append(row)
    return rows


def alert_rows(output: Path) -> list[tuple[str, str, str, str]]:
    """Time, status, alert and service of each alert in each notification, as they arrived."""
    rows = []
    with gzip.open(output / "telemetry.alerts.ndjson.gz") as file:
        for line in file:
            for alert in orjson.loads(line)["alerts"]:
                at = alert["startsAt"] if alert["status"] == "firing" else alert["endsAt"]
                rows.append((at[11:19], alert["status"], alert["labels"]["alertname"], alert["labels"].get("service", "")))
    return rows


def write(output: Path, *, name: str, fault: Fault, began: datetime, ended: datetime, changes: list[Change], answers: list[Answer]) -> None:
    answers = sorted(answers, key=lambda answer: answer.at_s)
    key = truth(name=name, fault=fault, began=began, ended=ended, changes=changes, answers=answers)
    (output / "truth.json").write_bytes(orjson.dumps(key, option=orjson.OPT_INDENT_2) + b"\n")
    sizes = []
    for topic in TOPICS:
        path = output / f"telemetry.{topic}.ndjson.gz"
        with gzip.open(path) as file:
            sizes.append((topic, sum(1 for _ in file), path.stat().st_size / 1024))
    template = jinja2.Template(
        (Path(__file__).parent / "config" / "README.md.j2").read_text(), trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    text = template.render(
        name=name,
        fault=fault,
        truth=key,
        began=began,
        ended=ended,
        minutes=(ended - began).total_seconds() / 60,
        changes=[(f"{change.at:%H:%M:%S}", change.action, change.subject, change.change_id) for change in changes],
        alerts=alert_rows(output),
        table=minutes_table(answers),
        sizes=sizes,
    )
    (output / "README.md").write_text(text.rstrip() + "\n")
