"""Where Prometheus and Alertmanager send: a small HTTP server that appends to the topics.

Knows:   the two endpoints and their limits.
Ignores: files and conversions (topics.py, remote_write.py).
"""

from __future__ import annotations

import orjson
from aiohttp import web

from benchmarks.lab import remote_write
from benchmarks.lab.topics import Topics

BODY_BYTES = 16 << 20
"""A remote-write request holds at most 500 samples of a few hundred bytes."""


def application(topics: Topics) -> web.Application:
    async def write(request: web.Request) -> web.Response:
        for line in remote_write.lines(await request.read()):
            topics.append("metrics", line)
        return web.Response(status=204)

    async def alerts(request: web.Request) -> web.Response:
        # Parsed and dumped only to take out line breaks; key order and values stay as Alertmanager posted them.
        topics.append("alerts", orjson.dumps(orjson.loads(await request.read())))
        return web.Response(status=204)

    app = web.Application(client_max_size=BODY_BYTES)
    app.add_routes([web.post("/write", write), web.post("/alerts", alerts)])
    return app
