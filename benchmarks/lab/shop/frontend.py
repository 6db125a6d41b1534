"""The shop's edge: what customers ask, answered from the catalogue and the checkout.

Knows:   the two things a customer can do, browse and buy, and one retry when buying fails.
Ignores: stock, money and storage.
"""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from benchmarks.lab.shop.calls import UpstreamError
from benchmarks.lab.shop.service import Service

BANNER_FLAG = "free-shipping-banner"
BADGE_FLAG = "low-stock-badge"
LOW_STOCK = 100
"""Fewer pieces than this earn the badge."""


def routes(service: Service) -> list[web.RouteDef]:
    def access(request: web.Request, status: int, begin_s: float) -> None:
        took_ms = (time.perf_counter() - begin_s) * 1000
        service.log.write(
            "info",
            f"{request.method} {request.path} {status} {took_ms:.0f} ms",
            http={"request": {"method": request.method}, "response": {"status_code": status}},
            url={"path": request.path},
        )

    async def browse(request: web.Request) -> web.Response:
        begin_s = time.perf_counter()
        _, product = await service.upstreams.call("catalog", "GET", f"/products/{request.match_info['product']}")
        if service.flag(BANNER_FLAG):
            product["banner"] = "Free shipping this week"
        if service.flag(BADGE_FLAG):
            product["low_stock"] = int(product["stock"]) < LOW_STOCK
        access(request, 200, begin_s)
        return web.json_response(product)

    async def buy(request: web.Request) -> web.Response:
        begin_s = time.perf_counter()
        order = {"product": request.match_info["product"], "quantity": 1}
        try:
            status, answer = await service.upstreams.call("checkout", "POST", "/orders", order)
        except UpstreamError as error:
            service.log.write("warn", f"checkout failed, trying once more: {error}")
            await asyncio.sleep(service.settings.retry_after_s)
            status, answer = await service.upstreams.call("checkout", "POST", "/orders", order)
        access(request, status, begin_s)
        return web.json_response(answer, status=status)

    return [web.get("/browse/{product}", browse), web.post("/buy/{product}", buy)]
