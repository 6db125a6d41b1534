"""`causeline demo`: a recorded outage of a real system, through a real Kafka, in a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from schemas.incident import Incident
from schemas.postmortem import Postmortem
from streams.cli.exits import EXIT_FAILURE

RECORDING = Path(__file__).parents[2] / "tests" / "outages" / "checkout-pool-leak"
SPEED = 30.0
"""Twenty-two recorded minutes in three quarters of a minute."""


@click.command()
@click.option("--recording", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A directory of topic dumps.")
@click.option("--speed", type=float, default=SPEED, show_default=True, help="Recorded seconds a second.")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("out/demo"), show_default=True, help="Drafts and log."
)
def demo(recording: Path | None, speed: float, folder: Path) -> int:
    """Play a recorded outage through a local Apache Kafka and a worker, and watch the incident grow.

    Starts a broker of its own (or uses CAUSELINE_KAFKA), feeds the recording, shows each revision, and names the draft postmortem.
    Without Java the same outage runs through `causeline replay`.
    """
    from sinks.terminal import Growing, render
    from streams.kafka_jars import KafkaUnavailable
    from streams.replay import find_dumps

    path = recording or RECORDING
    if not path.is_dir():
        click.echo(f"no recording at {path}; give one with --recording, or record one (docs/lab.md)", err=True)
        return EXIT_FAILURE
    dumps, catalogue = find_dumps([path])
    last: dict[str, Incident] = {}

    def say(line: str) -> None:
        click.echo(line, err=True)

    with Growing() as growing:

        def show(incident: Incident) -> None:
            growing.show(incident)
            last[incident.incident_id] = incident

        try:
            from streams import demo as play

            draft = asyncio.run(play.run(dumps, catalogue, folder=folder, speed=speed, say=say, show=show))
        except KafkaUnavailable as missing:
            say(f"{missing}\nrunning the same outage through the engine without Kafka")
            draft = _without_kafka(path, folder, show)
        except play.DemoError as error:
            say(str(error))
            return EXIT_FAILURE
    for incident in list(last.values())[:-1]:  # the last one stands on the screen already
        render(incident)
    if draft is None:
        say("no incident was resolved, so there is no postmortem draft")
        return EXIT_FAILURE
    say("draft postmortem:")
    click.echo(draft)
    return 0


def _without_kafka(path: Path, folder: Path, show: Callable[[Incident], None]) -> Path | None:
    from correlate.reporting import Emission
    from sinks.files import PostmortemFiles
    from streams.replay import catalogue_at, find_dumps, replay

    files = PostmortemFiles(folder / "postmortems")
    drafts: list[Postmortem] = []

    def on_emission(emission: Emission) -> None:
        show(emission.incident)
        if emission.postmortem is not None:
            files.write(emission.postmortem)
            drafts.append(emission.postmortem)

    dumps, catalogue = find_dumps([path])
    replay(dumps, catalogue=catalogue_at(catalogue), on_emission=on_emission)
    chosen = min(drafts, key=lambda draft: draft.severity, default=None)
    if chosen is None:
        return None
    return next(iter(sorted((folder / "postmortems").glob(f"*{chosen.incident_id}*.md"))), None)
