"""Placing an order, as checkout 1.8 does it: loyalty points are granted inside the order's transaction.

Knows:   the order's transaction: insert, charge, grant points, commit.
Ignores: HTTP; how the charge is made.

This release is broken on purpose. The context manager of 1.7 was unrolled to keep the connection for the loyalty query, and the early return
for a declined card forgets both the rollback and the release: each refusal leaves one connection lent for ever, idle in transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from benchmarks.lab.shop.pool import Pool

INSERT = "INSERT INTO orders (product, price_cents) VALUES ($1, $2::int) RETURNING id"
LOYALTY = "UPDATE orders SET loyalty_points = price_cents / 100 WHERE id = $1::bigint"


async def place(pool: Pool, charge: Callable[[str], Awaitable[bool]], product: str, price_cents: str) -> str | None:
    """The new order's number, or None when the card was declined."""
    connection = await pool.acquire()
    try:
        await pool.query(connection, "BEGIN")
        ((order,),) = await pool.query(connection, INSERT, product, price_cents)
        assert order is not None
        if not await charge(order):
            return None
        await pool.query(connection, LOYALTY, order)
        await pool.query(connection, "COMMIT")
    except Exception:
        pool.release(connection, broken=True)
        raise
    pool.release(connection)
    return order
