"""Run a Faust app as this process's work, until a signal, a crash or a bug.

Knows:   signals, the event loop, the order of a graceful stop.
Ignores: what the app does.

faust.Worker is not used: it takes over logging and stdout, sleeps a second on each stop, and can hang after a crash.
"""

from __future__ import annotations

import asyncio
import logging
import signal

from aiokafka.errors import KafkaConnectionError

from streams.exits import EXIT_BUG, EXIT_STUCK, EXIT_UNAVAILABLE, die
from streams.record_batches import BatchApp
from streams.watchdog import Watchdog

STOP_TIMEOUT_S = 25.0
"""Kubernetes kills after 30 s of grace.  Above DRAIN_TIMEOUT_S, so that the drain and the final commit fit."""

logger = logging.getLogger(__name__)


def serve(app: BatchApp, watchdog: Watchdog | None = None) -> int:
    """Run until SIGTERM or SIGINT and return 0 after a clean stop.  Ends the process itself (69, 70, 75) when there is none.

    watchdog: one the caller keeps to answer health probes with; without it one is made.
    """
    return asyncio.run(_serve(app, watchdog or Watchdog(app)))


async def _serve(app: BatchApp, watchdog: Watchdog) -> int:
    loop = asyncio.get_running_loop()
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_stop.set)
    stopping = asyncio.ensure_future(asked_to_stop.wait())
    watching = asyncio.ensure_future(watchdog.run())
    starting = asyncio.ensure_future(_start(app))
    crashing = asyncio.ensure_future(app.wait_until_stopped())
    await asyncio.wait({stopping, starting, crashing, watching}, return_when=asyncio.FIRST_COMPLETED)
    _end_if_broken(app, starting, watching)
    await asyncio.wait({stopping, crashing, watching}, return_when=asyncio.FIRST_COMPLETED)
    _end_if_broken(app, starting, watching)
    watching.cancel()
    logger.info("stopping: finishing the batches in hand")
    try:
        await asyncio.wait_for(app.stop(), STOP_TIMEOUT_S)
    except TimeoutError:
        die(EXIT_STUCK, f"the worker did not stop within {STOP_TIMEOUT_S:.0f} s")
    return 0


async def _start(app: BatchApp) -> None:
    await app.start()


def _end_if_broken(app: BatchApp, starting: asyncio.Future[None], watching: asyncio.Future[None]) -> None:
    failure = starting.exception() if starting.done() else None
    if isinstance(failure, KafkaConnectionError):
        die(EXIT_UNAVAILABLE, f"no Kafka broker answers: {failure}")
    if failure is not None:
        die(EXIT_BUG, "the worker could not start", failure)
    if app.crashed:
        die(EXIT_BUG, "the worker crashed inside Faust", app.crash_reason)
    if watching.done():
        die(EXIT_BUG, "the watchdog failed", watching.exception())
