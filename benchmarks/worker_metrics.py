"""What a worker tells of itself while it is measured: its own /metrics.

Knows:   the names of a few of the worker's metrics, and a port of its own for them.
Ignores: what is measured from outside (measure.py).
"""

from __future__ import annotations

import socket

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

WATERMARK = "causeline_watermark_timestamp_seconds"
NOT_KEPT = "causeline_shed_rows"


class WorkerMetrics:
    """One worker's /metrics on loopback."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.rows_not_kept = 0.0

    async def watermark_s(self) -> float:
        """Event time up to which everything is correlated; 0 before the worker answers."""
        return (await self._read()).get(WATERMARK, 0.0)

    async def remember(self) -> None:
        """To be called before the worker is stopped."""
        self.rows_not_kept = (await self._read()).get(NOT_KEPT, 0.0)

    async def _read(self) -> dict[str, float]:
        """Each metric, summed over its labels."""
        try:
            async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}/metrics") as answer:
                text = await answer.text()
        except aiohttp.ClientError:
            return {}
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name] = found.get(sample.name, 0.0) + sample.value
        return found
