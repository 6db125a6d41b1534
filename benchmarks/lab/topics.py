"""The four topic dumps of a recording: one record value a line, in the order of arrival.

Knows:   file names, when recording is on, and the compressed form.
Ignores: what the records are.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Literal

Topic = Literal["logs", "alerts", "deploys", "metrics"]
TOPICS: tuple[Topic, ...] = ("logs", "alerts", "deploys", "metrics")


class Topics:
    """Appends records while recording; what arrives before or after is not part of the recording."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = {topic: self._raw(topic).open("wb") for topic in TOPICS}
        self.recording = False
        self.counts: dict[Topic, int] = dict.fromkeys(TOPICS, 0)

    def _raw(self, topic: Topic) -> Path:
        return self._folder / f"telemetry.{topic}.ndjson"

    def append(self, topic: Topic, record: bytes) -> None:
        if self.recording:
            self._files[topic].write(record + b"\n")
            self.counts[topic] += 1

    def compress(self) -> None:
        """Replace each dump by its gzip; no time and no name inside, so the same dump gives the same bytes."""
        self.recording = False
        for topic, file in self._files.items():
            file.close()
            raw = self._raw(topic)
            with raw.with_name(raw.name + ".gz").open("wb") as packed, gzip.GzipFile("", "wb", 9, packed, mtime=0) as out:
                out.write(raw.read_bytes())
            raw.unlink()
