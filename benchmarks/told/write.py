"""Writes told outages as a set: topic dumps in native formats, catalogue, case.json, truth.

Knows:   the folder form that recorded outages have, so that one scorer serves all.
Ignores: what is in the dumps.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from benchmarks.dumps import write_dump
from benchmarks.told.bodies import told
from benchmarks.told.story import Story, stories
from benchmarks.told.telemetry import Record, Stamp, alerts, logs, metrics

BEGIN: Final = datetime(2025, 10, 6, 9, tzinfo=UTC)
"""Of the first story; each other one is a day later, unless it says when it begins."""


def write_part(directory: Path, part: str) -> Path:
    """A set of all stories of a part; its folder is there only once it is complete."""
    to = directory / f"told-{part}"
    shutil.rmtree(to, ignore_errors=True)
    truth = {story.name: write_case(to / story.name, story, day) for day, story in enumerate(stories(part))}
    (to / "truth.json").write_bytes(orjson.dumps(truth, option=orjson.OPT_INDENT_2))
    return to


def write_case(directory: Path, story: Story, day: int) -> list[dict[str, Any]]:
    """Writes one case and returns its truth."""
    onset = (story.told.begins or BEGIN + timedelta(days=day)) + timedelta(minutes=story.told.onset_min)

    def stamp(at: float) -> str:
        return f"{(onset + timedelta(minutes=at)):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"

    directory.mkdir(parents=True)
    changes = {change.id: told(story.name, change, stamp) for change in story.told.changes}
    signals: dict[str, Iterable[Record]] = {
        "metrics": metrics(story, stamp),
        "logs": logs(story, stamp),
        "alerts": alerts(story, stamp),
        "deploys": [record for each in changes.values() for record in each.records],
    }
    written = {signal: sorted(rows, key=lambda row: row[0]) for signal, rows in signals.items()}
    for signal, values in written.items():
        if values:
            write_dump(directory, signal, (value for _, value in values))
    if "catalogue" not in story.told.without:
        (directory / "catalog-info.yaml").write_text(_catalogue(story))
    end = story.told.lasts_min - story.told.onset_min
    about = {
        "set": directory.parent.name, "case": story.name, "start": stamp(-story.told.onset_min), "end": stamp(end), "estate": story.told.about,
        "signals": [signal for signal, values in written.items() if values], "services": sorted(story.everything), "streams": "one fault", "note": "told",
    }  # fmt: skip
    (directory / "case.json").write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2))
    guilty = (*((story.told.guilty,) if story.told.guilty else ()), *story.told.also_guilty)
    return [_truth(story, tuple(id_ for each in guilty for id_ in changes[each].ids), stamp, end)]


def _truth(story: Story, guilty: tuple[str, ...], stamp: Stamp, end: float) -> dict[str, Any]:
    return {
        "id": story.name,
        "from": stamp(0),
        "to": stamp(end),
        "cause": {"service": story.told.cause, "kind": "change" if guilty else "none", "detail": story.told.about},
        "change": guilty[0] if guilty else None,
        "also_changes": list(guilty[1:]),
        "also": story.told.also,
        "blast_radius": sorted(set(story.hurt) - {story.told.cause}),
    }


def _catalogue(story: Story) -> str:
    documents = [
        {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {"name": name},
            "spec": {
                "type": "service", "lifecycle": "production", "owner": "platform",
                "dependsOn": [f"component:{server}" for client, server in story.edges if client == name],
            },
        }
        for name in story.everything
    ]  # fmt: skip
    return yaml.safe_dump_all(documents, sort_keys=False)
