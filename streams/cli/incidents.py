"""`causeline incidents list|show|explain`: what the incidents topic says now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from schemas.incident import Incident
from streams import settings as settings_module
from streams.cli.exits import EXIT_FAILURE
from streams.settings import Settings

KAFKA = click.option("--kafka", metavar="HOST:PORT", help="Bootstrap servers; CAUSELINE_KAFKA.")
decode = msgspec.json.Decoder(Incident).decode


@click.group()
def incidents() -> None:
    """Incidents as the compacted topic holds them now."""


@incidents.command("list")
@KAFKA
@click.option("-o", "form", type=click.Choice(["table", "ndjson"]), default="table")
def list_incidents(kafka: str | None, form: str) -> None:
    """One line an incident, newest last."""
    latest = asyncio.run(newest(settings_module.load(kafka=kafka)))
    for incident in sorted(latest.values(), key=lambda incident: incident.onset_at):
        if form == "ndjson":
            click.echo(msgspec.json.encode(incident))
        else:
            first = incident.causes[0] if incident.causes else None
            cause = f"{first.service or 'unknown'} ({first.kind}, {first.score:.2f})" if first else "no cause named"
            click.echo(
                f"{incident.incident_id}  {incident.status.value:10} {incident.severity}  {incident.onset_at}  {cause}  {incident.title}"
            )


@incidents.command()
@click.argument("incident_id")
@KAFKA
@click.option("-o", "form", type=click.Choice(["table", "json", "markdown"]), default="table")
def show(incident_id: str, kafka: str | None, form: str) -> int:
    """One incident: causes, chain and timeline.  INCIDENT_ID may be shortened as long as it is unique."""
    found = named(incident_id, asyncio.run(newest(settings_module.load(kafka=kafka))))
    if found is None:
        return EXIT_FAILURE
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
    elif form == "markdown":
        from correlate.postmortem import draft

        click.echo(draft(found, revision=1).markdown)
    else:
        from sinks.terminal import render

        render(found)
    return 0


@incidents.command()
@click.argument("incident_id")
@KAFKA
@click.option("--signal", "record", metavar="TOPIC/PARTITION/OFFSET[/ROW]", help="Why this record is in it, or why not.")
@click.option("--entity", metavar="NAME", help="Why this component is in it, or why not: `checkout` or `service:checkout`.")
@click.option(
    "--from-replay",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Replay the topic dumps of a directory instead of reading Kafka.",
)
@click.option("-o", "form", type=click.Choice(["table", "json"]), default="table")
def explain(incident_id: str, kafka: str | None, record: str | None, entity: str | None, folder: Path | None, form: str) -> int:
    """Why each member is in an incident, and why near misses are out.  INCIDENT_ID may be shortened as long as it is unique."""
    from streams.cli import explaining

    if record is not None and entity is not None:
        raise click.UsageError("give --signal or --entity, not both")
    source = explaining.of_replay(folder) if folder else explaining.of_kafka(settings_module.load(kafka=kafka))
    found = named(incident_id, source.incidents)
    if found is None:
        return EXIT_FAILURE
    click.echo(explaining.told(found, source, record=record, entity=entity, form=form))
    return 0


def named(incident_id: str, latest: Mapping[str, Incident]) -> Incident | None:
    """The one incident whose id begins so; says on stderr why there is none."""
    found = [incident for key, incident in sorted(latest.items()) if key.startswith(incident_id)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(sorted(latest)[:10]) or "none"
    click.echo(f"{'no' if not found else 'more than one'} incident {incident_id!r}; known: {known}", err=True)
    return None


async def newest(settings: Settings) -> dict[str, Incident]:
    """Highest revision of each incident."""
    from streams.reading_topics import follow
    from streams.security import kafka_security
    from streams.topics import INCIDENTS

    latest: dict[str, Incident] = {}
    async for record in follow(settings.kafka, INCIDENTS, stop_at_end=True, **kafka_security(settings)):
        key = (record.key or b"").decode()
        if record.value is None:
            latest.pop(key, None)
            continue
        incident = decode(record.value)
        if key not in latest or incident.revision >= latest[key].revision:
            latest[key] = incident
    return latest
