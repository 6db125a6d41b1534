"""What has been fetched and not yet settled, per partition: the arithmetic of commits and of memory credit.

Knows:   batches of consecutive offsets in fetch order, which of them are acknowledged, how many bytes of rows are still held.
Ignores: Kafka, Faust, what a row is.

The commit point is the end of the acknowledged *prefix*.  Because batches are kept in fetch order, holes in the offsets (compaction,
aborted transactions, an offset reset) need no treatment at all: nothing was fetched there, so nothing is missing there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)


@dataclass(eq=False, slots=True)
class Held:
    """One batch between fetch and commit.  Compared by identity: a refetched copy of the same offsets is another batch."""

    first_offset: int
    last_offset: int
    byte_count: int
    acked: bool = False
    credited: bool = False


@dataclass(slots=True)
class _Lane:
    batches: deque[Held] = field(default_factory=deque)
    held_bytes: int = 0
    settled_to: int | None = None

    def acked_to(self) -> int | None:
        """The offset after the acknowledged prefix, settled or not."""
        end = self.settled_to
        for held in self.batches:
            if not held.acked:
                break
            end = held.last_offset + 1
        return end


class InFlight(Generic[P]):
    """The batches of all partitions of one consumer."""

    def __init__(self) -> None:
        self._lanes: dict[P, _Lane] = {}
        self._total_bytes = 0

    def add(self, partition: P, held: Held) -> None:
        """A batch was fetched.  Offsets only grow: anything else means the position moved without forget() being told."""
        lane = self._lanes.setdefault(partition, _Lane())
        if lane.batches:
            newest = lane.batches[-1].last_offset
            assert held.first_offset > newest, f"{partition}: fetched {held.first_offset} after {newest} without a seek"
        lane.batches.append(held)
        lane.held_bytes += held.byte_count
        self._total_bytes += held.byte_count

    def holds(self, partition: P, held: Held) -> bool:
        """Whether this very batch still waits here; False once its partition was revoked or sought."""
        lane = self._lanes.get(partition)
        return lane is not None and any(other is held for other in lane.batches)

    def release(self, partition: P, held: Held) -> None:
        """The rows are gone from memory, so their bytes may be fetched anew.  The offsets stay unsettled."""
        lane = self._lanes.get(partition)
        if held.credited or lane is None:
            return
        held.credited = True
        lane.held_bytes -= held.byte_count
        self._total_bytes -= held.byte_count

    def settle(self, partition: P) -> int | None:
        """Drop the acknowledged prefix and return the offset to commit, or None if the oldest batch still waits."""
        lane = self._lanes.get(partition)
        if lane is None or not lane.batches or not lane.batches[0].acked:
            return None
        lane.settled_to = lane.acked_to()
        while lane.batches and lane.batches[0].acked:
            self.release(partition, lane.batches.popleft())
        return lane.settled_to

    def acked_to(self, partition: P) -> int | None:
        """The offset up to which everything fetched is acknowledged, whether or not it was committed; None if nothing is."""
        lane = self._lanes.get(partition)
        return lane.acked_to() if lane else None

    def forget(self, partition: P) -> None:
        """The partition was revoked or its position moved: late acknowledgements of these batches must count for nothing."""
        lane = self._lanes.pop(partition, None)
        if lane is not None:
            self._total_bytes -= lane.held_bytes

    def forget_all(self) -> None:
        self._lanes.clear()
        self._total_bytes = 0

    def byte_counts(self) -> dict[P, int]:
        return {partition: lane.held_bytes for partition, lane in self._lanes.items()}

    def partitions(self) -> list[P]:
        return list(self._lanes)

    def oldest_unacked(self, partition: P) -> int | None:
        """First offset of the oldest batch still in hand."""
        lane = self._lanes.get(partition)
        return next((held.first_offset for held in lane.batches if not held.acked), None) if lane else None

    @property
    def total_bytes(self) -> int:
        return self._total_bytes
