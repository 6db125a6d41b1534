"""What the tests of deployment files share: where they lie, which commands, settings and metrics there are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import yaml
from prometheus_client.metrics import MetricWrapperBase

from streams import metrics
from streams.cli import cli
from streams.settings import BESIDE, PREFIX, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields} | BESIDE
SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
"""What a metric of each kind is called when it is scraped; a counter's name ends in `_total` in the source already."""


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def parse_command(arguments: Sequence[str]) -> click.Context:
    """Parses a command line of causeline as click would, without running it.  Raises click.ClickException for one that is none."""
    command: click.Command = cli
    context, rest = click.Context(cli, info_name="causeline"), list(arguments)
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command, context = found, click.Context(found, parent=context, info_name=name)
    return command.make_context(context.info_name, rest, parent=context.parent)


def settings_from(environment: dict[str, str], monkeypatch: Any) -> Settings:
    """The settings that a process with these variables would have."""
    from streams.settings import load as load_settings

    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def metric_names() -> set[str]:
    """Names of all series that the worker exposes on its own account."""
    names: set[str] = set()
    for found in vars(metrics).values():
        if isinstance(found, MetricWrapperBase):
            (family,) = found.describe()
            stem = f"{family.name}_total" if family.type == "counter" else family.name
            names |= {stem + suffix for suffix in SUFFIXES[family.type]}
    return names
