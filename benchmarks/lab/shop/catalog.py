"""The catalogue: product pages, cached in Redis, stock figures from the inventory.

Knows:   the cache and its time to live.
Ignores: where stock is kept.
"""

from __future__ import annotations

import orjson
from aiohttp import web

from benchmarks.lab.shop.calls import counted
from benchmarks.lab.shop.service import Service


def routes(service: Service) -> list[web.RouteDef]:
    redis = service.redis()

    async def product(request: web.Request) -> web.Response:
        key = f"product:{request.match_info['product']}"
        with counted("catalog", "redis", "database"):
            cached = await redis.ask("GET", key)
        if cached is not None:
            return web.json_response(orjson.loads(cached))
        _, page = await service.upstreams.call("inventory", "GET", f"/stock/{request.match_info['product']}")
        with counted("catalog", "redis", "database"):
            await redis.ask("SET", key, orjson.dumps(page).decode(), "EX", str(service.settings.cache_ttl_s))
        return web.json_response(page)

    return [web.get("/products/{product}", product)]
