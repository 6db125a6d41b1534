"""Structured logs of one service: one Elastic Common Schema object a line, appended to its file.

Knows:   ECS field names and how a stack is told without the machine's paths.
Ignores: who ships the file (lab/shipper.py).
"""

from __future__ import annotations

import os
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

trace_id: ContextVar[str] = ContextVar("trace_id", default="")

STACK_FRAMES = 4
"""Frames kept of a stack, innermost last: enough to find the line, small enough to read."""


def stack(error: BaseException) -> str:
    """The stack of an error with file names only."""
    frames = traceback.extract_tb(error.__traceback__)[-STACK_FRAMES:]
    lines = [f'  File "{Path(frame.filename).name}", line {frame.lineno}, in {frame.name}' for frame in frames]
    return "\n".join(["Traceback (most recent call last):", *lines, f"{type(error).__name__}: {error}"])


class Log:
    """Appends ECS lines; a line is one write, so a reader sees whole lines only."""

    def __init__(self, path: Path, *, service: str, version: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._service = {"name": service, "version": version, "environment": "lab"}

    def write(self, level: str, message: str, *, error: BaseException | None = None, **fields: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, Any] = {
            "@timestamp": now,
            "log": {"level": level, "logger": self._service["name"]},
            "message": message,
            "ecs": {"version": "8.11.0"},
            "service": self._service,
            "host": {"name": "localhost"},
            "process": {"pid": os.getpid()},
        }
        if trace := trace_id.get():
            line["trace"] = {"id": trace}
        if error is not None:
            line["error"] = {"type": type(error).__name__, "message": str(error), "stack_trace": stack(error)}
        line.update(fields)
        os.write(self._file, orjson.dumps(line) + b"\n")
