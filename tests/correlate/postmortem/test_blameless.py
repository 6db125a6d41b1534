"""Blameless language: the lint finds what looks for a culprit, and our own drafts always pass it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlate.postmortem import draft
from correlate.postmortem.blameless import lint, systemic
from correlate.telling import tell
from tests.correlate.outage import Outage, bad_deploy, because

BLAMING = (
    "jane.doe@example.com",
    "@jdoe",
    "deployed by Jane Doe",
    "Dr. Who",
    "the operator failed to check",
    "someone forgot to roll back",
    "they should have known",
    "it shouldn't have passed",
    "human error",
    "a careless push",
    "the reviewer is to blame",
    "we blame the vendor",
    "on-call messed up",
    "it was their fault",
)


@pytest.mark.parametrize("text", BLAMING)
def test_language_that_looks_for_a_culprit_is_found_and_can_be_rewritten(text):
    """C32, C78, C79: names, hindsight, culprits."""
    (remark, *_) = lint(f"It happened because {text} that day.")
    assert remark.line == 1
    assert remark.why
    assert remark.instead
    assert lint(systemic(f"It happened because {text} that day.")) == ()


@pytest.mark.parametrize(
    "text",
    [
        "payment returned errors when checkout called it",
        "The change was rolled out by Argo Server to all replicas",
        "the fault tolerance of the pool was exhausted",
        "Rejected by Payment Gateway",
        "image@sha256:abc was pulled",
        "What allowed this?",
    ],
)
def test_systemic_language_passes(text):
    """The lint is small enough to be trusted: it leaves components and mechanisms alone."""
    assert lint(text) == ()
    assert systemic(text) == text


def test_verbatim_text_is_evidence_and_stays_as_it_is():
    """A log line says what it says: in code, in a block, in the quotes of a record."""
    page = "It said `failed to connect`.\n\n```text\nhuman error\n```\n\n“should have been 3”\n\nIt failed to answer.\n"
    assert [(remark.line, remark.found) for remark in lint(page)] == [(9, "failed to")]
    assert systemic("He failed to see “failed to connect”") == "He did not see “failed to connect”"


def test_escaped_backticks_open_no_code_and_escapes_hide_nothing():
    """What a page shows is what is judged."""
    assert [remark.found for remark in lint(r"\`human error\` and `human error`")] == ["human error"]
    assert [remark.found for remark in lint(r"human\_error is fine, jane.doe\@example.com is not")] == ["jane.doe@example.com"]


def test_a_code_block_ends_where_its_fence_ends():
    assert [remark.found for remark in lint("````\n```\nhuman error\n````\nhuman error\n")] == ["human error"]


words = st.lists(
    st.sampled_from(
        [*BLAMING, "“", "”", "`", "```", "\n", "checkout", "by", "Jane", "Service", "should", "have", "failed", "to", "@", "a"]
    ),
    max_size=12,
)


@given(words)
def test_rewritten_text_always_passes(parts):
    """Whatever blaming pieces are put together."""
    assert lint(systemic(" ".join(parts).replace("`", ""))) == ()


@settings(deadline=None)
@given(words, words, words)
def test_the_draft_passes_the_lint_whatever_records_and_arguments_say(log, argument, change):
    """C78, C81: our own drafts are blameless by construction."""
    outage = bad_deploy()
    outage.log("payment", 3, " ".join(log), template_id=9)
    outage.fails("cart", 30, text=" ".join(argument))
    outage.alert("cart", 70, name=" ".join(log)[:60], text=" ".join(argument))
    guilty = outage.change("cart", -5, " ".join(change), name=" ".join(change)[:40] or "deploy")
    outage.suspects.clear()
    outage.suspect("cart", 0.9, "config", guilty, because(" ".join(argument)), because(" ".join(log), -1.0), missing=(" ".join(argument),))
    assert lint(draft(tell(outage.account()), revision=1).markdown) == ()


def test_the_emptiest_draft_passes_too():
    assert lint(draft(tell(Outage().account()), revision=1).markdown) == ()
