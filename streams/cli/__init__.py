"""The command line: one file a command.

Data goes to stdout, everything else to stderr.  Exit codes: 0 done, 1 failure, 2 usage, 3 configuration invalid, 4 broker unreachable,
5 a check found problems, 130 interrupted.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from streams.cli.exits import EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_UNREACHABLE

COMMANDS = {
    "check": "streams.cli.check:check",
    "demo": "streams.cli.demo:demo",
    "feed": "streams.cli.feed:feed",
    "incidents": "streams.cli.incidents:incidents",
    "replay": "streams.cli.replay:replay",
    "schema": "streams.cli.schema:schema",
    "topics": "streams.cli.topics:topics",
    "worker": "streams.cli.worker:worker",
}


class Lazy(click.Group):
    """Imports a command only when it is asked for: `--help` answers in a fifth of a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="causeline", prog_name="causeline")
def cli() -> None:
    """From raw telemetry on Kafka to an incident's timeline, its causal chain and a draft postmortem.

    Exit codes: 0 done, 1 failure, 2 usage, 3 configuration invalid, 4 broker unreachable, 5 a check found problems, 130 interrupted.
    """


def main() -> None:
    """The console script."""
    from aiokafka.errors import KafkaConnectionError

    from streams.settings import SettingsError

    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SettingsError as error:
        click.echo(f"configuration: {error}", err=True)
        sys.exit(EXIT_CONFIGURATION)
    except KafkaConnectionError as error:
        click.echo(f"no Kafka broker answers: {error}; set CAUSELINE_KAFKA=host:port", err=True)
        sys.exit(EXIT_UNREACHABLE)
    except BrokenPipeError:
        sys.exit(EXIT_FAILURE)
    sys.exit(code if isinstance(code, int) else 0)
