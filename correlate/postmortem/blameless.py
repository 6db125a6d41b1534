"""Blameless language (C77–C81): a lint for people's drafts, and the rewriting that our own drafts go through.

Knows:   how names, handles and e-mail addresses look; which words look for a culprit instead of a condition; what to write instead.
Ignores: verbatim text, which it leaves alone: “…” and code.  Records are redacted where they are read (schemas/redact.py).

`systemic(text)` always passes `lint`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Remark:
    line: int
    """From 1."""
    found: str
    why: str
    instead: str


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    why: str
    instead: str


def _rule(pattern: str, why: str, instead: str, flags: int = re.IGNORECASE) -> _Rule:
    return _Rule(re.compile(pattern, flags), why, instead)


_NAME = "names a person; say the role"
_JUDGES = "judges with what is known only afterwards; say what was known then"
_CULPRIT = "looks for a culprit; say which condition allowed it"
_NOT_A_PERSON: Final = (
    "Service|Server|Gateway|Cluster|Cloud|Kafka|Queue|Database|Api|Node|Pod|Engine|Manager|Controller|Proxy|Cache|Worker|Store|Monitor|"
    "Actions|Ops|Team|Group|Hub|Agent|Alert|Alarm|Error|Rate|Latency|Policy|Center|Centre|Event|Events|Log|Logs|System|Deploy|Pipeline"
)

RULES: Final = (
    _rule(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}", _NAME, "a person"),
    _rule(r"(?<![\w/.@])@[a-z][\w-]{1,38}(?![\w./])", _NAME, "a person"),
    _rule(
        rf"(?<=\bby )[A-Z][a-zà-ÿ]+ (?!(?:{_NOT_A_PERSON})\b)[A-Z][a-zà-ÿ]+\b"
        rf"|\b(?:Mr|Mrs|Ms|Dr)\.? [A-Z][a-zà-ÿ]+\b",
        _NAME,
        "a person",
        0,
    ),
    _rule(r"\b(?:failed|forgot|forgets?|neglected|omitted) to\b", _CULPRIT, "did not"),
    _rule(r"\bfails to\b", _CULPRIT, "does not"),
    _rule(r"\b(?:should|ought to)(?: not|n['’]t)?(?: have|['’]ve)\b", _JUDGES, "was expected to have"),
    _rule(r"\b(?:human|operator|user|pilot) errors?\b", _CULPRIT, "a condition of the system"),
    _rule(r"\b(?:mistakenly|carelessly|negligently|recklessly|stupidly)\b", _CULPRIT, "in that situation"),
    _rule(r"\b(?:careless|negligent|reckless|incompetent|sloppy|lazy)\b", _CULPRIT, "unsupported"),
    _rule(r"\b(?:carelessness|negligence|incompetence)\b", _CULPRIT, "a missing guardrail"),
    _rule(r"\b(?:is|was|are|were) to blame\b", _CULPRIT, "contributed"),
    _rule(r"\bblam(?:ed|es?|ing)(?: on| for)?\b", _CULPRIT, "attributed to"),
    _rule(r"\bmessed up\b|\bscrewed up\b|\bbroke the rules?\b", _CULPRIT, "met a condition that allowed it"),
    _rule(r"\b(?:his|her|their|whose) (?:own )?fault\b|\bat fault\b", _CULPRIT, "a contributing condition"),
)
"""What is looked for, why it is a problem, and what stands in its place."""

_QUOTATION: Final = re.compile(r"“[^”\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*”")
"""Within one line, by whatever ends a line: the lint reads line by line."""
_INLINE: Final = re.compile(r"\\([!-/:-@\[-`{-~])|(?P<fence>`+)(?!`)[^\n]*?(?<!`)(?P=fence)(?!`)|`+")
"""A backslash escape, a code span, or backticks that open none."""
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_PASSES_MOST: Final = 4
"""A replacement may complete another pattern; none of ours does more than once."""


def lint(markdown: str) -> tuple[Remark, ...]:
    """What in a Markdown text is not blameless; code and verbatim quotations do not count."""
    return tuple(
        Remark(number, match[0], rule.why, rule.instead)
        for number, line in _prose(markdown)
        for rule in RULES
        for match in rule.pattern.finditer(line)
    )


def systemic(text: str) -> str:
    """A plain text with every remark's replacement made; verbatim quotations stay as they are."""
    parts, end = [], 0
    for match in _QUOTATION.finditer(text):
        parts += [_rewritten(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, _rewritten(text[end:])])


def _rewritten(prose: str) -> str:
    for _ in range(_PASSES_MOST):
        before = prose
        for rule in RULES:
            prose = rule.pattern.sub(rule.instead, prose)
        if prose == before:
            break
    return prose


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """Lines outside code blocks, each without code spans and quotations."""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark and (mark[1][0] == "~" or "`" not in line[mark.end() :]):
            fence = mark[1]
        else:
            yield number, _QUOTATION.sub(" ", _INLINE.sub(lambda found: found[1] or " ", line))
