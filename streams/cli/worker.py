"""`causeline worker`: read, correlate, publish, until told to stop."""

from __future__ import annotations

import logging

import click

from streams import settings as settings_module


@click.command()
@click.option("--kafka", metavar="HOST:PORT", help="Bootstrap servers; CAUSELINE_KAFKA.")
@click.option("--group", help="Consumer group; CAUSELINE_GROUP.")
@click.option("--http-port", type=int, help="Of /metrics, /livez and /readyz; CAUSELINE_HTTP_PORT.")
def worker(kafka: str | None, group: str | None, http_port: int | None) -> int:
    """Read the input topics, correlate, and publish incidents, timelines and postmortem drafts.

    All settings are CAUSELINE_* variables (docs/settings.md).  Runs until SIGTERM or SIGINT, then finishes the work in hand.
    """
    settings = settings_module.load(kafka=kafka, group=group, http_port=http_port)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("aiokafka", "faust", "mode", "kafka"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(settings.log_level)))
    from streams.worker import run

    return run(settings)
