"""The front door of the benchmarks.

Knows:   that a file of this folder which holds a click command named `command` is a question one may ask.
Ignores: the questions.
"""

from __future__ import annotations

import importlib
import pkgutil

import click

import benchmarks


class Questions(click.Group):
    """Finds commands by file name, so that a new question is a new file and nothing else changes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_"))
        return [name for name in names if self.get_command(ctx, name) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = {module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_")}
        if cmd_name not in known:
            return None
        found = getattr(importlib.import_module(f"benchmarks.{cmd_name}"), "command", None)
        return found if isinstance(found, click.Command) else None


@click.group(cls=Questions, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure Causeline on this machine.  Results on stdout, everything else on stderr."""


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
