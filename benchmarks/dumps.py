"""Writes topic dumps of made outages in the form in which recorded ones lie: one record a line, packed, the same bytes each time.

Knows:   the files' names and packing.
Ignores: what the records say (simulate/, told/, injected/).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path


def write_dump(directory: Path, signal: str, values: Iterable[bytes]) -> None:
    path = directory / f"telemetry.{signal}.ndjson.gz"
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as file:
        file.writelines(value + b"\n" for value in values)
