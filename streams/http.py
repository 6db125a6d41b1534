"""/metrics, /livez and /readyz of a worker.

Knows:   three read-only routes.
Ignores: what is measured and how health is judged.

Listens on loopback unless told otherwise: the routes have no authentication.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.watchdog import Health

logger = logging.getLogger(__name__)


def application(health: Callable[[], Health]) -> web.Application:
    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def livez(_: web.Request) -> web.Response:
        now = health()
        return web.Response(status=200 if now.live else 503, text=f"{now.reason}\n")

    async def readyz(_: web.Request) -> web.Response:
        now = health()
        return web.Response(status=200 if now.ready else 503, text=f"{now.reason}\n")

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/livez", livez), web.get("/readyz", readyz)])
    return app


async def listen(host: str, port: int, health: Callable[[], Health]) -> None:
    """Serves until cancelled.  A port that is taken is told and does not stop the work: a worker without metrics still correlates."""
    runner = web.AppRunner(application(health), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        logger.error("cannot listen on %s:%d (%s); set CAUSELINE_HTTP_PORT to a free port, or 0 for any", host, port, error.strerror)
        await runner.cleanup()
        return
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
