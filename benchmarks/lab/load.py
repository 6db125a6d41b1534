"""Customers: requests that arrive whether or not earlier ones were answered.

Knows:   arrival times (Poisson), what customers ask, and how each was answered: the yardstick beside the recorded telemetry.
Ignores: what the shop's own metrics say.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

import aiohttp

REQUESTS_PER_S = 16.0
"""Enough for smooth one-minute figures, a tenth of a core for the whole shop."""

BUY_SHARE = 0.3
PATIENCE_S = 10.0
"""A customer waits at most so long; counted as a failure."""


@dataclass(frozen=True, slots=True)
class Answer:
    at_s: float
    """When it was asked, in seconds since the recording began; below zero while warming up."""
    action: str
    status: int
    """HTTP status; 0 when none came."""
    took_s: float

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500


class Load:
    def __init__(self, url: str, seed: int = 7) -> None:
        self._url = url
        self._random = random.Random(seed)
        self._zero_s = time.monotonic()
        self.answers: list[Answer] = []

    def begin(self) -> None:
        """The recording starts now: from here on times count from zero."""
        self._zero_s = time.monotonic()
        self.answers.clear()

    async def run(self) -> None:
        """Ask until cancelled."""
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session,
            asyncio.TaskGroup() as open_requests,
        ):
            due_s = time.monotonic()
            while True:
                due_s += self._random.expovariate(REQUESTS_PER_S)
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                action = "buy" if self._random.random() < BUY_SHARE else "browse"
                product = min(200, int(self._random.paretovariate(0.8)))  # a few products draw most of the interest
                open_requests.create_task(self._ask(session, action, f"p{product}"))

    async def _ask(self, session: aiohttp.ClientSession, action: str, product: str) -> None:
        begin_s, status = time.monotonic(), 0
        try:
            async with session.request("POST" if action == "buy" else "GET", f"{self._url}/{action}/{product}") as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            pass  # status 0 says so
        self.answers.append(Answer(begin_s - self._zero_s, action, status, time.monotonic() - begin_s))
