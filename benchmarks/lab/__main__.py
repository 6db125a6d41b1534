"""`python -m benchmarks.lab record`: record an outage of the lab's shop as topic dumps.

Knows:   the command line and its exit codes: 0 recorded, 1 failed, 2 bad arguments or a missing program, 130 interrupted.
Ignores: how it is done (record.py).
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import get_args

import click

from benchmarks.lab.plan import SHORTEST_MINUTES, Fault
from benchmarks.lab.processes import MissingPackageError
from benchmarks.lab.record import record as record_outage


@click.group()
def main() -> None:
    """Break a small real system on loopback and keep its telemetry."""


@main.command()
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="A new or empty folder.")
@click.option(
    "--minutes",
    type=click.FloatRange(SHORTEST_MINUTES, 240),
    default=22.0,
    show_default=True,
    help="Length; the timetable stretches to it.",
)
@click.option("--fault", type=click.Choice(get_args(Fault)), default="bad-deploy", show_default=True)
def record(output: Path, minutes: float, fault: Fault) -> None:
    """Record one outage into OUTPUT."""
    try:
        record_outage(output, name=output.resolve().name, minutes=minutes, fault=fault)
    except (MissingPackageError, FileExistsError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)


if __name__ == "__main__":
    main()
