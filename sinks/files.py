"""Postmortem drafts as files: `<incident>.md` for people and `<incident>.json` for tools, in one folder.

Knows:   which texts it wrote itself, so that a file which a person edited is never overwritten: a newer draft is put beside it.
Ignores: how drafts are made and how often they come.

The same revision twice reads as once; an older one changes nothing.  What was written is noted *before* it is written: after a crash
between the two, a file on disk is either the text before or the text noted, both known as ours.  Processes share a folder by a lock.
"""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from schemas.postmortem import Postmortem
from sinks.atomic import write_atomically

logger = logging.getLogger(__name__)

NOTES_FOLDER: Final = ".causeline"
NOTED_MOST: Final = 40
"""Texts remembered of one incident: Markdown and JSON of its last twenty revisions."""
NAME_BYTES: Final = 180
"""Of an incident id in a file name; file systems allow 255 for the whole."""


class Outcome(StrEnum):
    WRITTEN = "written"
    UNCHANGED = "unchanged"
    """The file has this very text already."""
    BESIDE = "beside"
    """A person edited the file: the draft was put beside it as `<incident>.rev<N>`."""
    OLDER = "older"
    """A newer revision was filed before."""


@dataclass(frozen=True, slots=True)
class Filed:
    path: Path
    """Where the draft is; for OLDER, where the newer one is."""
    outcome: Outcome


class _Notes(msgspec.Struct):
    """What the folder remembers of one incident."""

    revision: int = 0
    texts: list[str] = []
    """SHA-256 of what was written, oldest first."""


class PostmortemFiles:
    """A folder of drafts.  It is created on the first write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._notes_folder = folder / NOTES_FOLDER

    def write(self, postmortem: Postmortem) -> tuple[Filed, Filed]:
        """Files Markdown and JSON of one draft, safely twice; says what became of each.  Raises OSError when the disk refuses."""
        name = file_name(postmortem.incident_id)
        texts = {".md": postmortem.markdown.encode(), ".json": msgspec.json.format(msgspec.json.encode(postmortem), indent=2) + b"\n"}
        self._notes_folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            notes = self._notes(name)
            if postmortem.revision < notes.revision:
                return Filed(self._folder / f"{name}.md", Outcome.OLDER), Filed(self._folder / f"{name}.json", Outcome.OLDER)
            ours = frozenset(notes.texts)
            self._note(name, notes, postmortem.revision, texts.values())
            markdown, json = (self._place(name, ending, text, postmortem.revision, ours) for ending, text in texts.items())
        return markdown, json

    def _place(self, name: str, ending: str, text: bytes, revision: int, ours: frozenset[str]) -> Filed:
        path = self._folder / f"{name}{ending}"
        outcome = _put(path, text, ours)
        if outcome is not None:
            return Filed(path, outcome)
        beside = self._folder / f"{name}.rev{revision}{ending}"
        if _put(beside, text, ours) is None:
            logger.warning("%s and %s were edited: revision %d of the draft is not filed", path, beside, revision)
            return Filed(beside, Outcome.UNCHANGED)
        logger.warning("%s was edited and stays as it is; revision %d of the draft is in %s", path, revision, beside)
        return Filed(beside, Outcome.BESIDE)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._notes_folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _notes(self, name: str) -> _Notes:
        """What is remembered; nothing when the note is missing or damaged, and then files on disk count as edited: nothing is lost."""
        try:
            return msgspec.json.decode((self._notes_folder / f"{name}.json").read_bytes(), type=_Notes)
        except (FileNotFoundError, msgspec.DecodeError):
            return _Notes()

    def _note(self, name: str, notes: _Notes, revision: int, texts: Iterable[bytes]) -> None:
        known = dict.fromkeys([*notes.texts, *(sha256(text).hexdigest() for text in texts)])
        write_atomically(self._notes_folder / f"{name}.json", msgspec.json.encode(_Notes(revision, list(known)[-NOTED_MOST:])))


def file_name(incident_id: str) -> str:
    """The incident id as a file name: nothing in it leaves the folder, and different ids stay different."""
    name = quote(incident_id, safe="")
    name = f"%2E{name[1:]}" if name.startswith(".") else name or "%00"
    return name if len(name) <= NAME_BYTES else f"{name[: NAME_BYTES - 65]}~{sha256(incident_id.encode()).hexdigest()}"


def _put(path: Path, text: bytes, ours: frozenset[str]) -> Outcome | None:
    """Writes the text unless something of a person's is there (a text, a link, a folder, a pipe): then None, and nothing is touched."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return None
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        write_atomically(path, text)
        return Outcome.WRITTEN
    if there == text:
        return Outcome.UNCHANGED
    if sha256(there).hexdigest() not in ours:
        return None
    write_atomically(path, text)
    return Outcome.WRITTEN
