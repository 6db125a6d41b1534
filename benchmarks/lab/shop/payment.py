"""Payments: charge each order once, remembered in Redis.

Knows:   idempotency, and a bank that takes its time and declines some.
Ignores: orders. The bank is an outside party and is played by a timer: its delay and its refusals are the only behaviour here that is not real work.
"""

from __future__ import annotations

import asyncio
import random
import zlib

from aiohttp import web

from benchmarks.lab.shop.calls import counted
from benchmarks.lab.shop.service import Service

BANK_MEDIAN_S = 0.03
BANK_SPREAD = 0.4
"""Log-normal: half of the answers between 23 and 39 ms, one in a hundred above 75 ms."""

DECLINED_PERCENT = 6
"""Card refusals an ordinary shop sees."""


def declined(order: str) -> bool:
    """Whether the bank refuses this order: a function of its number, so a retry meets the same answer."""
    return zlib.crc32(order.encode()) % 100 < DECLINED_PERCENT


def routes(service: Service) -> list[web.RouteDef]:
    redis = service.redis()

    async def charge(request: web.Request) -> web.Response:
        wanted = await request.json()
        with counted("payment", "redis", "database"):
            first = await redis.ask("SET", f"charge:{wanted['order']}", "1", "NX", "EX", str(service.settings.charge_ttl_s))
        if first is not None:
            await asyncio.sleep(random.lognormvariate(0, BANK_SPREAD) * BANK_MEDIAN_S)
        if declined(wanted["order"]):
            service.log.write("info", "charge declined by issuer", event={"action": "charge-declined"})
            return web.json_response({"charged": False}, status=402)
        return web.json_response({"charged": True})

    return [web.post("/charges", charge)]
