"""The page: CommonMark and GFM tables only; nothing that others wrote acts as markup, steers a terminal or a reader's eye."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from correlate.postmortem import draft
from correlate.postmortem.markdown import cell, code_block, code_span, escape, table
from correlate.telling import tell
from schemas.plain import one_line
from tests.correlate.outage import Outage, bad_deploy, because

GFM = MarkdownIt("commonmark", {"html": True}).enable("table")

HOSTILE = (
    "<script>alert(1)</script>", "<!-- ", "[x](javascript:alert(1))", "![x](http://evil.example/p.png)", "**bold**", "_em_", "# heading",
    "- item", "+ item", "1. item", "1) item", "> quote", "| a | b |", "a|b", "\\", "\\|", "`", "```", "``", "~~~", "---", "===", "&lt;",
    "&#x202e;", "http://evil.example", "www.evil.example", "$x$", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b2J", "\u202egnp.exe",
    "\u2066x", "\u200b", "\ufeff", "\x00", "\x08", "\r\n", "\n", "\t", "\u2028", "“", "”", "E1", "[E1]: http://evil.example", "\ud800",
    "    code", "<http://evil.example>", "Setext\n===", "|---|---|", ":smile:", "\U000e0041", "plain words",
)  # fmt: skip
hostile = st.lists(st.sampled_from(HOSTILE), max_size=6).map("".join) | st.text(max_size=40)


def tokens(page: str) -> list[Token]:
    """All tokens of a page, inline ones included."""
    found = []
    for token in GFM.parse(page):
        found += [token, *(token.children or [])]
    return found


def shown(page: str) -> str:
    """What a reader sees: text and code."""
    return "".join(token.content for token in tokens(page) if token.type in ("text", "code_inline"))


@given(hostile)
def test_escaped_text_is_shown_as_it_is_and_does_nothing(text):
    """One paragraph, text and code only, the very characters that are text."""
    page = f"- {escape(text)} (E1)"
    kinds = {token.type for token in tokens(page)}
    assert kinds <= {
        "bullet_list_open",
        "bullet_list_close",
        "list_item_open",
        "list_item_close",
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "code_inline",
    }
    seen = shown(page).removesuffix("(E1)").strip()
    assert re.sub(r"[“”\s]", "", seen) == re.sub(r"[“”\s]", "", one_line(text))


@given(st.lists(st.lists(hostile, min_size=3, max_size=3), min_size=1, max_size=4))
def test_a_table_keeps_its_shape_whatever_its_cells_say(rows):
    """As many cells in each row as in the head: a pipe is text."""
    page = table(("a", "b", "c"), [[cell(text) for text in row] for row in rows])
    found = [token.type for token in GFM.parse(page)]
    assert found.count("tr_open") == len(rows) + 1
    assert found.count("td_open") == 3 * len(rows)
    assert found[0] == "table_open"
    assert found[-1] == "table_close"


@pytest.mark.parametrize("said", ["a|b", "a\\|b", "a\\\\|b", "`|`", "|"])
def test_a_quotation_with_pipes_stays_in_its_cell(said):
    """A code span in a table cannot hold every pipe."""
    page = table(("a", "b"), [[cell(f"it said “{said}” twice"), "end"]])
    assert [token.content for token in GFM.parse(page) if token.type == "inline"][-1] == "end"
    assert said in shown(page)


@given(st.lists(st.sampled_from(["`", "``", "`````", "a", " ", "\n", "~~~", "text"]), max_size=12).map("".join))
def test_a_fence_is_longer_than_any_run_of_backticks_inside(text):
    """No record can close its own block."""
    (block,) = (token for token in GFM.parse(code_block(text)) if token.type == "fence")
    assert block.content == f"{text}\n"


@given(st.lists(st.sampled_from(["`", "``", "a", " ", "|"]), min_size=1, max_size=9).map("".join).filter(str.strip))
def test_a_code_span_holds_any_backticks(text):
    children = GFM.parseInline(f"x {code_span(text)} y")[0].children or []
    assert [token.type for token in children] == ["text", "code_inline", "text"]
    assert children[1].content.strip() == text.strip()


@settings(deadline=None)
@given(hostile, hostile, hostile)
def test_the_whole_page_stays_in_its_subset_whatever_records_say(name, text, change):
    """H1 to H3, lists, tables, emphasis of our own, code; no HTML, link, image, rule or quote; no control or bidirectional character."""
    outage = bad_deploy()
    outage.log("payment", 3, text + "\n at line 2", template_id=9)
    outage.fails(name.replace("\ud800", "") or "x", 30, text=text)
    outage.alert("cart", 70, name=name, text=text)
    guilty = outage.change("cart", -5, change, name=name or "deploy")
    outage.suspects.clear()
    outage.suspect("cart", 0.9, "config", guilty, because(text), because(change, -1.0), missing=(text,))
    page = draft(tell(outage.account()), revision=1).markdown
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens(page)} <= {
        "heading", "paragraph", "inline", "text", "strong", "em", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td",
        "code_inline", "fence",
    }  # fmt: skip
    assert {token.tag for token in GFM.parse(page) if token.type == "heading_open"} <= {"h1", "h2", "h3"}
    assert [token.type for token in GFM.parse(page)].count("heading_open") == 14 + page.count("\n### E")
    assert not [
        c
        for c in page
        if c not in "\n\t" and (unicodedata.category(c) == "Cc" or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    ]


def test_a_stack_trace_follows_the_table_in_a_block_of_its_own():
    outage = bad_deploy()
    outage.log("payment", 3, "Traceback:\n  File app.py\n```\nValueError", template_id=9)
    page = draft(tell(outage.account()), revision=1).markdown
    (fence,) = (token for token in GFM.parse(page) if token.type == "fence")
    assert fence.content == "Traceback:\n  File app.py\n```\nValueError\n"


@pytest.mark.parametrize("name", ["http_requests_total", "__init__", "a_b_ c"])
def test_names_of_metrics_stay_readable_in_the_source(name):
    """`_` inside a word is never markup, so it is not escaped."""
    assert ("\\" in escape("http_requests_total")) is False
    assert shown(escape(name)) == name


def test_an_empty_outage_is_a_valid_page_too():
    page = draft(tell(Outage().account()), revision=1).markdown
    assert page.startswith("# ")
    assert page.endswith("\n")
