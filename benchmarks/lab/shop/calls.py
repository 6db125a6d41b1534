"""Calls from one service to another, and to its stores: counted, timed and traced.

Knows:   timeouts, the trace header, and what counts as a failed call.
Ignores: what the answer means to the caller.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from benchmarks.lab.shop import metrics
from benchmarks.lab.shop.logs import trace_id

CALL_TIMEOUT_S = 4.0
"""Above the pool's 2 s so that the callee's own answer arrives, below what a customer waits for."""


class UpstreamError(Exception):
    """Another service failed or did not answer."""


@contextmanager
def counted(client: str, server: str, connection_type: str = "") -> Iterator[None]:
    """Count and time one call; an exception that leaves the block makes it a failed one."""
    labels = (client, server, connection_type)
    metrics.calls.labels(*labels).inc()
    failed = metrics.failed_calls.labels(*labels)
    begin_s = time.perf_counter()
    try:
        yield
    except BaseException:
        failed.inc()
        raise
    finally:
        metrics.call_seconds.labels(*labels).observe(time.perf_counter() - begin_s)


class Upstreams:
    def __init__(self, client: str, urls: dict[str, str]) -> None:
        self._client, self._urls = client, urls
        self._session: aiohttp.ClientSession | None = None

    async def call(self, server: str, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer; 5xx, a timeout and a broken connection raise UpstreamError."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S))
        headers = {"traceparent": f"00-{trace_id.get()}-{os.urandom(8).hex()}-01"}
        with counted(self._client, server):
            try:
                async with self._session.request(method, self._urls[server] + path, json=body, headers=headers) as answer:
                    if answer.status >= 500:
                        raise UpstreamError(f"{server} answered {answer.status} to {method} {path.split('/')[1]}")
                    return answer.status, await answer.json()
            except TimeoutError:
                raise UpstreamError(f"{server} did not answer {method} {path.split('/')[1]} within {CALL_TIMEOUT_S:g} s") from None
            except aiohttp.ClientError as error:
                raise UpstreamError(f"{server} is unreachable: {type(error).__name__}") from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)
