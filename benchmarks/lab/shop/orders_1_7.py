"""Placing an order, as checkout 1.7 does it.

Knows:   the order's transaction: insert, charge, then commit or roll back.
Ignores: HTTP; how the charge is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from benchmarks.lab.shop.pool import Pool

QUERY_TIMEOUT_S = 1.5
INSERT = "INSERT INTO orders (product, price_cents) VALUES ($1, $2::int) RETURNING id"


async def place(pool: Pool, charge: Callable[[str], Awaitable[bool]], product: str, price_cents: str) -> str | None:
    """The new order's number, or None when the card was declined."""
    async with pool.connection() as connection:
        await asyncio.wait_for(connection.query("BEGIN"), QUERY_TIMEOUT_S)
        ((order,),) = await asyncio.wait_for(connection.query(INSERT, product, price_cents), QUERY_TIMEOUT_S)
        assert order is not None
        if not await charge(order):
            await asyncio.wait_for(connection.query("ROLLBACK"), QUERY_TIMEOUT_S)
            return None
        await asyncio.wait_for(connection.query("COMMIT"), QUERY_TIMEOUT_S)
        return order
