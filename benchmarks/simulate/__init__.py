"""Simulated outages: systems of 5 to 200 services that fail by arithmetic, in the form in which recorded outages lie on disk.

Knows:   the command that writes a set.
Ignores: everything else; plan → estate → faults → physics → outage → samples, pods, changes, logs, alerts → write.
"""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="simulate", help="Write simulated outages with their truth: one case a seed, in native telemetry formats.")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--first-seed", default=10_000, show_default=True, type=click.IntRange(min=0))
@click.option("--cases", default=18, show_default=True, type=click.IntRange(min=1), help="Consecutive seeds; kinds of fault take turns.")
@click.option("--long", is_flag=True, help="Days of small estates by the clock, every second one without a fault.")
def command(directory: Path, first_seed: int, cases: int, long: bool) -> None:
    from benchmarks.simulate.write import write_set

    click.echo(write_set(directory, range(first_seed, first_seed + cases), long))
