"""`causeline topics plan|apply`: what topics there should be, and making them so."""

from __future__ import annotations

import asyncio

import click
import orjson

from streams import settings as settings_module
from streams.settings import Settings


@click.group()
def topics() -> None:
    """The topic plan: show it, or make it so."""


@topics.command()
@click.option("--partitions", type=int, help="Of inputs and signals; CAUSELINE_PARTITIONS.")
@click.option("-o", "form", type=click.Choice(["table", "ndjson"]), default="table")
def plan(partitions: int | None, form: str) -> None:
    """Show the topics, without asking a broker."""
    from streams import topics as topic_plan

    settings = settings_module.load(partitions=partitions)
    for topic in topic_plan.plan(settings.partitions):
        if form == "ndjson":
            told = {"name": topic.name, "partitions": topic.partitions, "settings": dict(topic.settings), "purpose": topic.purpose}
            click.echo(orjson.dumps(told))
        else:
            kept = " ".join(f"{key}={value}" for key, value in topic.settings.items())
            click.echo(f"{topic.name:28} {topic.partitions:3} partitions  {topic.purpose}\n{'':28} {kept}")


@topics.command()
@click.option("--kafka", metavar="HOST:PORT", help="Bootstrap servers; CAUSELINE_KAFKA.")
@click.option("--partitions", type=int, help="Of inputs and signals; CAUSELINE_PARTITIONS.")
@click.option("--replication-factor", type=int, default=1, show_default=True, help="Of new topics; 3 in production.")
def apply(kafka: str | None, partitions: int | None, replication_factor: int) -> None:
    """Make the topics that are missing; those that exist are left as they are, and told where they differ."""
    settings = settings_module.load(kafka=kafka, partitions=partitions)
    for line in asyncio.run(_apply(settings, replication_factor)):
        click.echo(line)


async def _apply(settings: Settings, replication_factor: int) -> list[str]:
    from streams.topic_admin import apply_plan

    return await apply_plan(settings, replication_factor)
