"""The checkout: reserve stock, place the order, charge the card.

Knows:   the order of the steps and what each outcome is answered with.
Ignores: how an order is stored: that is the release's (orders_*.py).
"""

from __future__ import annotations

import importlib

from aiohttp import web

from benchmarks.lab.shop import metrics
from benchmarks.lab.shop.calls import UpstreamError
from benchmarks.lab.shop.pool import DATABASE_FAULTS
from benchmarks.lab.shop.service import Service


def routes(service: Service) -> list[web.RouteDef]:
    pool = service.pool()
    orders = importlib.import_module(f"benchmarks.lab.shop.{service.settings.orders_module}")

    async def charge(order: str) -> bool:
        status, _ = await service.upstreams.call("payment", "POST", "/charges", {"order": order})
        return status == 200

    async def place(request: web.Request) -> web.Response:
        wanted = await request.json()
        status, product = await service.upstreams.call("inventory", "POST", "/reservations", wanted)
        if status != 200:
            return web.json_response(product, status=status)
        try:
            order = await orders.place(pool, charge, wanted["product"], product["price_cents"])
        except (UpstreamError, *DATABASE_FAULTS):
            metrics.orders.labels("failed").inc()
            raise
        if order is None:
            metrics.orders.labels("declined").inc()
            return web.json_response({"error": "card declined"}, status=402)
        metrics.orders.labels("placed").inc()
        service.log.write("info", f"order {order} placed", event={"action": "order-placed"})
        return web.json_response({"order": order})

    return [web.post("/orders", place)]
