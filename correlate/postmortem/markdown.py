"""The draft as Markdown: CommonMark and GFM tables only, headings H1–H3, no HTML, nothing from outside that acts as markup.

Knows:   the page's order and how text is escaped: verbatim quotations become code spans, all other text has its markup escaped.
Ignores: what the sentences say.

Sources: CommonMark 0.31.2 §2.4 (backslash escapes), §6.1 (code spans), §4.5 (fenced code); GFM §4.10 (tables), §6.9 (autolinks).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from correlate.postmortem.ledger import ASK
from correlate.words import quoted, shown
from schemas.evidence import Evidence
from schemas.plain import one_line, plain
from schemas.postmortem import Postmortem, Section, Sentence

DRAFT: Final = "**Draft.** Made from telemetry alone; a starting point, not a conclusion. People judge it, correct it and own what follows."

_MARKUP: Final = re.compile(r"[\\`*\[\]<>&|~#$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=//)|(?<=www)\.")
"""What CommonMark, GFM's tables and autolinks, or a renderer's mathematics would take for markup; `_` inside a word never is."""
_LIST_MARK: Final = re.compile(r"^([-+=]|\d{1,9}(?=[.)]))")
_QUOTATION: Final = re.compile(r"“([^”]*)”")
_RUNS: Final = re.compile(r"`+")
_EXCERPT: Final = 160
"""Characters of a record in the table of evidence; all of it is in the draft's JSON."""
_BLOCKS_MOST: Final = 20
"""Records of several lines, such as stack traces, that follow the table in full."""


def render(draft: Postmortem) -> str:
    """The whole page; ends with a line feed."""
    blocks = [
        f"# {escape(draft.title)}",
        DRAFT,
        escape(f"{draft.severity}, incident {draft.incident_id}, revision {draft.revision} of the draft."),
        *_warnings(draft.warnings),
        *(block for number, section in enumerate(draft.sections, start=1) for block in _section(number, section)),
        *_evidence(draft.evidence),
    ]
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """Text as one line that shows as it is; “…” becomes a code span."""
    return _with_quotations(text, code_span)


def cell(text: str) -> str:
    """The same for a cell of a table, where a code span cannot hold every pipe: such a quotation keeps its quotes."""
    return _with_quotations(text, lambda said: code_span(said) if "|" not in said else f"“{_escaped(said)}”")


def code_span(text: str) -> str:
    """One line of code whatever backticks it holds."""
    fence = "`" * (max((len(run) for run in _RUNS.findall(text)), default=0) + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text.strip() else ""


def code_block(text: str) -> str:
    """Several lines of code; the fence is longer than any run of backticks inside."""
    body = plain(text)
    fence = "`" * max(3, max((len(run) for run in _RUNS.findall(body)), default=0) + 1)
    return f"{fence}text\n{body}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A GFM table of cells that are escaped already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _with_quotations(text: str, quote: Callable[[str], str]) -> str:
    line = one_line(text)
    parts, end = [], 0
    for match in _QUOTATION.finditer(line):
        parts += [_escaped(line[end : match.start()]), quote(match[1])]
        end = match.end()
    whole = "".join([*parts, _escaped(line[end:])])
    return _LIST_MARK.sub(lambda mark: f"{mark[0]}\\" if mark[0].isdigit() else f"\\{mark[0]}", whole)


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda mark: f"\\{mark[0]}", text)


def _warnings(warnings: Sequence[str]) -> list[str]:
    return ["To check before anyone relies on this:", _list(escape(warning) for warning in warnings)] if warnings else []


def _section(number: int, section: Section) -> Iterator[str]:
    yield f"## {number}. {escape(section.heading)}"
    yield f"*{escape(section.prompt)}*"
    said = [sentence for sentence in section.sentences if not sentence.text.startswith(ASK)]
    asked = [sentence for sentence in section.sentences if sentence.text.startswith(ASK)]
    if said:
        yield (_SHAPES.get(section.key, _sentences) if any(sentence.cites for sentence in said) else _sentences)(said)
    if asked:
        yield _sentences(asked)


def _sentences(sentences: Sequence[Sentence]) -> str:
    return _list(escape(sentence.text) + (f" ({', '.join(sentence.cites)})" if sentence.cites else "") for sentence in sentences)


def _timeline(sentences: Sequence[Sentence]) -> str:
    """Each sentence begins with its time."""
    parts = [(*sentence.text.partition(" ")[::2], ", ".join(sentence.cites)) for sentence in sentences]
    return table(("Time (UTC)", "What happened", "Evidence"), ((cell(at), cell(text), cites) for at, text, cites in parts))


def _action_items(sentences: Sequence[Sentence]) -> str:
    """With the columns that people fill in (C53, C82–C84)."""
    head = ("Action", "Owner (one person)", "Due", "Priority", "Done when", "Link", "Evidence")
    return table(head, ((cell(one.text), *["unknown"] * 4, "none yet", ", ".join(one.cites)) for one in sentences))


_SHAPES: Final[Mapping[str, Callable[[Sequence[Sentence]], str]]] = {"timeline": _timeline, "action_items": _action_items}
"""Sections that are tables; all others are lists."""


def _evidence(evidence: Mapping[str, Evidence]) -> Iterator[str]:
    if not evidence:
        return
    yield "## Evidence"
    yield "Each record as it lay in its topic: topic/partition/offset and row, and the beginning of what it says."
    rows = (
        (key, cell(shown(one.at)), cell(one.kind), cell(quoted(one.entity)), cell(_place(one)), cell(_excerpt(one)))
        for key, one in evidence.items()
    )
    yield table(("Key", "Time (UTC)", "Kind", "Component", "Record", "Says"), rows)
    for key, one in [(key, one) for key, one in evidence.items() if "\n" in one.text.strip()][:_BLOCKS_MOST]:
        yield f"### {key}"
        yield code_block(one.text)


def _place(evidence: Evidence) -> str:
    return quoted(f"{evidence.topic}/{evidence.partition}/{evidence.offset}:{evidence.row}") if evidence.topic else "computed"


def _excerpt(evidence: Evidence) -> str:
    return quoted(one_line(evidence.text, _EXCERPT))


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
