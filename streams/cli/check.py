"""`causeline check`: look at things without a broker."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from streams.cli.exits import EXIT_PROBLEMS


@click.group()
def check() -> None:
    """Look at payloads without a broker."""


@check.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "form", type=click.Choice(["table", "ndjson"]), default="table", help="ndjson: one object a file.")
def sample(files: tuple[Path, ...], form: str) -> int:
    """Show what would be read from payloads: format, rows, or why not.

    A file may hold one record or many.  With -o ndjson each file gives {"path", "format", "rows": [...], "rejected": [{"reason"}]}.
    Read as a worker with the same settings would (aliases, estates, redaction key).  Exit code 5 when a file gives no row at all.
    """
    from schemas.check import check_file
    from streams import settings
    from streams.meaning import reading_of

    reading = reading_of(settings.load())
    unread = 0
    for path in files:
        read = check_file(path, reading)
        unread += not read["rows"]
        if form == "ndjson":
            click.echo(orjson.dumps(read))
            continue
        click.echo(f"{path}: {read['format'] or 'unknown format'}, {len(read['rows'])} rows, {len(read['rejected'])} rejected")
        for row in read["rows"][:5]:
            shown = {name: value for name, value in row.items() if value not in (None, "", [], 0)}
            click.echo("  " + orjson.dumps(shown).decode())
        if len(read["rows"]) > 5:
            click.echo(f"  … and {len(read['rows']) - 5} more")
        for rejected in read["rejected"][:5]:
            click.echo(f"  rejected: {rejected['reason']} {rejected.get('at', '')} {rejected.get('detail', '')}")
    return EXIT_PROBLEMS if unread else 0
