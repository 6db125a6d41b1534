"""One incident in a terminal: header, causes, chain in words, timeline; growing in place or line by line."""

from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from schemas.evidence import Evidence
from schemas.incident import Argument, Cause, Chain, Edge, Impact, Incident, Node, Phase, TimelineEntry
from sinks.terminal import Growing, picture, render


def entry(number: int, kind: str = "log", text: str = "", **fields) -> TimelineEntry:
    evidence = (Evidence(topic="t", partition=0, offset=number, at="2023-11-14T22:13:20.000Z", kind="log", entity="service:api"),)
    at = f"2023-11-14T22:{13 + number // 60:02d}:{number % 60:02d}.000Z"
    return TimelineEntry(
        entry_id=f"e{number}", at=at, kind=kind, entity="service:api", text=text or f"entry {number}", evidence=evidence, **fields
    )


def incident(revision: int = 1, entries: int = 3, **fields) -> Incident:
    told = {
        "incident_id": "inc-1",
        "revision": revision,
        "status": Phase.OPEN,
        "severity": "SEV2",
        "estate": "shop",
        "title": "Errors on api",
        "onset_at": "2023-11-14T22:13:20.000Z",
        "detected_at": "2023-11-14T22:14:20.000Z",
        "services": ("api",),
        "signal_count": 1_234,
        "causes": (
            Cause(
                rank=1,
                service="db",
                kind="change",
                change="c1",
                score=0.83,
                because="The change to db is the likeliest cause: it came first.",
                against=(Argument(kind="x", nats=-1.0, text="another change was near"),),
                missing=("the diff",),
            ),
        ),
        "chain": Chain(
            nodes=(
                Node(id="db", entity="service:db", role="root", at="2023-11-14T22:13:20.000Z", text="db fails."),
                Node(id="api", entity="service:api", role="impact", at="2023-11-14T22:13:30.000Z", text="api fails."),
            ),
            edges=(Edge(source="db", target="api", evidence=("dependency",), text="api depends on db.", score=0.7),),
        ),
        "timeline": tuple(entry(number) for number in range(entries)),
        "impact": Impact(),
    }
    return Incident(**(told | fields))


def drawn(told: Incident, *, width: int = 100, **console) -> str:
    output = io.StringIO()
    render(told, Console(file=output, width=width, **console))
    return output.getvalue()


def test_the_picture_holds_header_causes_chain_in_words_and_timeline_in_this_order():
    """C16: what matters first, readable without colours."""
    text = drawn(incident())
    places = [
        text.index(part)
        for part in ("SEV2", "Errors on api", "inc-1", "Causes", " 83%", "- another change was near", "? the diff", "Causal chain", "● root 22:13:20 db fails.", "→ impact 22:13:30 api fails.", "api depends on db.", "Timeline", "entry 0", "entry 2")
    ]  # fmt: skip
    assert places == sorted(places)


def test_late_repeated_and_provisional_entries_say_so():
    text = drawn(incident(timeline=(entry(1, count=12, late=True), entry(2, provisional=True))))
    assert "entry 1  ×12 late" in text
    assert "entry 2  provisional" in text


def test_a_long_timeline_shows_its_beginning_and_its_end_and_counts_the_rest():
    text = drawn(incident(entries=100))
    assert "entry 0 " in text
    assert "entry 99 " in text
    assert "70 more" in text
    assert "entry 50 " not in text


@pytest.mark.parametrize("hostile", ["\x1b[2J\x1b[31mred", "\x9b2J", "\x1b]0;owned\x07", "\u202egnp.exe", "a\rb", "bell\x07"])
def test_nothing_from_a_record_reaches_the_terminal_as_a_command(hostile):
    """Every place that shows a text from outside: title, cause, chain, timeline, ids."""
    told = incident(title=hostile, incident_id=hostile, estate=hostile, timeline=(entry(1, text=hostile), entry(2, kind=hostile)))
    told = msgspec.structs.replace(told, causes=(msgspec.structs.replace(told.causes[0], because=hostile, missing=(hostile,)),))
    node = msgspec.structs.replace(told.chain.nodes[0], text=hostile, role=hostile, at=hostile)
    told = msgspec.structs.replace(told, chain=Chain(nodes=(node,)), severity=hostile)
    assert not set(drawn(told)) & set("\x1b\x9b\x07\r\u202e")


def test_markup_of_the_terminal_library_in_a_record_is_text():
    """`[red]` is what the record said."""
    assert "[bold red]not ours[/]" in drawn(incident(title="[bold red]not ours[/]"))


@pytest.mark.parametrize("width", [20, 40, 200])
def test_any_width_works(width):
    assert max(len(line) for line in drawn(incident(), width=width).splitlines()) <= width


def test_off_a_terminal_an_incident_grows_by_lines_of_what_is_new_and_ends_with_the_picture():
    """For logs and pipes: nothing is drawn twice until the end."""
    output = io.StringIO()
    with Growing(Console(file=output, width=100)) as growing:
        growing.show(incident(1, entries=2))
        growing.show(incident(2, entries=3))
        growing.show(incident(1, entries=2, timeline=(entry(0, text="out of date"),)))
        growing.show(incident(3, entries=3, status=Phase.RESOLVED, timeline=(entry(0), entry(1, text="amended"), entry(2))))
        before_the_end = output.getvalue()
    lines = [line.strip() for line in before_the_end.splitlines()]
    assert [line.split()[0] for line in lines] == ["SEV2", "+", "+", "?", "+", "SEV2", "~"]
    assert lines[4].endswith("entry 2")
    assert lines[6].endswith("amended")
    assert "Causal chain" in output.getvalue().removeprefix(before_the_end)


def test_on_a_terminal_it_grows_in_place_and_leaves_one_picture_behind():
    output = io.StringIO()
    console = Console(file=output, width=100, height=40, force_terminal=True, legacy_windows=False)
    with Growing(console) as growing:
        growing.show(incident(1, entries=2))
        growing.show(incident(2, entries=60))
    assert "\x1b[" in output.getvalue()
    assert "entry 59" in output.getvalue()


def test_a_failure_in_between_prints_no_picture():
    """An error's own message is the last thing on the screen."""
    output = io.StringIO()
    with pytest.raises(RuntimeError), Growing(Console(file=output, width=100)) as growing:
        growing.show(incident())
        raise RuntimeError
    assert "Causal chain" not in output.getvalue()


def test_a_picture_is_a_value_that_any_console_can_draw():
    console = Console(file=io.StringIO(), width=80, record=True)
    console.print(picture(incident()))
    assert "Errors on api" in console.export_text()
