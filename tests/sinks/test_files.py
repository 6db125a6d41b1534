"""Drafts as files: whole or not there, safely twice, and never over what a person wrote."""

from __future__ import annotations

import multiprocessing
import os
import stat
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.postmortem import Postmortem
from sinks import atomic
from sinks.atomic import write_atomically
from sinks.files import Outcome, PostmortemFiles, file_name


def draft(revision: int = 1, text: str = "", incident_id: str = "inc-1") -> Postmortem:
    return Postmortem(
        incident_id=incident_id,
        incident_revision=revision,
        revision=revision,
        estate="shop",
        title="Errors on api",
        severity="SEV2",
        sections=(),
        evidence={},
        markdown=text or f"# Draft {revision}\n",
    )


def seen(folder: Path) -> dict[str, str]:
    """What a person sees in the folder."""
    return {path.name: path.read_text() for path in sorted(folder.iterdir()) if path.is_file()}


def test_a_draft_is_a_page_for_people_and_a_record_for_tools(tmp_path):
    """C57."""
    markdown, json = PostmortemFiles(tmp_path / "new").write(draft())
    assert (markdown.outcome, json.outcome) == (Outcome.WRITTEN, Outcome.WRITTEN)
    assert markdown.path.read_text() == "# Draft 1\n"
    assert msgspec.json.decode(json.path.read_bytes(), type=Postmortem) == draft()
    assert stat.S_IMODE(markdown.path.stat().st_mode) == 0o644


def test_a_newer_revision_replaces_what_we_wrote_ourselves(tmp_path):
    files = PostmortemFiles(tmp_path)
    files.write(draft(1))
    assert [filed.outcome for filed in files.write(draft(2))] == [Outcome.WRITTEN, Outcome.WRITTEN]
    assert seen(tmp_path)["inc-1.md"] == "# Draft 2\n"


def test_the_same_revision_twice_reads_as_once_and_an_older_one_changes_nothing(tmp_path):
    """A redelivered or replayed draft does no harm, from a new process either."""
    PostmortemFiles(tmp_path).write(draft(2))
    before = seen(tmp_path)
    assert [filed.outcome for filed in PostmortemFiles(tmp_path).write(draft(2))] == [Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert [filed.outcome for filed in PostmortemFiles(tmp_path).write(draft(1))] == [Outcome.OLDER, Outcome.OLDER]
    assert seen(tmp_path) == before


def test_what_a_person_edited_stays_and_the_newer_draft_lies_beside_it(tmp_path, caplog):
    """C36: humans own the document; the log says where the draft went."""
    files = PostmortemFiles(tmp_path)
    files.write(draft(1))
    (tmp_path / "inc-1.md").write_text("# Ours\n\nWhat we learned.\n")
    markdown, json = files.write(draft(2))
    assert (markdown.path.name, markdown.outcome) == ("inc-1.rev2.md", Outcome.BESIDE)
    assert json.outcome is Outcome.WRITTEN
    assert seen(tmp_path)["inc-1.md"] == "# Ours\n\nWhat we learned.\n"
    assert seen(tmp_path)["inc-1.rev2.md"] == "# Draft 2\n"
    assert "inc-1.md was edited and stays as it is; revision 2 of the draft is in" in caplog.text


def test_an_edited_draft_beside_is_not_overwritten_either(tmp_path, caplog):
    files = PostmortemFiles(tmp_path)
    files.write(draft(1))
    (tmp_path / "inc-1.md").write_text("ours\n")
    files.write(draft(2))
    (tmp_path / "inc-1.rev2.md").write_text("ours too\n")
    files.write(draft(2, "# Draft 2, drafted again\n"))
    assert seen(tmp_path)["inc-1.rev2.md"] == "ours too\n"
    assert "is not filed" in caplog.text


def test_an_edit_undone_is_ours_again(tmp_path):
    files = PostmortemFiles(tmp_path)
    files.write(draft(1))
    (tmp_path / "inc-1.md").write_text("ours\n")
    (tmp_path / "inc-1.md").write_text("# Draft 1\n")
    assert files.write(draft(2))[0].outcome is Outcome.WRITTEN


def test_a_deleted_page_is_written_again(tmp_path):
    files = PostmortemFiles(tmp_path)
    files.write(draft(1))
    (tmp_path / "inc-1.md").unlink()
    assert files.write(draft(1))[0].outcome is Outcome.WRITTEN


def test_without_its_notes_every_file_counts_as_edited(tmp_path):
    """A folder copied without the hidden notes: rather a file too many than a person's words lost."""
    PostmortemFiles(tmp_path).write(draft(1))
    for path in (tmp_path / ".causeline").iterdir():
        path.unlink()
    assert PostmortemFiles(tmp_path).write(draft(2))[0].outcome is Outcome.BESIDE
    assert seen(tmp_path)["inc-1.md"] == "# Draft 1\n"


def test_damaged_notes_count_as_none(tmp_path):
    PostmortemFiles(tmp_path).write(draft(1))
    (tmp_path / ".causeline" / "inc-1.json").write_bytes(b"{")
    assert PostmortemFiles(tmp_path).write(draft(2))[0].outcome is Outcome.BESIDE


@pytest.mark.parametrize("obstacle", ["link", "dangling link", "pipe", "folder"])
@pytest.mark.timeout(20)
def test_what_is_no_file_in_the_place_of_a_page_is_left_alone(tmp_path, obstacle):
    """Whoever can put a link or a pipe into the folder cannot make us write elsewhere, wait for ever or lose it."""
    elsewhere = tmp_path / "elsewhere.txt"
    folder = tmp_path / "folder"
    PostmortemFiles(folder).write(draft(1))
    page = folder / "inc-1.md"
    page.unlink()
    elsewhere.write_text("# Draft 1\n")
    match obstacle:
        case "link":
            page.symlink_to(elsewhere)
        case "dangling link":
            page.symlink_to(tmp_path / "nowhere")
        case "pipe":
            os.mkfifo(page)
        case "folder":
            page.mkdir()
    before = page.lstat()
    assert PostmortemFiles(folder).write(draft(2))[0].outcome is Outcome.BESIDE
    assert (page.lstat().st_ino, page.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert elsewhere.read_text() == "# Draft 1\n"
    assert (folder / "inc-1.rev2.md").read_text() == "# Draft 2\n"


class Died(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("deadly", range(12))
def test_death_at_any_write_leaves_whole_files_and_the_next_run_finishes_them(tmp_path, monkeypatch, deadly):
    """Killed before or after any of the renames: every file is one of the two drafts, and none looks edited afterwards."""
    PostmortemFiles(tmp_path).write(draft(1))
    real, calls = os.replace, [0]

    def dying(source, target):
        calls[0] += 1
        if calls[0] * 2 - 1 == deadly:
            raise Died
        real(source, target)
        if calls[0] * 2 == deadly:
            raise Died

    monkeypatch.setattr(atomic.os, "replace", dying)
    with suppress(Died):
        PostmortemFiles(tmp_path).write(draft(2))
    monkeypatch.undo()
    assert seen(tmp_path)["inc-1.md"] in ("# Draft 1\n", "# Draft 2\n")
    assert msgspec.json.decode(seen(tmp_path)["inc-1.json"], type=Postmortem) in (draft(1), draft(2))
    PostmortemFiles(tmp_path).write(draft(2))
    assert sorted(seen(tmp_path)) == ["inc-1.json", "inc-1.md"]
    assert seen(tmp_path)["inc-1.md"] == "# Draft 2\n"


def _file_many(folder: Path, revisions: list[int]) -> None:
    for revision in revisions:
        PostmortemFiles(folder).write(draft(revision))


def test_two_processes_that_share_a_folder_agree_on_the_newest(tmp_path):
    """After a rebalance two workers may file the same incident."""
    context = multiprocessing.get_context("spawn")
    halves = [list(range(1, 41, 2)), list(range(2, 41, 2))]
    workers = [context.Process(target=_file_many, args=(tmp_path, half)) for half in halves]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert seen(tmp_path)["inc-1.md"] == "# Draft 40\n"
    assert sorted(seen(tmp_path)) == ["inc-1.json", "inc-1.md"]


def test_a_failed_write_leaves_no_rubbish(tmp_path, monkeypatch):
    """A full disk: the error is raised, the old file stays, no temporary file is left."""
    path = tmp_path / "page.md"
    write_atomically(path, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("page.md", b"old")]


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_incident_id_leaves_the_folder_and_different_ones_stay_different(one, other):
    """`../../etc/passwd` is a name like any other."""
    name = file_name(one)
    assert "/" not in name
    assert not name.startswith(".")
    assert 0 < len(name.encode()) <= 200
    assert (file_name(other) == name) is (one == other)
