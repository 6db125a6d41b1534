"""The documents: true to the code where they state facts of it, and without a dead link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from streams import exits
from streams.cli import cli
from streams.cli import exits as cli_exits
from streams.deadletters import PREFIX as DEADLETTER_PREFIX
from streams.settings_doc import settings_table
from streams.topics import plan
from streams.watchdog import Patience, Step
from tests.deploy.docs import anchors, links
from tests.deploy.tree import ROOT, metric_names, parse_command

README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, *DOCS]


def text(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def commands(command: click.Command = cli, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that can be run, as its words."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*words, name))
    else:
        yield words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Files and folders exist, anchors are headings."""
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}"


def test_the_readme_leads_to_every_document() -> None:
    readme = README.read_text()
    assert [page.name for page in DOCS if f"docs/{page.name}" not in readme] == []


def test_the_settings_page_holds_the_table_of_the_settings() -> None:
    """To renew it: python -c "from streams.settings_doc import settings_table; print(settings_table())"."""
    assert settings_table() in text("settings.md")


def test_the_topics_page_tells_the_plan() -> None:
    """Every topic with its retention, and whether it has partitions."""
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.+) \|$", text("topics.md"), re.MULTILINE))
    for topic in plan(4):
        cells = rows[topic.name].split(" | ")
        days = int(topic.settings.get("retention.ms", 0)) // 86_400_000
        kept = "compacted" if topic.settings.get("cleanup.policy") == "compact" else f"{days} day{'s' * (days > 1)}"
        assert cells[2:] == [kept, "yes" if topic.partitions == 1 else "no"], topic.name
        for key in topic.settings.keys() & {"min.compaction.lag.ms", "delete.retention.ms"}:
            assert f"`{key}={topic.settings[key]}`" in text("topics.md")


def test_the_topics_page_tells_every_header_of_a_dead_letter() -> None:
    from aiokafka.structs import ConsumerRecord

    from schemas.rejected import Rejected
    from streams.deadletters import letters

    record: ConsumerRecord[bytes, bytes] = ConsumerRecord("t", 0, 1, 2, 0, b"k", b"v", None, 1, 1, ())
    ((_, _, headers),) = letters([record], [(0, Rejected("not_json", "no"))])
    table = text("topics.md").partition("## Dead letters")[2].partition("\n## ")[0]
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?) \| ", table, re.MULTILINE))))
    assert told == {name.removeprefix(DEADLETTER_PREFIX) for name, _ in headers}


def test_the_operations_page_tells_every_metric_and_no_other() -> None:
    table = text("operations.md").partition("## Metrics")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| `(causeline_\w+)", table, re.MULTILINE))
    families = {name for name in metric_names() if not name.endswith(("_bucket", "_sum", "_count"))}
    families |= {name.removesuffix("_bucket") for name in metric_names() if name.endswith("_bucket")}
    assert told == families


def test_the_operations_page_tells_every_exit_code() -> None:
    table = text("operations.md").partition("## Exit codes")[2].partition("\n## ")[0]
    told = {int(code) for cell in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in cell.split(",")}
    known = {value for module in (exits, cli_exits) for name, value in vars(module).items() if name.startswith("EXIT_")}
    assert told == known | {0, 2}


def test_the_operations_page_tells_how_long_each_step_may_stand_still() -> None:
    for step in Step:
        assert f"| {step.value} | {Patience().until_exit(step):.0f} s |" in text("operations.md")


def test_the_readme_tells_every_command() -> None:
    table = README.read_text().partition("## Commands")[2].partition("\n## ")[0]
    told = set()
    for cell in re.findall(r"^\| (`causeline .+?) \|", table, re.MULTILINE):
        first, *more = re.findall(r"`([^`]+)`", cell)
        words = tuple(word for word in first.split()[1:] if word.islower())
        told |= {words, *((*words[:-1], name) for name in more)}
    assert told == set(commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_in_an_example_is_one(page: Path) -> None:
    """Indented and fenced lines that call causeline name a command that exists, with options that it has."""
    for line in re.findall(r"^ {4}(?:\$ )?(?:[A-Z_]+=\S+ )?(?:\.venv/bin/)?causeline ([^#\n]+)", page.read_text(), re.MULTILINE):
        words = line.split()
        command = next(found for found in sorted(commands(), key=len, reverse=True) if tuple(words[: len(found)]) == found)
        options = {word.partition("=")[0] for word in words if word.startswith("-")}
        known = {name for parameter in _parameters(command) for name in parameter.opts}
        assert options <= known, line


def _parameters(words: tuple[str, ...]) -> list[click.Parameter]:
    command: click.Command = cli
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return command.params


def test_make_has_the_targets_that_the_readme_names() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^ {4}make ([a-z]+)$", README.read_text(), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("make test")


def test_a_command_that_is_none_is_noticed() -> None:
    """The checks above can fail."""
    with pytest.raises(click.ClickException):
        parse_command(["workers"])
    with pytest.raises(click.ClickException):
        parse_command(["worker", "--colour"])


def test_the_picture_is_text_for_light_and_dark_pages() -> None:
    """Words in it can be searched, read aloud and translated."""
    svg = (ROOT / "docs" / "road.svg").read_text()
    assert "<title" in svg
    assert "<desc" in svg
    assert "prefers-color-scheme: dark" in svg
    for topic in plan(1):
        assert f">{topic.name}<" in svg
