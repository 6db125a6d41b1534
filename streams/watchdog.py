"""Is the worker still moving?  Answers livez and readyz, and ends the process when waiting longer cannot help.

Knows:   how far each partition was written, fetched, acknowledged and committed, and how long each step may stand still.
Ignores: what is read, and who asks.

Faust has no such check that can be trusted, and an aiokafka consumer can stay dead after a broker restart with nothing to show for it
but a lag that grows.  The judgement is a pure function of observations and a clock reading, so that it is tested without either.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic

from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from streams.exits import EXIT_STUCK, die
from streams.record_batches import BatchApp, BatchConsumer

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
"""Two requests to the broker per look; six looks fit before the worker is called not ready."""


class Step(Enum):
    """What can stand still.  The value says it in words."""

    BROKER = "the broker does not answer"
    GROUP = "joining the consumer group does not end"
    FETCH = "records wait in the topic and none arrive"
    HANDLER = "a batch is in hand and does not get done"
    COMMIT = "acknowledged offsets are not committed"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a step may stand still, in seconds."""

    not_ready_s: float = 20.0
    """Longer than a clean broker restart (3-12 s); short enough for a rollout to notice."""

    stuck_s: float = 50.0
    """A frozen broker or a dead fetcher: with looks every 5 s the process is gone within 60 s."""

    group_s: float = 120.0
    """A rebalance waits up to 60 s for the slowest member, and may be followed by another."""

    handler_s: float = 300.0
    """A sink may be down for minutes; the byte credit holds memory down meanwhile, and a restart would not help the sink."""

    def until_exit(self, step: Step) -> float:
        return {Step.GROUP: self.group_s, Step.HANDLER: self.handler_s}.get(step, self.stuck_s)


@dataclass(frozen=True, slots=True)
class Progress:
    """One partition, as offsets of the next record: written (end of the log), fetched, acked, committed; None means none yet."""

    written: int
    fetched: int
    acked: int | None
    committed: int | None
    oldest_in_hand: int | None
    """First offset of the oldest batch that is not acknowledged, None if there is no batch in hand."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one moment."""

    reachable: bool
    joining: bool
    partitions: Mapping[TP, Progress] = field(default_factory=dict)

    def standing(self) -> dict[tuple[Step, TP | None], Hashable]:
        """Every step that has work to do, with a marker that changes when it does some."""
        if self.joining:
            return {(Step.GROUP, None): None}
        if not self.reachable:
            return {(Step.BROKER, None): None}
        found: dict[tuple[Step, TP | None], Hashable] = {}
        for tp, seen in self.partitions.items():
            if seen.oldest_in_hand is not None:
                found[Step.HANDLER, tp] = seen.oldest_in_hand
            elif seen.fetched < seen.written:
                found[Step.FETCH, tp] = seen.fetched
            if seen.acked is not None and (seen.committed is None or seen.committed < seen.acked):
                found[Step.COMMIT, tp] = seen.committed
        return found


@dataclass(frozen=True, slots=True)
class Health:
    """The answer to a probe.  Not live means: end this process."""

    live: bool
    ready: bool
    reason: str


class Judge:
    """Remembers since when each step has been standing still."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._since: dict[tuple[Step, TP | None], tuple[Hashable, float]] = {}

    def judge(self, look: Look, now_s: float) -> Health:
        standing = look.standing()
        self._since = {key: self._kept(key, marker, now_s) for key, marker in standing.items()}
        waits = {key: now_s - since_s for key, (_, since_s) in self._since.items()}
        stuck = [key for key, waited_s in waits.items() if waited_s >= self._patience.until_exit(key[0])]
        if stuck:
            return Health(live=False, ready=False, reason=_words(stuck[0], waits[stuck[0]]))
        slow = [key for key, waited_s in waits.items() if key[0] is not Step.HANDLER and waited_s >= self._patience.not_ready_s]
        if slow:
            return Health(live=True, ready=False, reason=_words(slow[0], waits[slow[0]]))
        return Health(live=True, ready=not look.joining, reason="joining the consumer group" if look.joining else "moving")

    def _kept(self, key: tuple[Step, TP | None], marker: Hashable, now_s: float) -> tuple[Hashable, float]:
        before = self._since.get(key)
        return before if before is not None and before[0] == marker else (marker, now_s)


class Watchdog:
    """Looks at one app's consumer every few seconds; `health` is the latest judgement."""

    def __init__(self, app: BatchApp, patience: Patience | None = None, *, look_every_s: float = LOOK_EVERY_S) -> None:
        self.health = Health(live=True, ready=False, reason="starting")
        self._app = app
        self._judge = Judge(patience)
        self._look_every_s = look_every_s
        self._asking: asyncio.Future[dict[TP, Progress]] | None = None

    async def run(self) -> None:
        """Never returns: it is cancelled when the worker stops, or ends the process when the worker is stuck."""
        while True:
            started_s = monotonic()
            self.health = self._judge.judge(await self._look(), monotonic())
            if not self.health.live:
                die(EXIT_STUCK, f"stuck: {self.health.reason}")
            await asyncio.sleep(self._look_every_s - min(self._look_every_s, monotonic() - started_s))

    async def _look(self) -> Look:
        try:
            assigned = self._app.batch_consumer.assignment()
        except ConsumerNotStarted:
            return Look(reachable=True, joining=True)
        if self._app.rebalancing or not self._app.batch_consumer.flow_active:
            return Look(reachable=True, joining=True)
        # One question at a time, never cancelled: the consumer's thread has only two places for questions and a frozen broker fills them.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(_ask(self._app.batch_consumer, assigned))
        await asyncio.wait({self._asking}, timeout=self._look_every_s)
        if not self._asking.done():
            return Look(reachable=False, joining=False)
        if self._asking.exception() is not None:
            logger.warning("could not ask the broker how far the partitions are written: %r", self._asking.exception())
            return Look(reachable=False, joining=False)
        return Look(reachable=True, joining=False, partitions=self._asking.result())


async def _ask(consumer: BatchConsumer, assigned: set[TP]) -> dict[TP, Progress]:
    if not assigned:
        return {}
    written = await consumer.highwaters(*assigned)
    fetched = {tp: await consumer.position(tp) for tp in assigned}
    return {
        tp: Progress(
            written=written[tp],
            fetched=fetched[tp] or 0,
            acked=consumer.in_flight.acked_to(tp),
            committed=consumer.committed_to.get(tp),
            oldest_in_hand=consumer.in_flight.oldest_unacked(tp),
        )
        for tp in assigned
    }


def _words(key: tuple[Step, TP | None], waited_s: float) -> str:
    step, tp = key
    where = f" ({tp.topic}-{tp.partition})" if tp is not None else ""
    return f"{step.value}{where}, for {waited_s:.0f} s"
