"""`causeline replay`: recorded topic dumps through readers and engine, without Kafka."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
import msgspec

from streams.cli.exits import EXIT_FAILURE


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--output", "-O", type=click.Path(path_type=Path, dir_okay=False), help="Final snapshots, one JSON a line; stdout without it."
)
@click.option("--postmortems", type=click.Path(path_type=Path, file_okay=False), help="Also file each draft in this directory.")
@click.option("--all-revisions", is_flag=True, help="Write every revision, not only the last of each incident.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no summary.")
def replay(paths: tuple[Path, ...], output: Path | None, postmortems: Path | None, all_revisions: bool, quiet: bool) -> int:
    """Run topic dumps through the same readers and engine as the worker, without Kafka.

    PATHS are directories that hold telemetry.{logs,alerts,deploys,metrics}.ndjson[.gz|.zst] and, optionally, catalog-info.yaml; or the
    files themselves.  Writes the final snapshot of each incident.
    """
    from correlate.reporting import Emission
    from sinks.files import PostmortemFiles
    from streams import meaning
    from streams import settings as settings_module
    from streams.replay import DumpError, catalogue_at, find_dumps
    from streams.replay import replay as run

    settings = settings_module.load()
    files = PostmortemFiles(postmortems) if postmortems else None
    encode = msgspec.json.Encoder().encode
    last: dict[str, bytes] = {}
    written: list[bytes] = []

    def keep(emission: Emission) -> None:
        line = encode(emission.incident)
        last[emission.incident.incident_id] = line
        if all_revisions:
            written.append(line)
        if files is not None and emission.postmortem is not None:
            files.write(emission.postmortem)

    started_s = time.perf_counter()
    try:
        dumps, catalogue = find_dumps(paths)
        with click.progressbar(length=0, file=sys.stderr, hidden=True):
            outcome = run(
                dumps,
                catalogue=catalogue_at(settings.catalogue or catalogue),
                reading=meaning.reading_of(settings),
                patience=meaning.patience_of(settings),
                on_emission=keep,
            )
    except DumpError as error:
        click.echo(f"replay: {error}", err=True)
        return EXIT_FAILURE
    text = b"".join(line + b"\n" for line in (written if all_revisions else last.values()))
    if output is None:
        sys.stdout.buffer.write(text)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(text)
    if not quiet:
        took_s = time.perf_counter() - started_s
        rejected = sum(outcome.rejected.values())
        click.echo(
            f"{outcome.records:,} records, {outcome.rows:,} rows, {len(last)} incidents in {took_s:.1f} s "
            f"({outcome.records / max(took_s, 1e-9):,.0f} records/s); {rejected:,} rejected"
            + "".join(f"\n  {topic} line {line}: {why.reason} {why.at} {why.detail}" for topic, line, why in outcome.first_rejected[:3]),
            err=True,
        )
    return 0
