"""`causeline feed`: produce recorded topic dumps to Kafka."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from streams import settings as settings_module
from streams.cli.exits import EXIT_FAILURE


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--kafka", metavar="HOST:PORT", help="Bootstrap servers; CAUSELINE_KAFKA.")
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), help="Recorded seconds a second; as fast as the broker takes them without it."
)
@click.option("--key", default="default", show_default=True, help="Record key, the estate: keeps one estate's records in order.")
def feed(paths: tuple[Path, ...], kafka: str | None, speed: float | None, key: str) -> int:
    """Produce topic dumps to the input topics, all topics in step with each other.

    PATHS are directories that hold telemetry.{logs,alerts,deploys,metrics}.ndjson[.gz|.zst], or the files themselves.
    """
    from streams.feed import feed as run
    from streams.replay import DumpError, find_dumps
    from streams.security import kafka_security

    settings = settings_module.load(kafka=kafka)
    try:
        dumps, _ = find_dumps(paths)
        sent = asyncio.run(run(settings.kafka, dumps, speed=speed, key=key.encode(), **kafka_security(settings)))
    except DumpError as error:
        click.echo(f"feed: {error}", err=True)
        return EXIT_FAILURE
    click.echo(f"{sent:,} records produced", err=True)
    return 0
