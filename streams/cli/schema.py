"""`causeline schema export`: the contracts of the output topics as JSON Schema."""

from __future__ import annotations

from pathlib import Path

import click
import orjson


@click.group()
def schema() -> None:
    """The contracts of the output topics."""


@schema.command()
@click.option("--directory", "-d", type=click.Path(file_okay=False, path_type=Path), help="Write one file a topic; else all go to stdout.")
def export(directory: Path | None) -> None:
    """Write the JSON Schemas (2020-12) of incidents, timeline, postmortems, dead letters and signals."""
    from schemas.export import json_schemas

    for name, document in json_schemas().items():
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        if directory is None:
            click.echo(text, nl=False)
        else:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / f"{name}.json").write_bytes(text)
            click.echo(f"{directory / name}.json", err=True)
