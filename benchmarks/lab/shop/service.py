"""What every service of the shop shares: its HTTP server, request log and metrics, flags, and a graceful end.

Knows:   how a request is traced, counted, logged and answered when it fails; how a release takes over from the one before
         (both listen on the same port for a moment, then the old one drains).
Ignores: what any one service does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import prometheus_client
from aiohttp import web

from benchmarks.lab.shop import metrics
from benchmarks.lab.shop.calls import UpstreamError, Upstreams
from benchmarks.lab.shop.logs import Log, trace_id
from benchmarks.lab.shop.pool import DATABASE_FAULTS, Pool
from benchmarks.lab.shop.redis import Redis
from benchmarks.lab.shop.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

DRAIN_S = 3.0
"""How long a stopping service may finish what it has begun: longer than a calm request, shorter than a caller's timeout."""


class Service:
    """One process: its settings, log and neighbours."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log = Log(settings.log_path, service=settings.service, version=settings.version)
        self.upstreams = Upstreams(settings.service, settings.upstreams)

    def pool(self) -> Pool:
        settings = self.settings
        return Pool(settings.postgres_port, name=settings.service, size=settings.pool_size, timeout_s=settings.pool_timeout_s)

    def redis(self) -> Redis:
        return Redis(self.settings.redis_port)

    def flag(self, key: str) -> bool:
        """Whether a feature flag is on; read afresh each time, so that turning it needs no restart."""
        return bool(orjson.loads(self.settings.flags_path.read_bytes()).get(key, False))


def failure(error: BaseException) -> tuple[int, str]:
    """The status a failure is answered with and what the log says about it."""
    if isinstance(error, UpstreamError):
        return 502, str(error)
    if isinstance(error, DATABASE_FAULTS):
        return 503, f"database unavailable: {str(error) or type(error).__name__}"
    return 500, f"unhandled {type(error).__name__}"


def observed(service: Service) -> Any:
    """Middleware: trace, time, count, log."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/metrics":
            return await handler(request)
        incoming = request.headers.get("traceparent", "").split("-")
        trace_id.set(incoming[1] if len(incoming) == 4 else os.urandom(16).hex())
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "unmatched"
        begin_s = time.perf_counter()
        answer: web.StreamResponse
        try:
            answer = await handler(request)
        except web.HTTPException as refusal:
            answer = refusal
        except Exception as error:
            status, text = failure(error)
            service.log.write("error", f"{request.method} {route} failed: {text}", error=error, http={"response": {"status_code": status}})
            answer = web.json_response({"error": text}, status=status)
        took_s = time.perf_counter() - begin_s
        metrics.requests.labels(route, str(answer.status)).observe(took_s)
        if took_s > service.settings.slow_s:
            service.log.write(
                "warn", f"slow request: {request.method} {route} took {took_s * 1000:.0f} ms", event={"duration": int(took_s * 1e9)}
            )
        return answer

    return middleware


async def scrape(_: web.Request) -> web.Response:
    return web.Response(body=prometheus_client.generate_latest(), headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST})


def burn() -> None:
    """Spend one core for ever: what a runaway report does to the process it runs in."""
    while True:
        sum(number * number for number in range(10_000))


async def serve(service: Service, routes: list[web.RouteDef]) -> None:
    settings = service.settings
    metrics.release.labels(settings.version).set(1)
    app = web.Application(middlewares=[observed(service)])
    app.add_routes([*routes, web.get("/metrics", scrape)])
    # Callers keep connections open; closing them at once on shutdown would reset requests in flight.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_S)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", settings.port, reuse_port=True).start()
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: threading.Thread(target=burn, daemon=True).start())
    service.log.write("info", f"{settings.service} {settings.version} listening", event={"action": "service-started"})
    await stop.wait()
    service.log.write("info", f"{settings.service} {settings.version} stopping", event={"action": "service-stopping"})
    await runner.cleanup()
    await service.upstreams.close()
