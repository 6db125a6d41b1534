"""A patch as text, free of noise."""

from correlate.evidence.patch import MAX_LINES, Pair, read


def test_lines_that_only_moved_are_context() -> None:
    patch = read("@@\n-  close()\n+    close()\n+  open()\n")
    assert (patch.removed, patch.added, patch.context) == ((), ("  open()",), ("  close()",))


def test_a_changed_line_is_paired_with_what_it_became() -> None:
    patch = read("@@\n-size: 40\n-name: orders\n+name: shop\n+size: 4\n")
    assert set(patch.pairs) == {Pair("size: 40", "size: 4"), Pair("name: orders", "name: shop")}


def test_comments_and_observing_lines_do_not_work() -> None:
    patch = read("@@\n+// a note\n+logger.warn('full')\n+metrics.inc()\n")
    assert patch.added == ()
    assert len(patch.observing) == 2
    assert not patch.is_empty


def test_file_headers_are_no_lines_and_an_empty_text_is_no_patch() -> None:
    assert read("--- a/x\n+++ b/x\n").is_empty
    assert read("").is_empty


def test_a_patch_is_read_to_a_bound() -> None:
    assert len(read("@@\n" + "".join(f"+x{n} = {n}\n" for n in range(10 * MAX_LINES))).added) < MAX_LINES
