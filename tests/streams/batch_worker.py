"""A worker to be hurt: reads batches of 8-byte ids and writes every id it has handled to a file, before the batch is acknowledged.

Started as a process of its own by the tests, so that it can be killed; told what to do by one JSON argument.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from streams.record_batches import Batch, batch_agent, build_app
from streams.serve import serve
from streams.watchdog import Patience, Watchdog


@dataclass(frozen=True)
class Orders:
    """What one worker is told.  crash_marker: raise at the first batch if this file does not exist yet, creating it."""

    bootstrap: str
    group: str
    topic: str
    handled: str
    commit_interval_s: float = 0.5
    session_timeout_s: float = 6.0
    batch_takes_s: float = 0.0
    crash_marker: str = ""
    patience: tuple[float, float] = (20.0, 50.0)

    def to_json(self) -> str:
        return json.dumps(self.__dict__)


def main() -> int:
    orders = Orders(**json.loads(sys.argv[1]))
    logging.basicConfig(level="INFO", stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    out = os.open(orders.handled, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def handle(batch: Batch) -> None:
        if orders.crash_marker and not Path(orders.crash_marker).exists():
            Path(orders.crash_marker).touch()
            raise ValueError("a bug nobody planned for")
        os.write(out, b"".join(bytes(record.value) for record in batch.records))
        if orders.batch_takes_s:
            await asyncio.sleep(orders.batch_takes_s)

    app = build_app(orders.group, orders.bootstrap, commit_interval_s=orders.commit_interval_s, session_timeout_s=orders.session_timeout_s)
    batch_agent(app, [orders.topic], handle, name="oracle")
    not_ready_s, stuck_s = orders.patience
    return serve(app, Watchdog(app, Patience(not_ready_s=not_ready_s, stuck_s=stuck_s), look_every_s=0.5))


if __name__ == "__main__":
    sys.exit(main())
