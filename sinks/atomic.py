"""Files that are whole or not there: written beside, flushed to the disk, renamed into place.

Knows:   the order of system calls that survives a crash at any of them.
Ignores: what is written.
Source:  POSIX rename(2) is atomic within a file system; fsync of the folder makes the new name durable (Linux fsync(2), NOTES).
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

MODE: Final = 0o644
"""Readable by all, like any document; temporary files begin as 0600."""


def write_atomically(path: Path, content: bytes) -> None:
    """Puts `content` at `path`: a reader sees the old file or the new one, and a crash leaves one of the two."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), MODE)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
