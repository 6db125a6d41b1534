"""The inventory: how many of each product are left, in PostgreSQL.

Knows:   the products table.
Ignores: who asks and why.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from benchmarks.lab.shop.postgres import Row
from benchmarks.lab.shop.service import Service

STOCK = "SELECT id, name, stock, price_cents FROM products WHERE id = $1"
RESERVE = "UPDATE products SET stock = stock - $2::int WHERE id = $1 RETURNING id, name, stock, price_cents"


def routes(service: Service) -> list[web.RouteDef]:
    pool = service.pool()

    async def query(sql: str, *parameters: str) -> list[Row]:
        async with pool.connection() as connection:
            return await pool.query(connection, sql, *parameters)

    def answer(rows: list[Row]) -> web.Response:
        if not rows:
            return web.json_response({"error": "no such product"}, status=404)
        ((product, name, stock, price_cents),) = rows
        page: dict[str, Any] = {"product": product, "name": name, "stock": stock, "price_cents": price_cents}
        return web.json_response(page)

    async def stock(request: web.Request) -> web.Response:
        return answer(await query(STOCK, request.match_info["product"]))

    async def reserve(request: web.Request) -> web.Response:
        wanted = await request.json()
        return answer(await query(RESERVE, wanted["product"], str(wanted["quantity"])))

    return [web.get("/stock/{product}", stock), web.post("/reservations", reserve)]
