"""Placing an order, as checkout 1.7 does it.

Knows:   the order's transaction: insert, charge, then commit or roll back.
Ignores: HTTP; how the charge is made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from benchmarks.lab.shop.pool import Pool

INSERT = "INSERT INTO orders (product, price_cents) VALUES ($1, $2::int) RETURNING id"


async def place(pool: Pool, charge: Callable[[str], Awaitable[bool]], product: str, price_cents: str) -> str | None:
    """The new order's number, or None when the card was declined."""
    async with pool.connection() as connection:
        await pool.query(connection, "BEGIN")
        ((order,),) = await pool.query(connection, INSERT, product, price_cents)
        assert order is not None
        if not await charge(order):
            await pool.query(connection, "ROLLBACK")
            return None
        await pool.query(connection, "COMMIT")
        return order
